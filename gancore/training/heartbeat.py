"""The heartbeat of a run: a thread that writes its status every second, also while a step takes long."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import suppress
from typing import Any

from gancore.store import Run
from gancore.store.records import State, Status

PERIOD = 1.0  # seconds
STALE = 60.0  # seconds after which another attempt that shows no heartbeat is dead


class Superseded(RuntimeError):
    """Another attempt has taken the run over; this one must not write any more."""


class Heartbeat:
    """Holds the status of one attempt and writes it. All writing goes through here, so no write overtakes another.

    Before each write it looks at the token in the file: on a shared file system, where locks may be lost unseen, a
    machine that slept may find that its run was taken over. Then `lost` is set, and nothing more is written. Whoever
    starts it ends it in `finally`, with `end` or `stop`.
    """

    def __init__(self, run: Run, status: Status, images_per_step: float) -> None:
        self.lost = threading.Event()
        self._run = run
        self._status = status
        self.images_per_step = images_per_step  # real ones; changes with D's steps
        self._progress: deque[tuple[float, int]] = deque(maxlen=11)  # about the last ten seconds
        self._lock = threading.Lock()  # on the status
        self._writing = threading.Lock()  # on its file: a disk may take long, and whoever updates does not wait for it
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat of {run.id}", daemon=True)

    def start(self) -> None:
        """Write the first status, whatever token was there before, and go on every second. Raises `OSError`."""
        self._write_now()
        self._thread.start()

    def update(self, **changes: Any) -> None:
        """Change the status; it is written at the next beat."""
        with self._lock:
            self._status = self._status.model_copy(update=changes)

    def end(self, state: State, error: str | None = None, code: str = "") -> None:
        """Write the last status of this attempt, on a full disk too; afterwards it beats no more."""
        self.stop()
        self.update(state=state, error=error, error_code=code, remaining=None, phase="")
        if not self._write():
            with suppress(OSError):  # the folder is gone: there is nobody to tell
                self._run.write_last_status(self._status)

    def stop(self) -> None:
        """Beat no more, without a last word."""
        self._ended.set()
        if self._thread.is_alive():
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

    def _write(self) -> bool:
        """Whether the status could be written, or need not be any more."""
        with self._writing:
            if self.lost.is_set() or self._is_superseded():
                self.lost.set()
                return True
            try:
                self._write_now()
            except OSError:
                return False  # a full disk or a folder gone: the training thread meets it too, and reports it
            return True

    def _write_now(self) -> None:
        with self._lock:
            self._status = status = self._status.model_copy(update={"heartbeat": time.time()})
        self._run.write_status(status)

    def _is_superseded(self) -> bool:
        """Whether the file has the token of another attempt that lives, or lived after this one's last heartbeat."""
        there = self._run.status
        lives = there.heartbeat > self._status.heartbeat or time.time() - there.heartbeat < STALE
        return bool(there.token) and there.token != self._status.token and lives
