"""What runs take on the disk, and getting some of it back: checkpoints of runs that nobody looked at for long."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gancore.store.discarded import FOLDER as DISCARDED
from gancore.store.locks import RunBusy, RunNotFound
from gancore.store.records import LIVE
from gancore.store.run import Run

OPENED = "opened"  # an empty file of a run: its time says when somebody looked at the run last
HOUR = 3600.0
DAY = 24 * HOUR

Keep = Literal["last", "none"]  # which checkpoints a clean-up leaves


@dataclass(frozen=True)
class Usage:
    """Bytes that a run takes."""

    checkpoints: int = 0  # kept ones
    last: int = 0  # the checkpoint from which it goes on
    discarded: int = 0  # what a resume from an earlier step set aside
    samples: int = 0
    rest: int = 0  # curves, evaluations, history

    @property
    def total(self) -> int:
        """All of them."""
        return self.checkpoints + self.last + self.discarded + self.samples + self.rest

    def freeable(self, keep: Keep) -> int:
        """What a clean-up would free."""
        return self.checkpoints + self.discarded + (self.last if keep == "none" else 0)


def usage(run: Run) -> Usage:
    """What a run takes now; what cannot be read counts nothing."""
    kept = dict(_files(run.path / "checkpoints"))
    last = sum(size for path, size in kept.items() if path.name == "last.pt")
    discarded = sum(size for _, size in _files(run.path / DISCARDED))
    samples = sum(size for _, size in _files(run.path / "samples"))
    total = sum(size for _, size in _files(run.path))
    checkpoints = sum(kept.values()) - last
    return Usage(checkpoints, last, discarded, samples, total - checkpoints - last - discarded - samples)


def _files(folder: Path) -> Iterable[tuple[Path, int]]:
    """The files in and below a folder, with their sizes; links are not followed."""
    if folder.is_symlink():
        return
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            with suppress(OSError):
                yield path, path.lstat().st_size


def note_opened(run: Run) -> None:
    """Remember that somebody looked at a run, at most once an hour. A store that cannot be written is let be."""
    path = run.path / OPENED
    with suppress(OSError):
        if time.time() - _time_of(path) > HOUR:
            path.touch()


def last_used(run: Run) -> float:
    """Unix time at which somebody looked at a run last, as far as that is known, or it did something."""
    return max(run.created, run.status.heartbeat, _time_of(run.path / OPENED))


def _time_of(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:
        return 0.0


def freeable(run: Run, keep: Keep) -> int:
    """Bytes that a clean-up would free of a run; 0 of one that trains or waits."""
    if run.damage or run.state in LIVE:
        return 0
    return usage(run).freeable(keep)


def unused_since(runs: Iterable[Run], days: float, now: float | None = None) -> Sequence[Run]:
    """Those of the runs that nobody used for so many days, and that neither train nor wait."""
    before = (time.time() if now is None else now) - days * DAY
    return [run for run in runs if not run.damage and run.state not in LIVE and last_used(run) < before]


def free(run: Run, keep: Keep) -> int:
    """Delete a run's checkpoints, and what it set aside, for good; returns how many bytes that freed.

    With `keep` "last" it can still go on, be sampled and measured again. Raises `RunBusy` while it trains, and
    `OSError`.
    """
    with run.hold(f"{run.name} is running"):
        if Run(run.path).status.state in LIVE:
            raise RunBusy(f"{run.name} waits or trains")
        doomed = [
            (path, size) for path, size in _files(run.path / "checkpoints") if keep == "none" or path.name != "last.pt"
        ]
        doomed += _files(run.path / DISCARDED)
        for path, _ in doomed:
            path.unlink(missing_ok=True)
        freed = sum(size for _, size in doomed)
        if freed:
            left = "the last checkpoint stays" if keep == "last" else "it can no longer go on or be sampled"
            run.log("cleaned", run.status.step, f"checkpoints deleted to free {freed / 1e6:,.0f} MB: {left}", "cleaned")
        return freed


def free_all(runs: Iterable[Run], keep: Keep) -> tuple[int, Sequence[str]]:
    """`free` of several: bytes freed, and a sentence for each run that could not be cleaned."""
    freed, problems = 0, []
    for run in runs:
        try:
            freed += free(run, keep)
        except (OSError, RunBusy, RunNotFound) as problem:
            problems.append(str(problem))
    return freed, problems
