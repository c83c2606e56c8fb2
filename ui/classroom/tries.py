"""How often somebody may try: so many wrong tries, then one waits."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable

MOST_KEYS = 5_000  # remembered at once


class Tries:
    """Counts wrong tries by whatever tells one who tries from another."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """At most so many within so many seconds."""
        self._most, self._seconds, self._clock = most, seconds, clock
        self._failed: dict[Hashable, deque[float]] = {}
        self._lock = threading.Lock()

    def wait(self, key: Hashable) -> float:
        """Seconds until the next try; 0 if there may be one now."""
        with self._lock:
            failed = self._recent(key)
            return 0.0 if len(failed) < self._most else failed[0] + self._seconds - self._clock()

    def failed(self, key: Hashable) -> None:
        """A try was wrong, or is about to be made: whoever tries many at once is counted before."""
        with self._lock:
            recent = self._recent(key)
            recent.append(self._clock())
            self._failed[key] = recent
            while len(self._failed) > MOST_KEYS:
                self._failed.pop(next(iter(self._failed)))

    def forget(self, key: Hashable) -> None:
        """One was right."""
        with self._lock:
            self._failed.pop(key, None)

    def _recent(self, key: Hashable) -> deque[float]:
        failed = self._failed.get(key, deque())
        while failed and failed[0] <= self._clock() - self._seconds:
            failed.popleft()
        return failed
