"""The whole comparison as one file."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gancore.store import Run
from ui.compare.chosen import lines, names
from ui.compare.controls import Controls


def section(runs: Sequence[Run], controls: Controls) -> None:
    """A button that makes the file once it is pressed."""
    named, drawn = names(runs), lines(runs)

    def make() -> bytes:
        from gancore.export.comparison import comparison  # here, since it brings matplotlib with it

        colors = {run.id: drawn[run.id].color for run in runs}
        return comparison(runs, colors, names=named, smoothing=controls.smoothing)

    if len(runs) < 2:
        return
    st.download_button(
        "Save all as HTML",
        data=make,
        file_name="comparison.html",
        mime="text/html",
        icon=":material/description:",
        key="compare-export",
        help="What these runs say, what differs, results, samples and curves: one file that opens offline and prints.",
        on_click="ignore",
    )
