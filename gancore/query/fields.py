"""What can be asked of a run: the names of its facts, their kinds, and the facts of one run."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from gancore.config import SETTINGS
from gancore.config.kinds import KINDS
from gancore.config.kinds import Kind as Kinds
from gancore.config.setting import Setting
from gancore.evaluation.measures import MEASURES, at_the_end, on_the_way
from gancore.store import Run
from gancore.store.evaluations import Evaluation
from gancore.text import describe_value

Kind = Literal["number", "text", "flag", "list", "day"]
Value = float | str | bool | tuple[str, ...]
Facts = Mapping[str, Value]  # by a field's name; a field that a run has nothing to say to is not there

STATES = ("queued", "running", "training", "paused", "stopped", "finished", "failed", "interrupted", "damaged")


@dataclass(frozen=True)
class Field:
    """A fact that can be asked for by name."""

    name: str
    kind: Kind
    help: str
    choices: tuple[str, ...] = ()  # all that it can be; empty: anything
    others: tuple[str, ...] = ()  # names that it goes by, too
    words: tuple[str, ...] = field(default=())  # what a number can be besides: `all`


def _family(kind: Kinds) -> str:
    """The name of its family of algorithms: `gan`."""
    return kind.algorithm.partition(":")[0].rpartition(".")[2]


_OF_RUNS = (
    Field("name", "text", "The run's name."),
    Field("id", "text", "The run's id, the name of its folder."),
    Field("state", "list", "What the run is doing; running means the same as training.", choices=STATES),
    Field("progress", "number", "Share of its steps that are done, in percent."),
    Field("step", "number", "Steps done."),
    Field("seconds", "number", "Seconds trained."),
    Field("created", "day", "The day on which it was made: created > 2026-11-01."),
    Field("experiment", "text", "The experiment of the catalogue that it belongs to."),
    Field("arm", "text", "The arm of its experiment."),
    Field("scale", "text", "The scale of its experiment.", choices=("quick", "full")),
    Field("sweep", "text", "The id of its sweep."),
    Field("data", "text", "Its data set.", choices=tuple(map(str, SETTINGS["data.name"].choices)), others=("dataset",)),
    Field("family", "text", "What trains it.", choices=tuple(sorted({_family(kind) for kind in KINDS.values()}))),
    Field("tag", "list", "One of its tags.", others=("tags",)),
    Field("notes", "text", "What was noted of it."),
    Field("starred", "flag", "Whether it has a star.", choices=("yes", "no")),
    Field("imported", "flag", "Whether it came from another store, in a zip.", choices=("yes", "no")),
    Field("parent", "text", "The id of the run that it was forked from."),
    Field("problem", "list", "A problem that its curves or samples show.", others=("health",)),
    Field("loss_d", "number", "D's loss: the mean of the last 100 steps."),
    Field("loss_g", "number", "G's loss: the mean of the last 100 steps."),
)


def _of_measure(key: str) -> Field:
    measure = MEASURES[key]
    return Field(key, "number", f"{measure.label}: of the last full evaluation, else of the last one.")


def _of_setting(setting: Setting) -> Field:
    kinds: dict[str, Kind] = {"int": "number", "float": "number", "bool": "flag", "list": "list"}
    kind = kinds.get(setting.kind, "text")
    choices = ("yes", "no") if kind == "flag" else tuple(describe_value(choice) for choice in setting.choices)
    words = (describe_value(None),) if setting.optional else ()
    short, label = setting.path.rpartition(".")[2], setting.label.lower()
    names = [name for name in (short, setting.path, label) if name not in _TAKEN]
    help = setting.help.partition(". ")[0].rstrip(".") + "."
    return Field(names[0], kind, help, choices, tuple(dict.fromkeys(names[1:])), words)


_GENERAL = (*_OF_RUNS, *(_of_measure(key) for key in MEASURES))
_TAKEN = {name for each in _GENERAL for name in (each.name, *each.others)}
SETTING_FIELDS = {path: _of_setting(setting) for path, setting in SETTINGS.items() if not setting.hidden}

FIELDS: dict[str, Field] = {each.name: each for each in (*_GENERAL, *SETTING_FIELDS.values())}
_BY_ANY_NAME = {name: each for each in reversed(FIELDS.values()) for name in (*each.others, each.name)} | FIELDS


def find(name: str) -> Field | None:
    """The field that goes by this name; capitals make no difference."""
    return _BY_ANY_NAME.get(name.lower())


def close_to(name: str) -> str | None:
    """The name of a field that somebody may have meant."""
    close = difflib.get_close_matches(name.lower(), _BY_ANY_NAME, n=1, cutoff=0.7)
    return close[0] if close else None


def state_fact(state: str) -> tuple[str, ...]:
    """A run's state, in the words of its folder and in those of the pages."""
    return (state, "training") if state == "running" else (state,)


def facts_of(run: Run, measured: Mapping[str, float] | None = None) -> dict[str, Value]:
    """What a run says to each field but `state` and `problem`, which change without its folder.

    `measured` are the values of its evaluations, if they are known already.
    """
    meta = run.meta
    facts: dict[str, Value | None] = {"name": run.name, "id": run.id, "created": run.created, "tag": tuple(meta.tags)}
    facts |= {"notes": meta.notes, "starred": meta.starred, "imported": bool(meta.imported_at), "parent": meta.parent}
    facts |= {"experiment": run.experiment, "arm": run.arm, "scale": run.scale, "sweep": run.sweep}
    if not run.damage:
        facts |= _of_training(run)
        facts |= values(run.evaluations()) if measured is None else measured
        config = run.config_now
        flat, used = config.flat, config.used
        facts |= {"data": config.data.name, "family": _family(config.kind)}
        facts |= {
            each.name: _plain(flat[path])
            for path, each in SETTING_FIELDS.items()
            if path in used and path != "data.name"
        }
    return {name: value for name, value in facts.items() if value not in (None, "", ())}


def _of_training(run: Run) -> dict[str, Value | None]:
    status = run.status
    numbers = status.scalars | run.summary  # of a run that was killed, a summary has no losses
    share = min(status.step / status.total_steps, 1.0) if status.total_steps else 0.0
    facts: dict[str, Value | None] = {"step": status.step, "progress": 100 * share, "seconds": status.seconds}
    return facts | {name: numbers.get(name) for name in ("loss_d", "loss_g")}


def values(evaluations: Sequence[Evaluation]) -> dict[str, float]:
    """Each value at its last, of a full evaluation first."""
    ordered = (sorted(some, key=lambda each: (each.step, each.samples)) for some in _by_size(evaluations))
    return {key: value for some in ordered for each in some for key, value in each.values.items() if key in MEASURES}


def _by_size(evaluations: Sequence[Evaluation]) -> tuple[list[Evaluation], list[Evaluation]]:
    return on_the_way(evaluations), at_the_end(evaluations)


def _plain(value: Any) -> Value | None:
    if value is None:
        return describe_value(None)
    if isinstance(value, list | tuple):
        return tuple(map(str, value))
    if isinstance(value, bool | str):
        return value
    return float(value)
