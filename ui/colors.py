"""A run's colour, and what the others mean."""

from __future__ import annotations

from gancore.colors import CYCLE, REAL, VERDICTS, D, G
from gancore.store import Run

__all__ = ["REAL", "VERDICTS", "D", "G", "run_color"]


def run_color(run: Run) -> str:
    """A run's colour: its own for life, and different from its neighbours in time."""
    return CYCLE[run.meta.color % len(CYCLE)]
