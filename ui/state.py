"""What the pages share: the store, the executor, and torch once it is there."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from gancore.config import RunConfig
from gancore.executors.drawing import Drawer
from gancore.executors.executor import Executor
from gancore.executors.fair import FairExecutor
from gancore.executors.loading import load_torch
from gancore.executors.measuring import Measurer
from gancore.store import Run, RunNotFound, RunStore
from gancore.store.index import Index, Snapshot, index_of
from ui.classroom.desk import Desk
from ui.classroom.room import current, room

PROJECT = Path(__file__).resolve().parent.parent
REFERENCE = PROJECT / "runs" / "reference"  # the runs that ship with the project


@st.cache_resource
def _executor(root: Path) -> Executor:
    return Executor(RunStore(root))


@st.cache_resource
def _shared_executor(folder: Path) -> FairExecutor:
    here = room()
    assert here is not None
    return FairExecutor(folder, here.stores, here.quotas, jobs=here.settings.jobs)


def root() -> Path:
    """The folder of the store that is looked into: of whoever asks, in a class, or else of this server,
    `GANCORE_RUNS` or `runs/`. Whatever is shown or done begins here."""
    person = current()
    if person is not None:
        return person.root
    return _path(os.environ.get("GANCORE_RUNS") or str(PROJECT / "runs"))


@lru_cache(maxsize=16)
def _path(text: str) -> Path:  # pages ask for it thousands of times
    return Path(text)


def executor() -> Executor | Desk:
    """The background worker of the store. Runs that wait in the queue are taken up again."""
    person, here = current(), room()
    if person is None or here is None:
        return _executor(root())
    return Desk(here.store(person), _shared_executor(here.folder))


def worker() -> Executor:
    """The one background worker of this server, whoever asks."""
    here = room()
    return _executor(root()) if here is None else _shared_executor(here.folder)


def shared() -> FairExecutor | None:
    """The worker that all of a class share."""
    here = room()
    return None if here is None else _shared_executor(here.folder)


@st.cache_resource
def measurer() -> Measurer:
    """Measures saved runs in the background of this server."""
    return Measurer()


@st.cache_resource
def drawer() -> Drawer:
    """Draws samples of saved runs in the background of this server."""
    return Drawer()


def store() -> RunStore:
    """The store that is looked into."""
    return executor().store


def runs() -> Sequence[Snapshot]:
    """All runs as they are now, newest first. To be shown: whoever changes one opens it in the `store`."""
    return index().runs()


def index() -> Index:
    """What is known of the store."""
    return index_of(root())


def active_runs() -> Sequence[Run]:
    """The runs that train now, here or in other processes."""
    return store().running()


class Activity(NamedTuple):
    """What goes on in a store, by the ids of runs: another one when a page should be drawn anew."""

    running: tuple[str, ...]
    waiting: tuple[str, ...]


def activity() -> Activity:
    """What trains now, and what waits."""
    running, queue = store().running_and_queue()
    return Activity(tuple(run.id for run in running), tuple(run.id for run in queue))


def find_run(run_id: str | None) -> Run | None:
    """The run that a link or a widget names, if it exists and is shown to whoever asks."""
    for folder in _shown() if run_id else ():
        with suppress(RunNotFound):
            return RunStore(folder).open(run_id or "")
    return None


def look_up(run_id: str) -> Snapshot | None:
    """`find_run`, as what is known of it."""
    return next((found for folder in _shown() if (found := index_of(folder).find(run_id)) is not None), None)


def _shown() -> Iterator[Path]:
    """The folders whose runs are shown to whoever asks: first their own; to a teacher last those of everybody."""
    yield root()
    yield REFERENCE
    if (here := room()) is not None:
        yield here.gallery
        if (person := current()) is not None and person.teaches:
            yield from (each.root for each in here.everybody())


def reference() -> Sequence[Snapshot]:
    """The runs that ship with the project, newest first. To be read, never to be written."""
    return index_of(REFERENCE).runs()


def gallery() -> Sequence[Snapshot]:
    """The runs that a teacher shows to the class, newest first. To be read, never to be written."""
    here = room()
    return () if here is None else index_of(here.gallery).runs()


def visible() -> Sequence[Snapshot]:
    """All runs that are shown to whoever asks, their own first. One of theirs that is published is theirs."""
    found: dict[str, Snapshot] = {}
    for run in (*runs(), *reference(), *gallery()):
        found.setdefault(run.id, run)
    return list(found.values())


def is_reference(run: Run) -> bool:
    """Whether a run came with the project, or is somebody else's: nothing of it can be changed."""
    return run.path.parent == REFERENCE or (room() is not None and run.path.parent != root())


def stamp(path: Path) -> tuple[int, int]:
    """Another one when a file or what lies in a folder has changed; cheaper than to read it."""
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_size


def experience(runs: int = 5, *, threads: int | None = None) -> list[tuple[RunConfig, float]]:
    """What the last runs on this machine took: configs, and seconds a step.

    With `threads`, the last that trained with so many for want of others. Points are always learnt with one, so they
    say nothing of that.
    """
    found: list[tuple[RunConfig, float]] = []
    for run in index().runs():
        if len(found) == runs:
            break
        if run.damage or run.status.step < 20:
            continue
        if threads is None or (run.threads == threads and not run.config.is_points):
            found.append((run.config, run.status.seconds / run.status.step))
    return found


@st.cache_resource
def _torch_loaded() -> threading.Event:
    loaded = threading.Event()

    def load() -> None:
        load_torch()
        # torch brings half a million objects that never go: whoever looks for garbage need not look through them.
        gc.collect()
        gc.freeze()
        loaded.set()

    threading.Thread(target=load, name="import torch", daemon=True).start()
    return loaded


def torch_ready() -> bool:
    """Whether torch is imported; the first call starts importing it in the background, so no page waits for it."""
    return _torch_loaded().is_set()
