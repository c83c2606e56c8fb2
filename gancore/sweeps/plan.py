"""What a sweep would run, before anything is written: an experiment's arms, or settings of one's own, times seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gancore.config import RunConfig
from gancore.experiments import EXPERIMENTS, Scale


@dataclass(frozen=True)
class Plan:
    """Arms times seeds."""

    title: str
    arms: Mapping[str, RunConfig]  # by name, in order; the seed in them does not matter
    seeds: tuple[int, ...]
    experiment: str | None = None  # id in the catalogue; None: one's own
    scale: Scale | None = None
    varies: tuple[str, ...] = field(default=())  # paths of the settings in which the arms differ

    @property
    def configs(self) -> list[tuple[str, int, RunConfig]]:
        """Arm, seed and config of each run: all arms of one seed before the next seed."""
        return [(arm, seed, config.replace({"seed": seed})) for seed in self.seeds for arm, config in self.arms.items()]


def of_experiment(experiment: str, scale: Scale, seeds: Sequence[int], arms: Sequence[str] | None = None) -> Plan:
    """An experiment of the catalogue, all of its arms at that scale or some. Raises `KeyError` for an unknown one."""
    entry = EXPERIMENTS[experiment]
    chosen = {name: entry.arm(name, scale) for name in (entry.arms_at(scale) if arms is None else arms)}
    return Plan(entry.title, chosen, tuple(seeds), experiment, scale, varying(chosen))


def varying(arms: Mapping[str, RunConfig]) -> tuple[str, ...]:
    """The settings in which some configs differ, seeds apart."""
    first, *others = arms.values()
    return tuple(dict.fromkeys(path for other in others for path in first.differences(other) if path != "seed"))
