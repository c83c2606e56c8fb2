"""Changes of settings of one run: those that took effect, a file each in changes/, and those that are asked for.

Whoever holds the run's lock writes the files, each before its change takes effect; everybody else leaves a request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from gancore.config import SETTINGS, STEERABLE, ConfigError, RunConfig, Settings
from gancore.files import write_json
from gancore.store import requests
from gancore.store.records import Change, read_json
from gancore.store.requests import Request

FOLDER = "changes"

_NUMBER = re.compile(r"[0-9]{6,8}")


def files(run: Path) -> dict[int, Path]:
    """The files of changes that were taken up, by number, in order, whatever is in them."""
    found = (run / FOLDER).glob("*.json")
    return dict(sorted((int(file.stem), file) for file in found if _NUMBER.fullmatch(file.stem)))


def recorded(run: Path) -> list[Change]:
    """Changes that were taken up, in order, but those that cannot be read."""
    found = []
    for number, path in files(run).items():
        saved = read_json(path)
        try:
            found.append(Change.model_validate((saved if isinstance(saved, dict) else {}) | {"number": number}))
        except ValidationError:
            continue
    return found


def all_of(run: Path, config: RunConfig) -> list[Change]:
    """Changes of a run that began with `config`, those that are asked for last; any that do not fit are left out."""
    # A request is removed once its change is recorded: read the other way round, a change could be in neither.
    requested = [each for each in requests.waiting(run) if each.kind == "change"]
    known = recorded(run)
    found: list[Change] = []
    for change in (*known, *_still_asked_for(run, requested, known)):
        try:
            config = steered(config, change.changes)
        except ConfigError:
            continue
        found.append(change)
    return found


def _still_asked_for(run: Path, requested: Iterable[Request], known: Iterable[Change]) -> Iterable[Change]:
    """Those that wait; a request stays for a moment after its change was recorded."""
    names = {change.request for change in known}
    wanted = (each for each in requested if each.name not in names)
    for number, each in enumerate(wanted, start=max(files(run), default=0) + 1):
        yield Change(number=number, changes=each.changes, time=each.time, request=each.name)


def record(run: Path, change: Change, step: int) -> None:
    """Write down, on the disk, after which step a change takes effect: for the holder of the run's lock."""
    folder = run / FOLDER
    folder.mkdir(exist_ok=True)
    content = change.model_copy(update={"step": step}).model_dump(exclude={"number"})
    write_json(folder / f"{change.number:06d}.json", content, durable=True)
    if change.request:
        requests.remove(run, Request(name=change.request))


def forget(run: Path, change: Change) -> None:
    """Remove a change that never takes effect: for the holder of the run's lock."""
    if change.request:
        requests.remove(run, Request(name=change.request))
    elif path := files(run).get(change.number):
        path.unlink(missing_ok=True)


def steered(config: RunConfig, changes: Settings) -> RunConfig:
    """A config with live changes. Raises `ConfigError`."""
    for path in changes:
        if path in SETTINGS and path not in STEERABLE:
            raise ConfigError(f"{path} cannot change while a run trains: only {', '.join(STEERABLE)} can")
    return config.replace(changes)


def merged(config: RunConfig, changes: Iterable[Change]) -> RunConfig:
    """A config with changes that were made or asked for. Raises `ConfigError`."""
    return config.replace({path: value for change in changes for path, value in change.changes.items()})
