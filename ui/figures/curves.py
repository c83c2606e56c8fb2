"""Curves as figures: data frames in, plotly figures out, as the plain data that plotly.js reads.

Nothing here knows of Streamlit. A page that is live makes several figures a second, so they are not built with
plotly's Python classes, whose checks take longer than everything else on the page.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from tsdownsample import MinMaxLTTBDownsampler

from gancore.config import RunConfig
from gancore.config.kinds import Curve, Panel
from ui import colors
from ui.figures.outliers import Points, keep_readable
from ui.words import legend

Figure = dict[str, Any]  # {"data": traces, "layout": ...}

ROLES = {"d": colors.D, "g": colors.G, "neither": colors.REAL}

MAX_POINTS = 1_000  # drawn for each curve: a live chart has about 600 columns
_MOST = float(np.finfo(np.float32).max)  # that the browser is sent
SMOOTHING = 0.9  # default weight of the past, as TensorBoard's slider


@dataclass(frozen=True)
class Mark:
    """Something that happened at a step, drawn across every curve."""

    step: int
    text: str
    color: str = colors.REAL


def panels(config: RunConfig) -> dict[str, Panel]:
    """The charts of a run of this kind, the first one the main one."""
    curve = Curve("step_time", "step time", alone="seconds per step")
    speed = Panel("Step time", "seconds per step", "Spikes come from other work on this machine.", (curve,))
    return config.kind.panels(config) | {"speed": speed}


def curve_names(configs: Iterable[RunConfig]) -> dict[str, str]:
    """What the curves of these runs are called where they stand beside each other, by their columns."""
    own = [curve for config in configs for panel in panels(config).values() for curve in panel.curves]
    return {curve.column: curve.full_name for curve in sorted(own, key=lambda curve: curve.column == "step_time")}


def smooth(values: pd.Series, weight: float) -> pd.Series:
    """Exponential moving average, corrected for its start; `weight` of the past in [0, 1)."""
    return values if weight <= 0 else values.ewm(alpha=1 - weight, adjust=True).mean()


def thin(x: np.ndarray, y: np.ndarray, points: int = MAX_POINTS) -> np.ndarray:
    """Indices of at most `points` rows that keep the curve's look, peaks included."""
    if len(x) <= points:
        return np.arange(len(x))
    downsampler: Any = MinMaxLTTBDownsampler  # it has no types
    chosen: np.ndarray = downsampler().downsample(np.ascontiguousarray(y, dtype=np.float64), n_out=points)
    return chosen


def packed(values: np.ndarray, dtype: str = "f4") -> dict[str, str]:
    """Numbers as plotly.js takes them without parsing: base64 of 32-bit floats, or of 64 bits (`f8`)."""
    return {"dtype": dtype, "bdata": base64.b64encode(values.astype(f"<{dtype}").tobytes()).decode()}


def _points(rows: pd.DataFrame, x: str, column: str, name: str, color: str) -> list[Points]:
    """A curve as it was measured, if it was; what no browser can draw is no outlier."""
    if column not in rows or x not in rows:
        return []
    values = rows[column].to_numpy(dtype=np.float64)
    return [Points(name, color, rows[x].to_numpy(), np.where(np.abs(values) <= _MOST, values, np.nan))]


def run_figure(panel: Panel, run_id: str, weight: float = SMOOTHING, marks: Sequence[Mark] = ()) -> Figure:
    """A run's own curves against the step, without their numbers: each trace says in `meta` which it shows.

    The numbers come from `curve_data`, and from the run itself while it trains.
    """
    data: list[dict[str, Any]] = []
    for curve in panel.curves:
        color = ROLES[curve.role]
        ghost = {"line": {"color": color, "width": 1}, "opacity": 0.22, "showlegend": False, "hoverinfo": "skip"}
        solid = {"line": {"color": color, "width": 2}, "name": legend(curve.name), "hovertemplate": "%{y:.3g}"}
        for smoothed, style in ((False, ghost), (True, solid)) if weight > 0 else ((True, solid),):
            shows = {"column": curve.column, "smoothed": smoothed}
            data.append({"type": "scatter", "mode": "lines", "meta": shows, **style})
    return {"data": data, "layout": layout("step", panel.y, revision=run_id + panel.title, log=panel.log, marks=marks)}


def curve_data(
    rows: pd.DataFrame,
    columns: Iterable[str],
    weight: float,
    between: tuple[float, float] | None = None,
    points: int = MAX_POINTS,
) -> dict[str, dict[str, Any]]:
    """Curves for a browser, raw and smoothed, each of at most `points` points: of all steps, or of those `between` two.

    `average` is what smoothing needs to go on after the last row: the average so far and the weight of all that is in
    it. Columns that are not there are left out.
    """
    steps = rows["step"].to_numpy() if "step" in rows else np.empty(0)
    first, last = 0, len(steps)
    if between is not None:  # and a point beyond either end, to which the line leads
        first = max(int(np.searchsorted(steps, between[0], side="left")) - 1, 0)
        last = int(np.searchsorted(steps, between[1], side="right")) + 1
    found = {}
    for column in columns:
        if column not in rows or not len(steps):
            continue
        raw = rows[column]
        smoothed = smooth(raw, weight)
        found[column] = {
            "raw": _thinned(steps[first:last], raw.to_numpy()[first:last], points),
            "smoothed": _thinned(steps[first:last], smoothed.to_numpy()[first:last], points),
            "average": _average(raw, smoothed, weight),
        }
    return found


def robust_axis(rows: pd.DataFrame, curves: Iterable[Curve]) -> dict[str, Any] | None:
    """The range of an axis that some spikes of a run leave, and traces that mark them; None where none does."""
    points = [each for curve in curves for each in _points(rows, "step", curve.column, curve.name, ROLES[curve.role])]
    figure = keep_readable({"data": [], "layout": {"yaxis": {}}}, points)
    bounds = figure["layout"]["yaxis"].get("range")
    return None if bounds is None else {"range": bounds, "marks": figure["data"]}


def _thinned(steps: np.ndarray, values: np.ndarray, points: int) -> dict[str, dict[str, str]]:
    drawable = np.abs(values) <= _MOST
    steps, values = steps[drawable], values[drawable]
    chosen = thin(steps, values, points)
    return {"x": packed(steps[chosen], "f8"), "y": packed(values[chosen])}


def _average(raw: pd.Series, smoothed: pd.Series, weight: float) -> tuple[float, float] | None:
    """Where `smooth` stands after the last row; None where nothing of the past counts."""
    seen = np.isfinite(raw.to_numpy())
    if not np.isfinite(smoothed.iloc[-1]):
        return None
    ages = np.arange(len(seen))[::-1]
    recent = ages < (np.log(1e-20) / np.log(weight) if weight > 0 else 1)  # what is older weighs nothing
    return float(smoothed.iloc[-1]), float(np.sum(weight ** ages[seen & recent]))


AXES = {"step": "step", "epoch": "epoch", "time": "training time (s)"}


def layout(x: str, y: str, *, revision: str, log: bool, marks: Sequence[Mark]) -> dict[str, Any]:
    """A chart's layout with named axes; zoom is kept while the `revision` stays."""
    return {
        "xaxis": {"title": {"text": x}, "rangemode": "tozero"},
        "yaxis": {
            "title": {"text": y, "standoff": 8},
            "automargin": True,
            "type": "log" if log else "linear",
            "exponentformat": "power",
        },
        "margin": {"l": 60, "r": 12, "t": 28, "b": 44},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "hovermode": "x unified",
        "uirevision": revision,
        "shapes": [_line_at(mark) for mark in marks],
        "annotations": [_note_at(mark) for mark in marks],
    }


def _line_at(mark: Mark) -> dict[str, Any]:
    line = {"color": mark.color, "width": 1, "dash": "dot"}
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": mark.step,
        "x1": mark.step,
        "y0": 0,
        "y1": 1,
        "line": line,
    }


def _note_at(mark: Mark) -> dict[str, Any]:
    place = {"xref": "x", "yref": "paper", "x": mark.step, "y": 1, "xanchor": "left", "yanchor": "top"}
    return place | {"text": legend(mark.text), "showarrow": False, "textangle": 90, "font": {"size": 11}}
