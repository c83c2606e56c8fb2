"""What happened to runs since the last visit, and the latest runs, as pictures."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

import streamlit as st

from gancore.store.index import Snapshot
from gancore.store.records import ShownState
from gancore.text import describe_duration, listed
from ui.boundary import boundary
from ui.run import view
from ui.run.progress import state_word

SHOWN = 12
_ENDS: tuple[ShownState, ...] = ("finished", "failed", "stopped", "interrupted")


def section(runs: Sequence[Snapshot], since: float | None) -> None:
    """The runs that ended since then, and then the newest others."""
    ended = ended_since(runs, since)
    st.subheader("Since your last visit" if ended else "Latest runs", anchor=False)
    if ended and since is not None:
        st.caption(f"In the last {describe_duration(time.time() - since)}: {counted(ended)}.")
    new = {run.id for run in ended}
    with st.grid(6, min_column_width=165):
        for run in [*ended, *(run for run in runs if run.id not in new)][:SHOWN]:
            with st.container(border=True, height="stretch", gap="xsmall", key=f"run-{run.id}"), boundary(run):
                view.run_card(run)


def ended_since(runs: Sequence[Snapshot], since: float | None) -> list[Snapshot]:
    """Those that came to an end since then, the last one first; none where nothing is known of a visit before."""
    if since is None:
        return []
    ended = [run for run in runs if run.state in _ENDS and run.status.heartbeat > since]
    return sorted(ended, key=lambda run: -run.status.heartbeat)


def counted(runs: Sequence[Snapshot]) -> str:
    """`3 finished and 1 failed`."""
    states = Counter(run.state for run in runs)
    return listed([f"{states[state]} {state_word(state)}" for state in _ENDS if states[state]])
