"""How smoothly the lessons' figures move: `python -m tests.browser.frames`. No test; numbers to compare.

Of the GAN that the server trains (`trained`) it is how often a new frame came.
"""

from __future__ import annotations

import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import Page

from gancore.bench.waiting import until
from tests.browser.serving import App, open_browser, serve
from ui.learn.lessons import LESSONS

SECONDS = 5
TRAINED = "collapse"  # the lesson whose second figure the server trains
IS_THERE = """() => [...document.querySelectorAll("*")].some((each) => each.shadowRoot?.querySelector(
  ".lesson[data-ready=trained] dd[data-of=step]")?.textContent.includes("of"))"""
# Times every callback of an animation frame from the beginning, those of the figures among them.
WATCH = """
window.frames_seen = []
const ask = window.requestAnimationFrame.bind(window)
window.requestAnimationFrame = (act) => ask((now) => {
  const begin = performance.now()
  act(now)
  window.frames_seen.push([now, performance.now() - begin])
})"""
COUNT = """async (seconds) => {
  window.frames_seen = []
  const begin = performance.now()
  const keep = () => performance.now() - begin < 1000 * seconds && requestAnimationFrame(keep)
  keep() // so that pictures are counted whether or not the figure asks for one
  await new Promise((done) => setTimeout(done, 1000 * seconds))
  const work = new Map()
  for (const [now, spent] of window.frames_seen) work.set(now, (work.get(now) ?? 0) + spent)
  return [...work]
}"""


def frames(page: Page, app: App, lesson: str) -> list[tuple[float, float]]:
    """When each picture of a figure that plays came, and what computing and drawing it took, in milliseconds."""
    page.goto(f"{app.url}/learn?lesson={lesson}")
    figure = page.locator(f".lesson[data-ready={LESSONS[lesson].figure}]")
    figure.wait_for()
    page.get_by_role("button", name="Just show me").click()
    figure.locator("fieldset:enabled").wait_for()
    play = figure.get_by_role("button", name="Play", exact=True)
    if play.count():
        play.click()
    else:
        page.evaluate(WIGGLE)
    found = page.evaluate(COUNT, SECONDS)
    page.evaluate("clearInterval(window.wiggling)")
    return [(when, spent) for when, spent in found]


def served(page: Page, app: App) -> list[float]:
    """When each frame of what the server trains came, in milliseconds, once the first one is there."""
    came: list[float] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda _: came.append(1000 * time.perf_counter())))
    page.goto(f"{app.url}/learn?lesson={TRAINED}")
    page.get_by_role("button", name="Just show me").click()
    figure = page.locator(".lesson[data-ready=trained]")
    figure.locator("fieldset:enabled").wait_for()
    figure.scroll_into_view_if_needed()
    figure.get_by_role("button", name="Play", exact=True).click()
    until(page, IS_THERE, timeout=60_000)
    came.clear()
    page.wait_for_timeout(1000 * SECONDS)
    return list(came)


# Where nothing plays, somebody drags: a slider moves at every picture.
WIGGLE = """() => {
  const slider = [...document.querySelectorAll("*")].flatMap((each) => [...(each.shadowRoot?.querySelectorAll(
    ".lesson input[type=range]") ?? [])])[0]
  window.wiggling = setInterval(() => {
    slider.value = Number(slider.value) >= Number(slider.max) ? slider.min : Number(slider.value) + Number(slider.step)
    slider.dispatchEvent(new Event("input"))
  }, 16)
}"""


def main() -> None:
    """Print the figures, of the lessons that are named or of all."""
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as app, open_browser() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(WATCH)
        asked = sys.argv[1:] or [*LESSONS, "trained"]
        if "trained" in asked:
            came = served(browser.new_page(viewport={"width": 1440, "height": 900}), app)
            gaps = [later - earlier for earlier, later in pairwise(came)]
            rate = len(came) / SECONDS
            print(f"trained      {rate:5.1f} frames/s, {median(gaps):.0f} ms apart, at worst {max(gaps):.0f}")
        for lesson in (each for each in asked if each in LESSONS):
            found = frames(page, app, lesson)
            gaps = [later - earlier for (earlier, _), (later, _) in pairwise(found)]
            work = [spent for _, spent in found]
            rate = len(found) / SECONDS
            print(
                f"{lesson:12} {rate:5.1f} pictures/s, {median(gaps):.1f} ms apart, at worst {max(gaps):.0f};",
                f"each takes {median(work):.1f} ms, p95 {quantiles(work, n=20)[-1]:.1f}, at worst {max(work):.0f}",
            )


if __name__ == "__main__":
    main()
