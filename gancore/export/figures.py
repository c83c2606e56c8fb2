"""Figures of a report as inline SVG: text stays text, colours are the project's, nothing is fetched.

matplotlib's settings are global, so one figure is drawn at a time, and always with the same ones.
"""

from __future__ import annotations

import io
import math
import re
import textwrap
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullFormatter, NullLocator

from gancore.colors import REAL
from gancore.export.estimates import Estimate
from gancore.export.markup import Markup

FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"
WIDTH = 7.1  # inches: an A4 page without its margins
MOST_NAME = 34  # characters of an arm's name on an axis

STYLE: Any = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",  # to measure with; the page names others
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8,
    "axes.labelcolor": "#333333",
    "axes.edgecolor": "#9AA0A8",
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "grid.color": "#E6E8EB",
    "grid.linewidth": 0.6,
    "xtick.color": "#9AA0A8",
    "ytick.color": "#9AA0A8",
    "xtick.labelcolor": "#333333",
    "ytick.labelcolor": "#333333",
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1.2,
    "text.parse_math": False,
    "path.simplify_threshold": 0.3,
}
drawing = threading.Lock()

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Points:
    """An arm in a figure: the values of its seeds, and what they say together; None of no values."""

    name: str
    color: str
    values: Sequence[float]
    estimate: Estimate | None
    place: float | None = None  # of the setting, where that is a number


@dataclass(frozen=True)
class Panel:
    """One metric of all arms."""

    title: str
    better: str  # "low", "high" or "": which way is better
    points: Sequence[Points]  # in the order of the arms
    ratio: bool = False


@dataclass(frozen=True)
class Band:
    """A curve: its mean over seeds, the lowest and the highest of them."""

    name: str
    color: str
    steps: Numbers
    mean: Numbers
    low: Numbers
    high: Numbers


@contextmanager
def _drawn(name: str, size: tuple[float, float], alt: str, into: list[Markup]) -> Iterator[Figure]:
    with drawing, mpl.rc_context(STYLE | {"svg.hashsalt": name}):
        figure = Figure(figsize=size, layout="constrained")
        yield figure
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    into.append(_inline(written.getvalue(), name, alt))


def _inline(svg: str, name: str, alt: str) -> Markup:
    """An SVG file as an element of a page: its ids its own, its size the column's, its fonts the page's."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", body, flags=re.DOTALL)
    body = re.sub(r' d="[^"]*"', _rounded, body)
    body = re.sub(r'(\bid="|href="#|url\(#)', rf"\1{name}-", body)
    body = body.replace("'DejaVu Sans'", FONTS)
    head, rest = body.split(">", 1)
    box = re.search(r'viewBox="[^"]*"', head)
    assert box is not None
    label = escape(alt)
    xlink = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return Markup(f'<svg {box[0]} role="img" aria-label="{label}" {xlink}>{rest.strip()}')


def _rounded(path: re.Match[str]) -> str:
    """A path in hundredths of a point, on one line."""
    return re.sub(r"-?\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", path[0]).replace("\n", "")


def against_the_setting(name: str, panels: Sequence[Panel], setting: str, alt: str) -> Markup:
    """Up to three metrics side by side against the setting: each seed a point, mean and 95 % interval.

    Where every arm has a `place`, along that axis; else a row for each arm.
    """
    by_number = all(points.place is not None for panel in panels for points in panel.points)
    arms = len(panels[0].points)
    height = 2.4 if by_number else 0.9 + 0.21 * arms
    made: list[Markup] = []
    with _drawn(name, (WIDTH, height), alt, made) as figure:
        axes = figure.subplots(1, len(panels), squeeze=False, sharey=not by_number)[0]
        for panel, ax in zip(panels, axes, strict=True):
            if by_number:
                _along(ax, panel, setting)
            else:
                _in_rows(ax, panel)
    return made[0]


def _along(ax: Axes, panel: Panel, setting: str) -> None:
    places = [points.place or 0.0 for points in panel.points]
    if min(places) > 0 and max(places) / min(places) >= 8:
        ax.set_xscale("log")
    known = [points for points in panel.points if points.estimate]
    means = [points.estimate.mean for points in known if points.estimate]
    ax.plot([points.place or 0.0 for points in known], means, color=REAL, linewidth=0.8, zorder=1)
    for points in known:
        _seeds(ax, points, points.place or 0.0, upright=True)
    ax.xaxis.set_major_locator(FixedLocator(places))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticks(places, [f"{place:g}" for place in places])
    ax.set_xlabel(setting)
    _entitle(ax, panel)
    _scale(ax, panel, "y")


def _in_rows(ax: Axes, panel: Panel) -> None:
    for row, points in enumerate(panel.points):
        _seeds(ax, points, float(row), upright=False)
    ax.set_yticks(range(len(panel.points)), [shortened(points.name) for points in panel.points])
    ax.set_ylim(len(panel.points) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    _entitle(ax, panel)
    _scale(ax, panel, "x")


def _entitle(ax: Axes, panel: Panel) -> None:
    """What is measured, and below it which way is better."""
    ax.set_title(textwrap.fill(panel.title, 30), pad=14 if panel.better else 5)
    words = {"low": "lower is better", "high": "higher is better"}.get(panel.better, "")
    ax.text(0, 1.02, words, transform=ax.transAxes, fontsize=7, color=REAL, va="bottom")


def _seeds(ax: Axes, points: Points, place: float, *, upright: bool) -> None:
    """Seeds as points and their mean with its interval, at a place on the other axis."""
    if points.estimate is None:
        return
    places, mean, color = [place] * len(points.values), points.estimate.mean, points.color
    seeds = (places, points.values) if upright else (points.values, places)
    ax.plot(*seeds, "o", color=color, alpha=0.55, markersize=3.5, markeredgewidth=0, zorder=2)
    low, high = points.estimate.low, points.estimate.high
    reach = None if low is None or high is None else [[mean - low], [high - mean]]
    style: Any = {"color": color, "capsize": 2.5, "elinewidth": 1.1, "markersize": 9, "zorder": 3}
    if upright:
        ax.errorbar([place], [mean], yerr=reach, fmt="_", **style)
    else:
        ax.errorbar([mean], [place], xerr=reach, fmt="|", **style)


def _scale(ax: Axes, panel: Panel, which: str) -> None:
    """A logarithmic axis for ratios over more than a decade; else few round numbers, within what the seeds reach."""
    values = [value for points in panel.points for value in points.values]
    low, high = min(values), max(values)
    if panel.ratio and low > 0 and high / low > 10:
        getattr(ax, f"set_{which}scale")("log")
        return
    margin = (
        max(0.6 * (high - low), 0.01 * abs(high)) or 1.0
    )  # an interval from two seeds can be a hundred times as wide
    shown = getattr(ax, f"get_{which}lim")()
    getattr(ax, f"set_{which}lim")(max(shown[0], low - margin), min(shown[1], high + margin))
    getattr(ax, f"{which}axis").set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    getattr(ax, f"{which}axis").set_major_formatter(lambda value, _: f"{value:,.6g}")


def over_steps(
    name: str, charts: Sequence[tuple[str, Sequence[Band]]], y: str, alt: str, *, height: float = 1.45
) -> Markup:
    """A small chart of curves for each arm, three in a line, on one vertical axis: mean, lowest and highest seed.

    Each is `height` inches high. Curves of one name alone get no legend.

    What lies far beyond the others' range is cut off, as a network that diverged would flatten all of them.
    """
    columns = min(3, len(charts))
    lines = math.ceil(len(charts) / columns)
    made: list[Markup] = []
    with _drawn(name, (WIDTH, 0.35 + height * lines), alt, made) as figure:
        grid = figure.subplots(lines, columns, squeeze=False, sharey=True)
        bounds = limits([band for _, bands in charts for band in bands])
        for place, ax in enumerate(grid.flat):
            if place >= len(charts):
                ax.set_visible(False)
                continue
            draw_curves(ax, *charts[place])
            ax.set_ylim(*bounds)
            if place % columns == 0:
                ax.set_ylabel(y)
            if place + columns >= len(charts):
                ax.set_xlabel("step")
        handles = {line.get_label(): line for ax in grid.flat for line in ax.get_lines()}
        if len(handles) > 1:
            figure.legend(handles.values(), handles.keys(), loc="outside upper right", ncols=4, frameon=False)
    return made[0]


def draw_curves(ax: Axes, title: str, bands: Sequence[Band]) -> None:
    """Curves over steps under a title."""
    for band in bands:
        ax.fill_between(band.steps, band.low, band.high, color=band.color, alpha=0.2, linewidth=0)
        ax.plot(band.steps, band.mean, color=band.color, linewidth=1.0, label=band.name)
    ax.set_title(shortened(title), color="#222222")
    ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    ax.yaxis.set_minor_formatter(NullFormatter())


def limits(bands: Sequence[Band]) -> tuple[float, float]:
    """What all but the few highest and lowest values of the means lie within, with some room."""
    means = np.concatenate([band.mean[np.isfinite(band.mean)] for band in bands] or [np.zeros(1)])
    if not len(means):
        return 0.0, 1.0
    low, high = np.percentile(means, [0.5, 98.5])
    room = 0.12 * (high - low) if high - low > 1e-6 * abs(high) else 0.1 * abs(high) or 0.5
    return float(low - room), float(high + 1.6 * room)


def cuts(bands: Sequence[Band]) -> bool:
    """Whether a mean curve leaves the chart."""
    low, high = limits(bands)
    return any(bool(((band.mean < low) | (band.mean > high)).any()) for band in bands)


def shortened(name: str) -> str:
    """A name that fits beside an axis."""
    return name if len(name) <= MOST_NAME else name[: MOST_NAME - 1] + "…"
