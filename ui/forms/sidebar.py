"""What the sidebar of Train describes: the run that is shown, or the next one."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from gancore.store import Run

Mode = Literal["this", "next"]

_MODES: dict[Mode, str] = {"this": "This run", "next": "Next run"}
_MODE, _TURN = "sidebar-mode", "sidebar-turn"  # in the session: what was chosen, and a count for the switch's key


def begin(linked: bool) -> None:
    """What it describes at first: the run that a link led to, else the one that Start would make."""
    st.session_state.setdefault(_MODE, "this" if linked else "next")


def switch(shown: Run | None) -> Mode:
    """Let people choose; with no run there is nothing to choose."""
    if shown is None:
        st.empty()
        return "next"
    key = f"{_MODE}-{st.session_state.get(_TURN, 0)}"
    first: Mode = st.session_state.setdefault(f"{key}-first", st.session_state[_MODE])
    st.session_state[_MODE] = st.segmented_control(
        "Settings of",
        list(_MODES),
        default=first,  # of its own, which a pass that is cut short does not lose; the same as long as the key
        required=True,
        format_func=_MODES.__getitem__,
        key=key,
        label_visibility="collapsed",
        width="stretch",
    )
    mode: Mode = st.session_state[_MODE]
    return mode


def turn_to(mode: Mode) -> None:
    """Show that: in a callback, of a button elsewhere on the page."""
    if st.session_state.get(_MODE) != mode:
        st.session_state[_MODE] = mode
        st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1  # a new switch, which shows it
