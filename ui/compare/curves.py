"""Curves of the compared runs over each other, or the means of groups of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from gancore.comparison.groups import by_setting, over_seeds
from gancore.evaluation.measures import MEASURES
from gancore.store import Run
from gancore.store.evaluations import Evaluation
from gancore.store.records import LIVE
from ui import state
from ui.boundary import boundary
from ui.colors import Line
from ui.compare import address
from ui.compare.chosen import lines, names
from ui.compare.controls import SEEDS, Controls
from ui.compare.quality import evaluations, warn
from ui.figures.comparison import Averaged, Shown, Style, curves_data
from ui.figures.curves import AXES, Mark, curve_names
from ui.figures.evaluations import first_values, measured
from ui.frontend import plots
from ui.run import view

MOST_CHARTS = 8
_CHARTS = "compare-charts"  # in the session


def section(runs: Sequence[Run], controls: Controls) -> None:
    """The curves and measures that somebody chooses."""
    st.subheader("Curves", anchor=False)
    join = any(run.meta.parent for run in runs) and st.toggle(
        "Show forks together with their parents' curves", True, key="compare-join", persist_state="session"
    )
    shown = read(runs, join=bool(join))
    named = names_of(shown)
    values = measured([each for run in shown for each in run.evaluations])
    options = [*named, *(key for key in values if key not in named)]
    asked = address.current().columns or st.session_state.get(_CHARTS) or _first(runs[0], named, values)
    st.session_state[_CHARTS] = [key for key in asked if key in options][:MOST_CHARTS]
    chosen = st.multiselect(
        "Charts",
        options,
        format_func=lambda key: named[key] if key in named else MEASURES[key].label,
        max_selections=MOST_CHARTS,
        select_all=False,
        key=_CHARTS,
        on_change=_keep,
        label_visibility="collapsed",
        placeholder="Choose curves and measures",
    )
    draw(shown, controls, [key for key in chosen if key in options], key="compare-curves", named=named)
    if any(key in values for key in chosen):
        warn([each for run in shown for each in run.evaluations])
    outputs = {game.output for run in runs if (game := run.config.kind.game(run.config)) is not None}
    if any(key.startswith("d_") for key in chosen) and len(outputs) > 1:
        st.caption("Some of these runs show probabilities and others raw scores: their levels are not comparable.")


def _keep() -> None:
    """Have the address say which charts somebody chose."""
    address.change(columns=tuple(st.session_state[_CHARTS]))


def _first(run: Run, named: Mapping[str, str], values: Sequence[str]) -> list[str]:
    """What says most at first: the main measure, and D's outputs or the losses."""
    outputs = [column for column in ("d_real", "d_fake") if column in named]
    losses = [column for column in ("loss_d", "loss_g", "loss") if column in named]
    return [*first_values(run.config, values)[:1], *(outputs or losses)]


def read(runs: Sequence[Run], *, join: bool = False) -> list[Shown]:
    """Runs with their curves, and those of what they were forked from; one that cannot be read says so in its place."""
    named, drawn, shown = names(runs), lines(runs), []
    for run in sorted(
        runs, key=lambda run: -(run.meta.parent_step or 0)
    ):  # a fork's past is its parent's, who covers it
        with boundary(run):
            rows = state.store().joined_scalars(run) if join else run.scalars()
            measured = evaluations(run, join=join)
            shown.append(_shown(run, named[run.id], drawn[run.id], rows, measured))
    return shown


def _shown(run: Run, name: str, line: Line, rows: pd.DataFrame, measured: Sequence[Evaluation]) -> Shown:
    step = run.meta.parent_step
    fork = [] if step is None else [Mark(step, "fork", line.color)]
    marks = fork + view.change_marks(run, line.color)
    live = run.state in LIVE
    return Shown(run.id, name, line.color, line.dash, run.config, rows, measured, marks, live)


def names_of(shown: Sequence[Shown]) -> dict[str, str]:
    """What the curves that are there are called; one that a fork has from its parent alone goes by its column."""
    recorded = dict.fromkeys(column for run in shown for column in run.rows.columns if column not in AXES)
    declared = curve_names(run.config for run in shown)
    others = {column: column.replace("_", " ") for column in recorded if column not in declared}
    return {column: name for column, name in (declared | others).items() if column in recorded}


def draw(
    shown: Sequence[Shown],
    controls: Controls,
    charts: Sequence[str],
    *,
    key: str,
    low: bool = False,
    named: Mapping[str, str] | None = None,
) -> None:
    """Charts of curves, by their columns, and of measures, by their keys."""
    known = names_of(shown) if named is None else named
    style = Style(
        axis=controls.axis,
        smoothing=controls.smoothing,
        log=controls.log,
        band=controls.band,
        groups=groups(shown, controls.group),
    )
    identity = " ".join([controls.axis, *(run.id for run in shown)])
    plots.curves(curves_data(shown, charts, known, style), key=key, identity=identity, low=low)


def groups(shown: Sequence[Shown], group: str) -> list[Averaged]:
    """Runs that are drawn as one line each: of one value of a setting, or with other seeds."""
    if not group:
        return []
    runs = [run for each in shown if (run := state.find_run(each.id)) is not None]
    colors = {each.id: each.color for each in shown}
    found = over_seeds(runs, {each.id: each.name for each in shown}) if group == SEEDS else by_setting(runs, group)
    return [Averaged(each.name, colors[each.runs[0].id], [run.id for run in each.runs]) for each in found]
