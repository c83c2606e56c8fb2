"""What commands that train many runs have in common: who works off the queue meanwhile, and how far it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Literal, Protocol

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from gancore import machine
from gancore.cli import interrupts
from gancore.cli.options import BadInput
from gancore.config import RunConfig
from gancore.store import RunStore
from gancore.sweeps.sweep import Sweep
from gancore.sweeps.sweeps import SweepNotFound, Sweeps
from gancore.text import describe_duration, listed

LOOK_SECONDS = 0.5  # between looks at how far the runs are

ExecutorName = Annotated[
    Literal["thread", "process", "ray"] | None,
    typer.Option("--executor", help="One run after another (thread), side by side (process), or on a cluster (ray)."),
]
Jobs = Annotated[int | None, typer.Option("--jobs", min=1, help="Runs at once (none: as many as pay here).")]
Address = Annotated[str | None, typer.Option("--address", help="Of a Ray cluster (none: one on this machine).")]


class Worker(Protocol):
    """Whoever works off the queue of a store."""

    problem: str  # why it cannot go on; "": it can

    def ensure(self) -> None:
        """Have somebody at work if anything waits."""
        ...

    def close(self) -> None:
        """Have what trains end with a checkpoint."""
        ...


def jobs_at_once(
    configs: Sequence[RunConfig], executor: Literal["thread", "process", "ray"] | None, jobs: int | None
) -> int | None:
    """How many runs train at once: as many as are faster so than one after another, if nobody says; None: as many as a
    cluster has room for. `configs` are what is to be trained. Raises `BadInput`."""
    if executor == "thread":
        if jobs not in (None, 1):
            raise BadInput("--executor thread trains one run at a time: take process for more")
        return 1
    if jobs is not None or executor == "ray":
        return jobs
    with interrupts.ending_at_once():
        from gancore.executors.packing import jobs_that_pay

    return min(jobs_that_pay(config) for config in configs)


def threads_each(jobs: int | None) -> int:
    """Threads that each of the runs trains with; on a cluster one, so that there is room for as many as possible."""
    return 1 if jobs is None else max(1, machine.threads() // jobs)


@contextmanager
def working(
    store: RunStore, executor: Literal["thread", "process", "ray"] | None, jobs: int | None, address: str | None
) -> Iterator[Worker]:
    """A worker, to be told when something waits; afterwards what trains ends with a checkpoint. Raises `BadInput`."""
    if address is not None and executor != "ray":
        raise BadInput("--address is that of a Ray cluster: add --executor ray")
    worker = _OnCluster(store, address, jobs) if executor == "ray" else _Here(store, executor, jobs or 1)
    try:
        yield worker
    finally:
        worker.close()


class _Here:
    """Works in this process, or in processes of this machine."""

    def __init__(self, store: RunStore, executor: str | None, jobs: int) -> None:
        from gancore.executors.executor import Executor

        self.problem = ""
        self._executor = Executor(store, apart=jobs > 1 or executor == "process", jobs=jobs)

    def ensure(self) -> None:
        self._executor.ensure_worker()

    def close(self) -> None:
        self._executor.close()


class _OnCluster:
    """Works on a Ray cluster. Raises `BadInput` if there is none."""

    def __init__(self, store: RunStore, address: str | None, jobs: int | None) -> None:
        from gancore.executors.cluster import RayExecutor
        from gancore.executors.connection import NoCluster

        self.problem = ""
        self._no_cluster = NoCluster
        try:
            self._executor = RayExecutor(store, address, jobs)
        except NoCluster as problem:
            raise BadInput(str(problem)) from None
        self._thread = threading.Thread()

    def ensure(self) -> None:
        if not self._thread.is_alive() and not self.problem:
            self._thread = threading.Thread(target=self._drain, name="ray", daemon=True)
            self._thread.start()

    def close(self) -> None:
        self._executor.close()

    def _drain(self) -> None:
        try:
            self._executor.drain()
        except self._no_cluster as problem:
            self.problem = str(problem)


def watch(
    sweeps: Sweeps,
    watched: Sequence[Sweep],
    worker: Worker,
    stop: threading.Event,
    console: Console,
    go_on: Callable[[], object] = lambda: None,
) -> None:
    """Show how far sweeps are until all of their runs have ended, or until `stop` is set.

    `go_on` may put more runs into the queue when all have ended. Raises `BadInput` if the worker cannot go on.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[words]}"))
    with Progress(*columns, console=console) as progress:
        tasks = {sweep.id: progress.add_task(sweep.experiment or sweep.title, total=1.0, words="") for sweep in watched}
        while not stop.is_set():
            worker.ensure()
            if not _show_all(sweeps, watched, progress, tasks):
                go_on()
                if not _show_all(sweeps, watched, progress, tasks):
                    return
            if worker.problem:
                raise BadInput(worker.problem)
            stop.wait(LOOK_SECONDS)


def _show_all(sweeps: Sweeps, watched: Sequence[Sweep], progress: Progress, tasks: dict[str, TaskID]) -> bool:
    active = [_show(sweeps, sweep, progress, tasks[sweep.id]) for sweep in watched]
    return any(active)


def _show(sweeps: Sweeps, sweep: Sweep, progress: Progress, task: TaskID) -> bool:
    """Show one; whether any of its runs waits or trains."""
    try:
        found = sweeps.progress(sweeps.open(sweep.id))  # as it is now: a search grows
    except SweepNotFound:
        return False
    ended = [f"{count} {state}" for state, count in found.counts.items() if state not in ("finished", "queued")]
    left = f"{describe_duration(found.seconds_left)} left" if found.seconds_left else ""
    words = [f"{found.finished} of {found.total} runs", listed(ended), left]
    progress.update(task, completed=found.share, words=" · ".join(filter(None, words)))
    return found.active > 0
