"""The page of a sweep of one's own: its grid and its figures. Nobody claimed anything of it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gancore.config import SETTINGS
from gancore.sweeps.sweep import Sweep
from ui import navigation, state
from ui.experiments import grid, report, results, sweeps
from ui.experiments.arms import Arm, of_sweep
from ui.words import plain


def page(sweep: Sweep) -> None:
    """Everything of a sweep."""
    arms = look(sweep)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        navigation.to_questions("All questions", key="back", icon=":material/arrow_back:")
        runs = [run for arm in arms for run in arm.runs.values()]
        if any(run.state == "finished" for run in runs):
            report.sweep_button(runs, sweep)
    st.title(plain(sweep.title or sweep.id), anchor=False)
    labels = [SETTINGS[path].label for path in sweep.varies if path in SETTINGS]
    st.caption(plain(f"A sweep of your own; varies {', '.join(labels)}." if labels else "A sweep of your own."))
    sweeps.bar(sweep, "own")
    grid.section(lambda: (look(sweep), seeds_of(sweep)), sweep.id)
    results.section(lambda: _results(sweep), live=grid.is_live(arms))


def look(sweep: Sweep) -> Sequence[Arm]:
    """Its arms as they are now."""
    index = state.index()
    return of_sweep(sweep, [run for cell in sweep.cells if (run := index.find(cell.run)) is not None])


def seeds_of(sweep: Sweep) -> list[int]:
    """All seeds that were planned."""
    return sorted({cell.seed for cell in sweep.cells})


def _results(sweep: Sweep) -> results.Results:
    path = sweep.varies[0] if len(sweep.varies) == 1 and sweep.varies[0] in SETTINGS else None
    return results.Results(sweep.id, look(sweep), varies=SETTINGS[path].label if path else "arm", path=path)
