"""Textbook cases of trainings that fail, and one that does not: each opens as a replay."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gancore.experiments.textbook import CASES, TAG
from gancore.store.index import Snapshot
from ui import navigation
from ui.boundary import boundary
from ui.run import film, replay


def section(reference: Sequence[Snapshot]) -> None:
    """A picture for each case that ships with the project."""
    found = cases(reference)
    if not found:
        return
    st.subheader("See a GAN fail", anchor=False)
    st.caption("Recorded trainings, a textbook case each. Open one: it plays from the first step, as fast as you like.")
    with st.grid(6, min_column_width=165):
        for name, run in found.items():
            with st.container(border=True, height="stretch", gap="xsmall", key=f"textbook-{name}"), boundary(run):
                _card(name, run)


def cases(reference: Sequence[Snapshot]) -> dict[str, Snapshot]:
    """The run of each case, in the cases' order."""
    tagged = [run for run in reference if TAG in run.meta.tags]
    return {name: run for name in CASES for run in tagged if name in run.meta.tags}


def _card(name: str, run: Snapshot) -> None:
    case = CASES[name]
    film.newest(run, place="textbook")
    address = {"run": run.id, replay.ASKED: "1"}
    st.page_link(navigation.TRAIN, label=f"**{case.title}**", icon=":material/play_circle:", query_params=address)
    st.caption(case.look_for)
