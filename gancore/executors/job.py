"""`python -m gancore.executors.job RUN_FOLDER ...`: the process in which a queued run trains, or several together."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gancore.executors import processes
from gancore.files import place, write_json
from gancore.machine import share_cores
from gancore.store import Run, RunBusy, RunNotFound
from gancore.store.locks import PATIENCE, hold
from gancore.training import failures
from gancore.training.heartbeat import Superseded

if TYPE_CHECKING:
    from gancore.training.runner import Attempt


def main(*folders: str) -> int:
    """Train the runs; the exit status. SIGTERM has each end after its step, with a checkpoint."""
    runs, taken = [Run(Path(folder)) for folder in folders], False
    with ExitStack() as locks:
        held: dict[Run, ExitStack] = {}
        for run in runs:
            try:
                held[run] = locks.enter_context(_held(run))
            except (RunBusy, RunNotFound):
                taken = True
        if held:
            _train_together(held)
    return processes.TAKEN if taken else 0


@contextmanager
def _held(run: Run) -> Iterator[ExitStack]:
    """Hold the lock of a run's process, and say who we are; what it gives lets the lock go earlier."""
    lock = processes.lock_of(run)
    with ExitStack() as early:
        early.enter_context(hold(lock.parent, "another process has the run", PATIENCE, lock.name))
        write_json(processes.identity_of(run), {"pid": os.getpid(), "place": place()})
        yield early


def _train_together(held: Mapping[Run, ExitStack]) -> None:
    """Train runs that still wait, each of which lets its lock go when it has ended."""
    share_cores()  # others train beside them
    from gancore.training.together import SharedClock, execute_together

    stop, clock = threading.Event(), SharedClock()
    with _ending(signal.SIGTERM, stop):
        execute_together([_attempt(run, lock, stop, clock) for run, lock in held.items()], clock)


def _attempt(run: Run, lock: ExitStack, stop: threading.Event, clock: Callable[[], float]) -> Attempt:
    """One that lets the others be whatever becomes of it."""
    from gancore.training.runner import attempt

    with lock, _said(run):
        yield from attempt(run.path, interrupt=stop, resumed=run.sweep is not None, expected="queued", clock=clock)
    return run.status.state


def train(run: Run, ending: signal.Signals) -> None:
    """Train a run if it still waits: for a process's main thread. The signal `ending` has it end after its step."""
    share_cores()  # others train beside it
    from gancore.training.runner import execute

    stop = threading.Event()
    with _ending(ending, stop), _said(run):
        execute(run.path, interrupt=stop, resumed=run.sweep is not None, expected="queued")


@contextmanager
def _ending(by: signal.Signals, stop: threading.Event) -> Iterator[None]:
    """A signal sets `stop`; until now it ended the process: nothing was begun."""
    before = signal.signal(by, lambda *_: stop.set())
    try:
        yield
    finally:
        signal.signal(by, before)


@contextmanager
def _said(run: Run) -> Iterator[None]:
    """What goes wrong before or beside training is said in the run, and raised to nobody."""
    try:
        yield
    except (RunBusy, RunNotFound, Superseded):  # somebody was quicker: to begin, to delete, to take it over
        pass
    except Exception as problem:
        failures.mark(run, failures.describe(problem), failures.code(problem))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
