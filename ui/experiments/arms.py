"""What a page shows of many runs with one question: its arms in order, each with its colour and its runs by seed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gancore.config import SETTINGS, RunConfig
from gancore.experiments import Experiment, Scale
from gancore.store.index import Snapshot
from gancore.sweeps.sweep import Sweep
from ui.colors import arm_color

ENDED = ("finished", "failed")


@dataclass(frozen=True)
class Arm:
    """One of the settings that are tried, and what was run of it."""

    name: str
    color: str
    runs: Mapping[int, Snapshot]  # the run of each seed, whatever its state
    x: float | None = None  # the value of the only setting that varies, where it is a number
    deleted: Mapping[int, str] = field(default_factory=dict)  # by seed: ids of a sweep's runs that are gone

    @property
    def label(self) -> str:
        """Its name, also where it is the only one."""
        return self.name or "as it is"

    @property
    def measured(self) -> Mapping[int, Snapshot]:
        """Runs that have something to show: they train, or have trained."""
        return {seed: run for seed, run in self.runs.items() if not run.damage and run.status.step > 0}


def seeds(arms: Iterable[Arm]) -> list[int]:
    """The seeds of which some arm has a run."""
    return sorted({seed for arm in arms for seed in arm.runs})


def of_experiment(experiment: Experiment, scale: Scale, runs: Sequence[Snapshot]) -> list[Arm]:
    """All arms of a scale, with those runs that have their settings; `runs` are newest first.

    Of several runs of one seed the newest that finished stands for it, or else the newest.
    """
    names = experiment.arms_at(scale)
    found: dict[str, dict[int, Snapshot]] = {name: {} for name in names}
    for run in runs:
        if run.arm in found and is_of(run, experiment, scale):
            _take(found[run.arm], run.config.seed, run)
    setting = setting_that_varies({name: experiment.arm(name, scale) for name in names})
    places = list(experiment.arms)
    return [
        Arm(name, arm_color(places.index(name)), dict(sorted(found[name].items())), setting.get(name)) for name in names
    ]


def is_of(run: Snapshot, experiment: Experiment, scale: Scale) -> bool:
    """Whether a run has the settings of its arm, as they are today and from its first step on: only such runs count
    where claims are judged."""
    if run.experiment != experiment.id or run.scale != scale or run.arm is None or run.damage:
        return False
    arm = run.arm
    return not run.changes() and run.once(f"is {scale}", lambda: experiment.is_arm(run.config, arm, scale))


def of_sweep(sweep: Sweep, runs: Iterable[Snapshot]) -> list[Arm]:
    """The arms of a sweep."""
    by_id = {run.id: run for run in runs}
    names = list(dict.fromkeys(cell.arm for cell in sweep.cells))
    found: dict[str, dict[int, Snapshot]] = {name: {} for name in names}
    deleted: dict[str, dict[int, str]] = {name: {} for name in names}
    for cell in sweep.cells:
        if cell.run in by_id:
            found[cell.arm][cell.seed] = by_id[cell.run]
        else:
            deleted[cell.arm][cell.seed] = cell.run
    configs = {name: next(iter(own.values())).config for name, own in found.items() if _readable(own)}
    setting = setting_that_varies(configs) if len(configs) == len(names) else {}
    return [
        Arm(name, arm_color(place), found[name], setting.get(name), deleted[name]) for place, name in enumerate(names)
    ]


def _readable(own: Mapping[int, Snapshot]) -> bool:
    return bool(own) and not next(iter(own.values())).damage


def _take(own: dict[int, Snapshot], seed: int, run: Snapshot) -> None:
    known = own.get(seed)
    if known is None or (known.state != "finished" and run.state == "finished"):
        own[seed] = run


def path_that_varies(configs: Iterable[RunConfig]) -> str | None:
    """The one setting in which configs differ, seeds apart; None where there is none, or more than one."""
    first, *others = configs
    differing = {path for other in others for path in first.differences(other) if path != "seed"}
    return differing.pop() if len(differing) == 1 else None


def setting_that_varies(configs: Mapping[str, RunConfig]) -> dict[str, float]:
    """The value of the only setting that varies, by arm; empty where it is not one number, another in each arm."""
    path = path_that_varies(configs.values()) if configs else None
    if path is None:
        return {}
    values: list[Any] = [config.flat[path] for config in configs.values()]
    numbers = [float(value) for value in values if type(value) in (int, float)]
    if len(numbers) < len(values) or len(set(numbers)) < len(numbers):
        return {}
    return dict(zip(configs, numbers, strict=True))


def is_log(path: str | None, values: Sequence[float]) -> bool:
    """Whether values of a setting belong on a logarithmic axis."""
    if not values or min(values) <= 0:
        return False
    return (path is not None and SETTINGS[path].scale == "log") or max(values) >= 50 * min(values)
