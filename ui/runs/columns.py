"""The columns of the table of runs: what stands in a cell, and how a column is sorted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import methodcaller
from typing import Any

from gancore.config import SETTINGS
from gancore.evaluation.measures import MEASURES
from gancore.query import FIELDS, Facts
from gancore.query.fields import SETTING_FIELDS, STATES, Value
from gancore.store.index import Snapshot
from gancore.store.records import LIVE
from gancore.text import describe_duration, describe_value
from ui.run import health, progress
from ui.runs.facts import Known

MOST_VARYING = 5  # columns for settings that differ among the runs shown, unless somebody chooses them

_TITLES = {
    "state": "state",
    "varying": "what varies",
    "headline": "quality",
    "curve": "quality over time",
    "trained": "trained",
    "when": "made",
    "notes": "notes",
    "health": "health",
    "loss_d": "D loss",
    "loss_g": "G loss",
    "tag": "tags",
    "progress": "progress, %",
}
_HELP = {
    "headline": "FID; on toys the modes found. Of the evaluation at the end of training, else of the last one.",
    "curve": "The same measure at each evaluation during training, from its lowest to its highest value.",
    "varying": "The settings that tell the runs shown apart best.",
    "trained": "How long it trained.",
    "when": "When it was made.",
    "health": "The gravest problem that its curves or samples show.",
}
_PATHS = {each.name: path for path, each in SETTING_FIELDS.items()}  # of settings, by their field
_FIELD_OF = {"trained": "seconds", "when": "created"}  # what a column is sorted by, where its name is none


@dataclass(frozen=True)
class Column:
    """A column as the table shows it."""

    id: str
    title: str
    help: str
    right: bool = False  # numbers stand on the right


def column(name: str) -> Column:
    """A column by its id."""
    field = FIELDS.get(name)
    is_number = name in ("headline", "trained") or (field is not None and field.kind == "number" and name != "progress")
    return Column(name, title(name), _HELP.get(name) or (field.help if field else ""), is_number)


def title(name: str) -> str:
    """Its heading."""
    if name in _TITLES:
        return _TITLES[name]
    return SETTINGS[_PATHS[name]].label if name in _PATHS else MEASURES[name].label if name in MEASURES else name


def expand(chosen: Sequence[str], runs: Sequence[Facts]) -> list[str]:
    """The columns that are shown: `varying` becomes the settings that differ among the runs."""
    found: list[str] = []
    for name in chosen:
        found += [each for each in varying(runs) if each not in chosen] if name == "varying" else [name]
    return found


def varying(runs: Sequence[Facts], most: int = MOST_VARYING) -> list[str]:
    """The settings that tell these runs apart best, by name, in the order of the form.

    Best is what leaves least to guess (the entropy of its values over all runs): a setting that few of them use says
    little, and so does one that a single run changed.
    """
    asked, found = _LAST.known
    if asked != (most, runs):  # pages ask again and again of thousands that are the same
        found = _varying(runs, most)
        _LAST.known = (most, list(runs)), found
    return found


@dataclass
class _Last:
    """Of which runs it was asked last, and the answer: in one, as pages run in threads."""

    known: tuple[tuple[int, Sequence[Facts]], list[str]] = (0, []), []


_LAST = _Last()


def _varying(runs: Sequence[Facts], most: int) -> list[str]:
    varied = [name for name in _PATHS if len(set(map(methodcaller("get", name), runs))) > 1]
    spread = {name: _entropy(Counter(facts[name] for facts in runs if name in facts), len(runs)) for name in varied}
    best = sorted((name for name in spread if spread[name] > 0), key=lambda name: -spread[name])[:most]
    return [name for name in _PATHS if name in best]


def _entropy(counts: Counter[Value], total: int) -> float:
    """In bits over all runs, of those that use the setting; 0 if they all have one value."""
    if len(counts) < 2:
        return 0.0
    return -sum(count / total * math.log2(count / total) for count in counts.values())


def sort_key(name: str, facts: Facts, known: Known) -> Any:
    """What a run is sorted by in a column; None if it has nothing there, which comes last in either direction."""
    if name == "headline":
        return (known.headline.key, known.headline.value) if known.headline else None
    if name == "curve":
        return known.curve[-1] if known.curve else None
    if name == "health":
        name = "problem"
    if name == "state":
        return STATES.index(facts["state"][0]), facts.get("progress", 0.0)  # type: ignore[index]
    value = facts.get(_FIELD_OF.get(name, name))
    if isinstance(value, str):
        return (1, value.lower())
    if isinstance(value, tuple):
        return (1, " ".join(value).lower())
    return None if value is None else (0, float(value))


def cell(name: str, run: Snapshot, facts: Facts, known: Known) -> str | dict[str, Any] | None:
    """What stands in a cell: a text, or its parts; None for nothing."""
    if name in _CELLS:
        return _CELLS[name](run, facts, known)  # type: ignore[no-any-return]
    value = facts.get(name)
    if value is None:
        return None
    if name in MEASURES:
        return f"{value:{MEASURES[name].digits}}"
    if name in ("loss_d", "loss_g"):
        return f"{value:.3g}"
    if name in _PATHS and _PATHS[name] in SETTINGS and isinstance(value, float):
        whole = SETTINGS[_PATHS[name]].kind == "int"
        return describe_value(int(value) if whole else value)
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value:,.0f}" if isinstance(value, float | int) and not isinstance(value, bool) else describe_value(value)


def _state(run: Snapshot, facts: Facts, _known: Known) -> dict[str, Any]:
    shown = run.state
    live = shown in LIVE or shown in ("paused", "stopped", "interrupted", "failed")
    share = float(facts.get("progress", 0.0)) if live else None  # type: ignore[arg-type]
    seen = None if run.damage else health.brief(run, look=False)
    problem = seen.word if seen and seen.titles else None
    line = run.damage or (_left(run) if shown == "running" else None) or problem
    return {"word": progress.state_word(shown), "icon": progress.state_icon(shown), "state": shown} | {
        "share": share,
        "line": line,
    }


def _left(run: Snapshot) -> str | None:
    remaining = run.status.remaining
    return run.status.phase or (f"{describe_duration(remaining)} left" if remaining is not None else None)


def _headline(_run: Snapshot, _facts: Facts, known: Known) -> dict[str, Any] | None:
    found = known.headline
    if found is None:
        return None
    measure = MEASURES[found.key]
    text = f"{measure.label} {found.value:{measure.digits}}"
    return {"text": text, "line": f"step {found.step:,}", "help": found.words}


def _curve(_run: Snapshot, _facts: Facts, known: Known) -> dict[str, Any] | None:
    if known.headline is None or len(known.curve) < 2:
        return None
    label = MEASURES[known.headline.key].label
    words = f"{label} from {known.curve[0]:.3g} to {known.curve[-1]:.3g}"
    return {"points": [float(f"{each:.4g}") for each in known.curve], "help": words}


def _health(run: Snapshot, _facts: Facts, _known: Known) -> str | None:
    seen = None if run.damage else health.brief(run, look=False)
    return seen.word if seen else None


def _when(_run: Snapshot, facts: Facts, _known: Known) -> dict[str, Any] | None:
    created = facts.get("created")
    if not isinstance(created, float) or not created:
        return None
    made = datetime.fromtimestamp(created)
    return {"text": f"{made:%d %b %Y}", "line": f"{made:%H:%M}"}


def _trained(_run: Snapshot, facts: Facts, _known: Known) -> str | None:
    seconds = facts.get("seconds")
    return describe_duration(seconds) if isinstance(seconds, float | int) and seconds else None


def _notes(_run: Snapshot, facts: Facts, _known: Known) -> dict[str, Any]:
    return {"note": facts.get("notes", "")}


_CELLS: Mapping[str, Any] = {
    "state": _state,
    "headline": _headline,
    "curve": _curve,
    "health": _health,
    "when": _when,
    "created": _when,
    "trained": _trained,
    "notes": _notes,
}


def all_columns(names: Iterable[str]) -> list[dict[str, str]]:
    """Columns to choose from."""
    return [{"id": name, "title": title(name)} for name in names]
