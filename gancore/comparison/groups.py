"""Runs that differ in their seed alone belong together: what is said of settings is said of such groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gancore.config import SETTINGS, RunConfig
from gancore.store import Run
from gancore.text import describe_value

SEED = "seed"
MOST_NAMED = 3  # settings in the name of a group


@dataclass(frozen=True)
class Group:
    """Runs that are alike in everything but the seed."""

    name: str
    runs: tuple[Run, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        """In order, each once."""
        return tuple(sorted({run.config.seed for run in self.runs}))


def varying(runs: Sequence[Run]) -> tuple[str, ...]:
    """Paths of the settings, in effect now, in which runs differ and that matter to at least one of them."""
    configs = [run.config_now for run in runs]
    return tuple(
        path
        for path in SETTINGS
        if len({config.flat[path] for config in configs}) > 1 and any(config.uses(path) for config in configs)
    )


def over_seeds(runs: Sequence[Run], names: Mapping[str, str]) -> list[Group]:
    """Runs by all their settings but the seed, in the order of the first of each. `names` are those of runs, by id.

    Forks of different runs, and runs whose settings were changed on the way, are no repetitions of each other.
    """
    parts: dict[Any, list[Run]] = {}
    for run in runs:
        parts.setdefault(_lasting(run), []).append(run)
    between = [path for path in varying([found[0] for found in parts.values()]) if path != SEED]
    return [Group(_name(found, between, names), tuple(found)) for found in parts.values()]


def by_setting(runs: Sequence[Run], path: str) -> list[Group]:
    """Runs by one setting, numbers in their order; those that it has no effect on together."""
    parts: dict[Any, list[Run]] = {}
    for run in runs:
        config = run.config_now
        parts.setdefault(config.flat[path] if config.uses(path) else _UNUSED, []).append(run)
    label = SETTINGS[path].label
    named = sorted(parts.items(), key=lambda part: _order(part[0]))
    return [
        Group(f"without {label}" if value is _UNUSED else f"{label} {described(path, value)}", tuple(found))
        for value, found in named
    ]


def described(path: str, value: Any) -> str:
    """A setting's value in a name or a table."""
    return SETTINGS[path].empty if value is None and SETTINGS[path].empty else describe_value(value) or "none"


_UNUSED = object()


def _order(value: Any) -> tuple[bool, float, str]:
    number = type(value) in (int, float)
    return value is _UNUSED or not number, float(value) if number else 0.0, "~" if value is _UNUSED else str(value)


def _lasting(run: Run) -> tuple[Any, ...]:
    """What runs have in common that repeat each other."""
    config: RunConfig = run.config
    settings = tuple(config.flat[path] for path in SETTINGS if path != SEED and config.uses(path))
    changes = tuple((change.step, tuple(sorted(change.changes.items()))) for change in run.changes())
    return settings, changes, run.meta.parent, run.meta.parent_step


def _name(runs: Sequence[Run], between: Sequence[str], names: Mapping[str, str]) -> str:
    """The settings that set a group apart; of a single run its own name."""
    first = names[runs[0].id]
    if len(runs) == 1:
        return first
    config = runs[0].config_now
    said = [f"{SETTINGS[path].label} {described(path, config.flat[path])}" for path in between if config.uses(path)]
    if said:
        return ", ".join(said[:MOST_NAMED]) + (", …" if len(said) > MOST_NAMED else "")
    return f"{first} and its repetitions"
