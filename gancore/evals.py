"""The evaluations of a run in its folder evals/, a file each."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from gancore.files import write_atomic
from gancore.measures import Evaluation
from gancore.records import parse_json

MOST_BYTES = 1_000_000  # in a file, at most: others are not read

_Stamp = tuple[int, dict[str, object]]


@dataclass
class _LastRead:
    """The evaluations of a folder as they were read last, and its stamp then: in one, as pages run in threads."""

    known: tuple[_Stamp, tuple[Evaluation, ...]] = (0, {}), ()


@lru_cache(maxsize=1_000)
def _last_read(_folder: Path) -> _LastRead:
    return _LastRead()


def read(folder: Path) -> tuple[Evaluation, ...]:
    """The evaluations in a folder, in order. They are read again only if its files are others: a live page asks for all
    of them every second, a table for those of every run."""
    try:
        stamp = _stamp(folder)
    except OSError:
        return ()
    last_read = _last_read(folder)
    before, known = last_read.known
    if before == stamp:
        return known
    found, all_read = [], True
    for name in stamp[1]:
        try:
            found.append(_parse(folder / name))
        except OSError:  # it is gone, or cannot be read now
            all_read = False
    usable = (each for each in found if each is not None)
    made = tuple(sorted(usable, key=lambda each: (each.step, each.weights, each.size, each.samples)))
    if all_read:
        last_read.known = stamp, made
    return made


def _stamp(folder: Path) -> _Stamp:
    """Another one when a JSON file in the folder was added, removed or replaced by a rename, as all are.

    Its files are not asked one by one, which takes longest: a list of them says their inodes, on Windows their times
    and sizes. Raises `OSError`.
    """
    modified = folder.stat().st_mtime_ns
    with os.scandir(folder) as entries:
        files = [entry for entry in entries if entry.name.endswith(".json")]
    return modified, {entry.name: entry.inode() if os.name == "posix" else _listed(entry.stat()) for entry in files}


def _listed(facts: os.stat_result) -> tuple[int, int]:
    return facts.st_mtime_ns, facts.st_size


def _parse(path: Path) -> Evaluation | None:
    """An evaluation, or None if the file holds something else. Raises `OSError` if it cannot be read."""
    if not path.is_file():  # opening a pipe would wait for a writer
        return None
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        return None
    try:
        return Evaluation.model_validate(parse_json(content.decode(errors="replace")))
    except ValidationError:
        return None


def add(folder: Path, evaluation: Evaluation) -> None:
    """Write an evaluation; an earlier one of the same step, weights, size and number of samples is replaced."""
    folder.mkdir(exist_ok=True)
    path = folder / evaluation.file
    there = _parse(path) if path.exists() else None
    if there is not None and there.samples != evaluation.samples:
        path = folder / evaluation.numbered_file
    write_atomic(path, evaluation.model_dump_json(indent=1).encode())


def drop(folder: Path, after: int) -> None:
    """Delete those of later steps."""
    for path in folder.glob("*.json"):
        step = path.name.partition("-")[0]
        if step.isdecimal() and int(step) > after:
            path.unlink(missing_ok=True)
