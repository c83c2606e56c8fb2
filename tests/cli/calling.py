"""Calling the command line, and what it answers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


TINY = (
    *("data.limit=43", "train.batch_size=8", "train.epochs=4", "train.preview_every=1000"),
    *("model.nz=4", "model.ngf=2", "model.ndf=2", "train.evaluate_every=0", "train.final_samples=0"),
)


SET_TINY = [word for change in TINY for word in ("--set", change)]


@dataclass
class Result:
    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Command = Callable[..., Result]


def assert_refused(result: Result, *words: str) -> None:
    """Status 2 and one clear line."""
    assert result.status == 2
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert "Traceback" not in result.err
    assert all(word in result.err for word in words)


def as_a_process(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gancore", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False, **options)
