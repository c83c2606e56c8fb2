"""What fits into the time that somebody has, and what could be decided in it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from gancore.config import RunConfig
from gancore.experiments import CLAIMS, EXPERIMENTS, OUTCOMES, Experiment, Scale, outcome
from gancore.experiments.claims.claim import Difference
from gancore.experiments.evidence import Evidence
from gancore.experiments.statistics import visible_gap
from gancore.text import describe_duration

SEEDS = (1, 2, 3, 5, 10, 20)  # how many one would choose
ENOUGH = 3  # seeds at the full scale that are worth more than many at the quick one

Cost = Callable[[RunConfig], float]  # seconds of a run, alone on all cores


@dataclass(frozen=True)
class Offer:
    """A sweep of an experiment that fits."""

    scale: Scale
    seeds: tuple[int, ...]
    seconds: float  # that it takes
    words: str  # what it is, and what it can decide


def offer(
    experiment: str, seconds: float, cost: Cost, *, speedup: float = 1.0, known: Evidence | None = None
) -> Offer | None:
    """The best sweep of an experiment's arms that takes at most so many seconds; None if not even one seed fits.

    Three seeds at the full scale are better than any number at the quick one, and then more seeds than fewer.
    `speedup` is how much faster several runs side by side are than one after another; `known` are runs, the reference
    runs say, by which it is told how far seeds differ.
    """
    entry = EXPERIMENTS[experiment]
    scales: tuple[Scale, ...] = ("full", "quick") if entry.quick else ("full",)
    per_seed = {scale: sum(cost(entry.arm(name, scale)) for name in entry.arms_at(scale)) / speedup for scale in scales}
    fitting = [(scale, count) for scale in scales for count in SEEDS if count * per_seed[scale] <= seconds]
    if not fitting:
        return None
    scale, count = max(fitting, key=lambda each: (each[0] == "full" and each[1] >= ENOUGH, each[1], each[0] == "full"))
    takes = count * per_seed[scale]
    seeds = seeds_of(entry, count)
    size = f"{_counted(count, 'seed')} of {_counted(len(entry.arms_at(scale)), 'arm')} at the {scale} scale"
    words = f"{size}, about {describe_duration(takes)}. {decides(entry, scale, count, known)}"
    return Offer(scale, seeds, takes, words)


def seeds_of(experiment: Experiment, count: int) -> tuple[int, ...]:
    """The first so many seeds of an experiment: its own, and those that follow them."""
    own = experiment.seeds[:count]
    following = max(experiment.seeds) + 1
    return (*own, *range(following, following + count - len(own)))


def decides(experiment: Experiment, scale: Scale, count: int, known: Evidence | None = None) -> str:
    """What so many seeds can tell, in a sentence."""
    if count < 2:
        return "One seed decides nothing: it shows what happens, not whether that was chance."
    gaps = {key: gap for key in _compared(experiment) if (gap := visible(experiment, scale, key, count, known))}
    if not gaps:
        return "How far seeds differ here is not known yet, so neither is what this can decide."
    shown = [_gap_words(key, gap) for key, gap in list(gaps.items())[:2]]
    return f"That can tell {' and '.join(shown)}, if seeds differ as they did in earlier runs."


def visible(experiment: Experiment, scale: Scale, key: str, count: int, known: Evidence | None = None) -> float | None:
    """The difference of an outcome between two arms that `count` pairs of seeds tell from none with 80 % power.

    As it is compared: of ratios, a logarithm. None if no arm has runs of two seeds.
    """
    spread = _spread(experiment, scale, key, known)
    return None if spread is None else visible_gap(count - 1) * math.sqrt(2 / count) * spread


def _spread(experiment: Experiment, scale: Scale, key: str, known: Evidence | None) -> float | None:
    """Standard deviation between seeds within an arm, over all arms with two seeds or more."""
    said = OUTCOMES[key]
    variances = []
    for runs in (known.of(experiment.id, scale) if known else {}).values():
        values = [value for run in runs.values() if (value := outcome(run, key)) is not None]
        if len(values) >= 2:
            compared = np.log(np.maximum(values, said.floor)) if said.ratio else np.asarray(values)
            variances.append(float(np.var(compared, ddof=1)))
    return math.sqrt(fmean(variances) + said.resolution**2) if variances else None


def _compared(experiment: Experiment) -> Sequence[str]:
    """The outcomes in which the experiment's claims compare arms, in order."""
    claims = [claim for claim in CLAIMS.values() if claim.experiment == experiment.id]
    rules = [rule for claim in claims for rule in claim.rules if isinstance(rule, Difference)]
    return list(dict.fromkeys(rule.outcome for rule in rules))


def _gap_words(key: str, gap: float) -> str:
    said = OUTCOMES[key]
    if said.ratio:
        return f"{said.label} {math.exp(min(gap, 20)):.3g} times as high"
    return f"a difference of {gap:{said.digits}} in {said.label}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
