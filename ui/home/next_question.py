"""The question to ask next: of the report that one was at, the first that has not been tried."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gancore.experiments import EXPERIMENTS, Experiment
from gancore.store.index import Snapshot
from ui import navigation
from ui.experiments.cards import REPORTS, reports_of
from ui.words import plain

FIRST = "002"  # the report that the quickstart is of


def section(runs: Sequence[Snapshot]) -> None:
    """A line with the question and the way to it."""
    found = question_after(runs)
    if found is None:
        return
    report = reports_of(found.source)[0]
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="next-question"):
        name = f"report {report}, {REPORTS[report]}" if report in REPORTS else "what goes beyond the reports"
        title, question = plain(found.title), plain(found.question)
        st.markdown(f":small[:gray[Next in {plain(name)}]]  \n**{title}** · {question}", width="stretch")
        address = {"experiment": found.id}
        st.page_link(navigation.EXPERIMENTS, label="Open it", icon=":material/science:", query_params=address)


def question_after(runs: Sequence[Snapshot]) -> Experiment | None:
    """The first untried question of the report that the newest run of the catalogue belongs to; then of any other."""
    tried = [run.experiment for run in runs if run.experiment in EXPERIMENTS]
    at = reports_of(EXPERIMENTS[tried[0] or ""].source)[0] if tried else FIRST
    left = [each for each in EXPERIMENTS.values() if each.id not in tried and each.id != "quickstart"]
    return next((each for each in left if reports_of(each.source)[0] == at), next(iter(left), None))
