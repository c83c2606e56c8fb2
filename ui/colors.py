"""A run's colour, an arm's, and what the others mean."""

from __future__ import annotations

from gancore.colors import CYCLE, REAL, VERDICTS, D, G
from gancore.store import Run

__all__ = ["REAL", "VERDICTS", "D", "G", "arm_color", "run_color"]


def run_color(run: Run) -> str:
    """A run's colour: its own for life, and different from its neighbours in time."""
    return CYCLE[run.meta.color % len(CYCLE)]


def arm_color(place: int) -> str:
    """An arm's colour, by its place in its experiment or sweep: the same on every chart and in every report."""
    return CYCLE[place % len(CYCLE)]
