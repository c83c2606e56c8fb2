"""Everything of a run folder: how it is made, found, read, locked and changed. Nothing imports torch until asked to."""

from gancore.store.locks import RunBusy, RunNotFound
from gancore.store.run import Run
from gancore.store.store import RunStore, StoreFull

__all__ = ["Run", "RunBusy", "RunNotFound", "RunStore", "StoreFull"]
