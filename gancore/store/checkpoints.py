"""Everything a run needs to go on: one file, loadable with `weights_only=True`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import torch

from gancore.files import open_regular, replace, temporary_name
from gancore.store.records import MOST_COUNT, MOST_TIME

MOST_DRAWN = 10**15  # images, of a billion steps with a million each


class BadCheckpoint(RuntimeError):
    """A checkpoint that cannot be read; the message is one sentence."""


@dataclass(frozen=True)
class Checkpoint:
    """A run's state after `step`. No random state: every number follows from the seed and these counts."""

    step: int
    drawn: int  # images drawn from the stream
    trained: float  # seconds
    algorithm: dict[str, Any]

    def save(self, path: Path) -> None:
        """Write it whole, on the disk, or leave the old one. Raises `OSError`."""
        path.parent.mkdir(exist_ok=True)
        temporary = temporary_name(path)
        try:
            with temporary.open("wb") as file:
                _save(vars(self) | {"algorithm": _compact(self.algorithm)}, file)
            replace(temporary, path, durable=True)
        finally:
            temporary.unlink(missing_ok=True)


def _compact(state: Any) -> Any:
    """The same, without what lies beside a tensor that is a part of a larger one: `torch.save` would take it along."""
    if isinstance(state, dict):
        return {key: _compact(value) for key, value in state.items()}
    if isinstance(state, torch.Tensor) and state.untyped_storage().nbytes() > state.nbytes:
        return state.clone()
    return state


def _save(content: dict[str, Any], file: IO[bytes]) -> None:
    """`torch.save`, whose complaint about an unfinished archive hides what the disk said."""
    try:
        torch.save(content, file)
    except RuntimeError as problem:
        if isinstance(problem.__context__, OSError):
            raise problem.__context__ from None
        raise


def load_checkpoint(path: Path) -> Checkpoint:
    """A saved checkpoint, on the CPU. Raises `BadCheckpoint`."""
    try:
        with open_regular(path) as file:
            saved = Checkpoint(**torch.load(file, map_location="cpu", weights_only=True))
        step, drawn, trained = int(saved.step), int(saved.drawn), float(saved.trained)
        algorithm = dict(saved.algorithm)
    except Exception as error:  # torch raises anything from EOFError to UnpicklingError on a damaged file
        raise BadCheckpoint(f"the checkpoint {path.name} cannot be read ({type(error).__name__})") from error
    if not (0 <= step <= MOST_COUNT and 0 <= drawn <= MOST_DRAWN and 0 <= trained <= MOST_TIME):
        raise BadCheckpoint(f"the checkpoint {path.name} cannot be used: its step, images or time are impossible")
    return Checkpoint(step, drawn, trained, algorithm)
