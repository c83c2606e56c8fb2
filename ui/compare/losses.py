"""The losses of the compared runs, beside their films."""

from __future__ import annotations

import streamlit as st

from ui.boundary import boundary
from ui.compare.chosen import Chosen
from ui.compare.controls import Controls
from ui.figures.curves import comparison_figure, curve_names
from ui.frontend.components import chart

COLUMNS = ("loss_d", "loss_g", "loss")
HEIGHT = 250


def section(chosen: Chosen, controls: Controls, *, across: int = 1) -> None:
    """A chart for each loss that one of the visible runs has, `across` of them in a line."""
    named = curve_names(run.config for run in chosen.visible)
    cells = st.columns(across)
    for place, column in enumerate(column for column in COLUMNS if column in named):
        with cells[place % across], boundary(named[column]):
            _loss(chosen, controls, column, named[column])


def _loss(chosen: Chosen, controls: Controls, column: str, name: str) -> None:
    series = [(chosen.names[run.id], chosen.lines[run.id].color, run.scalars()) for run in chosen.visible]
    axis = controls.axis if controls.axis != "images" else "step"
    figure = comparison_figure(series, column, name, axis=axis, weight=controls.smoothing, log=controls.log)
    chart(figure, key=f"compare-first-{column}", alt=f"{name} of {len(series)} runs", height=HEIGHT)
