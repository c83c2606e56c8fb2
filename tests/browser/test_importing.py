"""Importing images in a browser: how far it is, cancelling it, and the page meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import App, serve
from tests.data.uploads import greys, zipped

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The server imports into a folder of the test's own."""
    monkeypatch.setenv("GANCORE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def open_panel(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.get_by_text("≈")).to_be_visible()  # when costs are known, the form is drawn once more
    choose(page, "Images of your own")


def choose(page: Page, dataset: str) -> None:
    """Choose in the list of data sets, of which only those in view are there."""
    page.get_by_role("combobox", name="dataset").click()
    page.keyboard.type(dataset)
    page.get_by_role("option", name=dataset).click()


def upload(page: Page, name: str, content: bytes) -> None:
    """Put a zip into the form and press the button."""
    page.get_by_test_id("stSidebar").get_by_text("Import images", exact=True).click()
    page.set_input_files(
        '[data-testid="stFileUploader"] input', {"name": name, "mimeType": "application/zip", "buffer": content}
    )
    expect(page.get_by_label("Name", exact=True)).to_have_value(name.removesuffix(".zip"))
    page.get_by_role("button", name="Import", exact=True).click()


@pytest.fixture
def slow(tmp_path: Path, cache: Path) -> Iterator[App]:  # noqa: ARG001 (the server imports into it)
    """A server on which the import of a few images takes long enough to look at it."""
    with serve(tmp_path, ("-m", "tests.browser.slow_reading")) as app:
        yield app


def test_an_import_shows_how_far_it_is_and_can_be_cancelled(
    slow: App, new_page: Callable[[], Page], cache: Path
) -> None:
    page = new_page()
    open_panel(page, f"{slow.url}/train")
    upload(page, "slow.zip", zipped(greys(240)).getvalue())
    expect(page.get_by_text("Importing: reading the images")).to_be_visible()
    choose(page, "MNIST, 5,000")  # the page can be used meanwhile
    expect(page.get_by_text("≈")).to_be_visible(timeout=10_000)
    choose(page, "Images of your own")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("The import was cancelled")).to_be_visible()
    assert not [*cache.glob("images/*.npz")]
