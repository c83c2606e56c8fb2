"""Something like a server, in a process that tests can kill: it makes a sweep, or goes on with it, and ends when all is
done.

Its runs' own processes are forked rather than begun anew, as importing torch would take longer than all that is tested.
"""

from __future__ import annotations

import os
import subprocess
import time
from multiprocessing.synchronize import Event
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from gancore.executors import job, processes
from gancore.executors.executor import Executor
from gancore.store import RunStore
from gancore.sweeps.plan import Plan
from gancore.sweeps.sweeps import Sweeps
from tests.saving import often_saved

CHECKPOINT_STEPS = 10


class Forked:
    """What `subprocess.Popen` is to whoever starts a job."""

    def __init__(self, command: list[str], **_: Any) -> None:
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            os._exit(job.main(*command[3:]))

    def poll(self) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode


def serve(root: Path, plan: Plan, apart: bool) -> None:
    """Make the sweep if there is none, and work until nothing is left to do."""
    torch.set_num_threads(1)
    with often_saved(CHECKPOINT_STEPS):
        processes.subprocess = SimpleNamespace(Popen=Forked, DEVNULL=subprocess.DEVNULL)  # type: ignore[assignment]
        store = RunStore(root)
        sweeps = Sweeps(store)
        if not sweeps.list():
            sweeps.create(plan, threads=1)
        executor = Executor(store, apart=apart, cores=2)
        executor.ensure_worker()
        while executor._worker is not None:
            time.sleep(0.01)


def tend(root: Path, go: Event) -> None:
    """Tend the sweeps of a store as soon as all may."""
    go.wait()
    Sweeps(RunStore(root)).tend()
