"""What a sweep would run, before anything is written: an experiment's arms, or settings of one's own, times seeds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from random import Random
from typing import Any

from gancore.config import SETTINGS, ConfigError, RunConfig, Settings, check_setting
from gancore.config.fitting import fitting
from gancore.experiments import EXPERIMENTS, Scale
from gancore.sweeps.sweep import MOST_RUNS
from gancore.text import describe_value

MOST_CROSSED = 2  # settings whose values are crossed: more are better drawn at random
_TRIES = 100  # draws for each arm before there are no other ones


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


def grid(title: str, base: RunConfig, values: Mapping[str, Sequence[Any]], seeds: Sequence[int]) -> Plan:
    """An arm for each value of one setting, or for each pair of two settings' values.

    What a value needs of other settings is set with it, as a form does. Raises `ConfigError` with one sentence for
    whatever is wrong first, naming the arm.
    """
    check_settings(values)
    if len(values) > MOST_CROSSED:
        raise ConfigError(f"at most {MOST_CROSSED} settings can be crossed: draw their values at random instead")
    check_number(math.prod(len(each) for each in values.values()), seeds)
    arms: dict[str, RunConfig] = {}
    for combination in product(*values.values()):
        _add_arm(arms, base, dict(zip(values, combination, strict=True)))
    return Plan(title, arms, tuple(seeds), varies=tuple(values))


def random(
    title: str,
    base: RunConfig,
    values: Mapping[str, tuple[float, float] | list[Any]],
    count: int,
    seeds: Sequence[int],
    source_seed: int = 0,
) -> Plan:
    """`count` arms with values drawn at random: from a list of choices, or between the two ends of a tuple.

    Between two ends a setting that has a log scale is drawn evenly in its logarithm, to three digits. The same
    `source_seed` draws the same arms, and the first of them whatever the count. Raises `ConfigError` as `grid` does,
    also if there are fewer different arms.
    """
    check_settings(values)
    check_number(count, seeds)
    arms: dict[str, RunConfig] = {}
    for number in range(_TRIES * count):
        source = Random(f"{source_seed}/{number}")
        drawn = {path: _draw_value(path, among, source) for path, among in values.items()}
        if _arm_name(base, drawn) not in arms:
            _add_arm(arms, base, drawn)
        if len(arms) == count:
            return Plan(title, arms, tuple(seeds), varies=tuple(values))
    raise ConfigError(f"there are only {len(arms):,} different arms to draw, not {count:,}")


def varying(arms: Mapping[str, RunConfig]) -> tuple[str, ...]:
    """The settings in which some configs differ, seeds apart."""
    first, *others = arms.values()
    return tuple(dict.fromkeys(path for other in others for path in first.differences(other) if path != "seed"))


def check_settings(values: Mapping[str, Sequence[Any]]) -> None:
    """Raises `ConfigError` for what no plan can vary, with one sentence."""
    for path, among in values.items():
        if path not in SETTINGS:
            RunConfig().replace({path: None})  # raises the sentence that says so
        if path == "seed":
            raise ConfigError("the seed is no setting to vary: every arm is run with each of the seeds")
        if not among:
            raise ConfigError(f"{SETTINGS[path].label} has no values to run")
    if not values:
        raise ConfigError("choose a setting to vary")


def check_number(arms: int, seeds: Sequence[int]) -> None:
    """Raises `ConfigError` for more or fewer runs than a sweep has, and for seeds that none can have."""
    if not 1 <= arms * len(seeds) <= MOST_RUNS:
        raise ConfigError(f"a sweep has from 1 to {MOST_RUNS:,} runs, and this one would have {arms * len(seeds):,}")
    if len(set(seeds)) < len(seeds):
        raise ConfigError("each seed can be given once")
    for seed in seeds:
        RunConfig().replace({"seed": seed})


def arm(base: RunConfig, changes: Settings) -> tuple[str, RunConfig]:
    """Name and config of an arm with these values, and with what they need of other settings.

    Raises `ConfigError` with a sentence that names the arm.
    """
    name = _arm_name(base, changes)
    try:
        exact = {path: check_setting(path, value) for path, value in changes.items()}
        return name, base.replace(_with_what_it_needs(base, exact))
    except ConfigError as problem:
        raise ConfigError(f"{name}: {problem}") from None


def _add_arm(arms: dict[str, RunConfig], base: RunConfig, changes: Settings) -> None:
    """Raises `ConfigError` with a sentence that names the arm."""
    name, config = arm(base, changes)
    if name in arms:
        raise ConfigError(f"{name} stands there twice")
    same = next((other for other, theirs in arms.items() if not config.differences(theirs)), None)
    if same is not None:
        raise ConfigError(f"{same} and {name} are the same: the setting that differs has no effect there")
    if len(changes) == 1 and not config.uses(*changes):
        raise ConfigError(f"{name}: {SETTINGS[next(iter(changes))].label} has no effect with these settings")
    arms[name] = config


def _with_what_it_needs(base: RunConfig, changes: Settings) -> dict[str, Any]:
    values = base.flat
    for path, value in changes.items():
        values = {**values, **fitting(path, value, values), path: value}
    return {path: value for path, value in {**values, **changes}.items() if value != base.flat[path]}


def _arm_name(base: RunConfig, changes: Settings) -> str:
    """`ngf 64, lr_g 2e-3`."""
    words = []
    for path, value in changes.items():
        exact = float(value) if isinstance(base.flat[path], float) and isinstance(value, int) else value
        words.append(f"{SETTINGS[path].label} {SETTINGS[path].empty if value is None else describe_value(exact)}")
    return ", ".join(words)


def check_range(path: str, among: tuple[float, float]) -> tuple[float, float]:
    """Two numbers that a setting can be drawn between. Raises `ConfigError`."""
    leaf = SETTINGS[path]
    if leaf.kind not in ("int", "float"):
        raise ConfigError(f"{leaf.label} is no number: give the choices to draw from")
    low, high = among
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ConfigError(f"{leaf.label} is drawn between two numbers, the smaller one first")
    return low, high


def _draw_value(path: str, among: tuple[float, float] | list[Any], source: Random) -> Any:
    if isinstance(among, list):
        return source.choice(among)
    leaf, (low, high) = SETTINGS[path], check_range(path, among)
    if leaf.scale == "log" and low > 0:
        value = math.exp(source.uniform(math.log(low), math.log(high)))
    else:
        value = source.uniform(low, high)
    if leaf.kind == "int":
        return min(max(round(value), math.ceil(low)), math.floor(high))
    return min(max(float(f"{value:.3g}"), low), high)
