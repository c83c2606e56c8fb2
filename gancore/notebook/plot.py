"""Curves as a matplotlib figure that a notebook shows, in the looks of the lab reports."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gancore.comparison.curves import binned, smoothed
from gancore.export.figures import STYLE, WIDTH, Band, draw_curves, drawing, limits

POINTS = 300  # of a curve
SMOOTHING = 0.9  # weight of the past
ACROSS = 2  # charts in a line
HEIGHT = 2.3  # inches of one
DPI = 144


@dataclass(frozen=True)
class Chart:
    """Curves on one pair of axes."""

    title: str
    y: str
    bands: Sequence[Band]
    log: bool = False


class Plot(Figure):
    """A figure that shows itself in a notebook, whatever its backend; else an ordinary matplotlib figure."""

    def _repr_png_(self) -> bytes:
        written = io.BytesIO()
        with drawing, mpl.rc_context(STYLE):
            self.savefig(written, format="png", dpi=DPI)
        return written.getvalue()


def plot(charts: Sequence[Chart]) -> Plot:
    """A figure of these charts."""
    columns = min(ACROSS, len(charts))
    lines = -(-len(charts) // columns)
    with drawing, mpl.rc_context(STYLE):
        figure = Plot(figsize=(WIDTH if columns > 1 else WIDTH * 0.7, HEIGHT * lines), layout="constrained")
        axes = figure.subplots(lines, columns, squeeze=False)
        for place, ax in enumerate(axes.flat):
            if place >= len(charts):
                ax.set_visible(False)
                continue
            chart = charts[place]
            draw_curves(ax, chart.title, chart.bands)
            if chart.log:
                ax.set_yscale("log")
            else:
                ax.set_ylim(*limits(chart.bands))
            ax.set_xlabel("step")
            ax.set_ylabel(chart.y)
            if len(chart.bands) > 1:
                ax.legend(frameon=False, fontsize=7)
    return figure


def curve(name: str, color: str, rows: pd.DataFrame, column: str, weight: float = SMOOTHING) -> Band:
    """A curve of a run, smoothed."""
    known: Any = rows[["step", column]].dropna()
    if known.empty:
        nothing = np.zeros(0)
        return Band(name, color, nothing, nothing, nothing, nothing)
    found = binned(known, known["step"].to_numpy(float), [column], POINTS)
    mean = smoothed(found.mean[column], found.span, weight)
    return Band(name, color, found.x, mean, mean, mean)
