"""Looking at the health of runs that nobody looked at yet, a while at a time."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from gancore.store.index import Snapshot
from ui import state
from ui.boundary import explain
from ui.run import health

FEW = 8  # runs that are looked at before a page is drawn; of more, the page comes first
BEFORE = 0.1  # seconds for which they are looked at then
PART = 0.2  # seconds for which more are looked at in one go, once a second: whoever asks for something waits no longer
EVERY = 1.0


def look(runs: Sequence[Snapshot], seconds: float) -> int:
    """Look at the health of those runs that nobody looked at, for so many seconds; how many are left. What was seen is
    known from then on, in other servers, too."""
    deadline = time.monotonic() + seconds
    return sum(not _is_known(run, look=time.monotonic() < deadline) for run in runs)


def look_at_few(runs: Sequence[Snapshot]) -> int:
    """`look`, where that is soon done; how many are left."""
    left = [run for run in runs if not _is_known(run, look=False)]
    return look(left, BEFORE) if 0 < len(left) <= FEW else len(left)


def go_on(runs: Sequence[Snapshot]) -> None:
    """Look at the others while the page is there, and draw it anew once all of them are known."""
    st.fragment(_part, run_every=EVERY, key="looking")([run for run in runs if not _is_known(run, look=False)], [True])


def _part(left: list[Snapshot], first: list[bool]) -> None:
    if first:  # the page is being drawn
        first.clear()
        return
    is_done = not look(left, PART)
    left[:] = [run for run in left if not _is_known(run, look=False)]
    state.index().save(now=is_done)
    if is_done:
        st.rerun()


def _is_known(run: Snapshot, *, look: bool) -> bool:
    """Whether a run's health is known, or can never be."""
    tried: list[Exception] = run.once("health that cannot be told", list)
    try:
        return bool(tried) or run.damage is not None or health.brief(run, look=look) is not None
    except Exception as error:
        explain(run, error)
        tried.append(error)  # or the page would look for ever
        return True
