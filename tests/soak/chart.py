"""What a soak measured, as a chart and as a sentence for each gauge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from gancore.export.figures import STYLE
from tests.soak.gauges import slope

GAUGES = {  # its name in the measurements: title, unit
    "memory": ("Server: memory", "MB"),
    "threads": ("Server: threads", ""),
    "files": ("Server: open files", ""),
    "heap": ("A tab that stays open: JavaScript heap", "MB"),
    "nodes": ("The tab: DOM nodes", ""),
    "listeners": ("The tab: event listeners", ""),
}
WARM = 0.25  # of the time: what is loaded and cached first is no growth


def growth(measured: list[dict[str, float]], gauge: str) -> tuple[float, float]:
    """How much a gauge grows an hour once all is warm, and its median then."""
    end = measured[-1]["hours"]
    late = [each for each in measured if each["hours"] >= WARM * end and gauge in each]
    values = [each[gauge] for each in late]
    return slope([each["hours"] for each in late], values), sorted(values)[len(values) // 2] if values else 0.0


def sentences(soak: dict[str, Any]) -> list[str]:
    """What was done, and how each gauge behaved."""
    measured = soak["measured"]
    said = [
        f"{soak['hours']:.2f} h in use, {soak['rounds']} rounds, {soak['runs']} runs, {soak['visits']} things done in "
        f"the browser, {len(soak['errors'])} errors."
    ]
    for gauge, (title, unit) in GAUGES.items():
        grown, usual = growth(measured, gauge)
        said.append(f"{title}: {usual:,.0f} {unit} in the middle, {grown:+,.1f} {unit} an hour.".replace("  ", " "))
    return said


def draw(soak: dict[str, Any], path: Path) -> None:
    """The gauges over the hours."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8, 6), layout="constrained")
        axes = figure.subplots(3, 2, sharex=True).T.flat
        for place, (gauge, (title, unit)) in zip(axes, GAUGES.items(), strict=True):
            points = [(each["hours"], each[gauge]) for each in soak["measured"] if gauge in each]
            place.plot(*zip(*points, strict=True), color="#0072B2", linewidth=0.9)
            place.set_title(title)
            place.set_ylabel(unit)
            place.set_ylim(0, 1.15 * max(value for _, value in points))
        for place in figure.axes[-2:]:
            place.set_xlabel("hours in use")
        figure.savefig(path, dpi=120)
