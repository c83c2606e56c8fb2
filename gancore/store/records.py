"""The small JSON files of a run, and how they are read: what is missing, broken or of no sense is as if not there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

State = Literal["queued", "running", "paused", "stopped", "finished", "failed"]
ShownState = Literal["queued", "running", "paused", "stopped", "finished", "failed", "interrupted", "damaged"]
Command = Literal["run", "pause", "stop"]

RESUMABLE: tuple[ShownState, ...] = ("paused", "stopped", "interrupted", "failed")


class Record(BaseModel):
    """A small JSON file of a run; unknown keys are from a later version and are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Status(Record):
    """How far a run is. Written by whoever executes it; `state` alone can be out of date, see `Run.state`."""

    state: State = "stopped"
    step: int = Field(default=0, ge=0)
    total_steps: int = Field(default=0, ge=0)
    epoch: float = Field(default=0.0, ge=0)
    heartbeat: float = 0.0  # Unix time of the last sign of life
    rate: float | None = None  # real images a second, over the last seconds
    seconds: float = Field(default=0.0, ge=0)  # trained so far
    remaining: float | None = Field(default=None, ge=0)  # seconds, estimated
    scalars: dict[str, float | None] = Field(default_factory=dict)  # means over the last second
    phase: str = ""  # what it does when it is not stepping: "loading data"
    device: str = ""
    error: str | None = None  # one sentence
    attempt: int = Field(default=0, ge=0)  # how many times it was executed


class Meta(Record):
    """What people say of a run. Everything in it can be edited."""

    name: str = ""
    tags: tuple[str, ...] = ()
    notes: str = ""
    starred: bool = False
    parent: str | None = None  # id of the run it was forked from
    parent_step: int | None = Field(default=None, ge=0)  # the parent's step from which it goes on
    color: int = 0  # place in the colour cycle
    priority: int = 0
    queued_at: float = 0.0


class Control(Record):
    """A command for one attempt."""

    command: Command = "run"
    attempt: int = 0


class Change(Record):
    """A change of settings, asked for while a run trains: changes/000001.json and so on.

    Whoever executes the run writes `step` into the file before the change takes effect, which it does from the next
    step on. A resume from an earlier checkpoint lets it take effect at that very step again.
    """

    number: int = Field(ge=0)  # the file's name
    changes: dict[str, Any]  # values by path
    time: float = 0.0  # Unix time at which it was asked for
    step: int | None = Field(default=None, ge=0)  # after which it took effect; None: not yet


R = TypeVar("R", bound=Record)


def parse_json(text: str) -> Any:
    """What a JSON text says; None if it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def read_json(path: Path) -> Any:
    """What a JSON file says; None if it cannot be read."""
    try:
        return parse_json(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None


def read_record(path: Path, kind: type[R]) -> R:
    """A record from its file; with its defaults if the file cannot be read or does not fit."""
    saved = read_json(path)
    try:
        return kind.model_validate(saved if isinstance(saved, Mapping) else {})
    except ValidationError:
        return kind()
