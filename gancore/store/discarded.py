"""Going back to an earlier step: what came after it moves to discarded/, so that nothing of a lost future stays."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gancore.files import replace
from gancore.store.scalars import copy_rows_after, count_rows_after

FOLDER = "discarded"
KEPT = 10  # times that a run went back; what was set aside before is deleted, or it would grow for ever
_STEPS = {"samples": "*.png", "checkpoints": "*.pt", "evals": "*.json"}  # folders whose files begin with their step


@dataclass(frozen=True)
class Discarded:
    """What is set aside."""

    steps: int = 0  # rows of the curves
    samples: int = 0
    checkpoints: int = 0
    evals: int = 0

    def __bool__(self) -> bool:
        return bool(self.steps or self.samples or self.checkpoints or self.evals)

    def __str__(self) -> str:
        """`75 steps, 3 sample grids and 1 checkpoint`."""
        counts = {"step": self.steps, "sample grid": self.samples, "checkpoint": self.checkpoints}
        counts["evaluation"] = self.evals
        parts = [f"{count:,} {noun}{'' if count == 1 else 's'}" for noun, count in counts.items() if count]
        return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def found_after(run: Path, step: int) -> Discarded:
    """What a run folder has of later steps."""
    counts = {folder: len(_later(run / folder, pattern, step)) for folder, pattern in _STEPS.items()}
    return Discarded(steps=count_rows_after(run / "scalars.arrow", step), **counts)


def discard_after(run: Path, step: int, name: str) -> None:
    """Move whatever a run folder has of later steps to discarded/`name`; for the holder of the run's lock.

    Curves are copied, since whoever goes on from `step` cuts them there. What was begun and broken off goes on.
    """
    target = run / FOLDER / name
    for folder, pattern in _STEPS.items():
        for path in _later(run / folder, pattern, step):
            (target / folder).mkdir(parents=True, exist_ok=True)
            replace(path, target / folder / path.name)
    target.mkdir(parents=True, exist_ok=True)
    copy_rows_after(run / "scalars.arrow", step, target / "scalars.arrow")
    if (run / "summary.json").exists():  # it sums up what is lost
        replace(run / "summary.json", target / "summary.json")
    _trim(run / FOLDER)


def rewinds(run: Path) -> tuple[str, ...]:
    """The names in discarded/: each begins with the step that the run went back to."""
    try:
        return tuple(sorted(path.name for path in (run / FOLDER).iterdir()))
    except OSError:
        return ()


def is_undone(run: Path, step: int, known: Iterable[str]) -> bool:
    """Whether the run went back behind `step` since it had been rewound to the `known` ones alone."""
    return any(_number(name) < step for name in set(rewinds(run)) - set(known))


def _trim(folder: Path) -> None:
    """Delete what was set aside longest ago."""
    oldest_first = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    for path in oldest_first[:-KEPT]:
        shutil.rmtree(path, ignore_errors=True)


def _later(folder: Path, pattern: str, step: int) -> list[Path]:
    return [path for path in folder.glob(pattern) if _number(path.stem) > step]


def _number(name: str) -> int:
    """The step that a name begins with; -1 if it names none, such as last.pt."""
    number = name.partition("-")[0]
    return int(number) if number.isascii() and number.isdecimal() else -1
