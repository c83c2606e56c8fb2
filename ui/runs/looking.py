"""Looking at the health of runs that nobody looked at yet, a while at a time."""

from __future__ import annotations

import time
from collections.abc import Sequence

from gancore.store.index import Snapshot
from ui import state
from ui.boundary import explain
from ui.run import health

BEFORE, AFTER = 0.1, 0.4  # seconds for which it is looked at before a page is drawn, and while a browser draws it


def look(runs: Sequence[Snapshot], seconds: float) -> int:
    """Look at the health of those runs that nobody looked at, for so many seconds; how many are left. What was seen is
    known from then on, in other servers, too."""
    deadline = time.monotonic() + seconds
    left = sum(not _is_known(run, look=time.monotonic() < deadline) for run in runs)
    state.index().save(now=not left)
    return left


def is_done(runs: Sequence[Snapshot]) -> bool:
    """Whether the health of all of them is known."""
    return all(_is_known(run, look=False) for run in runs)


def _is_known(run: Snapshot, *, look: bool) -> bool:
    """Whether a run's health is known, or can never be."""
    tried: list[Exception] = run.once("health that cannot be told", list)
    try:
        return bool(tried) or run.damage is not None or health.brief(run, look=look) is not None
    except Exception as error:
        explain(run, error)
        tried.append(error)  # or the page would look for ever
        return True
