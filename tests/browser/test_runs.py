"""The table of runs in a browser: what is ticked and edited stays with its run while others train and end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from gancore.store import Run
from gancore.store.records import Status
from tests.browser.serving import App
from tests.miniatures import tiny

pytestmark = pytest.mark.browser

LONG = {"train.epochs": 10_000}  # longer than a test takes


@pytest.fixture
def made(app: App) -> Callable[..., Run]:
    """Make a run that is done, without training it."""

    def make(name: str, **changes: object) -> Run:
        run = app.store.create(tiny("mlp").replace({path.replace("__", "."): each for path, each in changes.items()}))
        run.edit_meta(name=name)
        run.write_status(Status(state="finished", step=20, total_steps=20, seconds=80, attempt=1))
        return run

    return make


def open_runs(page: Page, app: App, query: str = "") -> None:
    page.goto(f"{app.url}/runs{query}")
    page.locator(".run").first.wait_for()


def row(page: Page, name: str) -> Locator:
    return page.locator(".run", has=page.get_by_role("link", name=name, exact=True))


def names(page: Page) -> list[str]:
    return page.locator(".run .link").all_inner_texts()


def action(page: Page, name: str) -> Locator:
    return page.get_by_role("toolbar").get_by_role("button", name=name, exact=True)


def test_what_is_deleted_is_what_was_ticked(app: App, made, new_page: Callable[[], Page]) -> None:
    """A run ends while it is ticked, and the order by state changes under the tick."""
    for name in ("alpha", "beta"):
        made(name)
    live = app.store.create(tiny("mlp", LONG), name="live")
    live.enqueue()
    page = new_page()
    open_runs(page, app)
    expect(row(page, "live").locator(".state")).to_contain_text("training")
    page.get_by_role("button", name="state", exact=True).click()
    expect(page.get_by_role("columnheader", name="state")).to_have_attribute("aria-sort", "ascending")
    expect(page.locator(".run").first).to_contain_text("live")
    row(page, "live").locator(".tick input").check()
    page.get_by_role("button", name="state", exact=True).click()
    expect(page.locator(".run").last).to_contain_text("live")
    live.command("stop")
    expect(row(page, "live").locator(".state")).to_contain_text("stopped")
    for name, ticked in (("alpha", False), ("beta", False), ("live", True)):
        expect(row(page, name).locator(".tick input")).to_be_checked(checked=ticked)
    expect(page.get_by_text("1 ticked")).to_be_visible()
    action(page, "Delete").click()
    expect(row(page, "live")).to_have_count(0)
    assert {run.name for run in app.store.list()} == {"alpha", "beta"}
    assert [run.name for run in app.store.trashed()] == ["live"]
    action(page, "Undo").click()
    expect(row(page, "live")).to_have_count(1)


def test_ticks_order_and_place_survive_what_trains(app: App, made, new_page: Callable[[], Page]) -> None:
    for number in range(30):
        made(f"run {number:02d}", seed=number)
    live = app.store.create(tiny("mlp", LONG), name="zz live")
    live.enqueue()
    page = new_page()
    open_runs(page, app)
    expect(row(page, "zz live")).to_contain_text(" left")
    page.get_by_role("button", name="name", exact=True).click()
    expect(page.locator(".run").first).to_contain_text("run 00")
    row(page, "run 03").locator(".tick input").check()
    row(page, "run 20").evaluate("element => { element.mine = true }")
    box = row(page, "run 20")
    box.get_by_role("button", name="Add a tag to run 20").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("week 3")
    place = page.locator(".frame").evaluate("element => element.scrollTop")
    assert place > 0  # the box came into view
    before = row(page, "zz live").locator("td.value").first.inner_text()
    expect(row(page, "zz live").locator("td.value").first).not_to_have_text(before)
    expect(page.get_by_label("New tag of run 20")).to_have_value("week 3")  # nobody's writing is lost
    page.keyboard.press("Enter")
    expect(row(page, "run 20").locator(".tag")).to_contain_text("week 3")
    assert row(page, "run 20").evaluate("element => element.mine")
    assert page.locator(".frame").evaluate("element => element.scrollTop") == place
    expect(row(page, "run 03").locator(".tick input")).to_be_checked()
    assert names(page)[:2] == ["run 00", "run 01"]
    live.command("stop")


def test_searching_offers_what_fits_and_says_what_is_wrong(app: App, made, new_page: Callable[[], Page]) -> None:
    made("slow", optim__lr_g=2e-3)
    made("fast", optim__lr_g=0.1)
    page = new_page()
    open_runs(page, app)
    box = page.get_by_role("combobox", name="Find runs")
    box.click()
    page.keyboard.type("lr_")
    expect(page.get_by_role("option").first).to_contain_text("lr_g")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type("= 0.002")
    expect(box).to_have_value("lr_g = 0.002")
    expect(page.locator(".run")).to_have_count(1)
    expect(row(page, "slow")).to_be_visible()
    page.wait_for_url("**/runs?where=*")
    page.keyboard.type(" and ngf = wide")
    expect(page.get_by_role("status").filter(has_text="ngf is a number, not wide")).to_be_visible()
    expect(page.locator("mark")).to_have_text("wide")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear the search").click()
    expect(page.locator(".run")).to_have_count(2)
    open_runs(page, app, "?where=lr_g+%3E+0.01")
    expect(row(page, "fast")).to_be_visible()
    expect(page.locator(".run")).to_have_count(1)


def test_columns_order_and_groups_are_remembered(app: App, made, new_page: Callable[[], Page]) -> None:
    made("a", seed=1)
    made("b", seed=2)
    page = new_page()
    open_runs(page, app)
    page.get_by_role("button", name="Columns").click()
    page.get_by_label("Find a column to add").fill("coverage")
    page.get_by_role("group", name="Columns").get_by_role("button", name="coverage", exact=True).click()
    expect(page.get_by_role("columnheader", name="coverage")).to_be_visible()
    page.get_by_role("button", name="Move coverage to the left").click()
    expect(page.get_by_role("columnheader").last).to_have_text("made" + "arrow_downward")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="seed", exact=True).click()
    expect(page.get_by_role("columnheader", name="seed")).to_have_attribute("aria-sort", "ascending")
    page.reload()
    page.locator(".run").first.wait_for()
    expect(page.get_by_role("columnheader", name="coverage")).to_be_visible()
    expect(page.get_by_role("columnheader", name="seed")).to_have_attribute("aria-sort", "ascending")
    assert names(page) == ["a", "b"]


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_nothing_scrolls_sideways_but_the_table(app: App, made, new_page: Callable[[], Page], width: int) -> None:
    for number in range(12):
        made(f"a name that is rather long, {number}", seed=number, optim__lr_g=10.0**-number, optim__lr_d=0.5**number)
    page = new_page()
    page.set_viewport_size({"width": width, "height": 800})
    open_runs(page, app)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    frame = page.locator(".frame")
    if width == 1440:
        assert frame.evaluate("element => element.scrollWidth - element.clientWidth") <= 0
    if width == 390:
        boxes = [cell.bounding_box() for cell in page.locator(".run").first.locator(":scope > td.value").all()]
        assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
    else:
        before = row(page, "a name that is rather long, 3").locator(".name").bounding_box()
        frame.evaluate("element => { element.scrollLeft = 300 }")
        assert row(page, "a name that is rather long, 3").locator(".name").bounding_box() == before


def test_a_phone_sorts_too(app: App, made, new_page: Callable[[], Page]) -> None:
    for name in ("b", "a", "c"):
        made(name)
    page = new_page()
    page.set_viewport_size({"width": 390, "height": 800})
    open_runs(page, app)
    page.get_by_label("Sort by").select_option("name")
    expect(page.locator(".run .link")).to_have_text(["a", "b", "c"])
    page.get_by_role("button", name="Sort the other way round").click()
    expect(page.locator(".run .link")).to_have_text(["c", "b", "a"])
    page.set_viewport_size({"width": 1024, "height": 800})
    expect(page.get_by_label("Sort by")).not_to_be_visible()  # the headings do it


def test_everything_is_reached_with_the_keyboard(app: App, made, new_page: Callable[[], Page]) -> None:
    made("a")
    made("b")
    page = new_page()
    open_runs(page, app)
    row(page, "a").locator(".tick input").focus()
    page.keyboard.press("Space")
    expect(row(page, "a").locator(".tick input")).to_be_checked()
    row(page, "b").locator(".tick input").focus()
    page.keyboard.press("Space")
    action(page, "Compare 2").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/compare?runs=*")
    page.go_back()
    row(page, "b").get_by_role("link", name="b", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/train?run=*")
