"""What a search has found, on the page of its sweep: the best trial, and what all of them say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from gancore.config import SETTINGS
from gancore.experiments import OUTCOMES
from gancore.store import Run
from gancore.sweeps.findings import Findings
from gancore.sweeps.search import Searches
from gancore.sweeps.study import JOURNAL, NoSearch, Search
from gancore.sweeps.sweep import MOST_RUNS, Sweep
from gancore.sweeps.sweeps import SweepNotFound
from gancore.text import listed
from ui import navigation, state
from ui.boundary import boundary
from ui.experiments import sweeps
from ui.experiments.arms import Arm
from ui.figures.search import history_figure, importance_figure, parallel_figure
from ui.forms import draft
from ui.frontend.components import chart
from ui.messages import attempt
from ui.words import plain, value_text

TICK = 3.0  # seconds between looks while it goes on
ENOUGH = 8  # trials that finished, before anything is said of what matters
COMPARED = 6  # of the best trials, whose samples and curves are shown beside each other
SAID = 3  # reasons why trials failed
MORE = 10  # trials that are added to a search unless another number is chosen


@dataclass(frozen=True)
class Found:
    """What a search has found so far."""

    search: Search
    history: pd.DataFrame
    parallel: pd.DataFrame

    @property
    def ranked(self) -> pd.DataFrame:
        """Trials that finished, the best first; of several with the same settings the first."""
        finished = self.history[self.history["state"] == "finished"]
        ranked = finished.sort_values("value", ascending=self.search.direction == "minimize", kind="stable")
        return ranked.drop_duplicates("arm")

    def count(self, name: str) -> int:
        """Trials in a state."""
        return int((self.history["state"] == name).sum())


def of(sweep: Sweep) -> Search | None:
    """What a sweep searches for; None if it is no search."""
    return Searches(state.store()).of(sweep)


def words(search: Search) -> str:
    """`A search by Optuna: chooses lr_g and ngf, for “FID” to be as low as it gets; bad trials are pruned.`"""
    end = "low" if search.direction == "minimize" else "high"
    named = [SETTINGS[each.path].label for each in search.space if each.path in SETTINGS]
    pruned = "" if search.pruner == "none" else f"; bad trials are pruned ({search.pruner})"
    aim = f"for “{OUTCOMES[search.measure].label}” to be as {end} as it gets"
    return f"A search by Optuna: chooses {listed(named)}, {aim}{pruned}."


def section(sweep: Sweep, *, live: bool) -> None:
    """Everything; looks again while the search goes on."""
    st.fragment(_section, run_every=TICK if live else None, key=f"search-{sweep.id}-{live}")(sweep.id)


def best_arms(sweep: Sweep, arms: Sequence[Arm]) -> list[Arm]:
    """Those of the best trials, the best first; before any has finished, those that there are."""
    try:
        names = list(_look(sweep).ranked["arm"])
    except (NoSearch, OSError):
        names = []
    by_name = {arm.name: arm for arm in arms}
    return [by_name[name] for name in names if name in by_name][:COMPARED] or list(arms)[:COMPARED]


def _section(sweep_id: str) -> None:
    try:
        sweep = sweeps.of_store().open(sweep_id)
        found = _look(sweep)
    except SweepNotFound:
        return
    except (NoSearch, OSError) as problem:
        st.info(plain(f"What was found cannot be shown: {problem}."), icon=":material/extension_off:")
        return
    with st.container(key="search-best"), boundary("The best trial"):
        _best(sweep, found)
    with st.container(key="search-history"), boundary("History"):
        _history(sweep, found)
    with st.container(key="search-parallel"), boundary("All trials"):
        _parallel(sweep, found)
    with st.container(key="search-importance"), boundary("What matters"):
        _importance(sweep, found)


# --- reading ----------------------------------------------------------------------------------------------------------


def _look(sweep: Sweep) -> Found:
    """Raises `NoSearch` and `OSError`."""
    return _read(str(state.root()), sweep.id, state.stamp(_journal(sweep)))


def _journal(sweep: Sweep) -> Path:
    return Searches(state.store()).folder(sweep) / JOURNAL


@st.cache_data(max_entries=20, show_spinner=False)
def _read(root: str, sweep_id: str, stamp: tuple[int, int]) -> Found:  # noqa: ARG001 (part of the key)
    findings = Findings(state.store(), sweeps.of_store().open(sweep_id))
    return Found(findings.search, findings.history(), findings.parallel())


@st.cache_data(max_entries=20, show_spinner=False)
def _importances(root: str, sweep_id: str, finished: int) -> pd.DataFrame:  # noqa: ARG001 (part of the key)
    return Findings(state.store(), sweeps.of_store().open(sweep_id)).importances()


# --- parts ------------------------------------------------------------------------------------------------------------


def _use(run: Run) -> None:
    """Fill the form with a run's settings, and go there."""
    draft.start_from_run(run)
    navigation.go(navigation.TRAIN, {"run": run.id})


def _best(sweep: Sweep, found: Found) -> None:
    st.subheader("The best so far" if sweeps.goes_on(sweep) else "The best trial", anchor=False)
    ranked = found.ranked
    if ranked.empty:
        st.caption("No trial has finished yet: the first one is on its way.")
        return
    best = ranked.iloc[0]
    quantity, seeds = OUTCOMES[found.search.measure], len(found.search.seeds)
    mean = f", mean of {seeds} seeds" if seeds > 1 else ", one seed"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.metric(quantity.label, f"{best['value']:{quantity.digits}}", width="content")
        st.markdown(" ".join(f":green-badge[{plain(each)}]" for each in _chips(found, best["trial"])))
    runs = [run for name in ranked["arm"][:2] if (run := _run(sweep, str(name))) is not None]
    with st.container(horizontal=True, vertical_alignment="center"):
        if runs:
            icon = ":material/content_copy:"
            st.button("Use settings", icon=icon, key=f"use-best-{sweep.id}", on_click=_use, args=(runs[0],))
            navigation.leave_if_asked()
        if len(runs) > 1:
            st.page_link(
                navigation.COMPARE,
                label="Compare with the second best",
                icon=":material/compare:",
                query_params={"runs": ",".join(run.id for run in runs)},
            )
    count = len(ranked)
    lucky = f" The best of {count} was lucky, too: try it with other seeds before you rely on it." if count > 1 else ""
    st.caption(plain(f"Trial {best['trial'] + 1}{mean}.{lucky}"))


def _chips(found: Found, trial: int) -> list[str]:
    """`lr_g 5e-4`, `ngf 64`."""
    rows = found.parallel[found.parallel["trial"] == trial]
    return [
        f"{SETTINGS[each.path].label} {value_text(each.path, _plain(rows.iloc[0][each.path]))}"
        for each in found.search.space
        if len(rows) and each.path in SETTINGS
    ]


def _plain(value: object) -> object:
    """As settings have it: a column of a frame has numbers of its own kind."""
    return value.item() if hasattr(value, "item") else value


def _run(sweep: Sweep, arm: str) -> Run | None:
    """The run of an arm's first seed that is there."""
    named = (cell.run for cell in sweep.cells if cell.arm == arm)
    return next((run for name in named if (run := state.index().find(name)) is not None), None)


def _history(sweep: Sweep, found: Found) -> None:
    st.subheader("History", anchor=False)
    quantity = OUTCOMES[found.search.measure]
    figure = history_figure(
        found.history,
        y=quantity.label,
        digits=quantity.digits,
        log=quantity.ratio,
        identity=sweep.id,
        trials=max(found.search.trials, len(found.history)),
    )
    alt = f"{quantity.label} of each trial, and the best so far"
    chart(figure, key=f"search-history-{sweep.id}", alt=alt, height=320)
    said = "Look at the line: while it still moves, more trials may help; once it lies flat, they hardly do."
    st.caption(plain(f"{said} {_counts(found)}"))
    problems = found.history[(found.history["state"] == "failed") & (found.history["problem"] != "")]
    for trial, problem in list(zip(problems["trial"], problems["problem"], strict=True))[:SAID]:
        st.caption(f":material/warning: {plain(f'Trial {trial + 1} failed: {problem}.')}")
    if not sweeps.goes_on(sweep) and sweep.state == "started":
        _more(sweep)


def _more(sweep: Sweep) -> None:
    """A search that is over goes on with more trials, and all that it knows."""
    key = f"more-trials-{sweep.id}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input("More trials", 1, MOST_RUNS, MORE, key=key, width=120)
        st.button("Add trials", icon=":material/add:", key=f"add-{key}", on_click=_add, args=(sweep, key))


def _add(sweep: Sweep, key: str) -> None:
    searches, known = Searches(state.store()), of(sweep)
    if known is None:
        return
    longer = known.model_copy(update={"trials": known.trials + int(st.session_state[key])})
    attempt(f"Adding trials to {sweep.title}", searches.go_on, sweep, longer)
    state.executor().ensure_worker()


def _counts(found: Found) -> str:
    """`12 finished, 5 pruned: shown at the value at which they were stopped.`"""
    parts = [f"{count} {name}" for name in ("finished", "pruned", "failed") if (count := found.count(name))]
    pruned = ": open circles, at the value at which they were stopped" if found.count("pruned") else ""
    return f"Trials: {', '.join(parts)}{pruned}." if parts else ""


def _parallel(sweep: Sweep, found: Found) -> None:
    st.subheader("All trials", anchor=False)
    if len(found.parallel) < 2:
        st.caption("Shown as soon as two trials have ended.")
        return
    quantity, search = OUTCOMES[found.search.measure], found.search
    figure = parallel_figure(
        found.parallel,
        search.space,
        y=quantity.label,
        log=quantity.ratio,
        lowest=search.direction == "minimize",
        identity=sweep.id,
    )
    alt = f"A line for each trial through its settings to its {quantity.label}"
    chart(figure, key=f"search-parallel-{sweep.id}", alt=alt, height=340)
    said = "Green: the best trials, ending on top; where they meet, the setting matters. Drag along an axis to"
    pruned = " Pruned trials are grey: their value is of less training." if found.count("pruned") else ""
    st.caption(plain(f"{said} see only the trials of that range.{pruned}"))


def _importance(sweep: Sweep, found: Found) -> None:
    st.subheader("What matters", anchor=False)
    finished = found.count("finished")
    if finished < ENOUGH:
        st.caption(f"{finished} finished trials cannot tell how much each setting matters: it takes {ENOUGH} or more.")
        return
    importances = _importances(str(state.root()), sweep.id, finished)
    if importances.empty:
        st.caption("All trials came out alike: no setting matters in the ranges that were searched.")
        return
    label = OUTCOMES[found.search.measure].label
    figure = importance_figure(importances, identity=sweep.id)
    alt = f"How much of the variance of {label} each setting explains"
    chart(figure, key=f"search-importance-{sweep.id}", alt=alt, height=90 + 34 * len(importances))
    st.caption(
        plain(
            f"An estimate from {finished} trials, in the ranges that were searched (fANOVA, Hutter et al. 2014): the "
            f"share of the differences in {label} that each setting explains by itself or with others."
        )
    )
