"""Curves of the same arm with several seeds as one: the mean, and the lowest and the highest of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from gancore.colors import REAL, D, G
from gancore.config.kinds import Panel
from gancore.export.figures import Band, Numbers
from gancore.export.study import Arm
from gancore.store import Run

POINTS = 120  # of a curve: as many as a small chart can show
FEWEST = 2

ROLES = {"d": D, "g": G, "neither": REAL}


def main_panel(arm: Arm) -> Panel:
    """The chart that says most of runs of its kind: the losses."""
    return next(iter(arm.config.kind.panels(arm.config).values()))


def bands(arm: Arm) -> list[Band]:
    """The curves of that chart, over the seeds of an arm."""
    panel = main_panel(arm)
    columns = [curve.column for curve in panel.curves]
    frames = [frame for run in arm.runs if len(frame := _rows(run, columns)) >= FEWEST]
    if not frames:
        return []
    made = []
    for curve in panel.curves:
        known = [frame for frame in frames if curve.column in frame]
        if known:
            made.append(_band(curve.name, ROLES[curve.role], known, curve.column))
    return made


def _rows(run: Run, columns: Sequence[str]) -> pd.DataFrame:
    """Rows of a run's curves at steps that can be drawn; none where there is no step."""
    frame = run.scalars(["step", *columns])
    if "step" not in frame:
        return pd.DataFrame()
    there = np.isfinite(frame["step"].to_numpy(float)) & (frame["step"].to_numpy(float) >= 0)
    found: pd.DataFrame = frame.loc[there]
    return found


def _band(name: str, color: str, frames: Sequence[pd.DataFrame], column: str) -> Band:
    """Means over short stretches of steps, the same ones for all seeds."""
    end = max(float(frame["step"].max()) for frame in frames)
    parts = min(POINTS, *(len(frame) for frame in frames))
    edges = np.linspace(0.0, max(end, 1.0), parts + 1)
    curves = np.stack([_binned(frame, column, edges) for frame in frames])  # (seeds, parts)
    there = np.isfinite(curves).any(0)
    known = np.ma.masked_invalid(curves[:, there])
    middles = ((edges[:-1] + edges[1:]) / 2)[there]
    mean, low, high = (np.asarray(each.filled(np.nan), float) for each in (known.mean(0), known.min(0), known.max(0)))
    return Band(name, color, middles, mean, low, high)


def _binned(frame: pd.DataFrame, column: str, edges: Numbers) -> Numbers:
    """The mean of a curve between each two edges; NaN where there is no number."""
    steps, values = frame["step"].to_numpy(float), frame[column].to_numpy(float)
    finite = np.isfinite(values)
    place = np.clip(np.searchsorted(edges, steps[finite], side="left") - 1, 0, len(edges) - 2)
    total = np.bincount(place, weights=values[finite], minlength=len(edges) - 1)
    count = np.bincount(place, minlength=len(edges) - 1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
