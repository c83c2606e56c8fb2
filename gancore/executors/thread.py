"""Where runs are executed. Each executor takes a run's folder and calls `runner.execute` on it, nothing else.

`ThreadExecutor` trains in background threads of this process, one run at a time a store, in the order of the queue.
"""

from __future__ import annotations

import atexit
import threading
from contextlib import suppress

from filelock import FileLock, Timeout

from gancore.executors.loading import load_torch
from gancore.store import Run, RunBusy, RunNotFound, RunStore
from gancore.training import failures
from gancore.training.heartbeat import Superseded

BUSY_SECONDS = 0.2  # before the queue is looked at again, when others hold all of its runs


class ThreadExecutor:
    """Works off a store's queue in a background thread.

    The queue is the runs in state `queued`, so nothing is lost when this object or its process goes: the next
    executor for the store goes on with it. At most one process works on a store at a time; others wait for it.
    """

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self._closing = threading.Event()
        self._changed = threading.Condition()
        self._worker: threading.Thread | None = None
        self._given_up: set[str] = set()  # runs that could not even be marked as failed, on a full disk say
        atexit.register(self.close)

    def submit(self, run: Run, priority: int = 0) -> None:
        """Put a run into the queue and see to it that somebody works on it. Raises `RunBusy` if it runs already."""
        run.enqueue(priority)
        self._given_up.discard(run.id)
        self.ensure_worker()

    def ensure_worker(self) -> None:
        """Start a worker if runs wait and this process has none."""
        with self._changed:
            alive = self._worker is not None and self._worker.is_alive()
            if alive or self._closing.is_set() or not self._waiting():
                return
            self._worker = threading.Thread(target=self._work, name=f"worker of {self.store.root}", daemon=True)
            self._worker.start()

    def close(self, timeout: float = 20.0) -> None:
        """Stop at the next step, with a checkpoint; what waits stays in the queue."""
        self._closing.set()
        if self._worker is not None and self._worker is not threading.current_thread():
            self._worker.join(timeout)

    def _work(self) -> None:
        lock = self.store.worker_lock()
        while not self._closing.is_set():
            if not _acquire(lock, self._closing):
                return
            try:
                self._drain()
            finally:
                lock.release()
            with self._changed:  # a run submitted from here on finds no worker and starts one
                if not self._waiting():
                    self._worker = None
                    return

    def _waiting(self) -> list[Run]:
        return [run for run in self.store.queue() if run.id not in self._given_up]

    def _drain(self) -> None:
        load_torch()
        from gancore.training.runner import execute

        while not self._closing.is_set() and (waiting := self._waiting()):
            run = next((run for run in waiting if not run.is_held()), None)
            if run is None:  # others execute them all, and may not have said so yet
                self._closing.wait(BUSY_SECONDS)
                continue
            try:
                execute(run.path, interrupt=self._closing, expected="queued")
            except (RunBusy, RunNotFound, Superseded):  # somebody was quicker: to begin, to delete, to take it over
                continue
            except Exception as problem:  # one bad folder must not stop the queue
                self._give_up(run, problem)

    def _give_up(self, run: Run, problem: Exception) -> None:
        """Say that a run could not even be begun, if it still waits; it is not tried again."""
        self._given_up.add(run.id)
        with suppress(OSError, RunNotFound, RunBusy), run.hold("somebody has taken it up"):
            if run.status.state == "queued":
                changes = {"state": "failed", "error": failures.describe(problem), "error_code": failures.code(problem)}
                run.write_last_status(run.status.model_copy(update=changes))


def _acquire(lock: FileLock, closing: threading.Event) -> bool:
    while not closing.is_set():
        with suppress(Timeout):
            lock.acquire(timeout=0.5)
            return True
    return False
