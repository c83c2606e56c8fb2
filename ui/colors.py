"""Which colour means what, on every page."""

from __future__ import annotations

from gancore.store import Run

D = "#0072B2"
G = "#D55E00"
REAL = "#6B7280"

# Okabe-Ito without black and without D's and G's own, then Paul Tol's muted: all told apart by colour-blind eyes. His
# two darkest and his palest are lighter and darker here, or a line of them would be lost on a dark or a white page.
_RUNS = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#B3446C", "#999933", "#7B6BC9", "#AA4499", "#44AA99", "#B8932B")


def run_color(run: Run) -> str:
    """A run's colour: its own for life, and different from its neighbours in time."""
    return _RUNS[run.meta.color % len(_RUNS)]
