"""The reference runs as pictures: what each setting of a report does, to be looked at before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gancore.experiments import EXPERIMENTS
from gancore.store.index import Snapshot
from ui import navigation
from ui.boundary import boundary
from ui.run import film, quality
from ui.words import plain

SHOWN = 12
OF_ONE = 2  # runs of an experiment: what it does is seen in its first and its last arm


def section(reference: Sequence[Snapshot]) -> None:
    """A picture for each of a few experiments and arms."""
    chosen = cases(reference)
    if not chosen:
        return
    st.subheader("Results of the reports' experiments", anchor=False)
    st.caption(
        "Runs that come with the project, at the quick scale unless they say otherwise. Open one to play its film."
    )
    with st.grid(6, min_column_width=165):
        for run in chosen:
            with st.container(border=True, height="stretch", gap="xsmall", key=f"case-{run.id}"), boundary(run):
                _card(run)


def cases(reference: Sequence[Snapshot]) -> list[Snapshot]:
    """The first and the last arm of each experiment that has runs, of its first seed, in the catalogue's order."""
    by_arm = {(run.experiment, run.arm): run for run in sorted(reference, key=lambda run: -run.config.seed) if run.arm}
    found: list[Snapshot] = []
    for experiment in EXPERIMENTS.values():
        arms = [by_arm[experiment.id, arm] for arm in experiment.arms if (experiment.id, arm) in by_arm]
        found += arms if len(arms) <= OF_ONE else [arms[0], arms[-1]]
    return found[:SHOWN]


def _card(run: Snapshot) -> None:
    film.newest(run, place="case")
    title = EXPERIMENTS[run.experiment or ""].title
    st.page_link(navigation.TRAIN, label=f"**{plain(run.arm or title)}**", query_params={"run": run.id})
    st.page_link(
        navigation.EXPERIMENTS,
        label=plain(title),
        icon=":material/science:",
        query_params={"experiment": run.experiment or ""},
    )
    if value := quality.headline(run):
        st.caption(plain(value))
