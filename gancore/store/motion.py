"""Which runs of a store train or wait: what every open page asks every other second, however many runs there are."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from gancore.files import read_regular
from gancore.store.records import MOST_BYTES, UNSETTLED, Status, read_record

MOVING = ("running", "queued")
_WORDS = (*(state.encode() for state in MOVING), b"\\u")  # in JSON, any letter may be spelled out

Stamp = tuple[int, int, int]


class _Still:
    """The runs of one store that neither trained nor waited when they were read last, by the stamps of their status."""

    def __init__(self) -> None:
        self.stamps: dict[str, Stamp] = {}


@lru_cache(maxsize=256)
def _still(_root: Path) -> _Still:
    return _Still()


def moving(root: Path, ids: Iterable[str]) -> Sequence[str]:
    """Those of the runs `ids` whose status says that they train or wait.

    One that did neither is read again only when its file has changed: to know that takes a hundredth of a millisecond.
    """
    still, settled = _still(root), time.time_ns() - UNSETTLED
    found, stamps = [], {}
    for name in ids:
        path = f"{root}{os.sep}{name}{os.sep}status.json"
        try:
            facts = os.stat(path, follow_symlinks=False)  # noqa: PTH116 - thousands of paths take longer
        except OSError:
            continue
        stamp = facts.st_ino, facts.st_size, facts.st_mtime_ns
        if still.stamps.get(name) == stamp:
            stamps[name] = stamp
        elif _may_move(path) and read_record(Path(path), Status).state in MOVING:
            found.append(name)
        elif facts.st_mtime_ns < settled:
            stamps[name] = stamp
    still.stamps = stamps
    return found


def _may_move(path: str) -> bool:
    """Whether a status could say so, from its text: a new process looks at thousands, and parsing takes longest."""
    try:
        content = read_regular(Path(path), MOST_BYTES)
    except OSError:
        return True  # whoever reads it says what becomes of it
    return any(word in content for word in _WORDS)
