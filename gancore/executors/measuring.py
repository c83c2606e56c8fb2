"""Measuring saved runs in the background, one after another, so that whoever asks for it can go on meanwhile."""

from __future__ import annotations

import atexit
import threading
import time
import traceback
from pathlib import Path

from gancore.executors.loading import load_torch
from gancore.progress import Cancelled, Work
from gancore.store import Run


class Measurement:
    """A full evaluation of a run's last checkpoint: under way, or over."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.doing = "starting"  # what is being done now, in a few words
        self.problem = ""  # one sentence, if it could not be done
        self.over = threading.Event()
        self._unwanted = threading.Event()

    def cancel(self) -> None:
        """Have it end soon, with nothing written unless all is measured."""
        self.doing = "ending"
        self._unwanted.set()

    def make(self, free: threading.Lock) -> None:
        """Measure as soon as nobody else does; whatever goes wrong becomes the `problem`."""
        try:
            work = Work(self._show, self._unwanted.is_set)
            while not free.acquire(timeout=0.1):
                work.begin("waiting for another evaluation to finish")
            try:
                self._measure(work)
            finally:
                free.release()
        except Cancelled:
            pass
        except (OSError, ValueError, RuntimeError, MemoryError) as problem:  # no checkpoint, no data, a diverged G
            self.problem = _sentence(problem)
        except Exception as problem:  # an error of ours: it is said, and the server's log has the rest
            traceback.print_exc()
            self.problem = f"The samples could not be evaluated: {type(problem).__name__}: {problem}."
        finally:
            self.over.set()

    def _measure(self, work: Work) -> None:
        work.begin("loading the networks")
        load_torch()
        from gancore.evaluation.runs import evaluate_run

        evaluate_run(self.run, progress=work.progress, cancelled=work.cancelled)

    def _show(self, doing: str) -> None:
        self.doing = doing


class Measurer:
    """Makes measurements, each in a thread of its own, one at a time."""

    def __init__(self) -> None:
        self._free = threading.Lock()  # held by the one that is being made
        self._lock = threading.Lock()  # on what follows
        self._latest: dict[Path, Measurement] = {}
        self._threads: list[threading.Thread] = []
        atexit.register(self.close)

    def measure(self, run: Run) -> Measurement:
        """Measure a run's last checkpoint; if that is under way already, the one that is."""
        with self._lock:
            before = self.latest(run)
            if before is not None and not before.over.is_set():
                return before
            made = self._latest[run.path] = Measurement(run)
            thread = threading.Thread(target=made.make, args=(self._free,), name=f"measuring {run.id}", daemon=True)
            self._threads = [each for each in self._threads if each.is_alive()] + [thread]
            thread.start()
            return made

    def latest(self, run: Run) -> Measurement | None:
        """The newest measurement of a run that was asked for here."""
        return self._latest.get(run.path)

    def close(self, timeout: float = 20.0) -> None:
        """Have all of them end; waits for that, but no longer than `timeout` seconds."""
        deadline = time.monotonic() + timeout
        with self._lock:
            for measurement in self._latest.values():
                measurement.cancel()
            for thread in self._threads:
                thread.join(max(0.0, deadline - time.monotonic()))


def _sentence(problem: Exception) -> str:
    """What an error says first, or what it is if it says nothing."""
    if isinstance(problem, MemoryError):
        return "There is not enough memory to evaluate so many samples."
    return next(iter(str(problem).splitlines()), "") or f"The samples could not be evaluated: {type(problem).__name__}."
