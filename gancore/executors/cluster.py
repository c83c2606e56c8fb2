"""Runs that train as tasks of a Ray cluster, over a store that all of its machines see. Only a path crosses.

Ray decides where a task runs, and says when one is lost with its worker or its machine. Everything else stands in the
run's folder, as with any executor: its lock and its token see to it that nothing trains twice at once, its checkpoint
is what the next task goes on from, and a request file is how it is paused and stopped.
"""

from __future__ import annotations

import atexit
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import Timeout

from gancore.executors import job
from gancore.executors.connection import Connection, Machine, NoCluster
from gancore.executors.tending import Tending
from gancore.store import Run, RunBusy, RunNotFound, RunStore, queue
from gancore.training import failures

LOOK_SECONDS = 0.2  # between looks at the queue and at what is asked of runs
STOP_SECONDS = 1.5  # that a run may take to stop before its worker is ended: slow steps, a data set that is loaded
MOST_DEATHS = 4  # of a run's workers in a row, none of which got further than the first
SEEN_SECONDS = 30.0  # that a new folder may take to be seen on another machine

_POLL = 0.1


class NotShared(RuntimeError):
    """A machine of the cluster does not see the store; the message is one sentence."""


@dataclass
class Task:
    """A run in Ray's hands."""

    run: Run
    result: Any  # Ray's reference to it
    cpus: float
    gpus: float
    attempt: int  # of the run, before this one
    asked_at: float | None = None  # when it was seen first that the run is to stop

    @property
    def has_begun(self) -> bool:
        """Whether a worker has taken the run up."""
        return self.run.status.attempt > self.attempt


class RayExecutor:
    """Works off a store's queue on a Ray cluster."""

    def __init__(self, store: RunStore, address: str | None = None, jobs: int | None = None) -> None:
        """`address` as `Connection` takes it; `jobs` is the most runs that train at once (by default as many as the
        cluster has room for). Raises `NoCluster`.
        """
        self.store = store
        self.cluster = Connection(address)
        self._ray = self.cluster.ray
        self._train = self._ray.remote(max_retries=0)(train)  # what is lost goes on from here, once its lock is free
        self._most = jobs
        self._tending = Tending(store)
        self._tasks: dict[str, Task] = {}  # by run
        self._lost: dict[str, Run] = {}  # their workers died, and they do not wait again yet
        self._deaths: dict[str, tuple[int, int]] = {}  # the furthest step, and the workers that died since
        self._given_up: set[str] = set()  # runs that could not even be marked as failed, on a full disk say
        self._closing, self._draining = threading.Event(), threading.Lock()
        atexit.register(self.close)

    def submit(self, run: Run, priority: int = 0) -> None:
        """Put a run into the queue; `drain` has it trained. Raises `RunBusy` if it runs already."""
        run.enqueue(priority)
        self._given_up.discard(run.id)

    def drain(self, stop: threading.Event | None = None) -> None:
        """Have runs trained until none waits and none trains, or until `stop` is set.

        Then those that train end after their step with a checkpoint; those of a sweep go on when somebody next works on
        the store. Raises `NoCluster`, with the queue as it is, if the cluster cannot train or goes away.
        """
        stop = stop or threading.Event()
        with self._draining, self._only_worker(stop) as is_ours:
            if not is_ours:
                return
            self._tending.all()
            try:
                while not (stop.is_set() or self._closing.is_set()) and self._is_at_work():
                    self._look_after_tasks()
                    self._wait(stop)
            finally:
                self._end_tasks()

    def close(self) -> None:
        """Have what trains end after its step, and leave the cluster."""
        self._closing.set()
        atexit.unregister(self.close)
        with self._draining:
            self.cluster.close()

    @contextmanager
    def _only_worker(self, stop: threading.Event) -> Iterator[bool]:
        """Hold the lock of the store's one worker, as soon as others let it go; whether we do."""
        lock = self.store.worker_lock()
        while not (stop.is_set() or self._closing.is_set()):
            with suppress(Timeout):
                lock.acquire(timeout=0.5)
                try:
                    yield True
                finally:
                    lock.release()
                return
        yield False

    def _is_at_work(self) -> bool:
        """Hand over what there is room for; whether anything waits or trains."""
        self._tending.searches(at_once=self._take_in_results())
        self._recover()
        waiting = [run for run in self.store.queue() if run.id not in (*self._tasks, *self._given_up)]
        machines = self.cluster.machines() if waiting else []
        for run in waiting:
            cpus, gpus = _needs(run, machines)
            if not run.is_held() and self._fits(cpus, gpus, machines):
                self._hand_over(run, cpus, gpus)
        return bool(self._tasks or self._lost or waiting)

    def _hand_over(self, run: Run, cpus: float, gpus: float) -> None:
        options = {"num_cpus": cpus, "num_gpus": gpus, "name": run.name, "scheduling_strategy": "SPREAD"}
        attempt = run.status.attempt
        result = self._train.options(**options).remote(str(run.path.resolve()))
        self._tasks[run.id] = Task(run, result, cpus, gpus, attempt)

    def _fits(self, cpus: float, gpus: float, machines: Sequence[Machine]) -> bool:
        """Whether there is room for a task. One waits in Ray's hands, too, or a cluster that grows with what waits
        would never grow; not more, since a queue can be reordered."""
        tasks = self._tasks.values()
        if self._most is not None and len(tasks) >= self._most:
            return False
        free_cpus = sum(each.cpus for each in machines) - sum(each.cpus for each in tasks)
        free_gpus = sum(each.gpus for each in machines) - sum(each.gpus for each in tasks)
        return (cpus <= free_cpus and gpus <= free_gpus) or all(each.has_begun for each in tasks)

    def _wait(self, stop: threading.Event) -> None:
        """Until a task ends, or it is time to look again."""
        if self._tasks:
            self._ray.wait([task.result for task in self._tasks.values()], timeout=LOOK_SECONDS)
        else:
            stop.wait(LOOK_SECONDS)

    # --- what becomes of tasks --------------------------------------------------------------------------------------

    def _look_after_tasks(self) -> None:
        """Take back those whose run left the queue, and end those that do not stop by themselves."""
        now = time.monotonic()
        for task in self._tasks.values():
            if not task.has_begun:
                if task.run.status.state != "queued":
                    self._ray.cancel(task.result)
            elif task.run.asked == "stop":
                task.asked_at = now if task.asked_at is None else task.asked_at
                if now - task.asked_at > STOP_SECONDS:
                    self._ray.cancel(task.result, force=True)

    def _take_in_results(self) -> bool:
        """Let go of tasks that are over; whether any were. Raises `NoCluster` for what is wrong with all runs alike."""
        results = [task.result for task in self._tasks.values()]
        over, _ = self._ray.wait(results, num_returns=len(results), timeout=0) if results else ([], [])
        for task in [task for task in self._tasks.values() if task.result in over]:
            del self._tasks[task.run.id]
            try:
                self._ray.get(task.result)
            except self._ray.exceptions.RayTaskError as problem:
                raise NoCluster(f"a machine of the cluster cannot train: {_cause(problem)}") from None
            except self._ray.exceptions.RayError as problem:
                self._mourn(task.run, problem)
            else:
                if task.run.status.state == "queued" and not (task.has_begun or task.run.is_held()):
                    self._mourn(task.run, RuntimeError("nothing could be written into its folder"))
        return bool(over)

    def _mourn(self, run: Run, problem: Exception) -> None:
        """A run's worker died, or its machine: it goes on elsewhere, unless that does not help."""
        status = run.status
        if status.state not in ("queued", "running"):
            return
        furthest, deaths = self._deaths.get(run.id, (-1, 0))
        self._deaths[run.id] = (status.step, 1) if status.step > furthest else (furthest, deaths + 1)
        if self._deaths[run.id][1] >= MOST_DEATHS:
            del self._deaths[run.id]
            self._given_up.add(run.id)
            error = f"{MOST_DEATHS} workers died in a row while they trained it: {_cause(problem)}."
            failures.mark(run, error, "killed")
        elif status.state == "running":
            self._lost[run.id] = run

    def _recover(self) -> None:
        """Queue lost runs again as soon as nobody holds them any more; a machine that was cut off may for a while."""
        for run in list(self._lost.values()):
            with suppress(RunBusy, OSError):
                with suppress(RunNotFound):
                    queue.recover(run)
                del self._lost[run.id]

    def _end_tasks(self, patience: float = 20.0) -> None:
        """Have all tasks end after their steps, and wait for that; after `patience` seconds their workers are ended."""
        for force in (False, True):
            for task in self._tasks.values():
                self._ray.cancel(task.result, force=force)
            results = [task.result for task in self._tasks.values()]
            _, left = self._ray.wait(results, num_returns=len(results), timeout=patience) if results else ([], [])
            self._tasks = {name: task for name, task in self._tasks.items() if task.result in left}


def train(folder: str) -> None:
    """What a worker does: train the run in that folder, if it still waits. Raises `NotShared`.

    When Ray cancels the task, the run ends after its step, with a checkpoint.
    """
    _wait_until_seen(Path(folder))
    job.train(Run(Path(folder)), ending=signal.SIGINT)


def _wait_until_seen(folder: Path) -> None:
    """A file system that is shared can take seconds to show what another machine has made."""
    deadline = time.monotonic() + SEEN_SECONDS
    while not (folder / "config.json").exists():
        if time.monotonic() >= deadline:
            raise NotShared(
                f"{socket.gethostname()} does not see {folder}: the store must be on a file system that all machines "
                "share, at the same path"
            )
        time.sleep(_POLL)


def _needs(run: Run, machines: Sequence[Machine]) -> tuple[float, float]:
    """CPUs and GPUs that a run is given: a CPU for each of its threads, or the largest machine if none has as many, and
    a GPU if it trains on one. `auto` takes one wherever the cluster has any, so that it does so after a loss, too.
    """
    wanted = float(run.threads or 1)
    with_gpu = [each for each in machines if each.gpus >= 1]
    on_gpu = bool(with_gpu) and run.config.train.device in ("auto", "cuda")
    most = max((each.cpus for each in (with_gpu if on_gpu else machines)), default=0.0)
    return min(wanted, most or wanted), float(on_gpu)


def _cause(problem: Exception) -> str:
    """What a task raised, or what Ray says of it, in one line."""
    cause = getattr(problem, "cause", None) or problem
    line = next(iter(str(cause).splitlines()), "").rstrip(".")
    return line if isinstance(cause, NotShared) else f"{type(cause).__name__}: {line}" if line else type(cause).__name__
