"""What the numbers say of runs beside each other, in two or three sentences, and no more than the runs do."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gancore.comparison.groups import Group, over_seeds
from gancore.comparison.readings import common_size, measured_alike
from gancore.evaluation.measures import MAIN, MEASURES, last
from gancore.experiments import OUTCOMES
from gancore.experiments.evidence import failed
from gancore.experiments.readings import evaluations
from gancore.experiments.statistics import LEVEL, Estimate, compare, of_values
from gancore.store import Run
from gancore.store.evaluations import Evaluation, Size
from gancore.text import listed

VARIETY = ("coverage", "modes", "classes")  # what a good FID or a sharp toy may have lost
MOST_NAMED = 4  # runs in a list of names
_UNLIKE = 2.0  # standard deviations of measuring two runs by which they must differ to be called different


@dataclass(frozen=True)
class Standing:
    """A group and what was measured of its runs, in one way."""

    group: Group
    found: Mapping[int, Evaluation]  # by seed
    key: str

    @property
    def values(self) -> dict[int, float]:
        """By seed, as people read them."""
        return {seed: each.values[self.key] for seed, each in self.found.items()}

    @property
    def compared(self) -> dict[int, float]:
        """By seed, in the units in which differences are told: logarithms where they are ratios."""
        return {seed: _compared(self.key, value) for seed, value in self.values.items()}

    @property
    def estimate(self) -> Estimate:
        """The mean of the compared values, and how far it can be trusted."""
        return of_values(list(self.compared.values()), _resolution(self.key))

    @property
    def mean(self) -> float:
        """Of the values; a geometric mean where differences are ratios."""
        return _read(self.key, self.estimate.effect)


def sentences(runs: Sequence[Run], names: Mapping[str, str], measure: str | None = None) -> list[str]:
    """What these runs say of each other by `measure`, or else by the FID, or by what else was measured of several.

    `names` are those of the runs by id. What forbids a comparison is said, and then nothing is compared.
    """
    usable = [run for run in runs if not run.damage]
    if len(usable) < 2:
        return []
    said = [*_failures(usable, names)]
    ended = [run for run in usable if not failed(run)]
    chosen = _choose(ended, measure)
    if chosen is None:
        return [*said, *_unmeasured(ended, measure)]
    key, size = chosen
    alike, problem = measured_alike(ended, key, size)
    said += [problem] if problem else []
    if len(alike) < 2:
        return said
    standings = _standings(alike, names, key, size)
    return [*_verdict(standings), *_variety(standings), *_lengths(alike, names, key, size), *said]


# --- what can be compared -------------------------------------------------------------------------------------------


def _choose(runs: Sequence[Run], measure: str | None) -> tuple[str, Size] | None:
    """The value that is compared, and whether of full evaluations or of those on the way."""
    for key in [measure] if measure else MAIN:
        if key in MEASURES and MEASURES[key].better and (size := common_size(runs, key)):
            return key, size
    return None


def _unmeasured(runs: Sequence[Run], measure: str | None) -> list[str]:
    if len(runs) < 2:
        return []
    if measure in MEASURES and not MEASURES[measure].better:
        return [f"No value of {MEASURES[measure].label} is better than another: look at its curves."]
    what = MEASURES[measure].label if measure in MEASURES else "The quality of samples"
    return [f"{what} was not measured of two of these runs: losses alone do not say which samples are better."]


def _standings(runs: Sequence[Run], names: Mapping[str, str], key: str, size: Size) -> list[Standing]:
    """The groups of these runs, the best first. Of several runs with one seed the newest counts."""
    found = []
    for group in over_seeds(runs, names):
        by_age = sorted(group.runs, key=lambda run: run.created)
        read = {run.config.seed: last(evaluations(run), key, size) for run in by_age}
        found.append(Standing(group, {seed: each for seed, each in sorted(read.items()) if each is not None}, key))
    return sorted(found, key=lambda one: one.mean, reverse=MEASURES[key].better == "high")


# --- what they say --------------------------------------------------------------------------------------------------


def _verdict(standings: Sequence[Standing]) -> list[str]:
    if len(standings) == 1:
        return [_of_one(standings[0])]
    if all(len(one.found) == 1 for one in standings):
        return [_of_single_seeds(standings)]
    return _of_groups(standings)


def _of_one(only: Standing) -> str:
    """Runs that differ in the seed alone."""
    label, values = MEASURES[only.key].label, list(only.values.values())
    if len(values) < 2:
        return f"These runs have the same settings and the same seed: {label} {_texts(only.key, values)[0]}."
    mean, low, high = _texts(only.key, [only.mean, min(values), max(values)])
    reach = f"from {low} to {high} over {len(values)} seeds"
    return f"These runs differ in their seed alone: {label} {mean} on average, {reach}."


def _of_single_seeds(standings: Sequence[Standing]) -> str:
    """`ngf 64 has the lower FID, 4.6 against 5.6; one seed each, so this may be chance.`"""
    first, second, *rest = standings
    measure = MEASURES[first.key]
    best, next_best, worst = _texts(first.key, [first.mean, second.mean, standings[-1].mean])
    if _alike(first, second):
        which = "They" if not rest else f"The best two, {first.group.name} and {second.group.name},"
        return f"{which} hardly differ in {measure.label}, {best} and {next_best}: measuring twice may differ as much."
    way = "lower" if measure.better == "low" else "higher"
    if not rest:
        said = f"{first.group.name} has the {way} {measure.label}, {best} against {next_best}"
        return f"{said}; one seed each, so this may be chance."
    superlative = "lowest" if measure.better == "low" else "highest"
    said = f"Of {len(standings)} runs {first.group.name} has the {superlative} {measure.label}, {best}"
    last_one = f" to {worst} of {standings[-1].group.name}"
    return f"{said}; the others have {next_best}{last_one}. One seed each, so their order may be chance."


def _of_groups(standings: Sequence[Standing]) -> list[str]:
    """Means, their intervals, and whether the difference of the best two is more than chance."""
    first, second = standings[:2]
    measure = MEASURES[first.key]
    several = len(standings) > 2
    way = {"low": ("lower", "lowest"), "high": ("higher", "highest")}[measure.better][several]
    begin = f"Of {len(standings)} settings {first.group.name}" if several else first.group.name
    against = f", before {second.group.name} with" if several else " against"
    said = f"{begin} has the {way} {measure.label}, {_with_interval(first)}{against} {_with_interval(second)}."
    return [said, _decision(first, second, len(standings))]


def _with_interval(one: Standing) -> str:
    """`4.6 on average (95 % interval 4.2 to 5.0, 3 seeds)`."""
    if not one.estimate.known:
        return f"{_texts(one.key, [one.mean])[0]} (one seed)"
    low, high = (_read(one.key, end) for end in one.estimate.interval())
    texts = _texts(one.key, [one.mean, low, high])
    return f"{texts[0]} on average (95 % interval {texts[1]} to {texts[2]}, {len(one.found)} seeds)"


def _decision(first: Standing, second: Standing, settings: int) -> str:
    """Whether the interval of their difference includes zero; corrected, where the best of many was picked."""
    difference = compare(first.compared, second.compared, _resolution(first.key))
    if not difference.known:
        return "One of the two has a single seed, so this may be chance."
    pairs = settings * (settings - 1) // 2
    corrected = f", corrected for {pairs} comparisons" if pairs > 1 else ""
    low, high = difference.interval(1 - LEVEL / pairs)
    if low <= 0 <= high:
        return f"The difference is not clear: its 95 % interval{corrected} includes zero, so this may be chance."
    near, far = sorted((abs(low), abs(high)))
    return f"The difference is more than chance: {_reach(first.key, near, far)} with 95 % confidence{corrected}."


def _reach(key: str, near: float, far: float) -> str:
    """`9 to 26 %`, of what differs by ratios: of the worse value, how much lower or higher the better one is."""
    if not _is_ratio(key):
        return " to ".join(_texts(key, [near, far]))
    lower = MEASURES[key].better == "low"
    shares = [100 * (1 - math.exp(-end) if lower else math.exp(min(end, 700.0)) - 1) for end in (near, far)]
    return " to ".join(f"{share:.2g}" for share in shares) + " %"


def _variety(standings: Sequence[Standing]) -> list[str]:
    """Whether the best one pays with variety."""
    if len(standings) < 2 or standings[0].key in VARIETY:
        return []
    for key in VARIETY:
        mine, other = (_mean_of(one, key) for one in standings[:2])
        if mine is None or other is None:
            continue
        if other - mine > _UNLIKE * math.sqrt(2) * _resolution(key):
            texts = _texts(key, [mine, other])
            return [f"Its {MEASURES[key].label} is lower, though: {texts[0]} against {texts[1]}."]
        return []
    return []


def _mean_of(one: Standing, key: str) -> float | None:
    """Of another value of the same evaluations; None where one lacks it."""
    values = [each.values.get(key) for each in one.found.values()]
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None


# --- what must be said besides --------------------------------------------------------------------------------------


def _failures(runs: Sequence[Run], names: Mapping[str, str]) -> list[str]:
    diverged = [run for run in runs if failed(run) and run.status.error_code == "diverged"]
    others = [run for run in runs if failed(run) and run not in diverged]
    said = []
    if len(diverged) == 1:
        said.append(f"{names[diverged[0].id]} diverged at step {diverged[0].status.step:,} and is left out.")
    elif diverged:
        said.append(f"{_named(diverged, names)} diverged and are left out.")
    if others:
        said.append(f"{_named(others, names)} failed and {'is' if len(others) == 1 else 'are'} left out.")
    return said


def _lengths(runs: Sequence[Run], names: Mapping[str, str], key: str, size: Size) -> list[str]:
    """Whether some had more training than others when they were measured."""
    read = {run.id: last(evaluations(run), key, size) for run in runs}
    steps = {run_id: found.step for run_id, found in read.items() if found is not None}
    low, high = min(steps, key=lambda each: steps[each]), max(steps, key=lambda each: steps[each])
    if steps[low] == steps[high]:
        return []
    where = f"{names[low]} at step {steps[low]:,}, {names[high]} at step {steps[high]:,}"
    return [f"They were measured after different numbers of steps ({where}): more training alone may explain it."]


def _named(runs: Sequence[Run], names: Mapping[str, str]) -> str:
    rest = [f"{len(runs) - MOST_NAMED} more"] if len(runs) > MOST_NAMED else []
    return listed([*(names[run.id] for run in runs[:MOST_NAMED]), *rest])


# --- numbers --------------------------------------------------------------------------------------------------------


def _is_ratio(key: str) -> bool:
    return key in OUTCOMES and OUTCOMES[key].ratio


def _resolution(key: str) -> float:
    return OUTCOMES[key].resolution if key in OUTCOMES else 0.0


def _compared(key: str, value: float) -> float:
    return math.log(max(value, OUTCOMES[key].floor)) if _is_ratio(key) else value


def _read(key: str, compared: float) -> float:
    return math.exp(min(compared, 700.0)) if _is_ratio(key) else compared


def _alike(one: Standing, other: Standing) -> bool:
    """Whether two single runs differ no more than one run measured twice may."""
    gap = abs(one.estimate.effect - other.estimate.effect)
    return gap <= _UNLIKE * math.sqrt(2) * _resolution(one.key)


def _texts(key: str, values: Sequence[float]) -> list[str]:
    """Numbers with the digits they deserve: an FID has one decimal, unless that hides a difference."""
    digits = MEASURES[key].digits
    if digits == ".0f" and any(value != round(value) for value in values):
        digits = ".1f"  # the mean of whole numbers
    full = [f"{value:{digits}}" for value in values]
    short = [f"{value:.1f}" for value in values]
    is_fid = key in ("fid", "recon_fid") and min(values) >= 1
    return short if is_fid and len(set(short)) == len(set(full)) else full
