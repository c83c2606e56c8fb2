"""What a search found as figures, plain data for plotly.js: its history, what matters, and all trials side by side.

Frames come as `gancore.sweeps.findings` makes them. Nothing here knows of Streamlit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from gancore.config import SETTINGS
from gancore.sweeps.study import Dimension
from gancore.text import describe_value
from ui import colors
from ui.figures.curves import Figure, layout
from ui.words import legend

BEST = "#009E73"  # bluish green, of the colour-blind-safe cycle: neither G's nor D's
REST = colors.REAL
TICKS = 6  # on an axis of parallel coordinates
_SCALE = [[0.0, BEST], [0.3, BEST], [0.5, "#7E968E"], [1.0, "#858B94"]]  # by rank, the best first


def history_figure(history: pd.DataFrame, *, y: str, digits: str, log: bool, identity: str, trials: int) -> Figure:
    """Each trial at its value: finished ones filled, pruned ones open, and the best so far as a line."""
    known = history[np.isfinite(history["value"])]
    best = history[np.isfinite(history["best"])]
    finished, pruned = (known[known["state"] == state] for state in ("finished", "pruned"))
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [number + 1 for number in best["trial"]],
            "y": _numbers(best["best"]),
            "line": {"color": BEST, "width": 2, "shape": "hv"},
            "name": "best so far",
            "hoverinfo": "skip",
        },
        _points(finished, "finished", "circle", digits, BEST),
        _points(pruned, "pruned", "circle-open", digits, REST),
    ]
    made = layout("trial", legend(y), revision=identity, log=log, marks=())
    made["xaxis"] |= {"range": [0, trials + 1], "showgrid": False}
    return {"data": data, "layout": made | {"hovermode": "closest"}}


def _points(rows: pd.DataFrame, name: str, symbol: str, digits: str, color: str) -> dict[str, Any]:
    when = [f" at {share:.0%} of its length" if name == "pruned" else "" for share in rows["share"]]
    words = [f"trial {number + 1}: {legend(arm)}" for number, arm in zip(rows["trial"], rows["arm"], strict=True)]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [number + 1 for number in rows["trial"]],
        "y": _numbers(rows["value"]),
        "name": name,
        "marker": {"symbol": symbol, "size": 9, "color": color},
        "customdata": [list(pair) for pair in zip(words, when, strict=True)],
        "hovertemplate": f"%{{customdata[0]}}<br>%{{y:{digits}}}%{{customdata[1]}}<extra></extra>",
    }


def importance_figure(importances: pd.DataFrame, *, identity: str) -> Figure:
    """The share of the variance that each setting explains, the most important on top."""
    rows = importances.iloc[::-1]
    shares = [100 * share for share in rows["importance"]]
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "x": shares,
            "y": [legend(label) for label in rows["label"]],
            "marker": {"color": BEST},
            "text": [f"{share:.0f} %" for share in shares],
            "textposition": "outside",
            "cliponaxis": False,
            "hoverinfo": "skip",
        }
    ]
    made = layout("share of the variance (%)", "", revision=identity, log=False, marks=())
    made["xaxis"] |= {"range": [0, 115], "tickvals": [0, 25, 50, 75, 100]}
    made["yaxis"] = {"automargin": True, "showgrid": False, "type": "category"}
    return {"data": data, "layout": made | {"showlegend": False}}


# --- parallel coordinates ---------------------------------------------------------------------------------------------


def parallel_figure(
    parallel: pd.DataFrame,
    space: Sequence[Dimension],
    *,
    y: str,
    log: bool,
    lowest: bool,
    identity: str,
) -> Figure:
    """A line for each trial through its settings to its value, coloured by rank; the best value is on top.

    `lowest` says that low values are good. Pruned trials are the worst: their value is of less training.
    """
    order = parallel.assign(pruned=parallel["state"] == "pruned")
    order = order.sort_values(["pruned", "value"], ascending=[True, lowest]).reset_index(drop=True)
    finished = int((~order["pruned"]).sum())
    ranks = [place / max(finished - 1, 1) if place < finished else 1.0 for place in range(len(order))]
    rows, ranks = order.iloc[::-1], ranks[::-1]  # the best is drawn last
    axes = [_axis(each, list(rows[each.path])) for each in space]
    axes.append(_value_axis(rows["value"].to_numpy(float), y, log=log, lowest=lowest))
    line = {"color": ranks, "cmin": 0.0, "cmax": 1.0, "colorscale": _SCALE, "showscale": False}
    hidden = {"color": "rgba(0,0,0,0)"}  # the ticks say it
    fonts = {"labelfont": {"size": 13}, "tickfont": {"size": 11}, "rangefont": hidden}
    data = [{"type": "parcoords", "dimensions": axes, "line": line, **fonts}]
    return {"data": data, "layout": {"margin": {"l": 70, "r": 60, "t": 44, "b": 16}, "uirevision": identity}}


def _axis(dimension: Dimension, values: Sequence[Any]) -> dict[str, Any]:
    """One setting, over all that it may be."""
    label = SETTINGS[dimension.path].label if dimension.path in SETTINGS else dimension.path
    if dimension.low is None or dimension.high is None:
        choices = list(dimension.choices)
        ticks = list(range(len(choices)))
        places: list[float] = [float(choices.index(value)) for value in values]
        span = [-0.2, max(len(choices) - 0.8, 0.2)]
        return _dimension(label, places, span, ticks, [describe_value(each) for each in choices])
    if dimension.log:
        span = [math.log10(dimension.low), math.log10(dimension.high)]
        places = [math.log10(value) for value in values]
        marks = _log_ticks(dimension.low, dimension.high)
        return _dimension(label, places, span, [math.log10(mark) for mark in marks], list(map(_said, marks)))
    marks = list(np.linspace(dimension.low, dimension.high, 5))
    if dimension.whole:
        marks = sorted({float(round(mark)) for mark in marks})
    span = [dimension.low, dimension.high]
    return _dimension(label, [float(value) for value in values], span, marks, list(map(_said, marks)))


def _value_axis(values: np.ndarray, label: str, *, log: bool, lowest: bool) -> dict[str, Any]:
    """The measure, its best end on top."""
    scaled = log and len(values) > 0 and bool((values > 0).all())
    places = np.log10(values) if scaled else values
    low, high = float(places.min()), float(places.max())
    margin = 0.05 * (high - low) or 0.5
    span = [low - margin, high + margin]
    if scaled:
        marks = _log_ticks(10.0 ** span[0], 10.0 ** span[1])
        ticks, words = [math.log10(mark) for mark in marks], list(map(_said, marks))
    else:
        ticks = [float(mark) for mark in np.linspace(low, high, 5)]
        words = [f"{mark:.3g}" for mark in ticks]
    return _dimension(label, _numbers(pd.Series(places)), span[::-1] if lowest else span, ticks, words)


def _dimension(
    label: str, values: Sequence[float], span: Sequence[float], ticks: Sequence[float], words: Sequence[str]
) -> dict[str, Any]:
    return {
        "label": legend(label),
        "values": list(values),
        "range": list(span),
        "tickvals": list(ticks),
        "ticktext": [legend(word) for word in words],
    }


def _log_ticks(low: float, high: float) -> list[float]:
    """Round numbers between two, at most `TICKS`; the two themselves where there are hardly any."""
    for steps in ((1, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        marks = [step * 10.0**power for power in powers for step in steps]
        marks = [mark for mark in marks if low * 0.999 <= mark <= high * 1.001]
        if len(marks) <= TICKS:
            break
    return marks[:: math.ceil(len(marks) / TICKS)] if len(marks) > 1 else [low, high]


def _said(value: float) -> str:
    return describe_value(int(value) if float(value).is_integer() and abs(value) < 1e6 else float(f"{value:.3g}"))


def _numbers(values: pd.Series) -> list[float]:
    return [float(f"{value:.5g}") for value in values]
