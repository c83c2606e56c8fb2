"""What the pages of one person see of the worker that the class shares."""

from __future__ import annotations

from dataclasses import dataclass

from gancore.executors.fair import FairExecutor
from gancore.store import Run, RunStore
from gancore.sweeps.sweep import FOLDER as SWEEPS


@dataclass(frozen=True)
class Desk:
    """Hands runs of one store over to the worker of all."""

    store: RunStore
    worker: FairExecutor

    def submit(self, run: Run, priority: int = 0) -> None:
        """Put a run of this store into its queue. Raises `StoreFull`, and `RunBusy` if it runs already."""
        if run.path.parent != self.store.root:
            raise PermissionError(f"{run.name} is somebody else's.")
        self.store.admit(0)
        self.worker.submit(run, priority)

    def ensure_worker(self) -> None:
        """See to it that somebody works on what waits in this store."""
        if self.store.queue() or (self.store.root / SWEEPS).is_dir():
            self.worker.ensure_worker()
