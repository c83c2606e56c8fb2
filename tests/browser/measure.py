"""How long a person waits, measured in Chromium: `python -m tests.browser.measure`. No test; numbers to compare."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import Page

from gancore.bench.waiting import until
from tests.browser.serving import App, open_browser, serve

MOVES = 60  # of a slider, while the quickstart trains
CHANGED = """before => document.querySelector('input[aria-label="ngf, typed"]').value !== before"""


def first_paint(page: Page, app: App) -> float:
    """From asking for the first page of a new server to its first button."""
    begin = time.perf_counter()
    page.goto(app.url)
    page.get_by_role("button", name="Train my first GAN").wait_for()
    return time.perf_counter() - begin


def first_preview(page: Page) -> float:
    """From the first click to the first sample grid, torch's import included."""
    begin = time.perf_counter()
    page.get_by_role("button", name="Train my first GAN").click()
    page.locator(".film img").wait_for()
    return time.perf_counter() - begin


def slider_moves(page: Page, moves: int = MOVES) -> list[float]:
    """From letting go of a key on the ngf slider to what the server makes of it, in the box beside it."""
    thumb = page.get_by_role("slider", name="ngf")
    thumb.wait_for()
    box = page.get_by_label("ngf, typed").first
    waits = []
    for move in range(moves):
        before = box.input_value()
        thumb.focus()
        page.keyboard.press("ArrowLeft" if move % 2 else "ArrowRight", delay=60)  # a finger takes its time
        begin = time.perf_counter()
        until(page, CHANGED, arg=before)
        waits.append(time.perf_counter() - begin)
        page.wait_for_timeout(150)
    return waits


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as app, open_browser() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        print(f"first page      {first_paint(page, app):.2f} s")
        print(f"first preview   {first_preview(page):.2f} s after the click")
        page.wait_for_timeout(5_000)
        waits = slider_moves(page)
        (run,) = app.store.list()
        rate = run.status.rate or 0.0
        p95 = quantiles(waits, n=20)[-1]
        print(f"slider to page  median {1e3 * median(waits):.0f} ms, p95 {1e3 * p95:.0f} ms, at {rate:.0f} images/s")
        run.command("stop")


if __name__ == "__main__":
    main()
