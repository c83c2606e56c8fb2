"""An index of a store: what its folders say, read again only where something changed.

The folders stay the truth. A run is known again by its files' times, sizes and inodes; what takes long to find out of
it (such as what goes wrong in it) can be kept with these in the file `.index.json`, so that the next server need not
find it out again. That file can be deleted at any time; one that is damaged, old or cannot be written costs time only.
Several processes may write it: it is replaced whole, and what one of them did not know is found out again.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar, get_args

from gancore.config import RunConfig
from gancore.files import read_regular, write_atomic
from gancore.store.evaluations import Evaluation
from gancore.store.locks import RunNotFound
from gancore.store.records import UNSETTLED, Change, Meta, ShownState, Status
from gancore.store.run import Run
from gancore.store.store import RunStore

NAME = ".index.json"
VERSION = 3
MOST_BYTES = 100_000_000  # of the file
SAVE_SECONDS = 5.0  # between two writes of it, at least

_FILES = ("config.json", "status.json", "meta.json", "summary.json", "scalars.arrow")
_FOLDERS = ("changes", "requests", "samples", "evals", "checkpoints")
_PARTS = (*_FILES, *_FOLDERS)
_MISSING = (0, 0, 0)  # in the place of a part's time, size and inode

Stamp = tuple[tuple[int, int, int], ...]
T = TypeVar("T")


class Snapshot(Run):
    """A run as its folder was at one moment: each of its files is read at most once. To be read, never to be written.

    Whether somebody executes it is looked up anew each time.
    """

    def __init__(self, path: Path, stamp: Stamp, known: Mapping[str, Any] | None = None) -> None:
        super().__init__(path)
        self.stamp = stamp
        self._known: dict[str, Any] = dict(known or {})

    def enqueue(self, priority: int = 0) -> None:
        """As the run is now, not as it was."""
        Run(self.path).enqueue(priority)

    def edit_meta(self, **changes: Any) -> None:
        """As the run is now, not as it was."""
        Run(self.path).edit_meta(**changes)

    def once(self, what: str, find: Callable[[], T]) -> T:
        """What is found out of this snapshot at most once, by name."""
        if what not in self._known:
            self._known[what] = find()
        found: T = self._known[what]
        return found

    def digest(self, *others: Stamp | str) -> str:
        """A word that is another one when this or another folder changes."""
        return hashlib.blake2b(repr((self.stamp, others)).encode(), digest_size=12).hexdigest()

    def lacks(self, *parts: str) -> bool:
        """Whether none of these parts was in the folder: nobody need look for what is in them."""
        return all(self.stamp[_PARTS.index(part)] == _MISSING for part in parts)

    @property
    def basics(self) -> dict[str, Any]:
        """What every list of runs asks of each: kept in the index, so that a new process need not read any folder."""
        return {"created": self.created, "damage": self.damage, "settled": self.settled, "parent": self.parent}

    @property
    def created(self) -> float:
        return self.once("created", lambda: super(Snapshot, self).created)

    @property
    def parent(self) -> str | None:
        """The id of the run that it was forked from."""
        return self.once("parent", lambda: self.meta.parent)

    @property
    def settled(self) -> ShownState | None:
        """The state if it stays as long as the folder does; None if it hangs on who holds the run's lock."""
        return self.once("settled", lambda: None if self.status.state == "running" else super(Snapshot, self).state)

    @property
    def state(self) -> ShownState:
        return self.settled or super().state

    @property
    def damage(self) -> str | None:
        return self.once("damage", lambda: super(Snapshot, self).damage)

    @property
    def status(self) -> Status:
        return self.once("status", lambda: super(Snapshot, self).status)

    @property
    def meta(self) -> Meta:
        return self.once("meta", lambda: super(Snapshot, self).meta)

    @property
    def summary(self) -> dict[str, float]:
        return self.once("summary", lambda: {} if self.lacks("summary.json") else super(Snapshot, self).summary)

    @property
    def config_now(self) -> RunConfig:
        return self.once("config_now", lambda: super(Snapshot, self).config_now if self.changes() else self.config)

    def changes(self) -> list[Change]:
        return self.once(
            "changes", lambda: [] if self.lacks("changes", "requests") else super(Snapshot, self).changes()
        )

    def evaluations(self) -> list[Evaluation]:
        return [] if self.lacks("evals") else super().evaluations()

    def samples(self) -> dict[int, Path]:
        return self.once("samples", lambda: super(Snapshot, self).samples())

    def checkpoints(self) -> dict[str, Path]:
        return self.once("checkpoints", lambda: super(Snapshot, self).checkpoints())


class Index:
    """The runs of a store, for all threads of this process."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()
        self._listing = threading.Lock()  # whoever lists at the same time waits, and reads nothing again
        self._runs: dict[str, Snapshot] = {}
        self._facts: dict[str, dict[str, Any]] | None = None  # by run and name: the digest it holds for, and the fact
        self._saved, self._changed = 0.0, False

    def runs(self) -> Sequence[Snapshot]:
        """All runs, newest first, damaged ones included."""
        with self._listing:
            found = {name: self._look(name) for name in RunStore(self.root).ids()}
            with self._lock:
                self._runs = found
            listed = sorted(found.values(), key=lambda run: (run.created, run.id), reverse=True)
            for run in listed:
                run.once("kept", partial(self._keep_basics, run))
        return listed

    def find(self, run_id: str) -> Snapshot | None:
        """The run with this id; `run_id` may come from anywhere."""
        try:
            run = RunStore(self.root).open(run_id)
        except RunNotFound:
            return None
        found = self._look(run.id)
        with self._lock:
            self._runs[run.id] = found
        return found

    def _look(self, name: str) -> Snapshot:
        known = self._runs.get(name)
        stamp, newest = _stamp(f"{self.root}{os.sep}{name}")
        if known is not None and known.stamp == stamp and newest < time.time_ns() - UNSETTLED:
            return known
        found = Snapshot(self.root / name, stamp)
        kept = self.recall(found, "basics", found.digest())
        return Snapshot(found.path, stamp, _basics(kept)) if kept else found

    def _keep_basics(self, run: Snapshot) -> None:
        if run.settled in _SETTLED and self.recall(run, "basics", run.digest()) is None:
            self.keep(run, "basics", run.digest(), run.basics)

    def recall(self, run: Snapshot, fact: str, digest: str) -> Any:
        """What was kept of a run under this name, as plain data; None if nothing was, or it holds no more."""
        match self._load().get(run.id, {}).get(fact):
            case [str(kept_for), value] if kept_for == digest:
                return value
        return None

    def keep(self, run: Snapshot, fact: str, digest: str, value: Any) -> None:
        """Keep plain data of a run, as long as its digest stays; written soon."""
        facts = self._load()
        with self._lock:
            facts[run.id] = facts.get(run.id, {}) | {fact: [digest, value]}
            self._changed = True

    def save(self, *, now: bool = False) -> None:
        """Write what is kept, if something changed and some time went by. A store that cannot be written is let be."""
        with self._lock:
            due = self._changed and (now or time.monotonic() - self._saved > SAVE_SECONDS)
            if not due or self._facts is None:
                return
            self._saved, self._changed = time.monotonic(), False
            here = {name: facts for name, facts in self._facts.items() if name in self._runs}
            content = json.dumps({"version": VERSION, "runs": here}).encode()
        with suppress(OSError):
            write_atomic(self.root / NAME, content)

    def _load(self) -> dict[str, dict[str, Any]]:
        with self._lock:
            if self._facts is None:
                self._facts = _read(self.root / NAME)
            return self._facts


@lru_cache(maxsize=256)  # of a class, each has a store
def index_of(root: Path) -> Index:
    """The index of a store, the same one for all of this process."""
    return Index(root)


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        saved = json.loads(read_regular(path, MOST_BYTES))
        if saved["version"] != VERSION:
            return {}
        return {str(name): facts for name, facts in saved["runs"].items() if isinstance(facts, dict)}
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return {}


def _basics(kept: Any) -> dict[str, Any]:
    """What an index says of a run's basics, if it says something of sense."""
    match kept:
        case {
            "created": float(),
            "damage": str() | None,
            "settled": str(settled),
            "parent": str() | None,
        } if settled in _SETTLED:
            return {name: kept[name] for name in ("created", "damage", "settled", "parent")}
    return {}


_SETTLED = frozenset(get_args(ShownState)) - {"queued", "running", "interrupted"}


def _stamp(folder: str) -> tuple[Stamp, int]:
    """The stamp of a run's folder, and when something in it changed last."""
    found, newest = [], 0
    for part in _PARTS:
        try:
            facts = os.stat(f"{folder}{os.sep}{part}", follow_symlinks=False)  # noqa: PTH116 - thousands of paths take longer
        except OSError:
            found.append(_MISSING)
        else:
            found.append((facts.st_mtime_ns, facts.st_size, facts.st_ino))
            newest = max(newest, facts.st_mtime_ns)
    return tuple(found), newest
