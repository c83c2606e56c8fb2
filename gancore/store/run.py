"""One run folder: reading what is in it, and asking for changes.

Nothing here imports torch. Whatever is read from a folder is untrusted and may be missing or half there: a folder
that cannot be read is listed as damaged, never an exception. Only whoever holds the run's lock writes into the folder;
everybody else leaves a request. `meta.json` alone, what people say of a run, has a lock of its own.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock

from gancore.config import ConfigError, RunConfig, Settings, migrate, parse_config
from gancore.files import UnfitFile, append, overwrite, read_regular, write_atomic
from gancore.store import changes, evaluations, requests, tails
from gancore.store.evaluations import Evaluation
from gancore.store.locks import LOCK, PATIENCE, RunBusy, hold, is_locked
from gancore.store.naming import derived_name
from gancore.store.records import (
    MOST_COUNT,
    MOST_TIME,
    Change,
    Command,
    Meta,
    ShownState,
    Status,
    bounded_values,
    parse_json,
    printable,
    read_json,
    read_record,
)
from gancore.store.requests import Request

_STEP = re.compile(r"[0-9]{1,9}")

EDIT_SECONDS = 10.0  # that somebody else may take to edit what people say of a run

_MOST_EVENTS = 16_000_000  # bytes of the history: some hundred thousand events
_MOST_NAME = 200  # characters of an experiment's id
_MOST_SENTENCE = 500  # characters of what is wrong with a run
_MOST_DETAILS = 4_000  # bytes of a traceback: its end says what went wrong


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
        return self._saved_text("experiment")

    @property
    def arm(self) -> str | None:
        """Name of the experiment's arm that it is a run of; None also for a run that was made before arms were kept."""
        return self._saved_text("arm")

    @property
    def scale(self) -> str | None:
        """The experiment's scale, `quick` or `full`."""
        return self._saved_text("scale")

    @property
    def sweep(self) -> str | None:
        """Id of the sweep that it belongs to."""
        return self._saved_text("sweep")

    @property
    def created(self) -> float:
        """Unix time of its creation."""
        created = self._saved("created")
        return float(created) if isinstance(created, int | float) and 0 <= created <= MOST_TIME else 0.0

    def _saved_text(self, key: str) -> str | None:
        found = self._saved(key)
        return found[:_MOST_NAME] if isinstance(found, str) else None

    def _saved(self, key: str) -> Any:
        try:
            return self.envelope.get(key)
        except ConfigError:
            return None

    # --- what was changed since -------------------------------------------------------------------------------------

    @property
    def steered_config(self) -> RunConfig:
        """The settings with every change that was asked for since, in effect or not. Raises `ConfigError`."""
        return changes.merged(self.config, self.changes())

    @property
    def config_now(self) -> RunConfig:
        """The settings in effect: those it began with, and the changes that it has made since."""
        return self.config_at(self.status.step)

    def config_at(self, step: int) -> RunConfig:
        """The settings in effect once `step` steps were done: those to fork a checkpoint of that step with.

        Raises `ConfigError`.
        """
        in_effect = takewhile(lambda change: change.step is not None and change.step <= step, self.changes())
        return changes.merged(self.config, in_effect)

    def changes(self) -> list[Change]:
        """Changes of settings in order, those that are asked for last; any that cannot be read or do not fit is left
        out."""
        return [] if self.damage else changes.all_of(self.path, self.config)

    def steer(self, wanted: Settings) -> RunConfig:
        """Ask for other settings while the run trains, or for when it goes on; returns the settings as they will be.

        Raises `ConfigError` if one of them cannot change any more, or has no such value.
        """
        before = self.steered_config
        after = changes.steered(before, wanted)
        for path in wanted:
            if not after.uses(path):
                raise ConfigError(f"{path} has no effect in {self.name}")
        self._refuse_if_finished()
        if after == before:
            return before
        request = requests.leave(self.path, Request(kind="change", changes={path: after.flat[path] for path in wanted}))
        if self.status.state == "finished" and not self._took_up(request):
            requests.remove(self.path, request)
            self._refuse_if_finished()
        return after

    def _refuse_if_finished(self) -> None:
        if self.status.state == "finished":
            raise ConfigError(f"{self.name} is finished: fork it to go on with other settings")

    def _took_up(self, request: Request) -> bool:
        """Whether the request's change took effect."""
        return any(change.request == request.name for change in changes.recorded(self.path))

    def record_change(self, change: Change, step: int) -> None:
        """Write down, on the disk, after which step a change takes effect: for the holder of the run's lock."""
        changes.record(self.path, change, step)

    def forget_change(self, change: Change) -> None:
        """Remove a change that never takes effect: for the holder of the run's lock."""
        changes.forget(self.path, change)

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
        """Its name; if nobody gave it one, what its settings say, or the id of a run that has none to read."""
        return self.meta.name or self._derived_name

    @cached_property
    def _derived_name(self) -> str:
        try:
            return printable(derived_name(self), _MOST_NAME)
        except ConfigError:
            return self.id

    @property
    def summary(self) -> dict[str, float]:
        """Final numbers; empty before the first end of training."""
        return bounded_values(read_json(self.path / "summary.json"))

    def scalars(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The curves, one row a step."""
        return tails.follow(self.path / "scalars.arrow", columns)

    def growing_scalars(self) -> tails.Growing:
        """The curves of a run that may train, and by what to tell whether rows were only added."""
        return tails.grow(self.path / "scalars.arrow")

    def growing_numbers(self, columns: Sequence[str]) -> tails.Numbers:
        """`growing_scalars`, some of its columns, for whoever looks several times a second."""
        return tails.numbers(self.path / "scalars.arrow", columns)

    def evaluations(self) -> list[Evaluation]:
        """What was measured of its samples, by step; files that cannot be read are left out."""
        return list(evaluations.read(self.path / "evals"))

    def add_evaluation(self, evaluation: Evaluation) -> None:
        """Write an evaluation; an earlier one of the same step, weights, size and number of samples is replaced."""
        evaluations.add(self.path / "evals", evaluation)

    @property
    def data_fingerprint(self) -> str | None:
        """Of the data set that it was trained on first, see `Images.fingerprint`; None before that."""
        saved = read_json(self.path / "data.json")
        found = saved.get("fingerprint") if isinstance(saved, dict) else None
        return found if isinstance(found, str) else None

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
        """The run's history: time, kind, code, step and message each; lines that are torn or something else are left
        out. Of a file beyond all measure, the end.
        """
        try:
            lines = read_regular(self.path / "events.jsonl", _MOST_EVENTS, tail=True).splitlines()
        except OSError:
            return []
        parsed = (parse_json(line.decode(errors="replace")) for line in lines)
        return [{"code": "", **event} for event in parsed if isinstance(event, dict) and _is_event(event)]

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
        return FileLock(self.path / LOCK)

    def hold(self, busy: str, timeout: float = PATIENCE) -> AbstractContextManager[None]:
        """Hold the lock for a while, to write. Raises `RunBusy` with the sentence `busy`, or `RunNotFound`."""
        return hold(self.path, busy, timeout)

    def is_held(self) -> bool:
        """Whether somebody holds the lock right now."""
        return is_locked(self.path / LOCK)

    def write_status(self, status: Status) -> None:
        """Replace status.json: for the holder of the run's lock."""
        write_atomic(self.path / "status.json", status.model_dump_json(indent=1).encode(), durable=True)

    def write_last_status(self, status: Status) -> None:
        """`write_status` on a disk that may be full: then without curves, over the old one. Raises `OSError`."""
        try:
            self.write_status(status)
        except OSError:
            for most in (500, 50, 0):  # characters of the error: what does not fit cannot be said
                error = (status.error or "")[:most] or None
                short = status.model_copy(update={"scalars": {}, "phase": "", "error": error})
                try:
                    overwrite(self.path / "status.json", short.model_dump_json(exclude_defaults=True).encode())
                except UnfitFile:
                    continue
                return
            raise

    def edit_meta(self, **changes: Any) -> None:
        """Change some of the fields of `Meta`. Whoever executes the run never does, so this waits for no attempt."""
        busy = f"{self.name} is being edited elsewhere"
        with hold(self.path, busy, EDIT_SECONDS, name="meta.lock"):  # or two who edit at once lose each other's fields
            meta = Meta.model_validate(self.meta.model_dump() | changes)
            write_atomic(self.path / "meta.json", meta.model_dump_json(indent=1).encode(), durable=True)

    def enqueue(self, priority: int = 0) -> None:
        """Put the run into the queue of its store. Raises `RunBusy` while it is executed."""
        with self.hold(f"{self.name} is running already"):
            self.edit_meta(priority=priority, queued_at=time.time())
            changes = {"state": "queued", "error": None, "error_code": "", "token": requests.new_token()}
            self.write_status(self.status.model_copy(update=changes))

    def command(self, command: Command) -> None:
        """Ask whoever executes the run to pause or stop; a run that waits in the queue is taken out of it.

        What is asked is for the attempt of this moment, the one that a queued run waits for included: no later one
        obeys it. Where a run that was interrupted is queued again at this moment, that is the one.
        """
        status = self.status
        while status.state in ("queued", "running") and command != "run":
            request = requests.leave(self.path, Request(kind=command, attempt=status.token))
            if status.state == "queued":
                self._leave_queue(request)
            asked, status = status.token, self.status
            if status.token == asked or not requests.waits(self.path, request):
                return
            requests.remove(self.path, request)

    def _leave_queue(self, request: Request) -> None:
        """Do at once what a queued run is asked, unless somebody has just taken it up, who does it then."""
        try:
            with self.hold("somebody has just taken the run up", timeout=0.2):
                status = self.status
                if status.state == "queued" and status.token == request.attempt:
                    state = "paused" if request.kind == "pause" else "stopped"
                    self.write_status(status.model_copy(update={"state": state}))
                    requests.remove(self.path, request)
        except RunBusy:
            return

    @property
    def asked(self) -> Command:
        """What the attempt of this moment was asked and has not done yet; `run` if nothing."""
        return self.asked_of(self.status.token)

    def asked_of(self, token: str) -> Command:
        """What an attempt was asked and has not done yet; `run` if nothing."""
        mine = [each for each in requests.waiting(self.path) if each.attempt == token]
        return next((each.kind for each in reversed(mine) if each.kind in ("pause", "stop")), "run")

    def log(self, kind: str, step: int, message: str, code: str = "") -> None:
        """Append a line to the run's history: for the holder of the run's lock. `code` is for programs."""
        line = json.dumps({"time": time.time(), "kind": kind, "code": code, "step": step, "message": message})
        append(self.path / "events.jsonl", line)


def _is_event(event: dict[str, Any]) -> bool:
    numbers = type(event.get("time")) in (int, float) and type(event.get("step")) is int
    bounded = numbers and 0 <= event["time"] <= MOST_TIME and 0 <= event["step"] <= MOST_COUNT
    return (
        bounded
        and {"kind", "message"} <= set(event)
        and all(isinstance(event.get(name, ""), str) for name in ("kind", "message", "code"))
    )


def _plain_files(folder: Path, suffix: str) -> Sequence[Path]:
    """The files in a folder, but no links, pipes and folders; none if it cannot be read, or leads elsewhere itself."""
    if folder.is_symlink():
        return []
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.name.endswith(suffix) and _is_plain(entry)]
    except OSError:
        return []
    return [folder / name for name in names]


def _is_plain(entry: os.DirEntry[str]) -> bool:
    return entry.is_file(follow_symlinks=False)
