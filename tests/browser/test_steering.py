"""A run that is changed, forked and drawn while it really trains, in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from gancore.bench.waiting import until
from tests.browser.test_journey import LOSSES, expect_state, press, wait_for_updates

pytestmark = pytest.mark.browser

NOTES = "element => (element._fullLayout?.annotations ?? []).map(note => note.text)"


def open_form(page: Page, url: str) -> None:
    """The Train page once torch is there: until then the page is drawn anew, which would close an open list."""
    page.goto(f"{url}/train")
    expect(page.get_by_test_id("stSidebar").get_by_text("G 369,600 · D 166,848 parameters")).to_be_visible()


def choose(page: Page, label: str, option: str) -> None:
    """An option of a select box in the sidebar. Scrolling closes an open list, and so does a page that is drawn anew:
    they come first."""
    page.locator("[data-test-script-state=notRunning]").wait_for()
    box = page.get_by_test_id("stSidebar").get_by_role("combobox", name=label)
    box.scroll_into_view_if_needed()
    box.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    box.click()
    page.get_by_role("option", name=option).click()


def typed(page: Page, label: str) -> Locator:
    """The box beside a slider, once there is but one: those of a form that was filled anew go a moment later."""
    box = page.get_by_label(f"{label}, typed")
    expect(box).to_have_count(1)
    return box


def fill(page: Page, label: str, value: str) -> None:
    box = typed(page, label)
    box.fill(value)
    box.press("Enter")
    expect(page.get_by_text(re.compile(f"Changed:.*{label} .* → {value}"))).to_be_visible()


def train_toy(page: Page, url: str) -> None:
    """A ring of Gaussians, for longer than the test takes."""
    open_form(page, url)
    choose(page, "dataset", "Toy: ring")
    expect(page.get_by_text(re.compile("Changed:.*dataset mnist-5k → ring"))).to_be_visible()
    fill(page, "epochs", "300")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator(".film img")).to_be_visible()
    wait_for_updates(page, 1)


def test_a_rate_is_changed_while_it_trains_and_the_run_is_forked(app, new_page: Callable[[], Page]) -> None:
    page = new_page()
    train_toy(page, app.url)
    (run,) = app.store.list()

    # A change is made in the run's own settings, applied, marked on the curves, and told in the history.
    chart = page.locator(LOSSES)
    chart.evaluate("element => { element.mine = true }")
    press(page, "Steer")
    expect(page.get_by_text("Change while it trains")).to_be_visible()  # until then the box is that of the next run
    box = typed(page, "lr_d")
    box.fill("1e-3")
    box.press("Enter")
    page.get_by_role("button", name="Apply now: lr_d 1e-3").click()
    expect(page.get_by_role("button", name="Apply now", exact=True)).to_be_disabled()
    until(page, f"selector => ({NOTES})(document.querySelector(selector)).includes('lr_d 1e-3')", arg=LOSSES)
    assert chart.evaluate("element => element.mine")
    page.get_by_text("History", exact=True).click()
    expect(page.get_by_text(re.compile(r"at step [\d,]+ · .*lr_d"))).to_be_visible()

    # The popover stays open while the view ticks; the form is filled with what holds now.
    press(page, "Pause")
    expect_state(page, "paused")
    press(page, "Resume")
    expect_state(page, "training")
    press(page, "Fork")
    go = page.get_by_role("button", name="Choose settings")
    expect(go).to_be_visible()
    wait_for_updates(page, 3)
    go.click()
    expect(page.get_by_role("button", name="Add to queue as a fork")).to_be_visible()
    expect(go).to_be_hidden()
    expect(typed(page, "lr_d")).to_have_value("1e-3")
    press(page, "Stop")
    expect_state(page, "stopped")

    # A click on a curve says which checkpoint is nearest.
    place = chart.bounding_box()
    assert place
    chart.click(position={"x": 0.8 * place["width"], "y": 0.5 * place["height"]})
    expect(page.get_by_text(re.compile(r"To fork near step [\d,]+: (step [\d,]+|the last checkpoint)"))).to_be_visible()
    press(page, "Close")
    expect(page.get_by_text("To fork near step")).to_have_count(0)

    fill(page, "lr_d", "1e-4")
    page.get_by_role("button", name="Start as a fork").click()
    expect(page.get_by_text(re.compile(r"Forked at step [\d,]+ from"))).to_be_visible()
    expect_state(page, "training")
    fork = next(found for found in app.store.list() if found.id != run.id)
    assert fork.meta.parent == run.id
    assert fork.config.optim.lr_d == 1e-4
    press(page, "Stop")
    expect_state(page, "stopped")
    page.get_by_role("link", name="Compare the two").click()
    for losses in ("D loss of 2 runs", "G loss of 2 runs"):  # and charts of quality, if it was evaluated by then
        expect(page.get_by_role("img", name=re.compile(f"{losses}.*Marked: .*fork"))).to_be_visible()


def test_a_distribution_is_drawn_and_learned(app, new_page: Callable[[], Page]) -> None:
    page = new_page()
    open_form(page, app.url)
    choose(page, "dataset", "Toy: drawn by hand")
    canvas = page.locator(".draw canvas")
    canvas.scroll_into_view_if_needed()
    canvas.wait_for()
    for height in (0.3, 0.7):
        draw_line(page, height)
    expect(page.get_by_test_id("stSidebar").get_by_text(re.compile(r"^[3-9]\d points$"))).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator(".film img")).to_be_visible()
    wait_for_updates(page, 2)
    (run,) = app.store.list()
    points = run.config.data.points
    assert {y > 0 for _, y in points} == {True, False}
    assert min(x for x, _ in points) == pytest.approx(-0.6, abs=0.05)
    assert {round(y, 1) for _, y in points} == {0.4, -0.4}
    press(page, "Stop")
    expect_state(page, "stopped")


def draw_line(page: Page, height: float) -> None:
    """A stroke from left to right, at this share of the canvas's height."""
    box = page.locator(".draw canvas").bounding_box()
    assert box
    assert box["width"] == pytest.approx(box["height"], abs=1)  # or circles would be ellipses
    y = box["y"] + height * box["height"]
    page.mouse.move(box["x"] + 0.2 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], y, steps=60)
    page.mouse.up()


def test_the_networks_follow_a_slider(app, new_page: Callable[[], Page]) -> None:
    page = new_page()
    open_form(page, app.url)
    page.get_by_text("Show networks").click()
    expect(page.get_by_text("Generator369,600 parameters")).to_be_visible()
    page.get_by_role("slider", name="ngf").focus()
    page.keyboard.press("ArrowLeft", delay=60)
    expect(page.get_by_label("ngf, typed").first).to_have_value("16")
    expect(page.get_by_text("Generator369,600 parameters")).to_be_hidden()
    expect(page.locator(".networks svg")).to_contain_text("64×4×4")
