"""How much of the server a student has used, and what is left."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from gancore.files import write_json
from gancore.machine import threads
from gancore.store import RunStore, StoreFull
from gancore.store.records import Record, read_record
from gancore.sweeps.sweeps import Sweeps
from ui.classroom.settings import Settings

FILE = "trained.json"  # beside a student's store
WRITE_SECONDS = 5.0  # between two writes of it
LOOK_SECONDS = 5.0  # between two looks at how much of the disk somebody uses, who asks for it
PATIENCE = 30.0  # seconds between two while runs wait or train


class _Trained(Record):
    seconds: Annotated[float, Field(ge=0, le=1e12)] = 0.0


@dataclass(frozen=True)
class Use:
    """One quota: what is used, and what there is."""

    used: float
    most: float
    unit: str

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return min(self.used / self.most, 1.0)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left."""
        return self.used >= self.most

    @property
    def line(self) -> str:
        """`12 of 50 runs`."""
        return f"{self.used:,.0f} of {self.most:,.0f} {self.unit}"


class Quotas:
    """Those of all students. A teacher has none."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        self._lock = threading.Lock()
        self._trained: dict[Path, tuple[float, float]] = {}  # by folder: seconds, and when they were written
        self._bytes: dict[Path, tuple[float, float]] = {}  # by folder: when it was looked at, and how many

    def uses(self, store: RunStore) -> tuple[Use, Use, Use]:
        """Runs, minutes of training, and disk."""
        limits = self._settings
        return (
            Use(len(store.folders()), limits.runs, "runs"),
            Use(self._seconds(store) / 60, limits.minutes, "minutes of training"),
            Use(self._megabytes(store), limits.disk, "MB of disk"),
        )

    def check(self, store: RunStore, runs: int, size: float = 0.0) -> None:
        """Raises `StoreFull` if so many runs more, or any training, would be more than somebody may."""
        if not _is_limited(store):
            return
        made, trained, disk = self.uses(store)
        if trained.is_over:
            raise StoreFull(f"Your {trained.most:,.0f} minutes of training are used up. Ask your teacher for more.")
        if disk.used + size / 1e6 >= disk.most:
            raise StoreFull(
                f"Your runs would need more than your {disk.most:,.0f} MB. Delete some, and empty the trash."
            )
        expected = made.used + _promised(store) if runs else 0
        if runs and expected + runs > made.most:
            left = max(made.most - expected, 0)
            raise StoreFull(
                f"You may keep {made.most:,.0f} runs and have {expected:,.0f}: "
                + (f"there is room for {left:,.0f} more, not {runs:,}." if left else "delete one to start another.")
            )

    def may_train(self, store: RunStore) -> bool:
        """Whether runs of this store may train."""
        if not _is_limited(store):
            return True
        limits = self._settings
        return self._seconds(store) < 60 * limits.minutes and self._megabytes(store, PATIENCE) < limits.disk

    def charge(self, store: RunStore, seconds: float) -> None:
        """A run of this store has trained for so many seconds: for the one worker."""
        folder, now = store.root.parent, self._clock()
        with self._lock:
            known, written = self._trained.get(folder, (self._read(folder), now))
            known += seconds
            if now - written >= WRITE_SECONDS or known >= 60 * self._settings.minutes:
                with suppress(OSError):  # a full disk: it is written later
                    write_json(folder / FILE, {"seconds": known})
                written = now
            self._trained[folder] = known, written

    def grant(self, store: RunStore) -> None:
        """Somebody's minutes begin anew."""
        folder = store.root.parent
        with self._lock:
            write_json(folder / FILE, {"seconds": 0.0})
            self._trained[folder] = 0.0, self._clock()

    def save(self) -> None:
        """Write what was charged since it was written last: at the end."""
        with self._lock:
            for folder, (seconds, _) in self._trained.items():
                with suppress(OSError):
                    write_json(folder / FILE, {"seconds": seconds})

    def _seconds(self, store: RunStore) -> float:
        folder = store.root.parent
        with self._lock:
            known = self._trained.get(folder)
            return known[0] if known is not None else self._read(folder)

    @staticmethod
    def _read(folder: Path) -> float:
        return read_record(folder / FILE, _Trained).seconds

    def _megabytes(self, store: RunStore, patience: float = LOOK_SECONDS) -> float:
        folder, now = store.root.parent, self._clock()
        looked, size = self._bytes.get(folder, (-math.inf, 0.0))
        if now - looked >= patience:
            size = _bytes_of(folder)
            self._bytes[folder] = now, size
        return size / 1e6


class LimitedStore(RunStore):
    """A student's store: it takes no more than the student may have."""

    def __init__(self, root: Path, quotas: Quotas, jobs: int) -> None:
        super().__init__(root)
        self._quotas, self._jobs = quotas, jobs

    def admit(self, runs: int = 1, size: float = 0.0) -> None:
        """Raises `StoreFull`."""
        self._quotas.check(self, runs, size)

    @property
    def threads(self) -> int:
        """The machine's are shared by those that train at once."""
        return max(threads() // self._jobs, 1)


def _is_limited(store: RunStore) -> bool:
    return store.root.parent.parent.name == "students"


def _promised(store: RunStore) -> int:
    """Runs of sweeps and searches that are under way, and are not there yet."""
    promised = 0
    for sweep in Sweeps(store).list():
        if sweep.state == "planned":
            promised += sum(not (store.root / cell.run).is_dir() for cell in sweep.cells)
        if sweep.state in ("planned", "started"):
            promised += max(sweep.planned - len(sweep.cells), 0)
    return promised


def _bytes_of(folder: Path) -> float:
    total, folders = 0, [str(folder)]
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for each in entries:
                if each.is_dir(follow_symlinks=False):
                    folders.append(each.path)
                else:
                    total += each.stat(follow_symlinks=False).st_size
    return float(total)
