"""One worker for the queues of several stores, such as those of a class: each store's turn comes round.

What waits is what the run folders of all stores say, so nothing is lost with this process and nothing trains twice. As
many runs train at once as the machine is lent for, each in a process of its own. Whose turn it is follows from who
trains now and who was served when.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from gancore.executors import processes
from gancore.executors.executor import Executor
from gancore.executors.tending import Tending
from gancore.store import Run, RunStore
from gancore.sweeps.sweep import FOLDER as SWEEPS
from gancore.training.events import Notice, Step


class Allowance(Protocol):
    """What the stores may use. Called from the worker's thread."""

    def may_train(self, store: RunStore) -> bool:
        """Whether runs of this store may train."""

    def charge(self, store: RunStore, seconds: float) -> None:
        """A run of this store has trained for so many seconds."""


class FairExecutor(Executor):
    """Works off the queues of several stores, round robin."""

    def __init__(
        self, folder: Path, stores: Callable[[], Sequence[RunStore]], allowance: Allowance, *, jobs: int
    ) -> None:
        """`folder` holds the stores, and the lock of their one worker; `jobs` is the most that train at once."""
        super().__init__(RunStore(folder), apart=True, jobs=jobs)
        self._stores, self._allowance = stores, allowance
        self._tending = _AllTending(stores)
        self._served: dict[Path, float] = {}  # by store: when a run of it was begun last
        self._charged_at = time.monotonic()

    def ensure_worker(self) -> None:
        """Start a worker unless this process has one: that one looks by itself."""
        if self._worker is None or not self._worker.is_alive():
            super().ensure_worker()

    def submit(self, run: Run, priority: int = 0) -> None:
        """Put a run into its store's queue. Raises `RunBusy` if it runs already."""
        super().submit(run, priority)
        self._submitted.set()

    def waiting(self) -> Sequence[Run]:
        """What waits in all stores, in the order in which it will be taken, as far as one can tell now."""
        return self._waiting()

    def _waiting(self) -> Sequence[Run]:
        stores = [store for store in self._stores() if self._allowance.may_train(store)]
        queues = {store.root: [run for run in store.queue() if run.path not in self._given_up] for store in stores}
        begun = [*self._jobs]  # at once: a page may ask while the worker begins one
        left = {root: [run for run in queue if run.path not in begun] for root, queue in queues.items()}
        return in_turn(left, Counter(path.parent for path in begun), self._served)

    def _take_up_next(self) -> bool:
        before = set(self._jobs)
        taken = super()._take_up_next()
        for path in set(self._jobs) - before:
            self._served[path.parent] = time.monotonic()
        return taken

    def _fits(self, run: Run) -> bool:  # noqa: ARG002
        return self._free() >= 1

    def _team(self, run: Run) -> Sequence[Run]:
        """By itself: whoever has many that are alike would have the turns of others, too."""
        return [run]

    def _wait(self) -> None:
        super()._wait()
        self._charge()

    def _charge(self) -> None:
        """Count what trained since the last time; those of a store that has used up its time pause."""
        now = time.monotonic()
        seconds, self._charged_at = now - self._charged_at, now
        for job in self._jobs.values():
            store = RunStore(job.run.path.parent)
            self._allowance.charge(store, seconds)
            if not self._allowance.may_train(store) and job.run.asked == "run":
                with suppress(OSError):
                    job.run.command("pause")

    def _adopt(self) -> None:
        self._charged_at = time.monotonic()
        for store in self._stores():
            for job in processes.adopt(store):
                self._jobs.setdefault(job.run.path, job)

    def _has_sweeps(self) -> bool:
        return any((store.root / SWEEPS).is_dir() for store in self._stores())


class _AllTending:
    """Looks after the sweeps and searches of several stores."""

    def __init__(self, stores: Callable[[], Sequence[RunStore]]) -> None:
        self._stores = stores
        self._known: dict[Path, Tending] = {}

    def all(self) -> None:
        for tending in self._each():
            tending.all()

    def searches(self, *, at_once: bool = False) -> None:
        for tending in self._each():
            tending.searches(at_once=at_once)

    def __call__(self, event: Step | Notice) -> None:  # noqa: ARG002 (a sink's)
        self.searches()

    def close(self) -> None:
        """Nothing is left to do."""

    def _each(self) -> Sequence[Tending]:
        roots = [store.root for store in self._stores() if (store.root / SWEEPS).is_dir()]
        return [self._known.setdefault(root, Tending(RunStore(root))) for root in roots]


def in_turn(
    queues: Mapping[Path, Sequence[Run]], training: Mapping[Path, int], served: Mapping[Path, float]
) -> Sequence[Run]:
    """The runs that wait, by store, in the order in which they should be taken.

    Whoever has the fewest runs begun before it comes first, be it that they train or that they wait before it in the
    same queue; then whoever was served longest ago; then whoever waits longest.
    """
    places = [
        ((training.get(root, 0) + place, served.get(root, -1.0), run.meta.queued_at, run.id), run)
        for root, queue in queues.items()
        for place, run in enumerate(queue)
    ]
    return [run for _, run in sorted(places, key=lambda each: each[0])]
