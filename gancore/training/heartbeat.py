"""The sign of life of a run: a thread that writes its status every second, also while a step takes long."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any

from gancore.store import Run
from gancore.store.records import State, Status

PERIOD = 1.0  # seconds


class Superseded(RuntimeError):
    """A later attempt has taken the run over; this one must not write any more."""


class Pulse:
    """Holds the status of one attempt and writes it. All writing goes through here, so no write overtakes another.

    Before each write it looks at the attempt number in the file: on a shared file system a machine that slept may find
    that its run was taken over. Then `lost` is set, and nothing more is written.
    """

    def __init__(self, run: Run, status: Status, images_per_step: int) -> None:
        self.lost = threading.Event()
        self._run = run
        self._status = status
        self.images_per_step = images_per_step  # real ones; changes with D's steps
        self._progress: deque[tuple[float, int]] = deque(maxlen=11)  # about the last ten seconds
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"pulse {run.id}", daemon=True)

    def start(self) -> None:
        """Write the first status and go on every second."""
        self._run.write_status(self._status)
        self._thread.start()

    def update(self, **changes: Any) -> None:
        """Change the status; it is written at the next beat."""
        with self._lock:
            self._status = self._status.model_copy(update=changes)

    def end(self, state: State, error: str | None = None) -> None:
        """Write the last status of this attempt."""
        self._ended.set()
        self._thread.join()
        self.update(state=state, error=error, remaining=None, phase="")
        self._write()

    def stop(self) -> None:
        """Stop without a last word."""
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._ended.wait(PERIOD):
            self._measure()
            self._write()

    def _measure(self) -> None:
        """Speed over the last seconds, and what it means for the rest."""
        self._progress.append((time.monotonic(), self._status.step))
        (start, first), (end, last) = self._progress[0], self._progress[-1]
        if last > first:
            speed = (last - first) / (end - start)  # steps a second
            remaining = (self._status.total_steps - last) / speed
            self.update(rate=speed * self.images_per_step, remaining=remaining)

    def _write(self) -> None:
        with self._lock:
            if self.lost.is_set() or self._run.status.attempt > self._status.attempt:
                self.lost.set()
                return
            self._status = self._status.model_copy(update={"heartbeat": time.time()})
            try:
                self._run.write_status(self._status)
            except OSError:
                return  # a full disk or a folder gone: the training thread meets it too, and reports it
