"""The checkpoints that were asked last, kept loaded: a few, and no more than so many bytes of them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

from gancore.exploring.explorer import Explorer
from gancore.store import Run
from gancore.store.checkpoints import BadCheckpoint

MOST = 6
MOST_BYTES = 500_000_000

Key = tuple[Path, str, int, int, int]


class Shelf:
    """Loads a checkpoint when it is asked for; what was not asked for longest goes first."""

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._lock = threading.Lock()
        self._loaded: OrderedDict[Key, Explorer] = OrderedDict()
        self._loading: dict[Key, threading.Lock] = {}

    def take(self, run: Run, checkpoint: str) -> Explorer:
        """A run's checkpoint, loaded again if its file was replaced. Raises `BadCheckpoint`."""
        key = _key(run, checkpoint)
        with self._lock:
            if key in self._loaded:
                self._loaded.move_to_end(key)
                return self._loaded[key]
            loading = self._loading.setdefault(key, threading.Lock())
        with loading:  # so that nobody loads it a second time meanwhile
            with self._lock:
                if key in self._loaded:
                    return self._loaded[key]
            try:
                found = Explorer(Run(run.path), checkpoint)
            finally:
                with self._lock:
                    self._loading.pop(key, None)
            with self._lock:
                self._loaded[key] = found
                self._make_room()
            return found

    def __len__(self) -> int:
        return len(self._loaded)

    def _make_room(self) -> None:
        while len(self._loaded) > 1 and (len(self._loaded) > self._most or self._bytes() > self._most_bytes):
            self._loaded.popitem(last=False)

    def _bytes(self) -> int:
        return sum(each.bytes for each in self._loaded.values())


def _key(run: Run, checkpoint: str) -> Key:
    path = run.checkpoint_path(checkpoint)
    try:
        facts = path.lstat()
    except OSError:
        raise BadCheckpoint(f"{run.name} has no checkpoint {checkpoint!r}") from None
    return path, checkpoint, facts.st_mtime_ns, facts.st_size, facts.st_ino
