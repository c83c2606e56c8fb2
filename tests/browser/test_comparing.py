"""Comparing runs in a browser: choosing, hiding, ordering, and handing the view to somebody else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from gancore.bench.waiting import until
from gancore.config import RunConfig
from gancore.store import RunStore
from gancore.store.scalars import ScalarWriter
from tests.browser.serving import PROJECT, App, serve

pytestmark = pytest.mark.browser

MOST_CLICKS = 3  # to compare two runs, from an empty page


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A server without runs of its own: those that come with the project are there to be compared."""
    with serve(tmp_path_factory.mktemp("comparing")) as app:
        yield app


@pytest.fixture(scope="module")
def arms() -> list[str]:
    """Runs of three arms and one seed."""
    store = RunStore(PROJECT / "runs" / "reference")
    found = [run for run in store.list() if run.experiment == "dcgan-nz" and run.config.seed == 0]
    return sorted((run.id for run in found), key=lambda run_id: store.open(run_id).config.model.nz)


def asked(page: Page, name: str) -> list[str]:
    """What the address says under a name."""
    return [part for text in parse_qs(urlsplit(page.url).query).get(name, []) for part in text.split(",")]


def names(page: Page) -> list[str]:
    return page.locator(".chip .name").all_text_contents()


def films(page: Page) -> list[str]:
    return page.locator(".reel figcaption").all_text_contents()


def wait_for(page: Page, name: str, wanted: list[str]) -> None:
    """Until the address says so."""
    wait = "([name, wanted]) => (new URL(location.href).searchParams.get(name) ?? '') === wanted"
    until(page, wait, arg=[name, ",".join(wanted)])


def open_three(page: Page, app: App, arms: list[str], **more: str) -> None:
    query = "&".join([f"runs={','.join(arms)}", *(f"{name}={value}" for name, value in more.items())])
    page.goto(f"{app.url}/compare?{query}")
    expect(page.locator(".chip")).to_have_count(len(arms))
    expect(page.locator(".reel figure").first).to_be_visible()


def test_two_runs_are_compared_within_three_clicks(shipped: App, new_page: Callable[[], Page]) -> None:
    page, clicks = new_page(), 0
    page.goto(f"{shipped.url}/compare")
    page.get_by_role("combobox", name="Add a run").click()
    page.keyboard.type("dcgan-nz")
    clicks += 1
    for place in (0, 1):
        page.locator(".option").filter(has_text="dcgan-nz").nth(place).click()
        clicks += 1
    expect(page.locator(".reel img[src]")).to_have_count(2)
    expect(page.get_by_role("img", name="G loss of 2 runs").first).to_be_visible()
    assert clicks <= MOST_CLICKS


def test_a_run_is_found_by_words_and_added_with_the_keyboard(shipped: App, new_page: Callable[[], Page]) -> None:
    page = new_page()
    page.goto(f"{shipped.url}/compare")
    search = page.get_by_role("combobox", name="Add a run")
    search.fill("nz 1000, seed 1")
    expect(page.locator(".option").first).to_contain_text("nz 1000, seed 1")
    search.press("ArrowDown")
    search.press("Enter")
    expect(page.locator(".chip")).to_have_count(1)
    search.fill("no such run anywhere")
    expect(page.get_by_text("No run matches.")).to_be_visible()
    search.press("Escape")
    expect(page.locator(".menu")).to_be_hidden()


def test_a_click_hides_a_run_and_another_shows_it(shipped: App, arms: list[str], new_page: Callable[[], Page]) -> None:
    page = new_page()
    open_three(page, shipped, arms)
    first = page.locator(".chip .shown").first
    before = names(page)
    first.click()
    expect(page.locator(".reel figure")).to_have_count(2)
    expect(first).to_have_attribute("aria-pressed", "false")
    wait_for(page, "hidden", ["1"])
    assert names(page) == before  # nobody is called otherwise
    assert films(page) == before[1:]
    first.click()
    expect(page.locator(".reel figure")).to_have_count(3)
    assert asked(page, "hidden") == []


def test_chips_are_dragged_and_moved_with_the_keyboard(
    shipped: App, arms: list[str], new_page: Callable[[], Page]
) -> None:
    page = new_page()
    open_three(page, shipped, arms)
    chips = page.locator(".chip")
    width = chips.nth(2).bounding_box()["width"]
    chips.nth(0).drag_to(chips.nth(2), target_position={"x": width - 10, "y": 15})
    wait_for(page, "runs", [arms[1], arms[2], arms[0]])
    expect(page.locator(".reel figure").last).to_have_attribute("data-run", arms[0])
    chips.nth(2).locator(".shown").focus()
    page.keyboard.press("Alt+ArrowLeft")
    wait_for(page, "runs", [arms[1], arms[0], arms[2]])
    expect(chips.nth(1).locator(".shown")).to_be_focused()
    page.keyboard.press("Delete")
    wait_for(page, "runs", [arms[1], arms[2]])
    expect(page.locator(".reel figure")).to_have_count(2)


def test_whoever_opens_the_address_sees_the_same(
    shipped: App, arms: list[str], new_page: Callable[[], Page], browser: Browser
) -> None:
    page = new_page()
    open_three(page, shipped, arms)
    page.locator(".chip .shown").nth(1).click()
    wait_for(page, "hidden", ["2"])
    page.get_by_role("button", name="Epoch", exact=True).click()
    wait_for(page, "axis", ["epoch"])
    page.get_by_label("Log scale").check()
    wait_for(page, "log", ["1"])
    page.get_by_label("Group by").select_option("model.nz")
    wait_for(page, "group", ["model.nz"])
    page.get_by_label("Smoothing").fill("0.5")
    wait_for(page, "smoothing", ["0.5"])
    slider = page.get_by_label("Step of the samples shown")
    slider.focus()
    page.keyboard.press("Home")
    until(page, "new URL(location.href).searchParams.has('step')")

    other = browser.new_context(viewport={"width": 1024, "height": 800}).new_page()
    try:
        other.goto(page.url)
        expect(other.locator(".reel figure")).to_have_count(2)
        assert names(other) == names(page)
        assert films(other) == films(page)
        expect(other.locator(".chip .shown").nth(1)).to_have_attribute("aria-pressed", "false")
        expect(other.get_by_role("button", name="Epoch", exact=True)).to_have_attribute("aria-pressed", "true")
        expect(other.get_by_label("Log scale")).to_be_checked()
        expect(other.get_by_label("Group by")).to_have_value("model.nz")
        expect(other.get_by_label("Smoothing")).to_have_value("0.5")
        expect(other.locator(".reel output")).to_have_text(page.locator(".reel output").text_content())
        assert urlsplit(other.url).query == urlsplit(page.url).query
    finally:
        other.context.close()


def test_a_view_is_saved_and_opened_from_home(shipped: App, arms: list[str], new_page: Callable[[], Page]) -> None:
    page = new_page()
    open_three(page, shipped, arms, axis="time")
    page.get_by_role("button", name="Save view").click()
    page.get_by_label("Name").fill("the three nz")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name="Saved views (1)")).to_be_visible()
    page.goto(shipped.url)
    page.get_by_role("link", name="the three nz").click()
    expect(page.locator(".chip")).to_have_count(3)
    wait_for(page, "axis", ["time"])
    assert asked(page, "runs") == arms


def test_nothing_scrolls_the_page_sideways(shipped: App, new_page: Callable[[], Page]) -> None:
    """Twelve runs: their films scroll in a box of their own, on a phone too."""
    page = new_page()
    store = RunStore(PROJECT / "runs" / "reference")
    runs = [run.id for run in store.list()][:12]
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        open_three(page, shipped, runs)
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
        box = page.locator(".reel .films")
        assert box.evaluate("box => box.scrollWidth > box.clientWidth")


REACHED = "root => Math.max(...root.charts.flatMap(chart => chart.model.runs.flatMap(run => [...run.xs])))"


def test_films_and_losses_of_a_run_that_trains_follow_it(app: App, new_page: Callable[[], Page]) -> None:
    small = {"model.ngf": 4, "model.ndf": 4, "train.epochs": 300, "train.preview_every": 10, "train.evaluate_every": 0}
    trains, waits = (app.store.create(RunConfig().replace(small | {"seed": seed})) for seed in (0, 1))
    trains.enqueue()
    page = new_page()
    page.goto(f"{app.url}/compare?runs={trains.id},{waits.id}")
    slider = page.get_by_label("Step of the samples shown")
    for _ in range(3):  # more and more grids, by themselves
        expect(slider).not_to_have_attribute("max", slider.get_attribute("max") or "")
    expect(page.locator(".reel .caption").last).to_have_text("no samples yet")
    losses = page.locator(".curves").first
    for _ in range(3):  # and so do the losses, in place
        until(
            page,
            f"([root, before]) => ({REACHED})(root) > before",
            arg=[losses.element_handle(), losses.evaluate(REACHED)],
        )
    expect(page.get_by_text("its last")).to_have_count(0)
    trains.command("stop")


def test_a_zoom_shows_what_the_whole_picture_leaves_out(app: App, new_page: Callable[[], Page]) -> None:
    steps = np.arange(1.0, 20_001.0)
    runs = [app.store.create(RunConfig().replace({"seed": seed})) for seed in (0, 1)]
    for run in runs:
        writer = ScalarWriter(run.path / "scalars.arrow")
        writer.append({"step": steps, "epoch": steps / 70, "loss_d": np.sin(steps), "loss_g": np.cos(steps)})
        writer.close()
    page = new_page()
    page.goto(f"{app.url}/compare?runs={','.join(run.id for run in runs)}")
    plot = page.locator(".curves .plot").first
    expect(plot).to_have_attribute("data-drawn", re.compile("[1-9]"))
    root = page.locator(".curves").first
    within = """root => root.charts[0].lines[0].xs.filter(x => x > root.zoom[0] && x < root.zoom[1]).length"""
    box = plot.bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.50 * box["width"], box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.55 * box["width"], box["y"] + 50, steps=3)
    page.mouse.up()
    coarse = root.evaluate(within)
    expect(root).to_have_attribute("data-finer", re.compile("[1-9]"))
    assert root.evaluate(within) > 5 * coarse
    page.get_by_role("button", name="Show all").first.click()
    assert root.evaluate("root => root.charts[0].lines[0].xs.length") <= 600
