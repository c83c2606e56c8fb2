"""Going back to an earlier step: what came after it moves to discarded/, so that nothing of a lost future stays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gancore.files import replace
from gancore.store.scalars import copy_rows_after

FOLDER = "discarded"
_STEPS = {"samples": "*.png", "checkpoints": "*.pt", "evals": "*.json"}  # folders whose files begin with their step


@dataclass(frozen=True)
class Discarded:
    """What was set aside."""

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


def discard_after(run: Path, step: int, name: str) -> Discarded:
    """Move whatever a run folder has of later steps to discarded/`name`; for the holder of the run's lock.

    Curves are copied, since whoever goes on from `step` cuts them there. What was begun and broken off goes on.
    """
    target = run / FOLDER / name
    moved = {folder: _move(run / folder, pattern, step, target / folder) for folder, pattern in _STEPS.items()}
    rows = copy_rows_after(run / "scalars.arrow", step, target / "scalars.arrow")
    return Discarded(steps=rows, **moved)


def _move(folder: Path, pattern: str, step: int, target: Path) -> int:
    """How many files of later steps were moved."""
    later = [path for path in folder.glob(pattern) if _step(path) > step]
    for path in later:
        target.mkdir(parents=True, exist_ok=True)
        replace(path, target / path.name)
    return len(later)


def _step(path: Path) -> int:
    """The step that a file's name begins with; -1 if it names none, such as last.pt."""
    number = path.stem.partition("-")[0]
    return int(number) if number.isascii() and number.isdecimal() else -1
