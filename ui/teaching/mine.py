"""What one may use in a class, and what of it is used."""

from __future__ import annotations

import streamlit as st

from ui import state
from ui.classroom.quotas import Use
from ui.classroom.room import current, room
from ui.run import turn
from ui.teaching.entrance import sign_out_link

LOOK = 5.0  # seconds between looks


def page() -> None:
    """Who one is, what waits, and the quotas."""
    person = current()
    if person is None:
        st.info("This server has no class.", icon=":material/info:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(person.name, anchor=False, width="stretch")
        sign_out_link()
    st.fragment(_body, run_every=LOOK, key="mine")(person.teaches)


def meters(uses: tuple[Use, ...]) -> None:
    """A slim bar for each quota."""
    for use, column in zip(uses, st.columns(len(uses)), strict=True):
        column.progress(use.share, use.line)


def _body(teaches: bool) -> None:
    here = room()
    if here is None:
        return
    if teaches:
        st.markdown("You are a teacher here: your runs have no limits.")
    else:
        meters(here.quotas.uses(state.store()))
        st.caption("Deleted runs count for the disk until the trash is emptied, on the Runs page.")
    waiting = state.store().queue()
    if waiting:
        st.subheader("Waiting", anchor=False)
    for run in waiting:
        turn.line(run, named=True)
