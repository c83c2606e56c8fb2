"""Curves of many runs as plain data for the charts that smooth and average them in the browser (`frontend/curves.js`).

Nothing here knows of Streamlit.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from gancore.comparison.curves import Binned, Numbers, binned, points_for
from gancore.config import RunConfig
from gancore.evaluation.measures import MEASURES, on_the_way, shown_weights
from gancore.experiments.statistics import CONFIDENCE
from gancore.store.evaluations import Evaluation
from ui.figures.curves import Mark, panels
from ui.figures.evaluations import LOG

AXES = {"step": "step", "epoch": "epoch", "time": "training time (s)", "images": "training images"}
MOST_RUNS = 50
_BETTER = {"low": "Lower is better.", "high": "Higher is better.", "": ""}


@dataclass(frozen=True)
class Shown:
    """A run as its curves are drawn."""

    id: str
    name: str
    color: str
    dash: str  # of its lines, as in SVG; empty: solid
    config: RunConfig
    rows: pd.DataFrame
    evaluations: Sequence[Evaluation] = ()
    marks: Sequence[Mark] = ()
    live: bool = False  # whether it trains, so that more rows come


@dataclass(frozen=True)
class Averaged:
    """Runs that are drawn as their mean."""

    name: str
    color: str
    runs: Sequence[str]  # ids


@dataclass(frozen=True)
class Style:
    """How all charts are drawn."""

    axis: str = "step"
    smoothing: float = 0.0
    log: bool = False
    band: str = "range"
    groups: Sequence[Averaged] = field(default=())


def curves_data(runs: Sequence[Shown], charts: Sequence[str], named: Mapping[str, str], style: Style) -> dict[str, Any]:
    """Charts in this order: of columns of the curves, which are `named`, and of what was measured, by its key."""
    points = points_for(len(runs))
    columns = [column for column in charts if column in named]
    known = {run.id: _binned(run, columns, style.axis, points) for run in runs}
    drawn = {run_id: found for run_id, found in known.items() if found is not None and len(found.x)}
    made = [
        _of_column(runs, drawn, each, named[each], style) if each in named else _of_measure(runs, each, style)
        for each in charts
        if each in named or each in MEASURES
    ]
    return {
        "axis": AXES[style.axis],
        "smoothing": style.smoothing,
        "band": style.band,
        "quantiles": _quantiles(),
        "runs": {run.id: _look(run, style.axis) for run in runs},
        "groups": [
            {"name": each.name, "color": each.color, "runs": list(each.runs), "count": _count(len(each.runs))}
            for each in style.groups
        ],
        "xs": _xs(drawn),
        "charts": [chart for chart in made if chart["series"]],
    }


def _look(run: Shown, axis: str) -> dict[str, Any]:
    """How a run is drawn, and what its chart needs to read more of it by itself: its last step, and how far a step is
    on this axis, None where that is not known."""
    last = float(run.rows["step"].iloc[-1]) if "step" in run.rows and len(run.rows) else 0.0
    apart = np.nan if axis == "time" else float(places(run, np.array([last or 1.0]), axis)[0]) / (last or 1.0)
    look = {"name": run.name, "color": run.color, "dash": run.dash, "live": run.live, "last": last}
    return look | {"apart": apart if np.isfinite(apart) and apart > 0 else None}


def _xs(drawn: Mapping[str, Binned]) -> list[dict[str, Any]]:
    """Where the curves of runs have their points; said once for all that have the same, as many of one length do."""
    found: dict[tuple[str, str], list[str]] = {}
    for run_id, each in drawn.items():
        found.setdefault((_sent(each.x), _sent(each.span)), []).append(run_id)
    return [{"x": x, "span": span, "runs": runs} for (x, span), runs in found.items()]


def _count(runs: int) -> str:
    return "1 run" if runs == 1 else f"{runs} runs"


def places(run: Shown, steps: Numbers, axis: str) -> Numbers:
    """Where steps stand on an axis; NaN where the curves say nothing of it."""
    if axis == "step":
        return steps
    if axis == "images":
        return steps * run.config.images_per_step
    if axis not in run.rows or "step" not in run.rows or run.rows.empty:
        return np.full(len(steps), np.nan)
    found: Numbers = np.interp(steps, run.rows["step"].to_numpy(float), run.rows[axis].to_numpy(float))
    return found


def _binned(run: Shown, columns: Sequence[str], axis: str, points: int) -> Binned | None:
    if "step" not in run.rows or run.rows.empty:
        return None
    return binned(run.rows, places(run, run.rows["step"].to_numpy(float), axis), columns, points)


def _of_column(
    runs: Sequence[Shown], drawn: Mapping[str, Binned], column: str, name: str, style: Style
) -> dict[str, Any]:
    own = [run for run in runs if run.id in drawn and column in drawn[run.id].mean]
    series = []
    for run in own:
        found = drawn[run.id]
        sent = {"run": run.id, "mean": _sent(found.mean[column])}
        if not found.whole:
            sent |= {"low": _sent(found.low[column]), "high": _sent(found.high[column])}
        series.append(sent)
    return {
        "key": column,
        "title": name,
        "y": name,
        "log": style.log,
        "alt": f"{name} of {len(own)} runs against {AXES[style.axis]}.",
        "caption": _look_for(own, column),
        "marks": _marks(own, style),
        "series": series,
    }


def _look_for(runs: Sequence[Shown], column: str) -> str:
    """What to look for in such a curve, of the first run that has it."""
    for run in runs:
        for panel in panels(run.config).values():
            if any(curve.column == column for curve in panel.curves):
                return panel.caption
    return ""


def _marks(runs: Sequence[Shown], style: Style) -> list[dict[str, Any]]:
    """Forks and live changes; none where runs are averaged."""
    if style.groups:
        return []
    found = []
    for run in runs:
        for mark in run.marks:
            (x,) = places(run, np.array([float(mark.step)]), style.axis).tolist()
            if np.isfinite(x):
                found.append({"run": run.id, "x": x, "text": mark.text, "color": mark.color})
    return found


def _of_measure(runs: Sequence[Shown], key: str, style: Style) -> dict[str, Any]:
    """One value: a line through the evaluations on the way, a diamond for the full ones."""
    measure, series, extractors = MEASURES[key], [], set()
    own = []
    for run in runs:
        weights = shown_weights(run.evaluations)
        found = [each for each in run.evaluations if each.weights == weights and key in each.values]
        line = _placed(run, [each for each in on_the_way(run.evaluations) if key in each.values], key, style.axis)
        ends = _placed(run, [each for each in found if each.size == "full"], key, style.axis)
        if not line and not ends:
            continue
        own.append(run)
        extractors |= {each.extractor for each in found if each.extractor}
        sent: dict[str, Any] = {"run": run.id, "points": line or ends}
        if line and not style.groups:
            sent["ends"] = [{"x": x, "y": y} for x, y in ends]
        series.append(sent)
    log = style.log or key in LOG
    ends_said = "Diamonds: full evaluations, of more samples." if any(each.get("ends") for each in series) else ""
    title = measure.name(", ".join(sorted(extractors)))
    return {
        "key": key,
        "title": title,
        "y": measure.label,
        "log": log,
        "alt": f"{measure.label} of {len(own)} runs against {AXES[style.axis]}.",
        "caption": " ".join(filter(None, (_BETTER[measure.better], ends_said))),
        "marks": _marks(own, style),
        "series": series,
    }


def _placed(run: Shown, found: Sequence[Evaluation], key: str, axis: str) -> list[list[float]]:
    steps = np.array([float(each.step) for each in found])
    pairs = zip(places(run, steps, axis).tolist(), (each.values[key] for each in found), strict=True)
    return [[x, float(f"{y:.6g}")] for x, y in pairs if np.isfinite(x)]


@lru_cache(maxsize=1)
def _quantiles() -> list[float]:
    """Student's, of a 95 % interval of the mean of 0, 1, 2, ... values."""
    from scipy.special import stdtrit  # here, as it takes long to import

    return [0.0, 0.0, *(float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) for n in range(2, MOST_RUNS + 1))]


def _sent(values: Numbers) -> str:
    """Base64 of 32-bit floats."""
    return base64.b64encode(values.astype("<f4").tobytes()).decode()
