"""When a run's turn comes, where a class shares one server."""

from __future__ import annotations

import time
from functools import lru_cache

import streamlit as st

from gancore.store import Run
from gancore.text import describe_duration
from ui import state
from ui.classroom.room import room
from ui.classroom.waiting import Turn, turns
from ui.words import plain

LOOK = 5.0  # seconds between looks


def line(run: Run, *, named: bool = False) -> None:
    """`3rd in the queue, about 4 min`, for a run that waits."""
    if run.state == "queued" and state.shared() is not None:
        st.fragment(_line, run_every=LOOK, key=f"turn-{run.id}")(run.id, named)


def of(run: Run) -> Turn | None:
    """A run's turn; None if it does not wait, or nobody shares the server."""
    return _turns(int(time.monotonic() / LOOK)).get(str(run.path))


def words(turn: Turn) -> str:
    """A turn as a sentence."""
    if turn.seconds is None:
        return f"{turn.ordinal} in the queue."
    when = "begins at once" if turn.seconds < 1 else f"about {describe_duration(turn.seconds)}"
    return f"{turn.ordinal} in the queue, {when}."


def _line(run_id: str, named: bool) -> None:
    run = state.find_run(run_id)
    found = None if run is None else of(run)
    if run is None or found is None:
        st.caption(":material/schedule: Starts in a moment, unless your training minutes are used up.")
        return
    name = f"**{plain(run.name)}** · " if named else ""
    st.markdown(f":material/schedule: {name}{words(found)}")


@lru_cache(maxsize=1)
def _turns(_moment: int) -> dict[str, Turn]:
    """The same for all of a class for some seconds: thirty pages ask."""
    here, worker = room(), state.shared()
    return {} if here is None or worker is None else turns(worker, here.stores(), here.settings.jobs)
