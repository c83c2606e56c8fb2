"""A folder of runs, with a trash beside them."""

from __future__ import annotations

import math
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

import pandas as pd
from filelock import FileLock

from gancore import machine
from gancore.config import SCHEMA_VERSION, RunConfig
from gancore.config.forks import check_networks, with_length
from gancore.files import draft_name, settle, sweep_drafts, write_json
from gancore.store import queue
from gancore.store.locks import RunBusy, RunNotFound
from gancore.store.motion import moving
from gancore.store.records import MOST_COLORS, Status
from gancore.store.requests import new_token
from gancore.store.run import Run

_DOOMED = ".doomed"  # ending of what is being deleted for good
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}")
RESERVED = frozenset({"sweeps", "reference"})  # folders in a store that are no runs: sweeps, and runs that ship with us


@dataclass(frozen=True)
class Origin:
    """What a run was made for: a claim finds its runs by this, never by their names."""

    experiment: str | None = None  # id in the catalogue
    arm: str | None = None  # name of the experiment's arm
    scale: str | None = None  # `quick` or `full`
    sweep: str | None = None  # id of the sweep


class StoreFull(RuntimeError):
    """A store takes no more runs, or has none of its runs trained; the message is one sentence that says why."""


class RunStore:
    """A folder of runs, with a trash beside them."""

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)

    def admit(self, runs: int = 1, size: float = 0.0) -> None:
        """Asked before so many runs, with so many bytes, are added by whoever uses it: a store that has limits raises
        `StoreFull`. This one has none.
        """

    @property
    def threads(self) -> int:
        """With how many a new run trains, unless somebody says so.

        Points are learnt with one: between so few numbers a second thread waits for the first more than it computes.
        """
        return machine.threads()

    def list(self) -> list[Run]:
        """All runs, newest first; damaged ones included."""
        runs = _folders(self.root)
        return sorted(runs, key=lambda run: (run.created, run.id), reverse=True)

    def folders(self) -> Sequence[Run]:
        """All runs by id; nothing of them is read."""
        return _folders(self.root)

    def ids(self) -> Sequence[str]:
        """The same, by their ids alone."""
        return _ids(self.root)

    def open(self, run_id: str) -> Run:
        """The run with this id. `run_id` may come from anywhere: only a plain folder name is looked up."""
        path = self.root / run_id if is_id(run_id) else None
        if path is None or path.is_symlink() or not path.is_dir():
            raise RunNotFound(f"there is no run {run_id!r} in {self.root}")
        return Run(path)

    def create(
        self,
        config: RunConfig,
        *,
        name: str = "",
        experiment: str | None = None,
        arm: str | None = None,
        scale: str | None = None,
        sweep: str | None = None,
        run_id: str | None = None,
        threads: int | None = None,
        queued_at: float | None = None,
    ) -> Run:
        """A new run folder. Nothing trains until it is executed or enqueued.

        `experiment`, `arm`, `scale` and `sweep` say what it was made for, as `Origin` has it. It trains with `threads`
        threads, by default as many as the machine has, and with one if it learns points. With `queued_at`, a Unix time,
        it waits in the queue from its first moment on. With `run_id` it gets this id; if there is such a run already,
        that one is returned as it is, so that whoever was killed can begin again. Raises `ValueError` for an id that no
        run can have.
        """
        if run_id is not None and not is_id(run_id):
            raise ValueError(f"no run can have the id {run_id!r}")
        if run_id is not None and (self.root / run_id).is_dir():
            return self.open(run_id)
        with self._draft(config, name, Origin(experiment, arm, scale, sweep), threads, run_id) as (draft, run):
            status = Status(total_steps=config.total_steps)
            if queued_at is not None:
                draft.edit_meta(queued_at=queued_at)
                status = status.model_copy(update={"state": "queued", "token": new_token()})
            draft.write_status(status)
        return run

    def fork(self, parent: Run, checkpoint: str, config: RunConfig, *, name: str = "") -> Run:
        """A new run that goes on from a checkpoint of `parent`, `last` or a kept one, with other settings.

        With the settings of `parent.config_at` it goes on as the parent does, bit for bit. Raises `ConfigError` if the
        settings do not fit the checkpoint, `BadCheckpoint` if it is missing or cannot be read.
        """
        from gancore.store.checkpoints import load_checkpoint  # here, since it brings torch with it

        check_networks(parent.config, config)
        saved = load_checkpoint(parent.checkpoint_path(checkpoint))
        before = parent.config_at(saved.step)
        epoch = saved.drawn / before.images
        config = with_length(config, before, parent.config.total_steps, saved.step, epoch)
        if config.images != before.images:  # as far into its own images as the parent was into its
            saved = replace(saved, drawn=round(epoch * config.images))
        with self._draft(config, name, threads=parent.threads) as (draft, run):
            saved.save(draft.path / "checkpoints" / "last.pt")
            draft.edit_meta(parent=parent.id, parent_step=saved.step)
            draft.write_status(
                Status(
                    step=saved.step,
                    total_steps=config.total_steps,
                    epoch=epoch,
                    seconds=saved.trained,
                )
            )
            if parent.data_fingerprint and config.data == parent.config.data:  # the same images, now and later
                write_json(draft.path / "data.json", {"fingerprint": parent.data_fingerprint})
            draft.log("forked", saved.step, f"from {parent.name}, step {saved.step:,}")
        return run

    @contextmanager
    def _draft(
        self,
        config: RunConfig,
        name: str,
        origin: Origin = Origin(),
        threads: int | None = None,
        run_id: str | None = None,
    ) -> Iterator[tuple[Run, Run]]:
        """A folder to fill, and the run that it becomes: a reader sees the whole of it or nothing."""
        if origin.sweep is None:  # a sweep was admitted as a whole
            self.admit()
        self.root.mkdir(parents=True, exist_ok=True)
        now = datetime.now()
        final = self.root / (run_id or new_id(name or origin.experiment or config.model.kind, now))
        sweep_drafts(self.root)
        path = draft_name(final)
        path.mkdir()
        try:
            envelope = {
                "schema": SCHEMA_VERSION,
                "created": now.timestamp(),
                **asdict(origin),
                "config": config.model_dump(mode="json"),
                "versions": machine.versions(),
                "machine": machine.describe(),
                "threads": threads or (1 if config.is_points else self.threads),
                "git": machine.git_commit(),
            }
            write_json(path / "config.json", envelope)
            draft = Run(path)
            draft.edit_meta(name=name, color=self._next_color())
            yield draft, Run(final)
            settle(path, final)
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise

    def _next_color(self) -> int:
        known = [run.meta.color for run in (*_folders(self.root), *self.trashed())]
        return (max(known, default=-1) + 1) % MOST_COLORS

    def lineage(self, run: Run) -> Sequence[Run]:
        """A run and what it was forked from, oldest first, as far as it is still here."""
        line = [run]
        while (parent := line[0].meta.parent) and parent not in {member.id for member in line}:
            try:
                line.insert(0, self.open(parent))
            except RunNotFound:
                break
        return line

    def joined_scalars(self, run: Run, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The curves from the start of its lineage: each ancestor's rows up to the fork, then the run's own."""
        wanted = None if columns is None else list(dict.fromkeys(("step", *columns)))
        parts: list[pd.DataFrame] = []
        until = math.inf
        for member in reversed(self.lineage(run)):
            rows, forked_at = member.scalars(wanted), member.meta.parent_step or 0
            if len(rows) and "step" in rows:
                parts.insert(0, rows[(rows["step"] > forked_at) & (rows["step"] <= until)])
            until = min(until, forked_at)
        parts = [part for part in parts if len(part)]
        joined = pd.concat(parts, ignore_index=True) if parts else run.scalars(wanted)
        return joined if columns is None else joined[[name for name in columns if name in joined]]

    def running(self) -> Sequence[Run]:
        """Runs that somebody executes now."""
        return _running(self._moving())

    def queue(self) -> Sequence[Run]:
        """Runs that wait, in the order in which they will be taken."""
        return _queue(self._moving())

    def running_and_queue(self) -> tuple[Sequence[Run], Sequence[Run]]:
        """Both, for the price of one."""
        moving = self._moving()
        return _running(moving), _queue(moving)

    def _moving(self) -> Sequence[Run]:
        return [Run(self.root / name) for name in moving(self.root, _ids(self.root))]

    def move(self, run: Run, before: Run | None) -> None:
        """Have a run that waits be taken just before another one that waits; None: after all others.

        Raises `RunNotFound` if either waits no more.
        """
        waiting = {each.id: each for each in self.queue()}
        if run.id not in waiting or (before is not None and before.id not in waiting):
            raise RunNotFound(f"{run.name} cannot be moved: it waits no more, or the one that it was moved before")
        queue.move(run.id, None if before is None else before.id, list(waiting.values()))

    def worker_lock(self) -> FileLock:
        """Held by the one worker that takes runs from this store's queue."""
        self.root.mkdir(parents=True, exist_ok=True)
        return FileLock(self.root / ".worker.lock")

    def delete(self, run: Run) -> None:
        """Move a run to the trash. Raises `RunBusy` while it is executed, `RunNotFound` if it is gone already."""
        run = Run(run.path)  # what was read of it before it is held may be out of date
        with run.hold(f"{run.name} is running: stop it before deleting it"):
            self._trash.mkdir(exist_ok=True)
            if (self._trash / run.id).exists():
                raise RunBusy(f"{run.name} cannot be deleted: the trash has a run with its id, so empty it first")
            if run.status.state == "queued":
                run.write_status(run.status.model_copy(update={"state": "stopped"}))
            run.path.rename(self._trash / run.id)

    def restore(self, run_id: str) -> Run:
        """Bring a run back from the trash. Raises `RunNotFound`, and `RunBusy` if another run has its id by now."""
        if run_id not in {run.id for run in self.trashed()}:
            raise RunNotFound(f"there is no run {run_id!r} in the trash")
        self.admit()
        trashed, target = Run(self._trash / run_id), self.root / run_id
        with trashed.hold(f"{trashed.name} is being deleted for good"):
            if target.exists():
                raise RunBusy(f"{trashed.name} cannot be restored: there is another run with its id, {run_id}")
            trashed.path.rename(target)
        return Run(target)

    def trashed(self) -> Sequence[Run]:
        """Deleted runs that can be restored."""
        return _folders(self._trash)

    def empty_trash(self) -> None:
        """Delete for good what is in the trash, but what somebody restores at this moment.

        Raises `OSError` if something could not be deleted, which stays in the trash, when the rest is.
        """
        failures: list[OSError] = []
        for run in self.trashed():
            with suppress(RunBusy, RunNotFound), _collected(failures), run.hold(f"{run.name} is being restored"):
                run.path.rename(self._trash / f".{run.id}.{secrets.token_hex(8)}{_DOOMED}")  # nobody finds it any more
        for path in self._trash.glob(f".*{_DOOMED}"):  # also what somebody was killed while deleting
            with _collected(failures), suppress(FileNotFoundError):  # somebody else deletes it, too
                _delete_or_keep(path)
        if failures:
            raise failures[0]

    @property
    def _trash(self) -> Path:
        return self.root / ".trash"


@contextmanager
def _collected(failures: list[OSError]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        failures.append(error)


def _delete_or_keep(doomed: Path) -> None:
    """Delete a run's folder; what cannot be deleted is in the trash again. Raises `OSError`."""
    try:
        shutil.rmtree(doomed)
    except FileNotFoundError:
        raise
    except OSError:
        doomed.rename(doomed.with_name(doomed.name[1:].rsplit(".", 2)[0]))
        raise


def _running(moving: Sequence[Run]) -> Sequence[Run]:
    return [run for run in moving if run.status.state == "running" and run.state == "running"]


def _queue(moving: Sequence[Run]) -> Sequence[Run]:
    waiting = [run for run in moving if run.status.state == "queued" and not run.damage]
    return sorted(waiting, key=queue.place)


def _folders(root: Path) -> Sequence[Run]:
    return [Run(root / name) for name in _ids(root)]


def _ids(root: Path) -> Sequence[str]:
    try:
        with os.scandir(root) as entries:
            return sorted(each.name for each in entries if is_id(each.name) and each.is_dir(follow_symlinks=False))
    except OSError:
        return []


def is_id(text: str) -> bool:
    """Whether a run can have this id: a plain folder name that is not reserved."""
    return bool(_ID.fullmatch(text)) and text not in RESERVED


def new_id(text: str, now: datetime, chance: int = 2) -> str:
    """An id that nobody else has: from a text, the time, and so many bytes of chance."""
    return f"{_slug(text)}-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(chance)}"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60].strip("-") or "run"
