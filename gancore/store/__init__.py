"""Everything of a run folder: how it is made, found, read, locked and changed. Nothing imports torch until asked to."""

from gancore.store.store import Run, RunBusy, RunNotFound, RunStore

__all__ = ["Run", "RunBusy", "RunNotFound", "RunStore"]
