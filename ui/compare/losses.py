"""The losses of the compared runs, beside their films."""

from __future__ import annotations

from ui.compare import curves
from ui.compare.chosen import Chosen
from ui.compare.controls import Controls

COLUMNS = ("loss_d", "loss_g", "loss")


def section(chosen: Chosen, controls: Controls) -> None:
    """A chart for each loss that one of the visible runs has."""
    shown = curves.read(chosen.visible)
    named = curves.names_of(shown)
    curves.draw(
        shown, controls, [each for each in COLUMNS if each in named], key="compare-losses", low=True, named=named
    )
