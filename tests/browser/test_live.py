"""A page that follows a run by itself: nothing trains here, the test writes what a run would write."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from gancore.bench.waiting import until
from gancore.config import RunConfig
from gancore.store import Run
from gancore.store.records import Status
from gancore.store.scalars import ScalarWriter
from tests.browser.serving import App
from ui.figures.curves import curve_data, smooth
from ui.server import library, live

pytestmark = pytest.mark.browser

LOSSES = '.chart[aria-label^="Losses"]'
LAST = "([selector, step]) => Number(document.querySelector(selector)?.dataset.step) === step"


class Trained:
    """A run whose folder this test writes."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.writer = ScalarWriter(run.path / "scalars.arrow")
        self.step = 0
        self.tell("running")

    def go_on(self, steps: int) -> int:
        """Write so many rows; the last step."""
        rows = np.arange(self.step + 1, self.step + steps + 1)
        losses = {"loss_d": 1 + 0.1 * np.sin(rows), "loss_g": 2 + 0.1 * np.cos(rows)}
        self.writer.append({"step": rows, "epoch": rows / 5, "time": rows / 10, "step_time": 0 * rows + 0.1, **losses})
        self.step += steps
        return self.step

    def go_back(self, step: int) -> None:
        """Begin again at a step, as a resume does."""
        self.writer.abandon()
        self.writer = ScalarWriter(self.run.path / "scalars.arrow", keep_through=step)
        self.step = step

    def tell(self, state: str, **losses: float) -> None:
        self.run.write_status(Status(state=state, step=self.step, total_steps=1_000, device="cpu", scalars=losses))


@contextmanager
def training(app: App) -> Iterator[Trained]:
    run = app.store.create(RunConfig(), name="followed")
    with run.lock():
        trained = Trained(run)
        trained.go_on(100)
        try:
            yield trained
        finally:
            trained.writer.abandon()


def shows(page: Page, step: int) -> None:
    """Wait until the chart and the line of progress have come to a step."""
    until(page, LAST, arg=[LOSSES, step])
    expect(page.locator(".progress .words").first).to_contain_text(f"step {step:,}/1,000")


def test_a_page_follows_a_run_without_being_drawn_anew(app: App, new_page: Callable[[], Page]) -> None:
    page = new_page()
    messages: list[bytes | str] = []
    page.on("websocket", lambda connection: connection.on("framereceived", lambda sent: messages.append(sent)))
    with training(app) as trained:
        page.goto(f"{app.url}/train?run={trained.run.id}")
        shows(page, 100)
        page.locator(LOSSES).evaluate("element => { element.mine = true }")
        for _ in range(5):
            shows(page, trained.go_on(7))
        numbers = page.locator(".progress .numbers")
        expect(numbers).to_have_text("Its first numbers come within seconds.")
        place = numbers.bounding_box()
        for loss in (0.5, 0.25):
            trained.tell("running", loss_d=loss)
            expect(numbers).to_have_text(f"D loss{loss}")
        assert numbers.bounding_box() == place  # what is below stays where it is
        assert page.locator(LOSSES).evaluate("element => element.mine")
        assert messages
        assert not any("bdata" in str(message) for message in messages)  # no pass over the page brings numbers
        trained.go_back(60)
        shows(page, trained.go_on(5))  # earlier than what was shown
        trained.tell("finished")
    expect(page.locator(".stMarkdownBadge").first).to_contain_text("finished")


TOPS = """() => {
  window.tops = new Set()
  const look = () => {
    const details = [...document.querySelectorAll("[data-testid=stButtonGroup]")]
      .find((each) => each.textContent.includes("History"))
    const main = document.querySelector("[data-testid=stMain]")
    if (details) window.tops.add(Math.round(details.getBoundingClientRect().top + main.scrollTop))
    requestAnimationFrame(look)
  }
  look()
}"""


def test_nothing_jumps_when_a_run_starts(app: App, new_page: Callable[[], Page]) -> None:
    page = new_page()
    with training(app) as trained:
        (trained.run.path / "samples").mkdir()
        grid = Image.fromarray(np.zeros((274, 274), np.uint8))  # as large as those of the quickstart
        grid.save(trained.run.path / "samples" / "000100.png")
        trained.tell("finished")
    page.goto(f"{app.url}/train?run={trained.run.id}")
    page.locator(f"{LOSSES}[data-updates]").wait_for()
    page.locator(".film .picture.loaded").wait_for()
    page.evaluate(TOPS)
    page.get_by_role("button", name="Start", exact=True).click()
    started = page.locator('.chart[aria-label^="Losses of quickstart"]')
    started.wait_for()
    until(page, "selector => document.querySelector(selector)?._fullData?.[0]?.x.length > 3", arg=LOSSES)
    assert len(page.evaluate("[...window.tops]")) == 1


FOLLOW = """async ([script, address]) => {
  const { follow } = await import(script)
  window.heard = []
  window.leave = follow(address, (message) => window.heard.push(message))
}"""


def heard(test: str) -> str:
    """Whether a message came of which this is true."""
    return f"() => window.heard.some((message) => {test})"


def test_more_tabs_than_a_browser_has_connections_share_one_stream(app: App, browser: Browser) -> None:
    context = browser.new_context()
    context.set_default_timeout(60_000)
    with training(app) as trained:
        tabs = [context.new_page() for _ in range(8)]
        for tab in tabs:
            tab.goto(f"{app.url}/_stcore/health")
            tab.evaluate(FOLLOW, [f"{app.url}/{library.SCRIPTS}client.js", live.address(trained.run)])
        for tab in tabs:
            until(tab, heard("message.connection === 'live'"))
            until(tab, heard("message.kind === 'status'"))
            assert tab.evaluate("fetch('health').then((answer) => answer.ok)")
        tabs[0].close()
        trained.go_on(10)
        for tab in tabs[1:]:
            until(tab, heard("message.kind === 'rows' && message.after === 100"))
        tabs[1].evaluate("window.leave()")
        tabs[1].evaluate("window.heard = []")
        trained.go_on(10)
        for tab in tabs[2:]:
            until(tab, heard("message.kind === 'rows' && message.after === 110"))
        assert tabs[1].evaluate("window.heard") == []
    context.close()


def test_a_run_that_is_resumed_at_once_is_followed_on(app: App, new_page: Callable[[], Page]) -> None:
    page = new_page()
    page.goto(f"{app.url}/_stcore/health")
    with training(app) as trained:
        page.evaluate(FOLLOW, [f"{app.url}/{library.SCRIPTS}client.js", live.address(trained.run)])
        until(page, heard("message.kind === 'status'"))
        trained.tell("paused")
        until(page, heard("message.kind === 'end'"))
        trained.tell("running")
        trained.go_on(10)
        until(page, heard("message.kind === 'status' && message.step === 110"))


SOURCE = """async ([script, address]) => {
  const { Source } = await import(script)
  window.heard = []
  window.source = new Source(address, (message) => window.heard.push(message))
}"""


def test_a_stream_that_breaks_is_asked_for_and_comes_back(app: App, new_page: Callable[[], Page]) -> None:
    page = new_page()
    page.goto(f"{app.url}/_stcore/health")
    page.route("**/stream*", lambda route: route.abort())
    with training(app) as trained:
        script = f"{app.url}/{library.SCRIPTS}source.js"
        page.evaluate(SOURCE, [script, f"{app.url}/{live.address(trained.run)}"])
        until(page, heard("message.connection === 'polling'"))
        trained.go_on(3)
        until(page, heard("message.kind === 'rows' && message.after === 100"))
        page.unroute("**/stream*")
        until(page, heard("message.connection === 'live'"))
        trained.go_on(3)
        until(page, heard("message.kind === 'rows' && message.after === 103"))
        page.evaluate("window.source.close()")


CONTINUED = """async ([script, start, steps, values, weight]) => {
  const { Curve, thinned } = await import(script)
  const curve = new Curve(weight, start)
  values.forEach((value, index) => curve.append(steps[index], value ?? NaN))
  const spike = Array.from({ length: 5000 }, (_, index) => (index === 1234 ? 9 : Math.sin(index)))
  return { x: curve.smoothed.x, y: curve.smoothed.y, kept: thinned(spike.map((_, at) => at), spike, 200) }
}"""


@pytest.mark.parametrize("weight", [0.0, 0.9, 0.99])
def test_a_curve_is_continued_as_python_would_have_drawn_it(
    app: App, new_page: Callable[[], Page], weight: float
) -> None:
    steps = np.arange(1, 401)
    losses = pd.Series(np.random.default_rng(0).standard_normal(400).astype(np.float32))
    losses[[0, 1, 150, 250, 251]] = np.nan
    rows = pd.DataFrame({"step": steps, "loss_d": losses})
    whole = smooth(losses.astype(float), weight)
    page = new_page()
    page.goto(f"{app.url}/_stcore/health")
    for begun in (0, 1, 200):
        start = curve_data(rows[:begun], ["loss_d"], weight).get("loss_d")
        more = [None if np.isnan(value) else float(value) for value in losses[begun:]]
        script = f"{app.url}/{library.SCRIPTS}curve.js"
        drawn = page.evaluate(CONTINUED, [script, start, steps[begun:].tolist(), more, weight])
        assert drawn["y"] == pytest.approx(whole[np.array(drawn["x"], int) - 1].tolist(), rel=1e-5)
        assert drawn["x"][-1] == 400
        assert 1234 in drawn["kept"]
        assert len(drawn["kept"]) <= 200
        assert json.dumps(start)
