"""The parts of the Compare page. What was measured of samples is compared in `ui.compare.quality`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from gancore.evaluation.measures import MEASURES
from gancore.store import Run
from gancore.text import describe_duration
from ui import navigation, state
from ui.boundary import boundary, explain
from ui.colors import run_color
from ui.compare import quality
from ui.figures.curves import AXES, SMOOTHING, Mark, comparison_figure, curve_names
from ui.frontend.components import chart, film
from ui.run import health, view
from ui.run.film import run_film, thin_steps
from ui.run.progress import state_word
from ui.runs import table
from ui.words import labels

MAX_RUNS = navigation.MOST_COMPARED


def linked_reference() -> list[Run]:
    """The reference runs that the address or an earlier choice names: there are too many to list them all."""
    named = {*st.query_params.get("runs", "").split(","), *st.session_state.get("compared", ())}
    return [run for run in state.reference() if run.id in named]


def choose(runs: Sequence[Run]) -> list[Run]:
    """The runs to compare; the address bar names them, so the view can be sent to somebody."""
    by_id = {run.id: run for run in runs}
    names = labels(runs)
    if "compared" not in st.session_state or "runs" in st.query_params:
        named = st.query_params.get("runs", "").split(",")
        linked = [run_id for run_id in dict.fromkeys(named) if run_id in by_id][:MAX_RUNS]
        if linked:
            st.session_state["compared"] = linked
    kept = [run_id for run_id in dict.fromkeys(st.session_state.get("compared", [])) if run_id in by_id]
    if st.session_state.get("compared") != kept:
        st.session_state["compared"] = kept
    chosen = st.multiselect(
        "Runs",
        list(by_id),
        format_func=lambda run_id: names[run_id] + (", reference" if state.is_reference(by_id[run_id]) else ""),
        key="compared",
        max_selections=MAX_RUNS,
        placeholder="Choose runs",
        on_change=_link,
    )
    if chosen:
        st.query_params["runs"] = ",".join(chosen)
    return [by_id[run_id] for run_id in chosen]


def _link() -> None:
    """The widget was used: from now on it says what the address bar says, not the other way round."""
    st.query_params["runs"] = ",".join(st.session_state["compared"])


def settings(runs: Sequence[Run]) -> None:
    """Only the rows that differ."""
    st.subheader("What differs", anchor=False)
    paths = table.varying(runs)
    if paths:
        view.settings_table(runs, paths)
    else:
        same = "Nothing: these runs have the same settings and the same seed"
        steered = any(run.changes() or run.meta.parent for run in runs)
        st.caption(f"{same} now, but not from the start." if steered else f"{same}, so they are identical.")
    if {run.config.seed for run in runs} == {runs[0].config.seed}:
        st.caption(":material/info: One seed each: a difference may be due to chance. Repeat with other seeds.")


def curves(runs: Sequence[Run]) -> None:
    """Measured quantities over each other."""
    st.subheader("Curves", anchor=False)
    forked = any(run.meta.parent for run in runs)
    join = forked and st.toggle(
        "Show forks together with their parents' curves",
        True,
        key="compare-join",
        persist_state="session",
    )
    rows, evaluations = {}, {}
    for run in runs:
        with boundary(run):
            known = state.store().joined_scalars(run) if join else run.scalars()
            evaluations[run.id] = quality.evaluations(run, join=bool(join))
            rows[run.id] = known
    runs = [run for run in runs if run.id in rows]
    named = _named(runs, rows)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        columns = st.pills(
            "Show",
            list(named),
            default=[column for column in ("loss_d", "loss_g", "loss") if column in named],
            selection_mode="multi",
            format_func=named.__getitem__,
            key="compare-metrics-" + "-".join(named),
            persist_state="session",
        )
    values = quality.choose(runs, evaluations)
    axis, weight, log = _axes()
    below = sorted(runs, key=lambda run: -(run.meta.parent_step or 0))  # a fork's past is its parent's, who covers it
    cells = st.columns(2)
    for index, column in enumerate(columns or []):
        with cells[index % 2], boundary(named[column]):
            _curve(below, rows, column, named[column], axis=axis, weight=weight, log=log)
    for index, key in enumerate(values, start=len(columns or [])):
        with cells[index % 2], boundary(MEASURES[key].label):
            marks = [mark for run in below for mark in _marks(run)]
            found = {run: evaluations[run.id] for run in below}
            quality.curve(found, key, rows, axis=axis, log=log, marks=marks)
    if values:
        quality.warn([each for every in evaluations.values() for each in every])
    st.caption("Losses of different objectives are not comparable: compare the samples.")


def _named(runs: Sequence[Run], rows: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """What the curves that are there are called; one that a fork has from its parent alone goes by its column."""
    recorded = dict.fromkeys(column for frame in rows.values() for column in frame.columns if column not in AXES)
    declared = curve_names(run.config for run in runs)
    others = {column: column.replace("_", " ") for column in recorded if column not in declared}
    return {column: name for column, name in (declared | others).items() if column in recorded}


def _axes() -> tuple[str, float, bool]:
    """How curves are drawn: their horizontal axis, their smoothing, and whether their scale is logarithmic."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        axis = st.segmented_control(
            "Horizontal axis", list(AXES), default="step", required=True, key="compare-axis", persist_state="session"
        )
        weight = st.slider(
            "Smoothing",
            0.0,
            0.99,
            SMOOTHING,
            key="compare-smoothing",
            width=260,
            persist_state="session",
            help="Weight of past values in an exponential moving average; the raw values stay visible as faint lines.",
        )
        log = st.toggle("Log scale", key="compare-log", persist_state="session")
    return axis or "step", weight, log


def _curve(
    runs: Sequence[Run],
    rows: Mapping[str, pd.DataFrame],
    column: str,
    title: str,
    *,
    axis: str,
    weight: float,
    log: bool,
) -> None:
    """One measured quantity of all runs that have it."""
    names = labels(runs)
    shown = [run for run in runs if column in rows[run.id]]
    series = [(names[run.id], run_color(run), rows[run.id]) for run in shown]
    marks = [mark for run in shown for mark in _marks(run)]
    figure = comparison_figure(series, column, title, axis=axis, weight=weight, log=log, marks=marks)
    chart(figure, key="compare-" + column + "-" + "-".join(rows), alt=f"{title} of {len(runs)} runs", height=320)
    outputs = {game.output for run in runs if (game := run.config.kind.game(run.config)) is not None}
    if column.startswith("d_") and len(outputs) > 1:
        st.caption("Some of these runs show probabilities and others raw scores: their levels are not comparable.")


def _marks(run: Run) -> list[Mark]:
    """Where a run began as a fork, and where its settings were changed while it trained."""
    color, step = run_color(run), run.meta.parent_step
    begin = [] if step is None else [Mark(step, "fork", color)]
    return begin + view.change_marks(run, color)


def samples(runs: Sequence[Run]) -> None:
    """Grids side by side, at the same step."""
    st.subheader("Samples at the same step", anchor=False)
    names = labels(runs)
    every = [set(run.samples()) for run in runs]
    shared = thin_steps(sorted(set.intersection(*every)))
    steps = {*shared, *(max(own) for own in every if own)}
    films = []
    for run in runs:
        with boundary(run):
            films.append(run_film(run, names[run.id], sorted(steps)))
    shown = [one for one in films if one.frames]
    if shown:
        identity = ",".join(run.id for run in runs)
        film(shown, key=f"film-{identity}", identity=identity)
    else:
        st.caption("None of these runs has samples yet.")


def results(runs: Sequence[Run]) -> None:
    """Final numbers, means over the last 100 steps."""
    st.subheader("Results", anchor=False)
    names = labels(runs)
    named = curve_names(run.config for run in runs if not run.damage)
    measured = {key: name for key, name in named.items() if any(key in run.summary for run in runs)}
    frame = pd.DataFrame([_result(run, names[run.id], measured) for run in runs])
    numbers = frame.select_dtypes("number").columns.difference(["steps", "images/s"])
    config = {name: st.column_config.NumberColumn(format="%.3g") for name in numbers}
    config["images/s"] = st.column_config.NumberColumn(format="%.0f")
    st.dataframe(frame, hide_index=True, column_config=config, placeholder="–", key="results")
    st.caption("Means over the last 100 steps of each run.")
    quality.table(runs)


def _result(run: Run, name: str, measured: Mapping[str, str]) -> dict[str, Any]:
    """A row of final numbers; of a run that cannot be read, why."""
    try:
        return {
            "run": name,
            "state": state_word(run.state),
            "health": health.sentence(run),
            "steps": run.status.step,
            **{label: run.summary.get(key) for key, label in measured.items()},
            "images/s": run.summary.get("images_per_second"),
            "trained": describe_duration(run.status.seconds),
        }
    except Exception as error:
        return {"run": name, "state": state_word("damaged"), "health": explain(run, error)}
