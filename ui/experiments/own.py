"""The page of a sweep of one's own: its grid and its figures. Nobody claimed anything of it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gancore.config import SETTINGS
from gancore.sweeps.study import Search
from gancore.sweeps.sweep import Sweep
from ui import navigation, state
from ui.experiments import grid, report, results, search, sweeps
from ui.experiments.arms import Arm, of_sweep
from ui.words import plain


def page(sweep: Sweep) -> None:
    """Everything of a sweep."""
    arms = look(sweep)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        navigation.to_questions("All questions", {}, key="back", icon=":material/arrow_back:")
        runs = [run for arm in arms for run in arm.runs.values()]
        if any(run.state == "finished" for run in runs):
            report.sweep_button(runs, sweep)
    st.title(plain(sweep.title or sweep.id), anchor=False)
    searched = search.of(sweep)
    if searched is not None:
        _search(sweep, searched, arms)
        return
    labels = [SETTINGS[path].label for path in sweep.varies if path in SETTINGS]
    st.caption(plain(f"A sweep of your own; varies {', '.join(labels)}." if labels else "A sweep of your own."))
    sweeps.bar(sweep, "own")
    grid.section(lambda: (look(sweep), seeds_of(sweep)), sweep.id, sweep.id)
    results.section(lambda: _results(sweep), live=grid.is_live(arms))


def _search(sweep: Sweep, searched: Search, arms: Sequence[Arm]) -> None:
    """Of a search what it found comes first; of its many runs the best are shown beside each other."""
    live = grid.is_live(arms) or sweeps.goes_on(sweep)
    st.caption(plain(search.words(searched)))
    sweeps.bar(sweep, "own")
    search.section(sweep, live=live)
    with st.expander("All runs", expanded=False, icon=":material/grid_on:"):
        grid.section(lambda: (look(_now(sweep)), list(searched.seeds)), sweep.id)
    results.section(lambda: _best(_now(sweep)), live=live)


def _now(sweep: Sweep) -> Sweep:
    """A search gets more cells while one looks."""
    return sweeps.find(sweep.id) or sweep


def _best(sweep: Sweep) -> results.Results:
    return results.Results(sweep.id, search.best_arms(sweep, look(sweep)), varies="arm")


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
