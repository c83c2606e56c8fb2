"""The small JSON files of a run, and how they are read: what is missing, broken or of no sense is as if not there."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from gancore.files import UnfitFile, read_regular

MOST_BYTES = 1_000_000  # of a small JSON file: larger ones are not read
MOST_COUNT = 10**9  # of steps, attempts, and of whatever else is counted
MOST_COLORS = 10**6  # places in the colour cycle, which begins again then
MOST_TIME = 1e11  # Unix time: in the year 5138
MOST_VALUE = 1e30  # of a loss: beyond, a number says nothing but that training diverged

State = Literal["queued", "running", "paused", "stopped", "finished", "failed"]
ShownState = Literal["queued", "running", "paused", "stopped", "finished", "failed", "interrupted", "damaged"]
Command = Literal["run", "pause", "stop"]

# What `Status.error_code` can say; the sentence beside it is for people and may change.
ERRORS = (
    "diverged",
    "no-data",
    "other-data",
    "bad-checkpoint",
    "bad-file",
    "no-device",
    "bad-network",
    "no-space",
    "no-memory",
    "killed",
    "internal",
)

LIVE: tuple[ShownState, ...] = ("running", "queued")  # these change by themselves
RESUMABLE: tuple[ShownState, ...] = ("paused", "stopped", "interrupted", "failed")

_OLD_ERRORS = {"the run diverged": "diverged", "the checkpoint ": "bad-checkpoint", "this machine has no": "no-device"}


# What a terminal, a browser or a font takes for a command, and halves of characters, which cannot be encoded.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_SUSPECT = re.compile(_UNPRINTABLE.pattern + r"|\\u")  # in JSON, any of them may be spelled out


def printable(text: str, most: int | None = None) -> str:
    """A text without control characters, halves of characters and changes of direction, cut to `most` characters."""
    return _UNPRINTABLE.sub("\ufffd", text[:most])


def _text(most: int) -> Any:
    return BeforeValidator(lambda value: printable(value, most) if isinstance(value, str) else value)


def _bounded(value: Any) -> Any:
    """A number that says something, or None in its place; a network that diverged gives others."""
    return value if not isinstance(value, int | float) or abs(value) <= MOST_VALUE else None


Name = Annotated[str, _text(500)]
Sentence = Annotated[str, _text(2_000)]
Notes = Annotated[str, _text(200_000)]
Count = Annotated[int, Field(ge=0, le=MOST_COUNT)]
Seconds = Annotated[float, Field(ge=0, le=MOST_TIME)]
Time = Annotated[float, Field(ge=0, le=MOST_TIME)]  # Unix time
Value = Annotated[float | None, BeforeValidator(_bounded)]


class Record(BaseModel):
    """A small JSON file of a run; unknown keys are from a later version and are ignored.

    A file may come from anywhere, so all of it is bounded: what is accepted can be drawn and added up.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Status(Record):
    """How far a run is. Written by whoever executes it; `state` alone can be out of date, see `Run.state`."""

    state: State = "stopped"
    step: Count = 0
    total_steps: Count = 0
    epoch: Seconds = 0.0
    heartbeat: Time = 0.0  # of the last sign of life
    rate: Value = None  # real images a second, over the last seconds
    seconds: Seconds = 0.0  # trained so far
    remaining: Annotated[Seconds | None, BeforeValidator(_bounded)] = None  # estimated
    scalars: dict[Name, Value] = Field(default_factory=dict, max_length=200)  # means over the last second
    phase: Name = ""  # what it does when it is not stepping: "loading data"
    device: Name = ""
    error: Sentence | None = None
    error_code: Name = ""  # what kind of error, for programs: see `ERRORS`
    attempt: Count = 0  # how many times it was executed
    token: Name = ""  # of that attempt, or of the next one while it is queued

    @model_validator(mode="before")
    @classmethod
    def _with_code(cls, saved: Any) -> Any:
        """Version 0.1 wrote no code: its sentences are known."""
        if not isinstance(saved, dict) or "error_code" in saved or not isinstance(saved.get("error"), str):
            return saved
        error = saved["error"]
        code = next((code for begin, code in _OLD_ERRORS.items() if error.startswith(begin)), "")
        return saved | {"error_code": code or ("no-data" if "mnist-5k" in error else "")}


class Naming(Record):
    """What a run's name was made from; it holds as long as nobody has given the run another name."""

    name: Name = ""
    start: Name = ""  # what the run started from: an experiment and its arm, or another run
    changed: Annotated[tuple[Name, ...], Field(max_length=1_000)] = ()  # paths of settings that the name mentions


class Meta(Record):
    """What people say of a run. Everything in it can be edited."""

    name: Name = ""
    naming: Naming | None = None
    tags: Annotated[tuple[Name, ...], Field(max_length=100)] = ()
    notes: Notes = ""
    starred: bool = False
    parent: Name | None = None  # id of the run it was forked from
    parent_step: Count | None = None  # the parent's step from which it goes on
    color: Annotated[int, Field(ge=0, lt=MOST_COLORS)] = 0  # place in the colour cycle
    priority: Annotated[int, Field(ge=-MOST_COUNT, le=MOST_COUNT)] = 0
    queued_at: Time = 0.0
    imported_at: Time = 0.0  # Unix time at which it came from another store, in a zip; 0: it was made here
    imported_from: Name = ""  # its id there


class Change(Record):
    """A change of settings, made while a run trains: changes/000001.json and so on.

    Whoever executes the run writes it, with the step after which it takes effect, before it does. A resume from an
    earlier checkpoint lets it take effect at that very step again. A change without a step is still asked for.
    """

    number: Count  # the file's name
    changes: dict[str, Any]  # values by path
    time: Time = 0.0  # at which it was asked for
    step: Count | None = None  # after which it took effect; None: not yet
    request: Name = ""  # name of the request that asked for it


UNSETTLED = 100_000_000  # nanoseconds after a change in which a second one may get the same time

R = TypeVar("R", bound=Record)


def parse_json(text: str) -> Any:
    """What a JSON text says, its texts printable; None if it is none."""
    try:
        saved = json.loads(text)
        return _printable_in(saved) if _SUSPECT.search(text) else saved
    except (ValueError, RecursionError):
        return None


def _printable_in(saved: Any) -> Any:
    if isinstance(saved, str):
        return printable(saved)
    if isinstance(saved, list):
        return [_printable_in(each) for each in saved]
    if isinstance(saved, dict):
        return {printable(key): _printable_in(value) for key, value in saved.items()}
    return saved


def read_json(path: Path, most: int = MOST_BYTES) -> Any:
    """What a JSON file of at most `most` bytes says; None if it cannot be read."""
    try:
        return parse_json(read_regular(path, most).decode(errors="replace"))
    except OSError:
        return None


@dataclass
class _LastRead:
    """A record as it was read last, and its file's stamp then: in one, as pages run in threads."""

    known: tuple[tuple[int, int, int], Record] | None = None


@lru_cache(maxsize=20_000)
def _last_read(_path: Path, _kind: type[Record]) -> _LastRead:
    return _LastRead()


def read_record(path: Path, kind: type[R], most: int = MOST_BYTES) -> R:
    """A record from its file. What does not fit, or all of it if the file cannot be read, is as if not there.

    A file of more than `most` bytes is not read, and one that is still the same is not read again: a live page asks for
    the status of all runs every second.
    """
    try:
        facts = path.stat(follow_symlinks=False)
    except OSError:
        return kind()
    stamp = facts.st_ino, facts.st_size, facts.st_mtime_ns
    last_read = _last_read(path, kind)
    if last_read.known is not None and last_read.known[0] == stamp and isinstance(last_read.known[1], kind):
        return last_read.known[1]
    try:
        record = _record(parse_json(read_regular(path, most).decode(errors="replace")), kind)
    except UnfitFile:
        record = kind()
    except OSError:  # it cannot be read now
        return kind()
    if facts.st_mtime_ns < time.time_ns() - UNSETTLED:
        last_read.known = stamp, record
    return record


def _record(saved: Any, kind: type[R]) -> R:
    """A record of plain data, as far as it fits."""
    fields = dict(saved) if isinstance(saved, Mapping) else {}
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        unfit = {each["loc"][0] for each in error.errors(include_input=False, include_context=False, include_url=False)}
    try:
        return kind.model_validate({name: value for name, value in fields.items() if name not in unfit})
    except ValidationError:
        return kind()


def bounded_values(saved: Any) -> dict[str, float]:
    """The numbers of a plain mapping that say something: finite, and within `MOST_VALUE`."""
    if not isinstance(saved, Mapping):
        return {}
    numbers = {printable(name, 200): value for name, value in saved.items() if type(value) in (int, float)}
    return {name: float(value) for name, value in islice(numbers.items(), 500) if abs(value) <= MOST_VALUE}
