"""`python -m gancore.executors.job RUN_FOLDER`: the process of its own in which a queued run trains."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from gancore.executors import processes
from gancore.files import place, write_json
from gancore.machine import share_cores
from gancore.store import Run, RunBusy, RunNotFound
from gancore.store.locks import PATIENCE, hold
from gancore.training import failures
from gancore.training.heartbeat import Superseded


def main(folder: str) -> int:
    """Train the run; the exit status. SIGTERM has it end after its step, with a checkpoint."""
    run = Run(Path(folder))
    lock = processes.lock_of(run)
    try:
        with hold(lock.parent, "another process has the run", PATIENCE, lock.name):
            write_json(processes.identity_of(run), {"pid": os.getpid(), "place": place()})
            train(run, signal.SIGTERM)
    except RunBusy:
        return processes.TAKEN
    return 0


def train(run: Run, ending: signal.Signals) -> None:
    """Train a run if it still waits: for a process's main thread. The signal `ending` has it end after its step."""
    share_cores()  # others train beside it
    from gancore.training.runner import execute

    stop = threading.Event()
    before = signal.signal(ending, lambda *_: stop.set())  # until now it ended the process: nothing was begun
    try:
        execute(run.path, interrupt=stop, resumed=run.sweep is not None, expected="queued")
    except (RunBusy, RunNotFound, Superseded):  # somebody was quicker: to begin, to delete, to take it over
        pass
    except Exception as problem:
        failures.mark(run, failures.describe(problem), failures.code(problem))
    finally:
        signal.signal(ending, before)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
