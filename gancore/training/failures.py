"""What goes wrong with a run, as one sentence for people and a code for programs. No torch in here."""

from __future__ import annotations

import errno
from contextlib import suppress

from gancore.store import Run, RunBusy, RunNotFound


def describe(problem: Exception) -> str:
    """`ValueError: a batch is missing`: one line, whatever it says."""
    if isinstance(problem, OSError) and problem.errno == errno.ENOSPC:
        return "The disk is full: free some space, then resume the run."
    lines = str(problem).splitlines()
    return f"{type(problem).__name__}: {lines[0] if lines else ''}"


def code(problem: Exception) -> str:
    """One of `gancore.store.records.ERRORS`, of those that any code can raise."""
    if isinstance(problem, OSError) and problem.errno == errno.ENOSPC:
        return "no-space"
    return "no-memory" if isinstance(problem, MemoryError) else "internal"


def mark(run: Run, error: str, code: str) -> None:
    """Say of a run that waits or was interrupted that it failed, unless somebody else has taken it up."""
    with suppress(OSError, RunNotFound, RunBusy), run.hold("somebody has taken it up"):
        if run.status.state in ("queued", "running"):
            changes = {"state": "failed", "error": error, "error_code": code, "remaining": None, "phase": ""}
            run.write_last_status(run.status.model_copy(update=changes))
