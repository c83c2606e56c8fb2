"""Curves of many runs in the room that a screen has: means over stretches of rows, with the lowest and the highest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Numbers = npt.NDArray[np.float64]

MOST_POINTS = 600  # of a curve: about the columns of a chart on a screen
FEWEST_POINTS = 200
TOGETHER = 16_000  # points that all runs of a chart share
_MOST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Binned:
    """A run's curves in stretches of rows: where each ends, what it spans, and mean, lowest and highest of each."""

    x: Numbers
    span: Numbers  # steps in a stretch, by which the past fades where it is smoothed
    mean: Mapping[str, Numbers]  # by column; NaN where nothing is known
    low: Mapping[str, Numbers]
    high: Mapping[str, Numbers]
    whole: bool  # whether each stretch is a single row: then mean, low and high are the same


def points_for(runs: int) -> int:
    """Of the curve of one among so many runs."""
    return int(np.clip(TOGETHER // max(runs, 1), FEWEST_POINTS, MOST_POINTS))


def binned(rows: pd.DataFrame, x: Numbers, columns: Sequence[str], points: int) -> Binned:
    """At most `points` stretches of rows, which have a `step`; `x` is where each row stands on the axis."""
    steps = rows["step"].to_numpy(float)
    usable = np.isfinite(steps) & np.isfinite(x)
    steps, x = steps[usable], x[usable]
    count = min(len(x), points)
    starts = np.linspace(0, len(x), count + 1).astype(int)[:-1] if count else np.zeros(0, int)
    ends = np.append(starts[1:], len(x))[:count] - 1
    found = {name: _reduced(rows[name].to_numpy(float)[usable], starts) for name in columns if name in rows}
    return Binned(
        x=x[ends],
        span=np.diff(steps[ends], prepend=steps[0] - 1 if len(steps) else 0.0).clip(min=0.0),
        mean={name: mean for name, (mean, _, _) in found.items()},
        low={name: low for name, (_, low, _) in found.items()},
        high={name: high for name, (_, _, high) in found.items()},
        whole=count == len(x),
    )


def _reduced(values: Numbers, starts: npt.NDArray[np.int64]) -> tuple[Numbers, Numbers, Numbers]:
    """Mean, lowest and highest of each stretch; NaN of one without a number that can be drawn."""
    if not len(starts):
        return values[:0], values[:0], values[:0]
    known = np.abs(values) <= _MOST  # which NaN is not
    counts = np.add.reduceat(known.astype(float), starts)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.add.reduceat(np.where(known, values, 0.0), starts) / counts
    low = np.minimum.reduceat(np.where(known, values, np.inf), starts)
    high = np.maximum.reduceat(np.where(known, values, -np.inf), starts)
    there = counts > 0
    return tuple(np.where(there, each, np.nan) for each in (mean, low, high))  # type: ignore[return-value]


def smoothed(values: Numbers, span: Numbers, weight: float) -> Numbers:
    """The exponential moving average of stretches: each fades by `weight` to the power of the steps that follow.

    With one row a stretch it is that of the rows, corrected for its start. Charts compute the same in the browser.
    """
    result, total, share = np.full(len(values), np.nan), 0.0, 0.0
    for at, (value, steps) in enumerate(zip(values, span, strict=True)):
        fade = weight**steps
        total, share = fade * total, fade * share
        if np.isfinite(value):
            total, share = total + (1 - fade) * value, share + (1 - fade)
        if share > 0:
            result[at] = total / share
    return result
