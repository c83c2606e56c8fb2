"""From a question to verdicts and a report that can be handed in, in a browser, while it really trains."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gancore.bench.waiting import until
from gancore.sweeps.sweeps import Sweeps
from tests.browser.serving import App, serve

pytestmark = pytest.mark.browser

MOST_CLICKS = 6
COUNT_CLICKS = """
    window.clicks = 0
    window.addEventListener("click", (event) => { if (event.isTrusted && event.detail) window.clicks += 1 }, true)
"""  # those of a pointer: a click on a label brings one of its widget's along, without a detail
WIDTHS = (1440, 1024, 390)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with serve(tmp_path, ("-m", "tests.browser.small_catalogue")) as app:
        yield app


def press(page: Page, name: str) -> None:
    page.get_by_test_id("stMainBlockContainer").get_by_role("button", name=name, exact=True).click()


def expect_no_sideways_scroll(page: Page) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        main = "document.querySelector('[data-testid=stMain]')"
        until(page, f"{main}.scrollWidth <= {main}.clientWidth")
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})


def test_from_a_question_to_a_report_in_six_clicks(app, new_page: Callable[[], Page], tmp_path: Path) -> None:
    page = new_page()
    page.add_init_script(COUNT_CLICKS)
    page.goto(app.url)
    page.get_by_role("link", name="Experiments").click()
    press(page, "What does ndf do?")
    expect(page.get_by_role("heading", name="What does ndf do?")).to_be_visible()
    expect(page.get_by_text("on this machine at quick scale")).to_be_visible()  # before anything has started
    press(page, "Run 9 runs")

    # A cell for each run, which fills; the same run is not offered twice.
    expect(page.get_by_text("9 runs finished")).to_be_visible()
    expect(page.get_by_role("button", name="These runs are on their way")).to_be_disabled()
    cells = page.locator("button.open")
    expect(cells).to_have_count(9)
    expect(page.locator("button.open img[src]").first).to_be_visible()
    film = page.locator(".film")
    film.wait_for()
    film.evaluate("element => { element.mine = true }")
    expect(page.get_by_role("button", name="All of these runs are finished")).to_be_visible(timeout=300_000)

    # What was on the page has stayed there. Samples of the three arms from one noise, the quantity against the setting,
    # curves, verdicts.
    expect(page.locator(".film img:visible")).to_have_count(3)
    assert film.evaluate("element => element.mine")
    expect(page.get_by_role("figure", name="FID of each arm, a point for each seed")).to_be_visible()
    expect(page.get_by_role("figure", name="G loss of each arm over the training")).to_be_visible()
    expect(page.get_by_text("Your runs: 3 seeds, quick").first).to_be_visible()
    with page.expect_download() as download:
        press(page, "Lab report")
    report = tmp_path / "report.html"
    download.value.save_as(report)
    content = report.read_text(encoding="utf-8")
    assert "What does ndf do?" in content
    assert "report 002, question 5" in content
    assert 1 < page.evaluate("window.clicks") <= MOST_CLICKS
    assert {run.state for run in app.store.list()} == {"finished"}
    expect_no_sideways_scroll(page)

    # A cell leads to its run, and the browser's back button to the question.
    page.get_by_text("9 runs", exact=True).click()
    page.get_by_role("button", name="ndf 64, seed").first.click()
    expect(page.get_by_role("heading", name="dcgan-ndf: ndf 64, seed 0")).to_be_visible()
    page.go_back()
    page.go_back()
    expect(page.get_by_role("heading", name="What does ndf do?")).to_be_visible()


def test_a_sweep_of_ones_own_is_paused_goes_on_and_is_cancelled(app, new_page: Callable[[], Page]) -> None:
    page = new_page()
    page.goto(f"{app.url}/train")
    page.get_by_role("link", name="Vary this").click()
    box = page.get_by_role("textbox", name="Values of ngf")
    box.fill("2, 4, 6")
    expect(page.get_by_text("3 runs")).to_be_visible()
    press(page, "Start the sweep")
    expect(page.get_by_role("heading", name="ngf varied")).to_be_visible()
    press(page, "Pause all")
    expect(page.get_by_text("3 paused")).to_be_visible()
    press(page, "Go on")
    press(page, "Cancel")
    expect(page.get_by_text("3 stopped")).to_be_visible()
    (sweep,) = (each for each in Sweeps(app.store).list() if each.id in page.url)
    assert sweep.state == "cancelled"
    expect(page.get_by_role("button", name="Retry ngf 4, seed 0")).to_be_visible()
    expect_no_sideways_scroll(page)
