"""What of one's quotas is left, and whether it is enough for what is about to start."""

from __future__ import annotations

import streamlit as st

from gancore.store import StoreFull
from ui import state
from ui.classroom.room import current, room
from ui.words import plain


def obstacle(runs: int = 1) -> str:
    """Why so many runs cannot be started; nothing if they can."""
    try:
        state.store().admit(runs)
    except StoreFull as problem:
        return str(problem)
    return ""


def note(runs: int) -> None:
    """Say so before so many runs are started, where they are more than somebody may have."""
    if runs and (full := obstacle(runs)):
        st.caption(f":material/block: :orange[{plain(full)}]")


def line() -> None:
    """A slim line below Start, where somebody has quotas."""
    here, person = room(), current()
    if here is not None and person is not None and not person.teaches:
        used = " · ".join(use.line for use in here.quotas.uses(state.store()))
        st.caption(f":material/speed: {used}")
