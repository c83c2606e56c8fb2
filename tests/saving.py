"""Training that saves its state more often than it need, so that what interrupts it meets many checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gancore.training.events import Step
from gancore.training.watching import Watch


@contextmanager
def often_saved(every: int = 5) -> Iterator[None]:
    """Checkpoints every few steps, however long they take."""
    original = Watch.after

    def after(self: Watch, event: Step) -> None:
        original(self, event)
        if event.step % every == 0:
            self._checkpoint("last")

    Watch.after = after  # type: ignore[method-assign]
    try:
        yield
    finally:
        Watch.after = original  # type: ignore[method-assign]
