"""A run's colour, an arm's, and what the others mean."""

from __future__ import annotations

from collections.abc import Sequence

from gancore.colors import CYCLE, REAL, VERDICTS, D, G, Line
from gancore.colors import lines as lines_by_place
from gancore.store import Run

__all__ = ["REAL", "VERDICTS", "D", "G", "Line", "arm_color", "run_color", "run_lines"]


def run_color(run: Run) -> str:
    """A run's colour: its own for life, and different from its neighbours in time."""
    return CYCLE[run.meta.color % len(CYCLE)]


def run_lines(runs: Sequence[Run]) -> dict[str, Line]:
    """How runs that stand together are drawn, by id: each in its colour, unless an older one of them has it, too.

    To be asked with all runs that were chosen, hidden ones as well, so that hiding one changes no other.
    """
    oldest_first = sorted(runs, key=lambda run: (run.created, run.id))
    return dict(
        zip(
            (run.id for run in oldest_first),
            lines_by_place([run.meta.color for run in oldest_first]),
            strict=True,
        )
    )


def arm_color(place: int) -> str:
    """An arm's colour, by its place in its experiment or sweep: the same on every chart and in every report."""
    return CYCLE[place % len(CYCLE)]
