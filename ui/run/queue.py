"""The runs that wait: in which order they will be taken, and changing that."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gancore.store import Run
from ui import state
from ui.messages import attempt, say
from ui.words import plain

SHOWN = 6  # rows; the others on request


def rows(waiting: Sequence[Run]) -> None:
    """The runs that wait, in the order in which they will be taken."""
    every = len(waiting) > SHOWN and st.toggle("Show all", key="queue-all")
    for place, run in enumerate(waiting if every else waiting[:SHOWN]):
        _row(waiting, place, run)
    if not every and len(waiting) > SHOWN:
        st.caption(f"and {len(waiting) - SHOWN} more")


def _row(waiting: Sequence[Run], place: int, run: Run) -> None:
    first, before = waiting[0], waiting[max(place - 1, 0)]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{place + 1}. {plain(run.name)}", width="stretch")
        if place and st.button("Up", key=f"up-{run.id}", type="tertiary", icon=":material/arrow_upward:"):
            attempt(f"Moving {run.name}", state.store().move, run, before)
            st.rerun()
        if place > 1 and st.button(
            "First", key=f"first-{run.id}", type="tertiary", icon=":material/vertical_align_top:"
        ):
            attempt(f"Moving {run.name}", state.store().move, run, first)
            st.rerun()
        if st.button("Remove", key=f"dequeue-{run.id}", type="tertiary", icon=":material/close:"):
            take_out(run)
            st.rerun()


def take_out(run: Run) -> None:
    """A run that never began goes to the trash, as there is nothing of it to look at; another one stops, and stays.

    Those of a sweep stay in its grid, where they can be tried again.
    """
    if run.status.step or run.status.attempt or run.sweep:
        attempt(f"Removing {run.name}", run.command, "stop")
    elif attempt(f"Removing {run.name}", state.store().delete, run):
        say(f"{run.name} was taken out of the queue: the trash on the Runs page has it.", icon="delete")
