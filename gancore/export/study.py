"""An experiment with the runs that answer it, arm by arm: what a report shows of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gancore.colors import CYCLE
from gancore.config import RunConfig
from gancore.experiments import EXPERIMENTS, Experiment, Scale, counted
from gancore.store import Run
from gancore.sweeps.plan import varying
from gancore.sweeps.sweep import Sweep

MOST_ARMS = 40  # that a report shows: a sweep can have thousands
_ENDED = ("finished", "failed")


@dataclass(frozen=True)
class Arm:
    """One setting that was tried, and its runs in the order of their seeds."""

    name: str
    config: RunConfig  # of its first seed
    color: str
    runs: tuple[Run, ...]  # finished or failed, one a seed

    @property
    def label(self) -> str:
        """Its name, also where it is the only one."""
        return self.name or "the only arm"

    @cached_property
    def finished(self) -> tuple[Run, ...]:
        """Those that did not fail."""
        return tuple(run for run in self.runs if run.status.state == "finished")

    def of_seed(self, seed: int) -> Run | None:
        """The run with that seed."""
        return next((run for run in self.runs if run.config.seed == seed), None)


@dataclass(frozen=True)
class Study:
    """A question and its arms. Of an arm that nobody has run there is none here: see `absent`."""

    id: str
    title: str
    question: str
    source: str  # who asks it
    note: str
    arms: tuple[Arm, ...]
    varies: tuple[str, ...]  # paths of the settings in which the arms differ
    absent: tuple[str, ...] = ()  # arms without runs
    unfinished: int = 0  # runs that are left out, since they have not ended
    beyond: int = 0  # arms that are left out, since there are too many
    experiment: Experiment | None = None  # None: one's own
    scale: Scale | None = None

    @property
    def runs(self) -> list[Run]:
        """All runs, arm by arm."""
        return [run for arm in self.arms for run in arm.runs]

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of all runs."""
        return tuple(sorted({run.config.seed for run in self.runs}))

    @property
    def shared_seed(self) -> int:
        """The seed that most arms have samples of, of several the lowest."""
        return max(self.seeds, key=lambda seed: (sum(_has_samples(arm.of_seed(seed)) for arm in self.arms), -seed))


def _has_samples(run: Run | None) -> bool:
    return run is not None and bool(run.samples())


def of_experiment(runs: Sequence[Run], experiment: Experiment, scale: Scale | None = None) -> Study | None:
    """An experiment of the catalogue at one scale, or at the one with more runs; None where there is no run of it."""
    if scale is None:
        found = [study for each in ("full", "quick") if (study := of_experiment(runs, experiment, each))]
        return max(found, key=lambda study: len(study.runs), default=None)
    by_arm = {name: _in_order(found) for name, found in counted(runs, experiment, scale).items()}
    if not any(by_arm.values()):
        return None
    arms = _arms(by_arm)
    return Study(
        id=experiment.id,
        title=experiment.title,
        question=experiment.question,
        source=experiment.source,
        note=experiment.note,
        arms=arms,
        varies=varying({arm.name: arm.config for arm in arms}),
        absent=tuple(name for name in experiment.arms if not by_arm.get(name)),
        unfinished=sum(_is_under_way(run, experiment, scale) for run in runs),
        experiment=experiment,
        scale=scale,
    )


def of_sweep(runs: Sequence[Run], sweep: Sweep) -> Study | None:
    """A sweep, one's own or of an experiment; None where none of its runs has ended."""
    by_id = {run.id: run for run in runs}
    there = [(cell.arm, by_id[cell.run]) for cell in sweep.cells if cell.run in by_id and not by_id[cell.run].damage]
    ended = [(arm, run) for arm, run in there if run.status.state in _ENDED]
    if not ended:
        return None
    names = list(dict.fromkeys(cell.arm for cell in sweep.cells))
    by_arm = {name: _in_order({run.config.seed: run for arm, run in ended if arm == name}) for name in names}
    every = _arms(by_arm)
    arms = every[:MOST_ARMS]
    entry = EXPERIMENTS.get(sweep.experiment or "")
    return Study(
        id=sweep.id,
        title=sweep.title or (entry.title if entry else sweep.id),
        question=entry.question if entry else "",
        source=entry.source if entry else "a sweep of one's own",
        note=entry.note if entry else "",
        arms=arms,
        varies=varying({arm.name: arm.config for arm in arms}),
        absent=tuple(name for name in names if not by_arm[name])[:MOST_ARMS],
        unfinished=len(there) - len(ended),
        beyond=len(every) - len(arms),
        experiment=entry,
        scale=sweep.scale if entry else None,
    )


def _is_under_way(run: Run, experiment: Experiment, scale: Scale) -> bool:
    """Whether it is a run of the experiment that has not ended."""
    claimed = run.experiment == experiment.id and run.scale == scale and not run.damage
    return claimed and run.status.state not in _ENDED and experiment.is_arm(run.config, run.arm or "", scale)


def _in_order(by_seed: Mapping[int, Run]) -> tuple[Run, ...]:
    return tuple(by_seed[seed] for seed in sorted(by_seed))


def _arms(by_name: Mapping[str, tuple[Run, ...]]) -> tuple[Arm, ...]:
    """Those with runs; an arm has its colour by its place among all, so that it keeps it when others are run."""
    return tuple(
        Arm(name, runs[0].config, CYCLE[place % len(CYCLE)], runs)
        for place, (name, runs) in enumerate(by_name.items())
        if runs
    )


def number_that_varies(study: Study) -> str | None:
    """The path of the setting, if it is a single one and a number in every arm, and another one in each."""
    if len(study.varies) != 1 or len(study.arms) < 3:
        return None
    values: list[Any] = [arm.config.flat[study.varies[0]] for arm in study.arms]
    numbers = all(type(value) in (int, float) for value in values)
    return study.varies[0] if numbers and len(set(values)) == len(values) else None
