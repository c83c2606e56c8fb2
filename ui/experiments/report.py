"""What came of an experiment or a sweep as one HTML file, to hand in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from gancore.experiments import EXPERIMENTS, Scale
from gancore.store import Run
from gancore.sweeps.predictions import Predictions
from gancore.sweeps.sweep import Sweep
from ui import state

_HELP = "One HTML file with the question, settings, figures, tables and verdicts. It opens offline, and prints."


@dataclass(frozen=True)
class _Runs:
    """Those that a report is about."""

    runs: Sequence[Run]

    def list(self) -> Sequence[Run]:
        """All of them, newest first."""
        return sorted(self.runs, key=lambda run: (run.created, run.id), reverse=True)


def button(runs: Sequence[Run], experiment: str, scale: Scale) -> None:
    """Download the report on an experiment; it is made when it is asked for.

    `runs` may be those of other experiments, too: some claims compare with them.
    """
    predictions = Predictions(state.store())

    def make() -> bytes:
        from gancore.export.report import lab_report  # here, since it brings matplotlib with it

        return lab_report(_Runs(runs), [experiment], scale=scale, predictions=predictions)

    _download(f"{experiment}-{scale}", make)


def of_several(mine: Sequence[Run], reference: Sequence[Run]) -> None:
    """Choose what to hand in: experiments that somebody has runs of, or else the reference runs."""
    own = {run.experiment for run in mine if run.state == "finished"}
    known = own | {run.experiment for run in reference}
    offered = [name for name in EXPERIMENTS if name in known]
    if not offered:
        return
    with st.popover("Lab report", icon=":material/description:", help=_HELP):
        chosen = st.multiselect(
            "Experiments",
            offered,
            default=[name for name in offered if name in own],
            format_func=lambda name: EXPERIMENTS[name].title,
            key="report-of",
            placeholder="Choose experiments",
        )
        title = st.text_input("Title", max_chars=200, key="report-title")
        author = st.text_input("Your name", max_chars=200, key="report-author")
        if not chosen:
            return
        runs = [*mine, *(run for run in reference if run.experiment not in own)]
        predictions = Predictions(state.store())

        def make() -> bytes:
            from gancore.export.report import lab_report

            return lab_report(_Runs(runs), chosen, title=title, author=author, predictions=predictions)

        _download("lab-report", make, "Download")


def sweep_button(runs: Sequence[Run], sweep: Sweep) -> None:
    """Download the report on a sweep of one's own."""

    def make() -> bytes:
        from gancore.export.report import lab_report

        return lab_report(_Runs(runs), sweeps=[sweep])

    _download(sweep.id, make)


def _download(name: str, make: Callable[[], bytes], label: str = "Lab report") -> None:
    st.download_button(
        label,
        data=make,
        file_name=f"{name}.html",
        mime="text/html",
        icon=":material/description:",
        key=f"report-{name}",
        help=_HELP,
        on_click="ignore",
    )
