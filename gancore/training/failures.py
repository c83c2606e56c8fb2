"""What goes wrong with a run, as one sentence for people and a code for programs. No torch in here."""

from __future__ import annotations

import errno
from contextlib import suppress

from gancore.files import UnfitFile
from gancore.store import Run, RunBusy, RunNotFound

# What torch says when memory runs out, by device. Only a GPU's has a class of its own.
_NO_MEMORY = ("not enough memory", "can't allocate memory", "out of memory")


def is_out_of_memory(problem: Exception) -> bool:
    """Whether memory ran out, of the machine or of the device."""
    if isinstance(problem, MemoryError) or type(problem).__name__ == "OutOfMemoryError":
        return True
    said = str(problem).lower()
    return isinstance(problem, RuntimeError) and any(words in said for words in _NO_MEMORY)


def describe(problem: Exception) -> str:
    """`ValueError: a batch is missing`: one line, whatever it says; for what people can mend, how."""
    if isinstance(problem, OSError) and problem.errno == errno.ENOSPC:
        return "The disk is full: free some space, then resume the run."
    if isinstance(problem, UnfitFile):
        return f"{problem}: move it away, then resume the run."
    if is_out_of_memory(problem):
        return (
            "There is not enough memory: resume the run once other programs use less,"
            " or start one with a smaller batch size, narrower networks (ngf, ndf) or smaller images."
        )
    lines = str(problem).splitlines()
    return f"{type(problem).__name__}: {lines[0] if lines else ''}"


def code(problem: Exception) -> str:
    """One of `gancore.store.records.ERRORS`, of those that any code can raise."""
    if isinstance(problem, OSError) and problem.errno == errno.ENOSPC:
        return "no-space"
    if isinstance(problem, UnfitFile):
        return "bad-file"
    return "no-memory" if is_out_of_memory(problem) else "internal"


def mark(run: Run, error: str, code: str) -> None:
    """Say of a run that waits or was interrupted that it failed, unless somebody else has taken it up."""
    with suppress(OSError, RunNotFound, RunBusy), run.hold("somebody has taken it up"):
        if run.status.state in ("queued", "running"):
            changes = {"state": "failed", "error": error, "error_code": code, "remaining": None, "phase": ""}
            run.write_last_status(run.status.model_copy(update=changes))
