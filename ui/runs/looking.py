"""Looking at the health of runs that nobody looked at yet, a while at a time."""

from __future__ import annotations

import time
from collections.abc import Sequence

from gancore.store.index import Snapshot
from ui import state
from ui.boundary import explain
from ui.run import health

SECONDS = 0.4  # for which it is looked at after a page was drawn


def look(runs: Sequence[Snapshot]) -> int:
    """Look at the health of those runs that nobody looked at, for a while; how many are left. What was seen is known
    from then on, in other servers, too."""
    deadline = time.monotonic() + SECONDS
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
