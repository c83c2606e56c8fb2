"""What somebody does in a browser while runs train, one round after another."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from playwright.sync_api import Page

from gancore.config import RunConfig
from gancore.config.kinds import KINDS
from gancore.experiments import EXPERIMENTS
from gancore.store import Run, RunStore
from tests.browser.serving import App
from tests.miniatures import tiny

KEPT = 20  # runs of the store: older ones are deleted, so that its size is none of what grows
LOSSES = '.chart[aria-label^="Losses"][data-updates]'
HEADING = "[data-testid=stMainBlockContainer] :is(h1, h2, h3)"
STEPS = 400

_FAMILIES = itertools.cycle([name for name in KINDS if name not in ("own", "cs231n")])


def next_run(store: RunStore, number: int) -> Run:
    """A run that waits: a toy that trains for half a minute, in turns with every family in miniature."""
    if number % 2 == 0:
        config = EXPERIMENTS["toy-collapse"].base.replace({"train.steps": 4_000, "seed": number})
    else:
        config = tiny(next(_FAMILIES), {"train.steps": STEPS, "train.preview_every": 50, "train.evaluate_every": 100})
    return _queued(store, config, f"round {number}")


def _queued(store: RunStore, config: RunConfig, name: str) -> Run:
    run = store.create(config, name=name)
    run.enqueue()
    return run


def tidy(store: RunStore) -> None:
    """Delete what is old, for good."""
    ended = [run for run in store.list() if run.state not in ("queued", "running")]
    for run in ended[KEPT:]:  # the newest come first
        store.delete(run)
    store.empty_trash()


def visits(app: App, page: Page, run: Run) -> dict[str, Callable[[], object]]:
    """What is done in a round, by name, in order."""
    main = page.get_by_test_id("stMainBlockContainer")

    def go(path: str, shows: str) -> None:
        page.goto(f"{app.url}/{path}")
        page.locator(shows).first.wait_for()
        if page.get_by_test_id("stException").count():
            raise AssertionError(f"{path} shows an exception")

    def pause_and_resume() -> None:
        if main.get_by_role("button", name="Pause", exact=True).count() == 0:  # it has finished already
            return
        main.get_by_role("button", name="Pause", exact=True).click()
        page.locator(".stMarkdownBadge").first.filter(has_text="paused").or_(
            page.locator(".stMarkdownBadge").first.filter(has_text="finished")
        ).wait_for()
        if main.get_by_role("button", name="Resume", exact=True).count():
            main.get_by_role("button", name="Resume", exact=True).click()
            page.locator(".stMarkdownBadge").first.filter(has_not_text="paused").wait_for()

    def filter_runs() -> None:
        go("runs", ".run")
        go("runs?where=state+%3D+finished", "[data-testid=stMainBlockContainer] .runs")

    def explore() -> None:
        trained = [each for each in app.store.list() if each.checkpoints() and each.state == "finished"]
        if trained:
            go(f"explore?run={trained[0].id}", ".explore canvas, .explore svg, .explore img, .explore button")

    def compare() -> None:
        ids = [each.id for each in app.store.list()[:4]]
        if len(ids) > 1:
            go(f"compare?runs={','.join(ids)}", ".curves")

    return {
        "open the run that waits": lambda: go(f"train?run={run.id}", HEADING),
        "watch its curves": lambda: page.locator(LOSSES).first.wait_for(),
        "pause and resume it": pause_and_resume,
        "filter the table": filter_runs,
        "compare": compare,
        "explore": explore,
        "look at the experiments": lambda: go("experiments", HEADING),
        "read a lesson": lambda: go("learn?lesson=game", HEADING),
        "go home": lambda: go("", HEADING),
        "come back to the run": lambda: go(f"train?run={run.id}", HEADING),
    }
