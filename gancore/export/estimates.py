"""What several seeds say of one number: their mean, and the interval in which it lies, as verdicts compute them."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from gancore.experiments import Outcome
from gancore.experiments.statistics import of_values


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds and its 95 % interval; of one seed there is none."""

    mean: float
    low: float | None
    high: float | None
    n: int

    def text(self, digits: str) -> str:
        """`5.61 [5.20, 6.05]`, digits as in a format specification; the mean of whole numbers gets a decimal."""
        if self.low is None or self.high is None:
            return f"{self.mean:{digits}}"
        digits = ".1f" if digits == ".0f" else digits
        return f"{self.mean:{digits}} [{self.low:{digits}}, {self.high:{digits}}]"


def estimate(outcome: Outcome, values: Collection[float]) -> Estimate | None:
    """The mean of an outcome and where it lies by Student's t; a geometric mean where differences are ratios.

    None of no values.
    """
    if not values:
        return None
    compared = [math.log(max(value, outcome.floor)) for value in values] if outcome.ratio else list(values)
    found = of_values(compared, outcome.resolution)
    ends = (*found.interval(), found.effect)
    low, high, mean = (math.exp(min(end, 700.0)) if outcome.ratio else end for end in ends)
    return Estimate(mean, low, high, found.n) if found.known else Estimate(mean, None, None, found.n)
