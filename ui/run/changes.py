"""What became of the settings that somebody asked to change: what still waits, and what came too late."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from gancore.config import SETTINGS
from gancore.store import Run
from gancore.store.records import Change
from gancore.text import describe_value
from ui.words import plain


def describe(changes: Iterable[Change]) -> str:
    """`lr_d 5e-4, G steps 2`."""
    values = [item for change in changes for item in change.changes.items()]
    return ", ".join(f"{SETTINGS[path].label} {describe_value(value)}" for path, value in values)


def note(run: Run, *, live: bool) -> None:
    """A line for changes that wait, and one for those that were refused."""
    if waiting := [change for change in run.changes() if change.step is None]:
        when = "at the next step" if run.state == "running" else "when the run continues"
        st.caption(f":material/schedule: {plain(describe(waiting))} will take effect {when}.")
    if not live:
        for event in run.events():
            if event["code"] == "refused" and event["step"] == run.status.step:
                st.warning(plain(event["message"]), icon=":material/block:")
