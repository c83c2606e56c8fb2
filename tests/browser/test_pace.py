"""When a page draws what it is told of a run: rarely where that is slow, not what nobody sees, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page

from gancore.bench.waiting import until
from tests.browser.serving import App
from tests.browser.test_live import LOSSES, shows, training
from ui.server import library

pytestmark = pytest.mark.browser

# How often parts were drawn that always have something new, in ten seconds of a clock of our own.
DRAWINGS = """async ([script, took]) => {
  const { Pace } = await import(script)
  let now = 0
  const todo = []
  const at = (time, then) => todo.push({ time, then })
  const pace = new Pace({
    now: () => now,
    wait: (then, ms) => at(now + ms, then),
    frame: (then) => at(Math.ceil(now / 16) * 16, then),
    painted: (then) => at(now, then),
  })
  const drawn = [0, 0]
  const parts = drawn.map((_, place) => () => {
    drawn[place] += 1
    now += took / 2
    pace.soon(parts[place])
  })
  for (const part of [...parts, ...parts]) pace.soon(part)
  while (now < 10_000) {
    todo.sort((one, other) => one.time - other.time)
    const { time, then } = todo.shift()
    now = Math.max(now, time)
    then()
  }
  return drawn
}"""


@pytest.mark.parametrize(("took", "least", "most"), [(2, 55, 70), (40, 22, 26), (400, 10, 12)])
def test_drawing_takes_a_small_share_of_the_time(
    app: App, new_page: Callable[[], Page], took: float, least: int, most: int
) -> None:
    page = new_page()
    page.goto(f"{app.url}/_stcore/health")
    one, other = page.evaluate(DRAWINGS, [f"{app.url}/{library.SCRIPTS}pace.js", took])
    assert least <= one <= most
    assert other == one  # together, in one frame


BROKEN = """async (script) => {
  const { Pace } = await import(script)
  const errors = []
  addEventListener("error", (event) => {
    errors.push(event.message)
    event.preventDefault()
  })
  let drawn = false
  const pace = new Pace()
  pace.soon(() => { throw new Error("broken") })
  await new Promise((resolve) => pace.soon(() => { drawn = true; resolve() }))
  await new Promise((resolve) => pace.soon(resolve))
  return [drawn, errors.join()]
}"""


def test_a_part_that_fails_costs_no_other_part_its_turn(app: App, browser) -> None:
    page = browser.new_page()
    page.goto(f"{app.url}/_stcore/health")
    drawn, errors = page.evaluate(BROKEN, f"{app.url}/{library.SCRIPTS}pace.js")
    assert drawn
    assert "broken" in errors
    page.close()


ENDS = """element => [...element.querySelectorAll(".scatterlayer .js-line")].map((path) =>
  path.getAttribute("d").split(/[ML]/).at(-1).split(",").map(Number))"""
# Where the lines on the canvases above a chart end: the rightmost pixels of each colour, in pixels of its axes.
CONTINUED = """element => [...element.querySelectorAll("canvas")].flatMap((canvas) => {
  const { width, height } = canvas
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height)
  const [left, scale] = [parseFloat(canvas.style.left) - element._fullLayout.xaxis._offset, devicePixelRatio]
  const found = new Map()
  for (let x = 0; x < width; x += 1) for (let y = 0; y < height; y += 1) {
    const at = 4 * (y * width + x)
    if (data[at + 3] < 200) continue
    const color = data[at] > data[at + 2] ? "g" : "d"
    if (found.get(color)?.x !== x) found.set(color, { x, ys: [] })
    found.get(color).ys.push(y)
  }
  const middle = (ys) => ys.reduce((sum, y) => sum + y, 0) / ys.length + 0.5
  const { opacity } = canvas.style
  return [...found].map(([color, { x, ys }]) => [opacity, color, left + (x + 1) / scale, middle(ys) / scale])
})"""
COUNT = "element => Number(element.dataset.drawings)"


def test_lines_go_on_to_where_plotly_would_draw_them(app: App, new_page: Callable[[], Page]) -> None:
    page = new_page()
    with training(app) as trained:
        page.goto(f"{app.url}/train?run={trained.run.id}")
        chart = page.locator(LOSSES)
        shows(page, trained.go_on(1))
        step = trained.go_on(50)  # now it knows how fast steps come
        shows(page, step)
        assert chart.evaluate("element => element.chart.room") > step + 3
        before = chart.evaluate(COUNT)
        for _ in range(3):
            shows(page, trained.go_on(1))
        assert chart.evaluate(COUNT) == before  # its lines went on, and nothing else was drawn
        drawn = {(float(opacity), color): end for opacity, color, *end in chart.evaluate(CONTINUED)}
        assert len(drawn) == 4  # raw and smoothed, of D and G
        chart.evaluate("element => element.chart.drawWhole()")
        assert chart.evaluate(CONTINUED) == []
        names = [(0.22, "d"), (1.0, "d"), (0.22, "g"), (1.0, "g")]
        for name, whole in zip(names, chart.evaluate(ENDS), strict=True):
            assert np.allclose(drawn[name], whole, atol=2.5), name  # pixels: where a line is steep, it ends earlier


def test_what_is_out_of_sight_is_drawn_when_it_comes_into_sight(app: App, new_page: Callable[[], Page]) -> None:
    page = new_page()
    with training(app) as trained:
        page.goto(f"{app.url}/train?run={trained.run.id}")
        shows(page, 100)
        chart = page.locator(LOSSES)
        page.set_viewport_size({"width": 390, "height": 300})
        until(page, "selector => !document.querySelector(selector).chart.seen", arg=LOSSES)
        updates = chart.get_attribute("data-updates")
        words = page.locator(".progress .words").first
        for _ in range(3):
            step = trained.go_on(10)
            words.filter(has_text=f"step {step:,}/").wait_for()
        assert chart.get_attribute("data-updates") == updates
        chart.scroll_into_view_if_needed()
        shows(page, step)


def test_the_last_step_of_a_run_is_drawn_whole(app: App, new_page: Callable[[], Page]) -> None:
    page = new_page()
    with training(app) as trained:
        page.goto(f"{app.url}/train?run={trained.run.id}")
        for _ in range(4):
            shows(page, trained.go_on(5))
        last = trained.go_on(1)
        trained.tell("finished")
    until(
        page,
        """([selector, step]) => {
          const { _fullData: shown, _fullLayout: layout } = document.querySelector(selector)
          return shown.every(({ x }) => x.at(-1) === step) && Math.round(layout.xaxis.range[1]) === step
        }""",
        arg=[LOSSES, last],
    )


def test_nothing_on_the_page_of_a_finished_run_moves(app: App, new_page: Callable[[], Page]) -> None:
    page = new_page()
    with training(app) as trained:
        trained.tell("finished")
    page.set_viewport_size({"width": 390, "height": 500})  # charts below are never seen
    page.goto(f"{app.url}/train?run={trained.run.id}")
    page.locator(LOSSES).wait_for()
    until(page, """() => document.getAnimations().every(({ effect }) => effect.getComputedTiming().endTime < 10_000)""")
