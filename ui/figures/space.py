"""Runs in the space of their settings and a measure, as plain data: where each stands on each axis, from 0 to 1.

Nothing here knows of Streamlit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gancore.evaluation.measures import MEASURES
from gancore.text import compact, describe_value
from ui.figures.evaluations import LOG

MOST_TICKS = 6
_DECADE = 8.0  # largest over smallest, from which an axis is logarithmic

Axis = dict[str, Any]
Places = list[float | None]


def setting_axis(key: str, label: str, values: Sequence[Any], texts: Sequence[str]) -> tuple[Axis, Places]:
    """Of one setting: numbers by size, anything else in order; None in `values` where it has no effect."""
    known = [value for value in values if value is not None]
    if known and all(type(value) in (int, float) for value in known):
        axis, places = number_axis(key, label, [None if value is None else float(value) for value in values])
        distinct = sorted(set(known))
        if len(distinct) <= MOST_TICKS:
            where = dict(zip(values, places, strict=True))
            axis["ticks"] = _apart([(where[value] or 0.0, describe_value(value)) for value in distinct])
        return axis, places
    order = {
        text: at
        for at, text in enumerate(sorted({text for text, each in zip(texts, values, strict=True) if each is not None}))
    }
    last = max(len(order) - 1, 1)
    places = [None if value is None else order[text] / last for text, value in zip(texts, values, strict=True)]
    shown = [(at / last, text if len(text) < 16 else text[:15] + "…") for text, at in order.items()]
    return {"key": key, "label": label, "ticks": _apart(shown)}, places


def measure_axis(key: str, values: Sequence[float | None]) -> tuple[Axis, Places]:
    """Of one measure, its best end at 1."""
    axis, places = number_axis(key, MEASURES[key].label, values, log=key in LOG)
    if MEASURES[key].better != "low":
        return axis, places
    ticks = [{**tick, "place": 1 - tick["place"]} for tick in axis["ticks"]]
    return {**axis, "ticks": ticks, "inverted": True}, [None if place is None else 1 - place for place in places]


def number_axis(key: str, label: str, values: Sequence[float | None], *, log: bool = False) -> tuple[Axis, Places]:
    """Of numbers; logarithmic where they span much."""
    known = [value for value in values if value is not None]
    scaled = bool(known) and min(known) > 0 and (log or max(known) / min(known) >= _DECADE)
    flat = math.log10 if scaled else float
    ends = [flat(min(known)), flat(max(known))] if known else [0.0, 1.0]
    room = 0.04 * (ends[1] - ends[0]) or 0.5
    low, high = ends[0] - room, ends[1] + room

    def place(value: float) -> float:
        return round((flat(value) - low) / (high - low), 4)

    ticks = [(place(tick), compact(tick)) for tick in (_log_ticks(low, high) if scaled else _ticks(low, high))]
    axis = {"key": key, "label": label, "ticks": _apart(ticks)}
    return axis, [None if value is None else place(value) for value in values]


def _ticks(low: float, high: float) -> list[float]:
    rough = (high - low) / (MOST_TICKS - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= 0.999 * rough)
    first = math.ceil(low / step - 1e-9)
    return [float(f"{at * step:.10g}") for at in range(first, math.floor(high / step + 1e-9) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    """Of an axis from 10**low to 10**high."""
    for factors in ((1, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        marks = [factor * 10.0**power for power in range(math.floor(low), math.ceil(high) + 1) for factor in factors]
        inside = [mark for mark in marks if low <= math.log10(mark) <= high]
        if len(inside) <= MOST_TICKS:
            break
    if len(inside) < 2:
        return [float(f"{10.0**each:.3g}") for each in np.linspace(low, high, 4)[1:-1]]
    return inside[:: math.ceil(len(inside) / MOST_TICKS)]


def _apart(ticks: Sequence[tuple[float, str]]) -> list[dict[str, Any]]:
    """Ticks that do not stand on each other."""
    shown: list[dict[str, Any]] = []
    for place, text in sorted(ticks):
        if not shown or place - shown[-1]["place"] >= 0.055:
            shown.append({"place": place, "text": text})
    return shown


def space_data(
    runs: Sequence[Mapping[str, Any]], axes: Sequence[tuple[Axis, Places]], texts: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """What the browser draws: `runs` with id, name, colour and dash, in the order of the places on each axis."""
    shown = []
    for at, run in enumerate(runs):
        places = {axis["key"]: where[at] for axis, where in axes}
        shown.append({**run, "places": places, "texts": {key: said[at] for key, said in texts.items()}})
    return {"runs": shown, "axes": [axis for axis, _ in axes]}
