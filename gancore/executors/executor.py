"""Who takes runs from a store's queue, and where they train: in this process, or each in one of its own.

A run says how many threads it trains with. One that takes all cores trains alone, in a thread of this process; those
that take fewer train side by side, in processes of their own, as many as there are cores for. A toy that belongs to no
sweep takes one core and trains in a thread of this process, too: it is half done before a process of its own has
loaded torch. Whoever comes first in the queue is never overtaken by one that would fit in beside what trains.
"""

from __future__ import annotations

import atexit
import math
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from filelock import FileLock, Timeout

from gancore import machine
from gancore.config.stacking import likeness, why_alone
from gancore.executors import processes
from gancore.executors.loading import load_torch
from gancore.executors.processes import Job
from gancore.executors.tending import Tending, Tends
from gancore.store import Run, RunBusy, RunNotFound, RunStore, queue
from gancore.sweeps.sweep import FOLDER as SWEEPS
from gancore.training import failures
from gancore.training.heartbeat import Superseded

BUSY_SECONDS = 0.2  # before the queue is looked at again, when others hold all of its runs
LOOK_SECONDS = 1.0  # the same while processes train
TEND_SECONDS = 30.0  # before a page asks again whether a sweep has lost a run
PROCESS_BYTES = 8e8  # of a process that trains networks of the usual sizes

LEAST_TOGETHER, MOST_TOGETHER = 3, 32  # toys in one process

_POLL = 0.05  # seconds between looks at whether a process has ended
_MOST_WORDS = 200  # characters of what a process printed last


class Executor:
    """Works off a store's queue in a background thread.

    The queue is the runs in state `queued`, so nothing is lost when this object or its process goes: the next
    executor for the store goes on with it, and adopts the processes that still train. At most one process works on a
    store at a time; others wait for it.
    """

    def __init__(
        self, store: RunStore, *, apart: bool | None = None, jobs: int | None = None, cores: int | None = None
    ) -> None:
        """`apart` has every run train in a process of its own, or none; by default the runs' threads decide. `jobs`
        is the most that train at once, `cores` how many threads they share (by default those of the machine).
        """
        self.store = store
        self._tending: Tends = Tending(store)
        self._apart, self._most = apart, jobs
        self._cores = cores or machine.threads()
        self._jobs: dict[Path, Job] = {}  # by run
        self._leaving: list[Job] = []  # whose runs have ended, and their processes not yet
        self._deaths: dict[Path, int] = {}  # the step at which a run's process was killed last
        self._closing, self._submitted = threading.Event(), threading.Event()
        self._patience = 20.0  # seconds for processes to end
        self._changed = threading.Condition()
        self._worker: threading.Thread | None = None
        self._tended = -TEND_SECONDS
        self._given_up: set[Path] = set()  # runs that could not even be marked as failed, on a full disk say
        atexit.register(self.close)

    def submit(self, run: Run, priority: int = 0) -> None:
        """Put a run into the queue and see to it that somebody works on it. Raises `RunBusy` if it runs already."""
        run.enqueue(priority)
        self._given_up.discard(run.path)
        self.ensure_worker()

    def ensure_worker(self) -> None:
        """Start a worker if there is something to do and this process has none."""
        with self._changed:
            self._submitted.set()
            alive = self._worker is not None and self._worker.is_alive()
            if alive or self._closing.is_set() or not (self._waiting() or self._is_to_tend()):
                return
            self._worker = threading.Thread(target=self._work, name=f"worker of {self.store.root}", daemon=True)
            self._worker.start()

    def close(self, timeout: float = 20.0) -> None:
        """Stop at the next step, with a checkpoint; what waits stays in the queue, and runs of sweeps wait again."""
        self._patience = timeout
        self._closing.set()
        if self._worker is not None and self._worker is not threading.current_thread():
            self._worker.join(timeout)

    # --- the worker -------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while not self._closing.is_set():
            lock = _acquired(self.store, self._closing)
            if lock is None:
                return
            try:
                self._drain()
            finally:
                lock.release()
            with self._changed:  # a run submitted from here on finds no worker and starts one
                if not self._waiting():
                    self._worker = None
                    return

    def _drain(self) -> None:
        """Take up one run after another until none waits and none trains."""
        self._adopt()
        self._tend()
        while not self._closing.is_set():
            self._submitted.clear()
            if self._reap():
                self._tend()
            self._tending.searches()
            if self._take_up_next():
                continue
            if not self._jobs and not self._leaving and not self._waiting():
                return
            self._wait()
        self._end_jobs()

    def _take_up_next(self) -> bool:
        """Begin with the first one that waits, if there is room for it; whether one was begun."""
        run = next((run for run in self._waiting() if run.path not in self._jobs and not run.is_held()), None)
        if run is None or not self._fits(run):
            return False
        try:
            if self._is_apart(run):
                self._jobs |= {job.run.path: job for job in processes.start(self._team(run))}
            else:
                self._execute(run)
        except (RunBusy, RunNotFound, Superseded):  # somebody was quicker: to begin, to delete, to take it over
            pass
        except Exception as problem:  # one bad folder must not stop the queue
            self._give_up(run, failures.describe(problem), failures.code(problem))
        return True

    def _execute(self, run: Run) -> None:
        load_torch()
        from gancore.training.runner import execute

        resumed = run.sweep is not None
        execute(run.path, watchers=[self._tending], interrupt=self._closing, resumed=resumed, expected="queued")
        if not self._closing.is_set():
            self._tend()

    def _is_apart(self, run: Run) -> bool:
        if self._apart is not None:
            return self._apart
        return (run.threads or self._cores) < self._cores and not _begins_at_once(run)

    def _fits(self, run: Run) -> bool:
        """Whether there are cores and memory left for it. Alone, any run fits."""
        if not self._processes():
            return True
        if not self._is_apart(run) or self._free() < 1:
            return False
        return (run.threads or self._cores) <= self._free_cores() and _has_memory()

    def _processes(self) -> Sequence[Job]:
        """A job of each process that trains, or has still to end."""
        return list({job.process: job for job in (*self._jobs.values(), *self._leaving)}.values())

    def _team(self, run: Run) -> Sequence[Run]:
        """A run, and those that wait and train with it as one computation: toys of its sweep that are alike.

        As many as leave the other cores their share. Where a process was killed, runs go on each by itself.
        """
        room = int(max(1, min(self._free_cores(), self._free())))
        others = (each for each in self._waiting() if each.path != run.path and self._is_alike(run, each))
        alike = [run, *islice(others, room * MOST_TOGETHER - 1)]
        share = math.ceil(len(alike) / room)
        return alike[:share] if share >= LEAST_TOGETHER else [run]

    def _is_alike(self, run: Run, other: Run) -> bool:
        """Whether two runs may share a process."""
        return (
            run.sweep is not None
            and other.sweep == run.sweep
            and run.threads == other.threads == 1
            and not {run.path, other.path} & {*self._deaths, *self._jobs}
            and other.damage is None
            and not why_alone(run.config)
            and not why_alone(other.config)
            and likeness(run.config) == likeness(other.config)
            and not other.is_held()
        )

    def _free(self) -> float:
        """Processes that may be begun."""
        return math.inf if self._most is None else self._most - len(self._processes())

    def _free_cores(self) -> int:
        return self._cores - sum(job.threads for job in self._processes())

    def _waiting(self) -> Sequence[Run]:
        return [run for run in self.store.queue() if run.path not in self._given_up]

    def _wait(self) -> None:
        """Until a process ends, something is submitted, or it is time to look again."""
        deadline = time.monotonic() + (LOOK_SECONDS if self._jobs or self._leaving else BUSY_SECONDS)
        while time.monotonic() < deadline and not self._closing.wait(_POLL) and not self._submitted.is_set():
            if any(job.has_ended() for job in (*self._jobs.values(), *self._leaving)):
                return

    def _is_to_tend(self) -> bool:
        return time.monotonic() - self._tended > TEND_SECONDS and self._has_sweeps()

    def _has_sweeps(self) -> bool:
        return (self.store.root / SWEEPS).is_dir()

    def _tend(self) -> None:
        self._tended = time.monotonic()
        self._tending.all()

    # --- processes --------------------------------------------------------------------------------------------------

    def _adopt(self) -> None:
        """Take on the processes that whoever worked here before has left."""
        for job in processes.adopt(self.store):
            self._jobs.setdefault(job.run.path, job)

    def _reap(self) -> bool:
        """Let go of the runs that have ended, or whose processes have; whether any had."""
        over = [job for job in self._jobs.values() if job.is_over()]
        self._leaving = [job for job in (*self._leaving, *over) if not job.has_ended()]
        for job in over:
            del self._jobs[job.run.path]
            self._settle(job)
        for job in over:  # at last: they may share what was printed
            job.clear()
        if any(job.status == processes.TAKEN for job in over):
            self._adopt()
        return bool(over)

    def _settle(self, job: Job) -> None:
        """See to it that a run whose process ended by itself is in a state that says so.

        One whose process was killed goes on from its checkpoint, unless it was killed at that very step before.
        """
        run, status = job.run, job.run.status
        if run.is_held() or job.status == processes.TAKEN or status.state not in ("queued", "running"):
            self._deaths.pop(run.path, None)
        elif status.state == "queued" and job.status is not None and job.status > 0:
            why = job.last_words()[:_MOST_WORDS] or f"it ended with status {job.status}"
            self._give_up(run, f"The process that was to train it could not begin: {why.rstrip('.')}.", "internal")
        elif status.state == "running" or (job.status is not None and job.status < 0):
            if status.step <= self._deaths.get(run.path, -1):
                self._give_up(run, _killed(job.status), "killed")
            else:
                self._deaths[run.path] = status.step
                with suppress(OSError, RunBusy, RunNotFound):
                    queue.recover(run)

    def _end_jobs(self) -> None:
        """Have the processes end after their steps, and wait for that."""
        deadline = time.monotonic() + self._patience
        for job in self._jobs.values():
            job.ask_to_end()
        jobs = [*self._jobs.values(), *self._leaving]
        while not all(job.has_ended() for job in jobs) and time.monotonic() < deadline:
            time.sleep(_POLL)
        for job in jobs:
            if job.has_ended():
                job.clear()

    def _give_up(self, run: Run, error: str, code: str) -> None:
        """Say that a run could not even be begun, or not be kept; it is not tried again."""
        self._given_up.add(run.path)
        self._deaths.pop(run.path, None)
        failures.mark(run, error, code)


def _begins_at_once(run: Run) -> bool:
    """Whether it trains in this process though it leaves cores free: a toy that somebody waits for."""
    return run.sweep is None and run.damage is None and run.config.is_points


def _has_memory() -> bool:
    """Whether one more process fits into the memory that nobody uses now, as far as one can tell."""
    here = machine.memory()
    return here is None or here.free is None or here.free >= PROCESS_BYTES


def _killed(status: int | None) -> str:
    by = "" if status is None else f" by signal {-status}"
    return (
        f"The process that trained it was killed{by} twice at the same step: there may be too little memory. Use "
        "smaller batches or fewer runs at once, then resume it."
    )


def _acquired(store: RunStore, closing: threading.Event) -> FileLock | None:
    """The lock of the store's one worker; None if we are to close, or where none can be made."""
    with suppress(OSError):
        lock = store.worker_lock()
        while not closing.is_set():
            with suppress(Timeout):
                lock.acquire(timeout=0.5)
                return lock
    return None
