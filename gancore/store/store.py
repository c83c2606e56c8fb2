"""Runs as folders: creating, listing, reading, commanding and deleting them.

Nothing here imports torch. Whatever is read from a folder is untrusted and may be missing or half there: a folder
that cannot be read is listed as damaged, never an exception.
"""

from __future__ import annotations

import json
import math
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout
from pydantic import ValidationError

from gancore import machine
from gancore.config import (
    SCHEMA_VERSION,
    SETTINGS,
    STEERABLE,
    ConfigError,
    RunConfig,
    Settings,
    migrate,
    parse_config,
)
from gancore.config.forks import check_networks, with_length
from gancore.files import draft_name, read_regular, sweep_drafts, write_atomic, write_json
from gancore.store import evaluations, tails
from gancore.store.evaluations import Evaluation
from gancore.store.records import (
    MOST_COLORS,
    MOST_COUNT,
    MOST_TIME,
    Change,
    Command,
    Control,
    Meta,
    ShownState,
    Status,
    bounded_values,
    parse_json,
    printable,
    read_json,
    read_record,
)

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}")
_NUMBER = re.compile(r"[0-9]{6,9}")
_STEP = re.compile(r"[0-9]{1,9}")

_MOST_EVENTS = 16_000_000  # bytes of the history: some hundred thousand events
_MOST_NAME = 200  # characters of an experiment's id
_MOST_SENTENCE = 500  # characters of what is wrong with a run
_MOST_DETAILS = 4_000  # bytes of a traceback: its end says what went wrong


class RunBusy(RuntimeError):
    """Somebody else executes the run."""


class RunNotFound(LookupError):
    """There is no such run in the store."""


class Run:
    """One run folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.name

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    # --- what was asked for -----------------------------------------------------------------------------------------

    @cached_property
    def envelope(self) -> dict[str, Any]:
        """config.json as saved: schema, config, experiment, versions, created. Raises `ConfigError`."""
        saved = read_json(self.path / "config.json")
        if not isinstance(saved, dict):
            raise ConfigError(f"{self.id}: config.json is missing or unreadable")
        return migrate(saved)

    @cached_property
    def config(self) -> RunConfig:
        """The settings. Raises `ConfigError`."""
        return parse_config(self.envelope.get("config"))

    @property
    def threads(self) -> int | None:
        """Threads to train with, as recorded at its creation; None if it says none that can be."""
        saved = self._saved("threads")
        return saved if isinstance(saved, int) and 1 <= saved <= 1024 else None

    @property
    def damage(self) -> str | None:
        """Why this folder cannot be used, or None."""
        try:
            _ = self.config
        except ConfigError as error:
            return printable(str(error), _MOST_SENTENCE)
        return None

    @property
    def experiment(self) -> str | None:
        """Id of the catalogue's experiment that it was started from."""
        found = self._saved("experiment")
        return found[:_MOST_NAME] if isinstance(found, str) else None

    @property
    def created(self) -> float:
        """Unix time of its creation."""
        created = self._saved("created")
        return float(created) if isinstance(created, int | float) and 0 <= created <= MOST_TIME else 0.0

    def _saved(self, key: str) -> Any:
        try:
            return self.envelope.get(key)
        except ConfigError:
            return None

    # --- what was changed since -------------------------------------------------------------------------------------

    @property
    def steered_config(self) -> RunConfig:
        """The settings with every change that was asked for since, in effect or not. Raises `ConfigError`."""
        return _merged(self.config, self.changes())

    @property
    def config_now(self) -> RunConfig:
        """The settings in effect: those it began with, and the changes that it has made since."""
        return self.config_at(self.status.step)

    def config_at(self, step: int) -> RunConfig:
        """The settings in effect once `step` steps were done: those to fork a checkpoint of that step with.

        Raises `ConfigError`.
        """
        in_effect = takewhile(lambda change: change.step is not None and change.step <= step, self.changes())
        return _merged(self.config, in_effect)

    def changes(self) -> list[Change]:
        """Changes of settings in order; those that cannot be read or do not fit are left out."""
        found: list[Change] = []
        if self.damage:
            return found
        config = self.config
        for number, path in self.change_files().items():
            saved = read_json(path)
            try:
                change = Change.model_validate((saved if isinstance(saved, dict) else {}) | {"number": number})
                config = _steered(config, change.changes)
            except (ValidationError, ConfigError):
                continue
            found.append(change)
        return found

    def change_files(self) -> dict[int, Path]:
        """The files of `changes` by number, in order, whatever is in them."""
        found = (self.path / "changes").glob("*.json")
        return dict(sorted((int(file.stem), file) for file in found if _NUMBER.fullmatch(file.stem)))

    def steer(self, changes: Settings) -> RunConfig:
        """Change settings while the run trains, or for when it goes on; returns the settings as they will then be.

        Raises `ConfigError` if one of them cannot change any more, or has no such value.
        """
        before = self.steered_config
        after = _steered(before, changes)
        for path in changes:
            if not after.uses(path):
                raise ConfigError(f"{path} has no effect in {self.name}")
        if self.status.state == "finished":
            raise ConfigError(f"{self.name} is finished: fork it to go on with other settings")
        if after == before:
            return before
        folder = self.path / "changes"
        folder.mkdir(exist_ok=True)
        with FileLock(folder / ".lock"):  # two who ask at once must not take the same number
            number = max(self.change_files(), default=0) + 1
            values = {path: after.flat[path] for path in changes}
            write_json(folder / f"{number:06d}.json", {"changes": values, "time": time.time()})
        return after

    def record_change(self, change: Change, step: int) -> None:
        """Write down, on the disk, after which step a change takes effect."""
        recorded = change.model_copy(update={"step": step}).model_dump(exclude={"number"})
        write_json(self.change_files()[change.number], recorded, durable=True)

    # --- what came of it --------------------------------------------------------------------------------------------

    @property
    def status(self) -> Status:
        """The status as last written."""
        return read_record(self.path / "status.json", Status)

    @property
    def state(self) -> ShownState:
        """The state as it really is: a run that says running but that nobody holds was interrupted."""
        if self.damage:
            return "damaged"
        state = self.status.state
        return "interrupted" if state == "running" and not self.is_held() else state

    @property
    def meta(self) -> Meta:
        """Name, tags, notes."""
        return read_record(self.path / "meta.json", Meta)

    @property
    def name(self) -> str:
        """Its name, or its id if nobody gave it one."""
        return self.meta.name or self.id

    @property
    def summary(self) -> dict[str, float]:
        """Final numbers; empty before the first end of training."""
        return bounded_values(read_json(self.path / "summary.json"))

    def scalars(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The curves, one row a step."""
        return tails.follow(self.path / "scalars.arrow", columns)

    def evaluations(self) -> list[Evaluation]:
        """What was measured of its samples, by step; files that cannot be read are left out."""
        return list(evaluations.read(self.path / "evals"))

    def add_evaluation(self, evaluation: Evaluation) -> None:
        """Write an evaluation; an earlier one of the same step, weights, size and number of samples is replaced."""
        evaluations.add(self.path / "evals", evaluation)

    def drop_evaluations(self, after: int) -> None:
        """Delete those of later steps, which a run that goes on from an earlier checkpoint will take anew."""
        evaluations.drop(self.path / "evals", after)

    def samples(self) -> dict[int, Path]:
        """Sample grids by step, in order."""
        found = _plain_files(self.path / "samples", ".png")
        return dict(sorted((int(file.stem), file) for file in found if _STEP.fullmatch(file.stem)))

    def checkpoints(self) -> dict[str, Path]:
        """Checkpoints by name: `last` and kept ones by step."""
        return {file.stem: file for file in sorted(_plain_files(self.path / "checkpoints", ".pt"))}

    def checkpoint_path(self, name: str) -> Path:
        """The file of a checkpoint. Raises `gancore.store.checkpoints.BadCheckpoint` if there is none."""
        from gancore.store.checkpoints import BadCheckpoint  # here, since it brings torch with it

        path = self.checkpoints().get(name.zfill(6) if name.isdecimal() else name)
        if path is None:
            raise BadCheckpoint(f"{self.name} has no checkpoint {name!r}")
        return path

    def checkpoint_step(self, name: str) -> int:
        """The step of a checkpoint: a kept one has it in its name, `last` is read. Raises `BadCheckpoint`."""
        from gancore.store.checkpoints import load_checkpoint

        path = self.checkpoint_path(name)
        return int(name) if name.isdecimal() else load_checkpoint(path).step

    def events(self) -> list[dict[str, Any]]:
        """The run's history: time, kind, step and message each; lines that are torn or something else are left out.

        Of a file beyond all measure, the end.
        """
        try:
            lines = read_regular(self.path / "events.jsonl", _MOST_EVENTS, tail=True).splitlines()
        except OSError:
            return []
        parsed = (parse_json(line.decode(errors="replace")) for line in lines)
        return [event for event in parsed if isinstance(event, dict) and _is_event(event)]

    @property
    def error_details(self) -> str:
        """The end of the traceback of a run that failed; empty if there is none."""
        try:
            details = read_regular(self.path / "error.txt", _MOST_DETAILS, tail=True)
        except OSError:
            return ""
        return printable(details.decode(errors="replace"))

    # --- changing it ------------------------------------------------------------------------------------------------

    def lock(self) -> FileLock:
        """The lock that whoever executes the run holds; the OS drops it when the holder dies."""
        return FileLock(self.path / "lock")

    def is_held(self) -> bool:
        """Whether somebody executes the run right now."""
        return is_locked(self.path / "lock")

    def write_status(self, status: Status) -> None:
        """Replace status.json."""
        write_atomic(self.path / "status.json", status.model_dump_json(indent=1).encode())

    def edit_meta(self, **changes: Any) -> None:
        """Change some of the fields of `Meta`."""
        meta = Meta.model_validate(self.meta.model_dump() | changes)
        write_atomic(self.path / "meta.json", meta.model_dump_json(indent=1).encode())

    def command(self, command: Command) -> None:
        """Ask whoever executes the run to pause or stop; a run that waits in the queue is taken out of it."""
        status = self.status
        attempt = status.attempt
        if status.state == "queued":
            self.write_status(status.model_copy(update={"state": "paused" if command == "pause" else "stopped"}))
            if not self.is_held():
                return
            attempt += 1  # a worker took it up in this very moment
        write_json(self.path / "control.json", {"command": command, "attempt": attempt})

    @property
    def control(self) -> Control:
        """The last command given."""
        return read_record(self.path / "control.json", Control)

    def enqueue(self, priority: int = 0) -> None:
        """Put the run into the queue of its store. Raises `RunBusy` while it is executed."""
        if self.is_held():
            raise RunBusy(f"{self.name} is running already")
        self.edit_meta(priority=priority, queued_at=time.time())
        self.write_status(self.status.model_copy(update={"state": "queued", "error": None}))

    def log(self, kind: str, step: int, message: str) -> None:
        """Append a line to the run's history."""
        line = json.dumps({"time": time.time(), "kind": kind, "step": step, "message": message})
        path = self.path / "events.jsonl"
        torn = path.exists() and path.read_bytes()[-1:] not in (b"", b"\n")
        with path.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n" if torn else f"{line}\n")


class RunStore:
    """A folder of runs, with a trash beside them."""

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)

    def list(self) -> list[Run]:
        """All runs, newest first; damaged ones included."""
        runs = _folders(self.root)
        return sorted(runs, key=lambda run: (run.created, run.id), reverse=True)

    def open(self, run_id: str) -> Run:
        """The run with this id. `run_id` may come from anywhere: only a plain folder name is looked up."""
        path = self.root / run_id if _ID.fullmatch(run_id) else None
        if path is None or path.is_symlink() or not path.is_dir():
            raise RunNotFound(f"there is no run {run_id!r} in {self.root}")
        return Run(path)

    def create(self, config: RunConfig, *, name: str = "", experiment: str | None = None) -> Run:
        """A new run folder, not yet queued: nothing trains until it is executed or enqueued."""
        with self._draft(config, name, experiment) as (draft, run):
            draft.write_status(Status(total_steps=config.total_steps))
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
            draft.log("forked", saved.step, f"from {parent.name}, step {saved.step:,}")
        return run

    @contextmanager
    def _draft(
        self, config: RunConfig, name: str, experiment: str | None = None, threads: int | None = None
    ) -> Iterator[tuple[Run, Run]]:
        """A folder to fill, and the run that it becomes: a reader sees the whole of it or nothing."""
        self.root.mkdir(parents=True, exist_ok=True)
        now = datetime.now()
        slug = _slug(name or experiment or config.model.kind)
        final = self.root / f"{slug}-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        sweep_drafts(self.root)
        path = draft_name(final)
        path.mkdir()
        try:
            envelope = {
                "schema": SCHEMA_VERSION,
                "created": now.timestamp(),
                "experiment": experiment,
                "config": config.model_dump(mode="json"),
                "versions": machine.versions(),
                "threads": threads or machine.threads(),
                "git": machine.git_commit(),
            }
            write_json(path / "config.json", envelope, durable=True)
            draft = Run(path)
            draft.edit_meta(name=name, color=self._next_color())
            yield draft, Run(final)
            path.rename(final)
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
        return [run for run in _folders(self.root) if run.status.state == "running" and run.state == "running"]

    def queue(self) -> Sequence[Run]:
        """Runs that wait, in the order in which they will be taken."""
        waiting = [run for run in _folders(self.root) if run.status.state == "queued" and not run.damage]
        return sorted(waiting, key=lambda run: (-run.meta.priority, run.meta.queued_at, run.id))

    def worker_lock(self) -> FileLock:
        """Held by the one worker that takes runs from this store's queue."""
        self.root.mkdir(parents=True, exist_ok=True)
        return FileLock(self.root / ".worker.lock")

    def delete(self, run: Run) -> None:
        """Move a run to the trash. Raises `RunBusy` while it is executed."""
        if run.is_held():
            raise RunBusy(f"{run.name} is running: stop it before deleting it")
        if run.status.state == "queued":
            run.command("stop")
        self._trash.mkdir(exist_ok=True)
        run.path.rename(self._trash / run.id)

    def restore(self, run_id: str) -> Run:
        """Bring a run back from the trash."""
        if run_id not in {run.id for run in self.trashed()}:
            raise RunNotFound(f"there is no run {run_id!r} in the trash")
        (self._trash / run_id).rename(self.root / run_id)
        return Run(self.root / run_id)

    def trashed(self) -> Sequence[Run]:
        """Deleted runs that can be restored."""
        return _folders(self._trash)

    def empty_trash(self) -> None:
        """Delete for good what is in the trash."""
        shutil.rmtree(self._trash, ignore_errors=True)

    @property
    def _trash(self) -> Path:
        return self.root / ".trash"


def _steered(config: RunConfig, changes: Settings) -> RunConfig:
    """A config with live changes. Raises `ConfigError`."""
    for path in changes:
        if path in SETTINGS and path not in STEERABLE:
            raise ConfigError(f"{path} cannot change while a run trains: only {', '.join(STEERABLE)} can")
    return config.replace(changes)


def _merged(config: RunConfig, changes: Iterable[Change]) -> RunConfig:
    return config.replace({path: value for change in changes for path, value in change.changes.items()})


def is_locked(path: Path) -> bool:
    """Whether somebody holds the lock file. Where it can be done, looking takes only a share of the lock, so that two
    who look at the same time do not take each other for the holder."""
    try:
        if fcntl is None:
            with FileLock(path).acquire(timeout=0):
                return False
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (BlockingIOError, Timeout):
        return True
    except OSError:
        return False
    return False


def _folders(root: Path) -> Sequence[Run]:
    try:
        entries: Iterable[Path] = sorted(root.iterdir())
    except OSError:
        return []
    return [Run(path) for path in entries if _ID.fullmatch(path.name) and path.is_dir() and not path.is_symlink()]


def _is_event(event: dict[str, Any]) -> bool:
    numbers = type(event.get("time")) in (int, float) and type(event.get("step")) is int
    bounded = numbers and 0 <= event["time"] <= MOST_TIME and 0 <= event["step"] <= MOST_COUNT
    return bounded and isinstance(event.get("kind"), str) and isinstance(event.get("message"), str)


def _plain_files(folder: Path, suffix: str) -> Sequence[Path]:
    """The files in a folder, but no links, pipes and folders; none if it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.name.endswith(suffix) and _is_plain(entry)]
    except OSError:
        return []
    return [folder / name for name in names]


def _is_plain(entry: os.DirEntry[str]) -> bool:
    return entry.is_file(follow_symlinks=False)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60].strip("-") or "run"
