"""What a student does in the first minutes, in a browser, while it really trains."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from gancore.bench.waiting import until
from gancore.store import RunStore
from tests.browser.measure import slider_moves

pytestmark = pytest.mark.browser

LOSSES = '.chart[aria-label^="Losses"]'
POINTS = "element => Math.max(0, ...(element._fullData ?? []).map(trace => trace._length ?? 0))"
RANGE = "element => element._fullLayout.xaxis.range.map(Number)"


def train(page: Page, url: str, *, ngf: str = "4") -> None:
    """Set small networks that train fast, for longer than the test takes, and start."""
    start = page.get_by_role("button", name="Start", exact=True)
    page.goto(f"{url}/train")
    expect(page.get_by_test_id("stSidebar").get_by_text("G 369,600 · D 166,848 parameters")).to_be_visible()
    for label, value in (("ngf", ngf), ("ndf", "4"), ("epochs", "300")):
        box = page.get_by_label(f"{label}, typed")
        box.fill(value)
        box.press("Enter")
        expect(page.get_by_text(re.compile(f"Changed:.*{label} \\d+ → {value}"))).to_be_visible()
    start.click()
    expect(page.locator(f'.chart[aria-label^="Losses of quickstart, ngf {ngf}, "]')).to_be_visible()
    expect(page.locator(LOSSES)).to_have_count(1)  # that of the run before is gone
    expect(page.locator(".film img")).to_be_visible()
    wait_for_updates(page, 1)


def wait_for_updates(page: Page, more: int) -> None:
    """Until the loss chart was drawn so many times again."""
    chart = page.locator(LOSSES)
    chart.wait_for()
    before = int(chart.get_attribute("data-updates") or 0)
    wanted = "([selector, count]) => Number(document.querySelector(selector)?.dataset.updates ?? 0) >= count"
    until(page, wanted, arg=[LOSSES, before + more])


def press(page: Page, name: str) -> None:
    page.get_by_test_id("stMainBlockContainer").get_by_role("button", name=name, exact=True).click()


def expect_state(page: Page, state: str) -> None:
    expect(page.locator(".stMarkdownBadge").first).to_contain_text(state)


def tick_runs(page: Page, count: int) -> None:
    """Tick the first rows of the table on the Runs page."""
    page.get_by_role("link", name="Runs").click()
    for row in range(count):
        page.locator(".run .tick input").nth(row).check()
    expect(page.get_by_text(f"{count} ticked")).to_be_visible()


def test_start_watch_zoom_stop_find_compare(app, new_page: Callable[[], Page]) -> None:
    page = new_page()
    train(page, app.url)

    # Curves grow, and samples come.
    chart = page.locator(LOSSES)
    until(page, f"selector => ({POINTS})(document.querySelector(selector)) > 5", arg=LOSSES)
    points = chart.evaluate(POINTS)
    until(page, f"([selector, count]) => ({POINTS})(document.querySelector(selector)) > count", arg=[LOSSES, points])

    # A zoom survives ten updates, in the same DOM node.
    chart.evaluate("element => { element.mine = true }")
    box = chart.bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.4 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.7 * box["height"], steps=5)
    page.mouse.up()
    zoomed_in = "selector => document.querySelector(selector).chart.isZoomed"
    until(page, zoomed_in, arg=LOSSES)
    zoomed = chart.evaluate(RANGE)
    wait_for_updates(page, 10)
    assert chart.evaluate(RANGE) == zoomed
    assert chart.evaluate("element => element.mine")

    # Back through time, without leaving the newest grid unless asked to.
    expect(page.locator(".film output")).not_to_have_text("step 0")
    page.locator(".film input").focus()
    page.keyboard.press("Home")
    expect(page.locator(".film output")).to_have_text("step 0")

    press(page, "Stop")
    expect_state(page, "stopped")
    (first,) = app.store.list()
    assert first.state == "stopped"
    assert first.checkpoints()
    assert page.url.endswith(f"run={first.id}")

    # A second run, with one setting changed.
    train(page, app.url, ngf="8")
    press(page, "Stop")
    expect_state(page, "stopped")

    # Both are listed, and can be ticked and compared.
    tick_runs(page, 2)
    page.get_by_role("button", name="Compare 2").click()
    for losses in ("D loss of 2 runs", "G loss of 2 runs"):
        expect(page.get_by_role("img", name=losses).first).to_be_visible()
    expect(page.locator(".reel img:visible")).to_have_count(2)
    for run in app.store.list():
        assert run.id in page.url


def test_a_refresh_while_training_loses_nothing(app, new_page: Callable[[], Page]) -> None:
    page = new_page()
    train(page, app.url)
    (run,) = app.store.list()
    step = run.status.step
    page.reload()
    expect_state(page, "training")
    wait_for_updates(page, 2)
    assert run.state == "running"
    assert run.status.step > step
    press(page, "Stop")
    expect_state(page, "stopped")


def test_two_tabs_see_and_steer_the_same_run(app, new_page: Callable[[], Page]) -> None:
    first, second = new_page(), new_page()
    train(first, app.url)
    second.goto(app.url)
    expect(second.get_by_role("link", name="Watch")).to_be_visible()  # the strip at the top of every page
    second.get_by_role("link", name="Watch").click()
    wait_for_updates(second, 2)
    press(second, "Pause")
    for page in (first, second):
        expect_state(page, "paused")
    (run,) = RunStore(app.store.root).list()
    paused_at = run.status.step
    press(first, "Resume")
    expect_state(first, "training")
    wait_for_updates(first, 2)
    assert run.status.step > paused_at
    press(first, "Stop")
    expect_state(first, "stopped")


def test_a_deletion_is_undone_with_one_click(app, new_page: Callable[[], Page]) -> None:
    page = new_page()
    train(page, app.url)
    press(page, "Stop")
    expect_state(page, "stopped")
    tick_runs(page, 1)
    press(page, "Delete")
    expect(page.get_by_text("No runs yet.")).to_be_visible()
    assert not app.store.list()
    press(page, "Undo the deletion")
    expect(page.locator(".run")).to_have_count(1)
    assert len(app.store.list()) == 1


def test_no_slider_move_is_lost_while_it_trains(app, new_page: Callable[[], Page]) -> None:
    """Ticks of the live view report the state of every widget, and must not bring an old value back."""
    page = new_page()
    train(page, app.url)
    assert len(slider_moves(page, 16)) == 16  # it waits for each move to arrive
    expect(page.get_by_label("ngf, typed").first).to_have_value("4")  # as many to the right as to the left
    press(page, "Stop")
    expect_state(page, "stopped")
