"""The evaluations of a run in its folder evals/, a file each."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator

from gancore.files import UnfitFile, read_regular, write_atomic
from gancore.store.records import MOST_BYTES, Record, parse_json

Weights = Literal["raw", "ema"]  # G as it is, or the average of its weights
Size = Literal["cheap", "full"]  # while it trains, or at the end

_MOST = 10**9  # of anything that is counted
_HUGE = 1e12  # beyond any value that says something; a diverged network's may be
_Count = Annotated[int, Field(ge=0, le=_MOST)]
_Counts = Annotated[tuple[_Count, ...], Field(max_length=1_000)]
_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")]
_Words = Annotated[str, Field(max_length=500)]


class Evaluation(Record):
    """One evaluation of a run: `evals/<step>-<weights>-<size>.json`.

    A file may come from anywhere, so all of it is bounded: what is accepted can be drawn.
    """

    step: _Count
    weights: Weights
    size: Size
    samples: int = Field(ge=1, le=_MOST)
    reference: _Words  # the images that samples are held against
    reference_count: int = Field(ge=1, le=_MOST)
    extractor: _Words | None = None
    missing: _Words = ""  # why what an extractor would tell is not there
    seconds: float = Field(ge=0, le=_MOST)  # that it took
    values: dict[_Name, float] = Field(max_length=200)
    histogram: _Counts = ()  # samples of each class, as the classifier sees them
    expected: _Counts = ()  # real images of each class

    @field_validator("values")
    @classmethod
    def _without_huge_ones(cls, values: dict[str, float]) -> dict[str, float]:
        """What is finite but says nothing is left out, as what is not finite is by those who measure."""
        return {name: value for name, value in values.items() if abs(value) <= _HUGE}

    @model_validator(mode="after")
    def _counts_the_same_classes(self) -> Self:
        if self.histogram and self.expected and len(self.histogram) != len(self.expected):
            raise ValueError("histogram and expected must count the same classes")
        return self

    @property
    def file(self) -> str:
        """Its file's name, unless an evaluation of another number of samples has it: see `numbered_file`."""
        return f"{self.step:06d}-{self.weights}-{self.size}.json"

    @property
    def numbered_file(self) -> str:
        """A name that no evaluation of another number of samples has."""
        return f"{self.step:06d}-{self.weights}-{self.size}-{self.samples}.json"


_Stamp = tuple[int, dict[str, object]]


@dataclass
class _LastRead:
    """The evaluations of a folder as they were read last, in order and by file, and its stamp then: in one, as pages
    run in threads."""

    known: tuple[_Stamp, tuple[Evaluation, ...], dict[str, Evaluation | None]] = (0, {}), (), {}


@lru_cache(maxsize=5_000)
def _last_read(_folder: Path) -> _LastRead:
    return _LastRead()


def read(folder: Path) -> tuple[Evaluation, ...]:
    """The evaluations in a folder, in order. Only files that are new are read: a live page asks for all of them every
    second, a table for those of every run."""
    try:
        stamp = _stamp(folder)
    except OSError:
        return ()
    last_read = _last_read(folder)
    before, known, parsed = last_read.known
    if before == stamp:
        return known
    found: dict[str, Evaluation | None] = {}
    for name, identity in stamp[1].items():
        try:
            found[name] = parsed[name] if before[1].get(name) == identity else _parse(folder / name)
        except OSError:  # it is gone, or cannot be read now
            continue
    usable = (each for each in found.values() if each is not None)
    made = tuple(sorted(usable, key=lambda each: (each.step, each.weights, each.size, each.samples)))
    if len(found) == len(stamp[1]):
        last_read.known = stamp, made, found
    return made


def _stamp(folder: Path) -> _Stamp:
    """Another one when a JSON file in the folder was added, removed or replaced by a rename, as all are.

    Its files are not asked one by one, which takes longest: a list of them says their inodes, on Windows their times
    and sizes. Raises `OSError`.
    """
    modified = folder.lstat().st_mtime_ns
    if folder.is_symlink():
        raise UnfitFile(f"{folder.name} is a link")
    with os.scandir(folder) as entries:
        files = [entry for entry in entries if entry.name.endswith(".json")]
    return modified, {entry.name: entry.inode() if os.name == "posix" else _listed(entry.stat()) for entry in files}


def _listed(facts: os.stat_result) -> tuple[int, int]:
    return facts.st_mtime_ns, facts.st_size


def _parse(path: Path) -> Evaluation | None:
    """An evaluation, or None if the file holds something else. Raises `OSError` if it cannot be read."""
    try:
        return Evaluation.model_validate(parse_json(read_regular(path, MOST_BYTES).decode(errors="replace")))
    except (UnfitFile, ValidationError):
        return None


def add(folder: Path, evaluation: Evaluation) -> None:
    """Write an evaluation; an earlier one of the same step, weights, size and number of samples is replaced."""
    folder.mkdir(exist_ok=True)
    path = folder / evaluation.file
    there = _parse(path) if path.exists() else None
    if there is not None and there.samples != evaluation.samples:
        path = folder / evaluation.numbered_file
    write_atomic(path, evaluation.model_dump_json(indent=1).encode(), durable=True)
