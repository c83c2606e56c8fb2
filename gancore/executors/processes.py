"""Runs that train in processes of their own, each in a session of its own: they outlive whoever started them.

Several runs may share a process, in which they train together. For each of them it holds `.jobs/<run>.lock` in the
store, from its first moment until the run has ended, and says beside it who it is. So whoever works off the queue next
finds those that are still there, and adopts them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from gancore.files import place, read_regular, sweep
from gancore.store import Run, RunNotFound, RunStore
from gancore.store.locks import is_locked
from gancore.store.records import printable, read_json

FOLDER = ".jobs"  # in the store
TAKEN = 3  # exit status of a process that found another one with its run

_PROJECT = Path(__file__).parents[2]  # where Python finds `gancore`, wherever the process is started
_MOST_LOG = 4_000  # bytes of what a process printed last


class Job:
    """A run in a process of its own, or in one that it shares: started here, or adopted."""

    def __init__(self, run: Run, process: subprocess.Popen[bytes] | None = None, first: Run | None = None) -> None:
        """`first` is the first run of those that share the process, which has their log."""
        self.run = run
        self.threads = run.threads or 1
        self._process = process
        self._first = first or run

    @property
    def process(self) -> object:
        """Equal for runs that share a process."""
        return (self._process.pid if self._process is not None else self._written_pid()) or self.run.path

    def has_ended(self) -> bool:
        """Whether the process has."""
        if self._process is not None:
            return self._process.poll() is not None
        return not is_locked(lock_of(self.run))

    def is_over(self) -> bool:
        """Whether the process has ended, or has let this run go because that has."""
        return self.has_ended() or (
            self._process is not None
            and not is_locked(lock_of(self.run))
            and self._written_pid() == self._process.pid
            and self.run.status.state not in ("queued", "running")
        )

    @property
    def status(self) -> int | None:
        """Its exit status once it is over, negative for a signal; None for an adopted one, which nobody tells us."""
        return None if self._process is None else self._process.returncode

    def ask_to_end(self) -> None:
        """Have it end after its step, with a checkpoint."""
        pid = self._process.pid if self._process is not None else self._written_pid()
        if os.name == "nt":  # where no signal reaches it
            with suppress(OSError, RunNotFound):
                self.run.command("stop")
        elif pid is not None and not self.has_ended():
            with suppress(OSError):
                os.kill(pid, signal.SIGTERM)

    def last_words(self) -> str:
        """The last line that it printed."""
        try:
            printed = read_regular(_beside(self._first, "log"), _MOST_LOG, tail=True)
        except OSError:
            return ""
        lines = printable(printed.decode(errors="replace")).split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def clear(self) -> None:
        """Remove its files, unless another process has the run by now."""
        if not is_locked(lock_of(self.run)):
            for kind in ("log", "json", "lock"):
                with suppress(OSError):
                    _beside(self.run, kind).unlink(missing_ok=True)

    def _written_pid(self) -> int | None:
        """What an adopted one says of itself; a number means something only where it was given."""
        saved = read_json(_beside(self.run, "json"))
        if not isinstance(saved, dict) or saved.get("place") != place():
            return None
        pid = saved.get("pid")
        return pid if type(pid) is int and pid > 1 else None


def start(runs: Sequence[Run]) -> list[Job]:
    """Have queued runs trained in a process of their own. Raises `OSError` if none can be started."""
    first = runs[0]
    (first.path.parent / FOLDER).mkdir(exist_ok=True)
    command = [sys.executable, "-m", "gancore.executors.job", *(str(run.path.resolve()) for run in runs)]
    with _beside(first, "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment(first.threads or 1),
            start_new_session=True,
        )
    return [Job(run, process, first) for run in runs]


def environment(threads: int) -> dict[str, str]:
    """For a process of ours that computes with so many threads, wherever it is started."""
    paths = [str(_PROJECT), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"OMP_NUM_THREADS": str(threads), "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def adopt(store: RunStore) -> list[Job]:
    """The processes that train runs of this store, whoever started them."""
    found = []
    sweep(store.root / FOLDER)
    for lock in sorted((store.root / FOLDER).glob("*.lock")):
        with suppress(RunNotFound):
            job = Job(store.open(lock.stem))
            if not job.is_over():
                found.append(job)
    return found


def lock_of(run: Run) -> Path:
    """The lock that a run's process holds."""
    return _beside(run, "lock")


def identity_of(run: Run) -> Path:
    """The file in which a run's process says who it is."""
    return _beside(run, "json")


def _beside(run: Run, kind: str) -> Path:
    return run.path.parent / FOLDER / f"{run.id}.{kind}"
