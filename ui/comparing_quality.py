"""What was measured of samples, of several runs side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from gancore.measures import MAIN, MEASURES, Evaluation, best, final, shown_weights
from gancore.store import Run
from ui import quality, state
from ui.charts import Mark
from ui.colors import run_color
from ui.components import chart
from ui.quality_charts import Series, as_text, class_bars, classes_line, highest_share, value_figure, with_classes
from ui.words import labels, plain

Measured = Mapping[str, Sequence[Evaluation]]  # by the run's id


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
        "Quality of the samples",
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
    return np.interp(steps, rows["step"].to_numpy(float), rows[axis].to_numpy(float)).tolist()


def warn(found: Sequence[Evaluation]) -> None:
    """Say why values do not compare, where they do not."""
    for sentence in differences(found):
        st.caption(f":material/warning: {plain(sentence)}")


def differences(found: Sequence[Evaluation]) -> list[str]:
    """In what these evaluations differ that makes their values differ, a sentence each."""
    said = []
    extractors = sorted({each.extractor for each in found if each.extractor})
    if len(extractors) > 1:
        said.append(
            f"Seen through different networks ({', '.join(extractors)}): their FIDs and the like don't compare."
        )
    references = sorted({f"{each.reference_count:,} of {each.reference}" for each in found})
    if len(references) > 1:
        said.append(f"Held against different images ({'; '.join(references)}): these values don't compare.")
    for size, words in (("cheap", "while they trained"), ("full", "at the end")):
        counts = sorted({each.samples for each in found if each.size == size})
        if len(counts) > 1:
            listed = " and ".join(f"{count:,}" for count in counts)
            said.append(f"Measured {words} on {listed} samples: fewer give a higher FID.")
    return said


def classes(runs: Sequence[Run]) -> None:
    """Which classes came up at the last evaluation, a chart each run."""
    counted = {run: found[-1] for run in runs if (found := with_classes(run.evaluations()))}
    if not counted:
        return
    st.subheader("Classes among the samples", anchor=False)
    names, top = labels(runs), highest_share(list(counted.values()))
    across = min(len(counted), 4)
    cells = st.columns(across)
    for index, (run, newest) in enumerate(counted.items()):
        with cells[index % across]:
            classes_of = quality.class_names(run.config)
            line = f"step {newest.step:,}: {classes_line(newest, classes_of)}"
            st.markdown(f"**{plain(names[run.id])}** · {plain(line)}")
            figure = class_bars(newest, classes_of, run.id, color=run_color(run), top=top)
            key = f"compare-classes-{run.id}"
            chart(figure, key=key, alt=f"classes among the samples of {names[run.id]}", height=230)
    st.caption("Bars: of the samples; dashes: of the data.")


def table(runs: Sequence[Run]) -> None:
    """Every value of every run at its last full evaluation, and the best on the way."""
    found = {run.id: run.evaluations() for run in runs}
    ends = {run.id: final(found[run.id]) for run in runs}
    keys = quality.measured([each for every in found.values() for each in every])
    if not keys:
        return
    st.subheader("Measured", anchor=False)
    names = labels(runs)
    rows = {name: [say(end) if end else "–" for end in ends.values()] for name, say in _SETUP.items()}
    for key in keys:
        rows[MEASURES[key].label] = [_at_the_end(end, key) for end in ends.values()]
        if key in MAIN and any(best(every, key) for every in found.values()):
            rows[f"best {MEASURES[key].label} on the way"] = [_best(every, key) for every in found.values()]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=[names[run.id] for run in runs])
    frame = frame.rename_axis("at the end").reset_index()
    st.dataframe(frame, hide_index=True, height=35 * (len(frame) + 1) + 3, key="measured")
    warn([end for end in ends.values() if end])


_SETUP: dict[str, Callable[[Evaluation], str]] = {
    "measured at step": lambda end: f"{end.step:,}, {quality.network(end)}",
    "samples": lambda end: f"{end.samples:,}",
    "held against": lambda end: f"{end.reference_count:,} of {end.reference}",
    "seen through": lambda end: end.extractor or "–",
}


def _at_the_end(end: Evaluation | None, key: str) -> str:
    return as_text(end.values, key) if end and key in end.values else "–"


def _best(found: Sequence[Evaluation], key: str) -> str:
    winner = best(found, key)
    return "–" if winner is None else f"{as_text(winner.values, key)} at step {winner.step:,}"
