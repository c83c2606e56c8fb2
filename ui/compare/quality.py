"""What was measured of samples, of several runs side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gancore.evaluation.measures import MAIN, MEASURES, best, final, shown_weights
from gancore.store import Run
from gancore.store.evaluations import Evaluation
from ui import state
from ui.boundary import boundary
from ui.colors import run_color
from ui.figures.curves import Mark
from ui.figures.evaluations import (
    Series,
    as_text,
    class_bars,
    class_map,
    classes_line,
    highest_share,
    value_figure,
    with_classes,
)
from ui.frontend.components import chart
from ui.run import quality
from ui.words import labels, plain

Measured = Mapping[str, Sequence[Evaluation]]  # by the run's id
ACROSS = 4  # charts of classes in a line, at most
MAP_HEIGHT = 270


def evaluations(run: Run, *, join: bool) -> list[Evaluation]:
    """A run's evaluations; of a fork with those of what it was forked from, up to the fork."""
    found = run.evaluations()
    if not join:
        return found
    *ancestors, _ = line = state.store().lineage(run)
    for parent, child in reversed(list(zip(ancestors, line[1:], strict=True))):
        until = min([child.meta.parent_step or 0, *(each.step for each in found)])
        found = [each for each in parent.evaluations() if each.step <= until] + found
    return found


def choose(runs: Sequence[Run], measured: Measured) -> list[str]:
    """The values to be drawn."""
    keys = quality.measured([each for found in measured.values() for each in found])
    if not keys:
        return []
    chosen = st.pills(
        "Sample quality",
        keys,
        default=quality.first_values(runs[0].config, keys)[:1],
        selection_mode="multi",
        format_func=lambda key: MEASURES[key].label,
        key="compare-quality-" + "-".join(keys),
        persist_state="session",
    )
    return list(chosen or [])


def curve(
    measured: Mapping[Run, Sequence[Evaluation]],
    key: str,
    rows: Mapping[str, pd.DataFrame],
    *,
    axis: str,
    log: bool,
    marks: Sequence[Mark],
) -> None:
    """One value of several runs, each in its colour."""
    runs = list(measured)
    names = labels(runs)
    series = []
    for run, found in measured.items():
        weights = shown_weights(found)
        own = [each for each in found if each.weights == weights and key in each.values]
        places = _places(own, rows[run.id], axis)
        if own and places is not None:
            series.append(Series(names[run.id], run_color(run), own, places))
    identity = "compare-" + "-".join(run.id for run in runs)
    levels = {quality.level(key, run.config) for run in runs}
    wanted = levels.pop() if len(levels) == 1 else None
    figure = value_figure(series, key, identity=identity, axis=axis, level=wanted, log=log, marks=marks)
    chart(figure, key=f"{identity}-{key}", alt=f"{MEASURES[key].label} of {len(series)} runs", height=320)


def _places(found: Sequence[Evaluation], rows: pd.DataFrame, axis: str) -> list[float] | None:
    """Where evaluations stand on an axis, told by the curves; None where they say nothing of it."""
    steps = [float(each.step) for each in found]
    if axis == "step":
        return steps
    if axis not in rows or rows.empty:
        return None
    places: list[float] = np.interp(steps, rows["step"].to_numpy(float), rows[axis].to_numpy(float)).tolist()
    return places


def warn(found: Sequence[Evaluation]) -> None:
    """Say why values do not compare, where they do not."""
    for sentence in differences(found):
        st.caption(f":material/warning: {plain(sentence)}")


def differences(found: Sequence[Evaluation]) -> list[str]:
    """In what these evaluations differ that makes their values differ, a sentence each."""
    said = []
    extractors = sorted({each.extractor for each in found if each.extractor})
    if len(extractors) > 1:
        said.append(f"Different features ({', '.join(extractors)}): FIDs and similar metrics are not comparable.")
    references = sorted({f"{each.reference_count:,} of {each.reference}" for each in found})
    if len(references) > 1:
        said.append(f"Different references ({'; '.join(references)}): these values are not comparable.")
    for size, words in (("cheap", "during training"), ("full", "at the end")):
        counts = sorted({each.samples for each in found if each.size == size})
        if len(counts) > 1:
            listed = " and ".join(f"{count:,}" for count in counts)
            said.append(f"Evaluated {words} on different numbers of samples ({listed}): fewer give a higher FID.")
    return said


def classes(runs: Sequence[Run]) -> None:
    """Which classes came up, a chart each run: at the last evaluation, and from one to the next."""
    counted = {run: found for run in runs if (found := with_classes(run.evaluations()))}
    if not counted:
        return
    st.subheader("Classes among the samples", anchor=False)
    names, top = labels(runs), highest_share([found[-1] for found in counted.values()])
    for run, cell in _side_by_side(list(counted)):
        with cell, boundary(run):
            newest, classes_of = counted[run][-1], quality.class_names(run.config)
            st.markdown(f"**{plain(names[run.id])}**")
            figure = class_bars(newest, classes_of, run.id, color=run_color(run), top=top)
            key = f"compare-classes-{run.id}"
            chart(figure, key=key, alt=f"classes among the samples of {names[run.id]}", height=230)
            st.caption(plain(f"At step {newest.step:,}: {classes_line(newest, classes_of)}."))
    st.caption("Bars: samples; dashes: data.")
    _classes_by_step({run: found for run, found in counted.items() if len(found) > 1}, names)


def _classes_by_step(counted: Mapping[Run, Sequence[Evaluation]], names: Mapping[str, str]) -> None:
    """A small map for each run; all have the same scale of colours."""
    if not counted:
        return
    st.markdown("##### Classes during training")
    for run, cell in _side_by_side(list(counted)):
        with cell, boundary(run):
            st.markdown(f"**{plain(names[run.id])}**")
            figure = class_map(counted[run], quality.class_names(run.config), run.id)
            alt = f"classes among the samples of {names[run.id]}, by step"
            chart(figure, key=f"compare-class-map-{run.id}", alt=alt, height=MAP_HEIGHT)
    every = [each for found in counted.values() for each in found]
    st.caption(f"Share among the samples over share in the data. {quality.map_key(every)}")


def _side_by_side(runs: Sequence[Run]) -> Iterator[tuple[Run, DeltaGenerator]]:
    """Each run with a place of its own, in lines that are about as long, and level."""
    across = math.ceil(len(runs) / math.ceil(len(runs) / ACROSS))
    for first in range(0, len(runs), across):
        yield from zip(runs[first : first + across], st.columns(across), strict=False)


def table(runs: Sequence[Run]) -> None:
    """Every value of every run at its last full evaluation, and the best on the way."""
    found = {run.id: run.evaluations() for run in runs}
    ends = {run.id: final(found[run.id]) for run in runs}
    keys = quality.measured([each for every in found.values() for each in every])
    if not keys:
        return
    st.subheader("Evaluations", anchor=False)
    names = labels(runs)
    rows = {name: [say(end) if end else "–" for end in ends.values()] for name, say in _SETUP.items()}
    for key in keys:
        rows[MEASURES[key].label] = [_at_the_end(end, key) for end in ends.values()]
        if key in MAIN and any(best(every, key) for every in found.values()):
            rows[f"best {MEASURES[key].label} during training"] = [_best(every, key) for every in found.values()]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=[names[run.id] for run in runs])
    frame = frame.rename_axis("last full evaluation").reset_index()
    st.dataframe(frame, hide_index=True, height=35 * (len(frame) + 1) + 3, key="measured")
    warn([end for end in ends.values() if end])


_SETUP: dict[str, Callable[[Evaluation], str]] = {
    "step": lambda end: f"{end.step:,}, {quality.network(end)}",
    "samples": lambda end: f"{end.samples:,}",
    "reference": lambda end: f"{end.reference_count:,} of {end.reference}",
    "features": lambda end: end.extractor or "–",
}


def _at_the_end(end: Evaluation | None, key: str) -> str:
    return as_text(end.values, key) if end and key in end.values else "–"


def _best(found: Sequence[Evaluation], key: str) -> str:
    winner = best(found, key)
    return "–" if winner is None else f"{as_text(winner.values, key)} at step {winner.step:,}"
