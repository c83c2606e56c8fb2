"""Pictures of the tour in README, in light and in dark: `python -m tests.browser.pictures FOLDER`. No test.

FOLDER has `runs` in it, a store with a trained run of `dcgan-nz` that Explore can look into; the others need none.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from gancore.bench.waiting import until
from tests.browser.serving import PROJECT, App, open_browser, serve
from ui.explore.choosing import explorable

MOST_BYTES = 150_000
TRAINED = "dd => Number(dd.textContent) > 400"  # steps, of which a picture of a lesson shows the last
DRAWN = "chart => chart?._fullData?.some(({ x }) => x?.length > 100)"


def explore(page: Page, app: App) -> None:
    """The directions in which a generator changes most."""
    run = next(run for run in explorable(app.store.list()) if run.experiment == "dcgan-nz")
    page.goto(f"{app.url}/explore?run={run.id}&view=directions&seed=3&picks=3.9")
    page.locator(".direction canvas.drawn").nth(55).wait_for()
    page.locator("canvas.large.drawn").wait_for()


def learn(page: Page, app: App) -> None:
    """Five GANs in one lesson, after some seconds."""
    page.goto(f"{app.url}/learn?lesson=collapse")
    figure = page.locator(".lesson[data-ready=collapse]")
    page.get_by_role("button", name="Just show me").click()
    figure.locator("fieldset:enabled").wait_for()
    figure.get_by_role("button", name="Play", exact=True).click()
    step = figure.locator("dd[data-of=step]")
    until(page, TRAINED, arg=step.element_handle())
    figure.get_by_role("button", name="Pause").click()


def replay(page: Page, app: App) -> None:
    """A textbook case of mode collapse, played back to its end."""
    page.goto(app.url)
    page.get_by_role("link", name="Mode collapse").click()
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("slider", name="Step of the replay").press("End")
    page.locator(".player li").first.wait_for()
    losses = page.locator('.chart[aria-label^="Losses"]')
    until(page, DRAWN, arg=losses.element_handle())


PICTURES: Mapping[str, Callable[[Page, App], None]] = {"explore": explore, "learn": learn, "replay": replay}
SIZES = {"explore": (1280, 760), "learn": (1360, 900), "replay": (1600, 900)}


def main() -> None:
    """Take them, or those that are named after the folder."""
    with serve(Path(sys.argv[1])) as app, open_browser() as browser:
        for name in sys.argv[2:] or PICTURES:
            for theme in ("light", "dark"):
                width, height = SIZES[name]
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
                page.set_default_timeout(180_000)
                PICTURES[name](page, app)
                page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
                _save(page.screenshot(), PROJECT / "docs" / f"{name}-{theme}.webp")
                page.close()


def _save(screenshot: bytes, path: Path) -> None:
    with Image.open(io.BytesIO(screenshot)) as picture:
        picture.save(path, quality=80, method=6)
    if (size := path.stat().st_size) > MOST_BYTES:
        raise SystemExit(f"{path.name} has {size:,} bytes, more than {MOST_BYTES:,}.")
    print(f"{path.relative_to(PROJECT)}: {size:,} bytes")


if __name__ == "__main__":
    main()
