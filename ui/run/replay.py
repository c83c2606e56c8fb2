"""A finished run played back as if it trained: samples, curves, findings and numbers come when they came."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import streamlit as st

from gancore.evaluation import measures
from gancore.health.timeline import Moment, timeline
from gancore.store import Run
from gancore.store.records import LIVE
from ui import state
from ui.figures.evaluations import as_text, first_values, measured
from ui.frontend.components import Happening, film, player
from ui.run import changes
from ui.run.film import run_film

ASKED = "replay"  # in the address
_FILES = ("meta.json", "evals", "changes", "scalars.arrow", "status.json")


def is_asked(run: Run) -> bool:
    """Whether the address asks for the replay of a run, and there is one."""
    if ASKED not in st.query_params:
        return False
    if not can_play(run):
        del st.query_params[ASKED]
    return ASKED in st.query_params


def can_play(run: Run) -> bool:
    """Whether a run is over, and has something to show."""
    return run.state not in LIVE and not run.damage and (run.path / "scalars.arrow").exists()


def button(run: Run) -> None:
    """A way into the replay, and out of it."""
    if not can_play(run):
        return
    playing = ASKED in st.query_params
    label, icon = ("End replay", ":material/stop_circle:") if playing else ("Replay", ":material/replay:")
    tip = None if playing else "Watch it train again, from the first step, as fast as you like."
    if st.button(label, icon=icon, key=f"replay-{run.id}", help=tip, on_click=_end if playing else _begin):
        st.rerun()  # the page around it, too


def _begin() -> None:
    st.query_params[ASKED] = "1"


def _end() -> None:
    st.query_params.pop(ASKED, None)


def section(run: Run, losses: Callable[[], None]) -> None:
    """The controls, and below them the film beside the `losses`."""
    player(run, _happenings(run), _numbers(run), key="player")
    with st.container(key="pictures-and-losses"):
        left, right = st.columns([1, 1.25], gap="medium")
    with left:
        film([run_film(run)], key="film-replayed", identity=f"replay of {run.id}", replay=run)
    with right:
        losses()


def _happenings(run: Run) -> list[Happening]:
    """What was found and what was changed, in order."""
    found = [
        Happening(step, what, f"{finding.title}: {finding.observation}" if what == "came" else f"Over: {finding.title}")
        for step, what, finding in _timeline(
            run.path, tuple(map(str, (state.stamp(run.path / each) for each in _FILES)))
        )
    ]
    changed = [
        Happening(change.step, "changed", changes.describe([change]))
        for change in run.changes()
        if change.step is not None
    ]
    return sorted([*found, *changed], key=lambda each: each.step)


@lru_cache(maxsize=200)
def _timeline(path: Path, _stamps: tuple[str, ...]) -> list[Moment]:
    return timeline(Run(path))


def _numbers(run: Run) -> list[tuple[int, str]]:
    """What was measured after each step, in a line."""
    every = run.evaluations()
    weights = measures.shown_weights(every)
    shown = [each for each in every if each.weights == weights]
    keys = first_values(run.config, measured(shown))
    found = []
    for each in sorted(shown, key=lambda evaluation: evaluation.step):
        values = [f"{measures.MEASURES[key].label} {as_text(each.values, key)}" for key in keys if key in each.values]
        if values:
            found.append((each.step, f"Measured after step {each.step:,}: {', '.join(values)}"))
    return found
