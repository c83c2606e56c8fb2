"""A real server, a real training, a real Chromium."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.serving import App, find_chromium, open_browser, serve

expect.set_options(timeout=60_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if find_chromium() is None:
        message = "no Chromium here: install Debian's package chromium to run the browser tests"
        assert not os.environ.get("CI"), message
        pytest.skip(message)
    with open_browser() as browser:
        yield browser


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with serve(tmp_path) as app:
        yield app


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[[], Page]]:
    """Open a tab of its own; errors in the page fail the test, and what its policy does not let it do."""
    pages: list[Page] = []
    errors: list[str] = []

    def make() -> Page:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None)
        pages.append(page)
        return page

    yield make
    for page in pages:
        page.close()
    assert not errors
