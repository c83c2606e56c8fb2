"""A robust axis: a few spikes leave it, each with a mark at its edge, instead of flattening everything else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ui.words import legend

TAIL = 0.01  # share of a curve's points, at either end, that may lie outside
FLAT = 4.0  # times as high as without them an axis must become before they do
ROOM = 0.5  # beyond the bulk of the curves, in heights of it, that the axis shows besides
FEWEST = 50  # points of a curve before any of them is an outlier
MOST_MARKS = 40  # on a chart, the farthest


class Points(NamedTuple):
    """A curve as it was measured, unsmoothed."""

    name: str
    color: str
    x: np.ndarray
    y: np.ndarray


class Range(NamedTuple):
    """Of an axis."""

    low: float
    high: float


def robust_range(curves: Iterable[np.ndarray]) -> Range | None:
    """The range of an axis for these curves if outliers would flatten it; None if it may be what the chart finds.

    What is a curve's whole course, such as a loss that grows or begins high, is no outlier.
    """
    finite = [values for curve in curves if len(values := curve[np.isfinite(curve)])]
    if not finite or max(map(len, finite)) < FEWEST:
        return None
    bulks = [np.quantile(values, (TAIL, 1 - TAIL)) if len(values) >= FEWEST else values for values in finite]
    low, high = min(float(bulk.min()) for bulk in bulks), max(float(bulk.max()) for bulk in bulks)
    least, most = min(float(values.min()) for values in finite), max(float(values.max()) for values in finite)
    height = (high - low) or abs(high) or 1.0
    if most - least <= FLAT * height:
        return None
    return Range(max(low - ROOM * height, least - 0.05 * height), min(high + ROOM * height, most + 0.05 * height))


def keep_readable(figure: dict[str, Any], curves: Sequence[Points]) -> dict[str, Any]:
    """The figure with a robust y axis, where it needs one, and a mark for each excursion beyond it; a double click on
    the chart shows all."""
    axis = figure["layout"]["yaxis"]
    bounds = None if axis.get("type") == "log" else robust_range(curve.y for curve in curves)
    if bounds is None:
        return figure
    axis |= {"range": list(bounds), "autorange": False}
    found = [(curve, place) for curve in curves for place in _excursions(curve.y, bounds)]
    found.sort(key=lambda each: -abs(each[0].y[each[1]]))
    for curve in curves:
        if places := sorted(place for each, place in found[:MOST_MARKS] if each is curve):
            figure["data"].append(_marks(curve, places, bounds))
    return figure


def _excursions(y: np.ndarray, bounds: Range) -> list[int]:
    """The place of the farthest point of each stretch outside the bounds."""
    beyond = np.where(y > bounds.high, y - bounds.high, np.where(y < bounds.low, bounds.low - y, 0.0))
    outside = np.flatnonzero(beyond > 0)
    if not len(outside):
        return []
    stretches = np.split(outside, np.flatnonzero(np.diff(outside) > 1) + 1)
    return [int(stretch[np.argmax(beyond[stretch])]) for stretch in stretches]


def _marks(curve: Points, places: Sequence[int], bounds: Range) -> dict[str, Any]:
    """Triangles at the edge, which point to where the curve went."""
    up = [bool(curve.y[place] > bounds.high) for place in places]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [float(curve.x[place]) for place in places],
        "y": [bounds.high if above else bounds.low for above in up],
        "customdata": [float(f"{curve.y[place]:.3g}") for place in places],
        "marker": {
            "symbol": ["triangle-up" if above else "triangle-down" for above in up],
            "color": curve.color,
            "size": 9,
        },
        "cliponaxis": False,
        "name": f"{legend(curve.name)}, off the axis",
        "showlegend": False,
        "hovertemplate": "%{customdata:.3g}",
    }
