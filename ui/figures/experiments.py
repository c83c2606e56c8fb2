"""Experiments as figures, plain data for plotly.js: a measured quantity against what varies, and curves with bands.

Nothing here knows of Streamlit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ui import colors
from ui.figures.curves import AXES, Figure, layout, smooth, thin
from ui.figures.evaluations import log_axis
from ui.words import legend

APART = 0.16  # between an arm's own runs and the reference's, where arms stand side by side
SPREAD = 0.012  # by which seeds of an arm stand apart, as a share of the axis
GRID = 300  # places on the axis at which runs of an arm are averaged
FAINT = 0.18  # opacity of a band
HIGHEST = 1e12  # of a value that is drawn


@dataclass(frozen=True)
class Strand:
    """One arm in one measured quantity."""

    name: str
    color: str
    values: Mapping[int, float]  # by seed, at least one
    mean: float
    interval: tuple[float, float] | None = None  # of the mean; None for one seed
    x: float | None = None  # the value of the setting, where it is a number


def setting_figure(
    own: Sequence[Strand],
    reference: Sequence[Strand],
    *,
    x: str,
    y: str,
    digits: str,
    identity: str,
    log_x: bool = False,
    log_y: bool = False,
) -> Figure:
    """A quantity against what varies: each seed a point, the mean and its 95 % interval beside them.

    Arms stand at the value of their setting where all have one, else side by side in their order. Reference runs are
    open diamonds beside one's own, which are filled.
    """
    places = _places([*own, *reference])
    scaled = log_x and all(place > 0 for place in places.values())
    numeric = all(strand.x is not None for strand in (*own, *reference)) and len(places) > 1
    both = bool(own and reference)
    data: list[dict[str, Any]] = []
    for strands, side, words in ((own, -1, ""), (reference, 1, "reference, ")):
        placed = [(strand, _beside(places[strand.name], side if both else 0, places, scaled)) for strand in strands]
        if numeric:
            data += _means_joined(placed, dotted=side > 0)
        for strand, place in placed:
            data += _arm(strand, place, words, digits, _width(places, scaled), open_=side > 0, scaled=scaled)
    made = layout(legend(x), legend(y), revision=identity, log=log_y, marks=())
    made["xaxis"] = {"title": {"text": legend(x)}, "type": "log" if scaled else "linear", "showgrid": False}
    made["xaxis"] |= {
        "tickmode": "array",
        "tickvals": list(places.values()),
        "ticktext": [legend(_tick(strand, numeric)) for strand in _first_of_each([*own, *reference])],
        "range": _range(list(places.values()), scaled),
        "automargin": True,
    }
    if log_y:
        values = [value for strand in (*own, *reference) for value in strand.values.values() if value <= HIGHEST]
        made["yaxis"] |= log_axis(values)
    return {"data": data, "layout": made | {"hovermode": "closest", "showlegend": False}}


def _places(strands: Sequence[Strand]) -> dict[str, float]:
    """Where each arm stands."""
    found = _first_of_each(strands)
    if all(strand.x is not None for strand in found):
        return {strand.name: float(strand.x or 0.0) for strand in found}
    return {strand.name: float(place) for place, strand in enumerate(found)}


def _first_of_each(strands: Sequence[Strand]) -> list[Strand]:
    return list({strand.name: strand for strand in reversed(strands)}.values())[::-1]


def _tick(strand: Strand, numeric: bool) -> str:
    return f"{strand.x:g}" if numeric and strand.x is not None else strand.name


def _extent(places: Mapping[str, float], scaled: bool) -> float:
    """How far the arms reach, in decades on a log axis."""
    along = np.log10(list(places.values())) if scaled else np.array(list(places.values()))
    return float(np.ptp(along)) or 1.0


def _beside(place: float, side: int, places: Mapping[str, float], scaled: bool) -> float:
    shift = side * APART * min(1.0, _extent(places, scaled) / max(len(places) - 1, 1)) / 2
    return float(place * 10**shift) if scaled else place + shift


def _width(places: Mapping[str, float], scaled: bool) -> float:
    return SPREAD * (_extent(places, scaled) + 1)


def _range(places: Sequence[float], scaled: bool) -> list[float]:
    along = np.log10(places) if scaled else np.array(places)
    margin = 0.5 if len(places) < 2 else max(0.12 * float(np.ptp(along)), 0.5 * float(np.min(np.diff(np.sort(along)))))
    return [float(along.min() - margin), float(along.max() + margin)]


def _arm(
    strand: Strand, place: float, words: str, digits: str, width: float, *, open_: bool, scaled: bool
) -> list[dict[str, Any]]:
    """The points of an arm, a seed each, and the mean of them with its interval."""
    values = {seed: value for seed, value in strand.values.items() if abs(value) <= HIGHEST}
    if not values:
        return []
    offsets = (np.arange(len(values)) - (len(values) - 1) / 2) * width
    xs = place * 10**offsets if scaled else place + offsets
    marker = {"color": strand.color, "size": 8, "symbol": "diamond-open" if open_ else "circle", "opacity": 0.85}
    points = {
        "type": "scatter",
        "mode": "markers",
        "x": [float(each) for each in xs],
        "y": list(values.values()),
        "marker": marker,
        "customdata": [f"{legend(strand.name)}, {words}seed {seed}" for seed in values],
        "hovertemplate": f"%{{customdata}}: %{{y:{digits}}}<extra></extra>",
    }
    if len(values) < 2:
        return [points]
    mean = strand.mean
    bar = {
        "type": "scatter",
        "mode": "markers",
        "x": [place],
        "y": [mean],
        "marker": {"color": strand.color, "size": 20, "symbol": "line-ew-open", "line": {"width": 3}},
        "hovertemplate": f"{legend(strand.name)}, {words}mean of {len(values)}: %{{y:{digits}}}<extra></extra>",
    }
    if strand.interval is not None:
        low, high = strand.interval
        bar["error_y"] = {
            "type": "data",
            "symmetric": False,
            "array": [min(high - mean, HIGHEST)],
            "arrayminus": [min(mean - low, HIGHEST)],
            "color": strand.color,
            "thickness": 1.5,
            "width": 5,
        }
    return [points, bar]


def _means_joined(placed: Sequence[tuple[Strand, float]], *, dotted: bool) -> list[dict[str, Any]]:
    """A grey line through the means, in the order of the setting."""
    known = [(place, strand.mean) for strand, place in placed if abs(strand.mean) <= HIGHEST]
    if len(known) < 2:
        return []
    line = {"color": colors.REAL, "width": 1, "dash": "dot" if dotted else "solid"}
    xs, ys = zip(*sorted(known), strict=True)
    return [{"type": "scatter", "mode": "lines", "x": xs, "y": ys, "line": line, "hoverinfo": "skip", "opacity": 0.7}]


# --- curves over the training ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Band:
    """The curves of an arm's seeds on one axis: their mean, and the lowest and highest of them."""

    name: str
    color: str
    x: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    count: int  # seeds


def band(name: str, color: str, curves: Sequence[tuple[np.ndarray, np.ndarray]]) -> Band | None:
    """The band of several curves (x, y), each told at the same places; None where there is nothing to draw.

    Where only some of the seeds have got so far, it is the band of those.
    """
    known = [(x, y) for x, y in map(_finite, curves) if len(x) > 1]
    if not known:
        return None
    first, last = min(x[0] for x, _ in known), max(x[-1] for x, _ in known)
    grid = np.linspace(first, last, GRID)
    told = np.stack([np.interp(grid, x, y, left=np.nan, right=np.nan) for x, y in known])
    there = ~np.isnan(told).all(0)
    grid, told = grid[there], told[:, there]
    return Band(name, color, grid, np.nanmean(told, 0), np.nanmin(told, 0), np.nanmax(told, 0), len(known))


def curve(rows: pd.DataFrame, axis: str, column: str, weight: float) -> tuple[np.ndarray, np.ndarray]:
    """One run's smoothed curve, thinned; two empty arrays where it was not recorded."""
    if rows.empty or column not in rows or axis not in rows:
        return np.array([]), np.array([])
    x, y = rows[axis].to_numpy(float), smooth(rows[column], weight).to_numpy(float)
    x, y = _finite((x, y))
    chosen = thin(x, y, GRID)
    return x[chosen], y[chosen]


def _finite(one: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    x, y = one
    usable = (np.abs(x) <= HIGHEST) & (np.abs(y) <= HIGHEST)
    return x[usable], y[usable]


def band_figure(bands: Sequence[Band], *, axis: str, y: str, identity: str, log: bool = False) -> Figure:
    """Curves of several arms: the mean over seeds as a line, from the lowest to the highest as a band."""
    data: list[dict[str, Any]] = []
    for each in bands:
        if each.count > 1:
            data.append(_filled(each))
        seeds = f"mean of {each.count} seeds" if each.count > 1 else "one seed"
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": _rounded(each.x),
                "y": _rounded(each.mean),
                "name": legend(each.name),
                "line": {"color": each.color, "width": 2},
                "hovertemplate": f"%{{y:.3g}} ({seeds})",
            }
        )
    return {"data": data, "layout": layout(AXES[axis], y, revision=identity + axis + str(log), log=log, marks=())}


def _filled(each: Band) -> dict[str, Any]:
    around = {
        "x": _rounded(np.concatenate([each.x, each.x[::-1]])),
        "y": _rounded(np.concatenate([each.high, each.low[::-1]])),
    }
    style = {"fill": "toself", "fillcolor": _see_through(each.color), "line": {"width": 0}, "mode": "lines"}
    return {"type": "scatter", "hoverinfo": "skip", "showlegend": False, **around, **style}


def _see_through(color: str) -> str:
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{FAINT})"


def _rounded(values: np.ndarray) -> list[float]:
    return [float(f"{value:.5g}") for value in values]
