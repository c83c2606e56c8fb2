"""What is measured of samples, in a browser: at the press of a button, and while it trains."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from gancore.bench.waiting import until
from gancore.training.runner import execute
from tests.miniatures import tiny

pytestmark = pytest.mark.browser

CHART = '.chart[aria-label^="modes found of"]'
RING = {"data.name": "ring", "model.g_output": "linear", "train.final_samples": 500}


def test_a_saved_run_is_measured_at_the_press_of_a_button(app, new_page: Callable[[], Page]) -> None:
    run = app.store.create(tiny("mlp", RING), name="ring")
    assert execute(run.path, max_steps=12) == "stopped"
    page = new_page()
    page.goto(f"{app.url}/train?run={run.id}")
    page.get_by_text("Quality", exact=True).click()
    expect(page.get_by_text("Not evaluated yet")).to_be_visible()
    page.get_by_role("button", name="Evaluate 500 samples").click()
    expect(page.get_by_text("Last full evaluation")).to_be_visible()
    expect(page.get_by_text("500 samples; reference")).to_be_visible()
    page.locator(CHART).scroll_into_view_if_needed()
    until(page, f"document.querySelector('{CHART}')?.data?.length === 1")  # drawn once it is in sight
    expect(page.get_by_role("button", name="Evaluate 500 samples")).to_have_count(0)


def test_values_are_followed_while_it_trains_and_the_chart_stays(app, new_page: Callable[[], Page]) -> None:
    often = {"train.steps": 100_000, "train.evaluate_every": 20, "train.evaluate_share": 1.0}
    run = app.store.create(tiny("mlp", RING | often), name="ring")
    page = new_page()
    tab = page.get_by_text("Quality", exact=True)
    with app.store.worker_lock():  # as if another process trained: the run waits
        run.enqueue()
        page.goto(f"{app.url}/train?run={run.id}")
        expect(page.locator(".film")).to_contain_text("no samples yet")
        until(page, "document.querySelector('.chart')?._fullLayout")
        before = tab.bounding_box()
    expect(page.locator(".film img")).to_be_visible()
    assert tab.bounding_box() == before  # nothing jumps from under the pointer when the first samples come
    tab.click()
    chart = page.locator(CHART)
    expect(chart).to_be_visible()
    chart.scroll_into_view_if_needed()  # a chart out of sight is not drawn
    chart.evaluate("element => { element.mine = true }")
    until(page, f"(document.querySelector('{CHART}')?.data?.[0].x.length ?? 0) >= 3")
    assert chart.evaluate("element => element.mine")
    run.command("stop")
