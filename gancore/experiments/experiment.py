"""What an experiment is: settings with their sources, and what varies. No torch in here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

from gancore.config import RunConfig, Settings
from gancore.experiments.systems import System, settings_of, sources_of

Scale = Literal["quick", "full"]

DIGITS: dict[str, Any] = {"data.name": "mnist-5k", "data.limit": None}  # no download
QUICK: dict[str, Any] = DIGITS | {"train.batch_size": 64, "train.epochs": 15}  # 1,050 steps, as the quickstart
_FOR_QUICK = "our choice for the quick scale"


@dataclass(frozen=True)
class Experiment:
    """A question, and the runs that answer it."""

    id: str
    title: str
    source: str  # where it comes from
    question: str
    system: System = ()
    arms: Mapping[str, Settings] = field(default_factory=lambda: {"": {}})  # name -> what it changes
    arms_source: str = ""  # where these changes come from, unless from `source`
    seeds: tuple[int, ...] = (0, 1, 2)  # the least of which anything can be said
    quick: Settings = field(default_factory=lambda: QUICK)
    quick_arms: Mapping[str, Settings] = field(default_factory=dict)  # name -> what it changes, too, at the quick scale
    full_only: frozenset[str] = frozenset()  # arms that take too long for the quick scale
    note: str = ""  # how it differs from its source, for people

    @property
    def base(self) -> RunConfig:
        """What the arms have in common."""
        return RunConfig().replace(settings_of(self.system))

    @property
    def sources(self) -> Mapping[str, str]:
        """Where the base settings come from, by path; general defaults have no entry."""
        return sources_of(self.system)

    def source_of(self, path: str, arm: str | None = None, scale: Scale = "full") -> str | None:
        """Where the value at `path` comes from, in the base or in an arm; None for a general default."""
        return sources_of(self.system if arm is None else self._system(arm, scale)).get(path)

    def arm(self, name: str, scale: Scale = "full", seed: int | None = None) -> RunConfig:
        """One arm's config."""
        chosen = self.seeds[0] if seed is None else seed
        return RunConfig().replace(settings_of(self._system(name, scale)) | {"seed": chosen})

    def arms_at(self, scale: Scale) -> list[str]:
        """The arms that are run at a scale, in order."""
        return [name for name in self.arms if scale == "full" or name not in self.full_only]

    def is_arm(self, config: RunConfig, name: str, scale: Scale = "full") -> bool:
        """Whether a config is that of an arm, with any seed: only then do its results count for that arm."""
        return name in self.arms and config == self.arm(name, scale, config.seed)

    def runs(self, scale: Scale = "full", seeds: Sequence[int] | None = None) -> list[RunConfig]:
        """Every arm of a scale with every seed, arms first."""
        chosen = self.seeds if seeds is None else tuple(seeds)
        return [self.arm(name, scale, seed) for seed in chosen for name in self.arms_at(scale)]

    def _system(self, arm: str, scale: Scale) -> System:
        varied = (self.arms_source or self.source, self.arms[arm])
        if scale == "full":
            return (*self.system, varied)
        return (*self.system, (_FOR_QUICK, self.quick), varied, (_FOR_QUICK, self.quick_arms.get(arm, {})))


def vary(path: str, values: Sequence[Any]) -> dict[str, Settings]:
    """An arm for each value of one setting."""
    name = path.rpartition(".")[2]
    return {f"{name} {value}": {path: value} for value in values}


def cross(first: Mapping[str, Settings], second: Mapping[str, Settings]) -> dict[str, Settings]:
    """An arm for each pair of a first and a second one."""
    pairs = product(first.items(), second.items())
    return {f"{name}, {other}": {**settings, **more} for (name, settings), (other, more) in pairs}
