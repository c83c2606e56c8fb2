"""What a few seeds tell of an effect: its size, how far that can be trusted, and what could have been seen at all.

Every value is that of one seed; those of ratios come as logarithms. Runs with the same seed share their data's order
and their draws, so arms are compared pair by pair where they have the same seeds. Intervals are Student's, since three
seeds are too few to draw again from. The variance between seeds has that of measuring one run added to it (`resolution`
in the outcomes): three values that happen to agree are not known better than each can be measured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

CONFIDENCE = 0.95
LEVEL = 1 - CONFIDENCE  # of a test
POWER = 0.8  # with which an effect is called one that could have been seen
LEAST_SEEDS = 3  # fewer can be decided from two on, but are said to be few
MOST_SEEDS = 1_000  # needing more is as good as never

_STEPS = 512  # of the integral over what a standard error may turn out as


@dataclass(frozen=True)
class Estimate:
    """A mean effect of `n` seeds, or pairs of seeds."""

    effect: float
    error: float  # standard error; infinite where there is none, as with one seed
    freedom: float  # degrees of freedom of `error`; 0 where it is infinite
    n: int
    spread: float  # standard deviation of the effect of one seed
    method: str  # "paired t"
    arms: int = 1  # whose seeds are free of each other: two arms have twice the degrees of freedom

    @property
    def known(self) -> bool:
        """Whether anything can be said of it: one seed has no error to judge it by."""
        return self.freedom > 0

    def interval(self, confidence: float = CONFIDENCE) -> tuple[float, float]:
        """Where the effect lies, in the long run with this confidence."""
        if not self.known:
            return -math.inf, math.inf
        half = _quantile(self.freedom, (1 + confidence) / 2) * self.error
        return self.effect - half, self.effect + half

    def p_above(self, bound: float) -> float:
        """Of the one-sided test of "no higher than `bound`": small, if the effect is above."""
        return self._p(bound - self.effect)

    def p_below(self, bound: float) -> float:
        """Of the one-sided test of "no lower than `bound`": small, if the effect is below."""
        return self._p(self.effect - bound)

    def _p(self, distance: float) -> float:
        from scipy.special import stdtr  # here, as it takes long to import

        return float(stdtr(self.freedom, distance / self.error)) if self.known else 1.0


@dataclass(frozen=True)
class Test:
    """p-values, small for what the runs speak for; both are 1 where nothing can be said."""

    supports: float
    contradicts: float


def compare(ones: Mapping[int, float], others: Mapping[int, float], resolution: float) -> Estimate:
    """The mean of `ones` less that of `others`, both by seed.

    Paired t if both have the same seeds, or at least three in common, and else Welch's. The choice hangs on the seeds
    alone, never on the values.
    """
    common = sorted(ones.keys() & others.keys())
    if len(common) >= LEAST_SEEDS or (common and ones.keys() == others.keys()):
        return of_pairs([ones[seed] - others[seed] for seed in common], resolution)
    return welch(list(ones.values()), list(others.values()), resolution)


def of_pairs(differences: Sequence[float], resolution: float) -> Estimate:
    """The mean difference of pairs; each holds the measurement of two runs."""
    return _of_one_sample(differences, math.sqrt(2) * resolution, "paired t")


def of_values(values: Collection[float], resolution: float) -> Estimate:
    """The mean of an arm."""
    return _of_one_sample(values, resolution, "t")


def _of_one_sample(values: Collection[float], resolution: float, method: str) -> Estimate:
    n = len(values)
    effect = float(np.mean(list(values)))
    if n < 2:
        return Estimate(effect, math.inf, 0, n, math.nan, method)
    spread = math.hypot(_deviation(values), resolution)
    return Estimate(effect, spread / math.sqrt(n), n - 1, n, spread, method)


def welch(ones: Sequence[float], others: Sequence[float], resolution: float) -> Estimate:
    """The difference of two means whose seeds have nothing in common (Welch 1947)."""
    effect = float(np.mean(ones) - np.mean(others))
    n = min(len(ones), len(others))
    if n < 2:
        return Estimate(effect, math.inf, 0, n, math.nan, "Welch's t", arms=2)
    sizes = np.array([len(ones), len(others)])
    deviations = np.array([_deviation(ones), _deviation(others)])
    parts = deviations**2 / sizes
    freedom = n - 1.0 if not parts.any() else float(parts.sum() ** 2 / np.sum(parts**2 / (sizes - 1)))
    error = math.sqrt(parts.sum() + np.sum(resolution**2 / sizes))
    spread = math.sqrt(np.sum(deviations**2 + resolution**2))
    return Estimate(effect, error, freedom, n, spread, "Welch's t", arms=2)


def _deviation(values: Collection[float]) -> float:
    return float(np.std(list(values), ddof=1))


# --- tests ----------------------------------------------------------------------------------------------------------


def beyond(estimate: Estimate, least: float) -> Test:
    """Whether an effect is larger than the smallest one of interest.

    `supports` <= 0.05 means that the whole 95 % interval lies above `least`, and `contradicts` <= 0.05 that it lies
    below. If the effect is no larger than `least`, at most 2.5 % of such data support; if it is at least that large, at
    most 2.5 % contradict. An effect of exactly `least` is decided either way in 5 %, whatever the number of seeds.
    """
    return Test(min(1.0, 2 * estimate.p_above(least)), min(1.0, 2 * estimate.p_below(least)))


def within(estimate: Estimate, margin: float) -> Test:
    """Whether an effect is too small to matter, in either direction: two one-sided tests (Schuirmann 1987).

    `supports` <= 0.05 means that the 90 % interval lies within the margin, and `contradicts` <= 0.05 that the 95 %
    interval lies outside. If the effect reaches the margin, at most 5 % of such data support; if it is within, at most
    5 % contradict, and 2.5 % where the margin is wide beside the error.
    """
    supports = max(estimate.p_above(-margin), estimate.p_below(margin))
    return Test(supports, min(1.0, 2 * min(estimate.p_above(margin), estimate.p_below(-margin))))


def q_values(p_values: Sequence[float]) -> list[float]:
    """The share of false ones to expect among all that are as clear as this one (Benjamini & Hochberg 1995)."""
    p = np.asarray(p_values, float)
    order = np.argsort(p)[::-1]  # from the least clear one
    ranks = np.arange(len(p), 0, -1)
    q = np.empty(len(p))
    q[order] = np.minimum.accumulate(np.minimum(p[order] * len(p) / ranks, 1.0))
    return [float(value) for value in q]


# --- what could have been seen ----------------------------------------------------------------------------------------


def visible_gap(freedom: float) -> float:
    """How far beyond a bound an effect must lie, in standard errors, for `beyond` to tell with 80 % power."""
    from scipy.special import nctdtrinc

    return float(nctdtrinc(freedom, 1 - POWER, _quantile(freedom, (1 + CONFIDENCE) / 2)))


@lru_cache(maxsize=10_000)
def provable_margin(freedom: float) -> float:
    """The margin, in standard errors, within which `within` places no difference at all with 80 % power.

    The power of two one-sided tests given an error, averaged over what the error may turn out as.
    """
    from scipy.special import chdtri, ndtr

    quantiles = (np.arange(_STEPS) + 0.5) / _STEPS
    errors = np.sqrt(chdtri(freedom, quantiles) / freedom)  # in units of the true one
    reach = _quantile(freedom, CONFIDENCE) * errors

    def power(margin: float) -> float:
        return float(np.mean(np.maximum(0.0, 2 * ndtr(margin - reach) - 1)))

    low, high = 0.0, 1.0
    while power(high) < POWER:
        low, high = high, 2 * high
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (low, middle) if power(middle) >= POWER else (middle, high)
    return high


def seeds_needed(estimate: Estimate, gap: float, reach: Callable[[float], float] = visible_gap) -> int | None:
    """Seeds, of each arm, until a gap of this size is told with 80 % power, if they spread as these do.

    None if that cannot be told yet, or takes more than a thousand.
    """

    def enough(n: int) -> bool:
        return reach(estimate.arms * (n - 1)) * estimate.spread / math.sqrt(n) <= gap

    if not estimate.known or gap <= 0 or not enough(MOST_SEEDS):
        return None
    low, high = LEAST_SEEDS - 1, MOST_SEEDS  # too few, enough
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _quantile(freedom: float, p: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, p))
