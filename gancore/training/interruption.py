"""What can be said of a run whose process ended abruptly."""

from __future__ import annotations

from gancore.store import Run
from gancore.store.checkpoint_step import saved_step

WHY_INTERRUPTED = (
    "The process that trained this run ended abruptly: it was killed, ran out of memory, or the machine was restarted."
)


def how_it_goes_on(run: Run) -> str:
    """From where a resume goes on, in one sentence."""
    path = run.checkpoints().get("last")
    if path is None:
        return "It has no checkpoint yet: Resume starts from the beginning."
    step = saved_step(path)
    return "Resume continues from its last checkpoint." if step is None else f"Resume continues from step {step:,}."
