"""What a claim is: who says it, and the rules that decide it, fixed before anybody looks at results.

A rule compares arms of one experiment in one outcome (see `gancore.experiments.outcomes`). An outcome that differences
are ratios of (a FID, say) is compared by its logarithm: `least=ratio(1.25)` is a quarter more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from gancore.experiments.experiment import Scale

Direction = Literal["higher", "lower"]
Provenance = Literal["report", "later revision", "hand-out", "our question"]


@dataclass(frozen=True)
class Arm:
    """An arm of the claim's experiment, or of another one; at the quick scale `quick` stands in for it."""

    name: str
    quick: str | None = None  # None: the same
    experiment: str | None = None  # None: the claim's

    def at(self, scale: Scale) -> str:
        """Its name at a scale."""
        return self.quick if scale == "quick" and self.quick is not None else self.name


@dataclass(frozen=True)
class Difference:
    """`arm` is `direction` than `than` in `outcome`, by at least the smallest effect of interest.

    Supported if the interval of the difference lies beyond `least`, contradicted if it lies short of it.
    """

    outcome: str
    arm: Arm
    than: Arm
    direction: Direction
    least: float  # > 0; a logarithm where the outcome's differences are ratios
    reason: str  # why a smaller difference would not count


@dataclass(frozen=True)
class Equivalence:
    """`arm` and `than` do not differ in `outcome` by more than `within`: two one-sided tests.

    Supported if the interval of the difference lies within, contradicted if it lies outside.
    """

    outcome: str
    arm: Arm
    than: Arm
    within: float  # > 0; a logarithm where the outcome's differences are ratios
    reason: str


@dataclass(frozen=True)
class Level:
    """`arm` reaches a level of `outcome`: its mean is `direction` than `level`."""

    outcome: str
    arm: Arm
    direction: Direction
    level: float
    reason: str


Rule = Difference | Equivalence | Level


@dataclass(frozen=True)
class Claim:
    """Something that is said of an experiment. Its rules are judged apart, and together: all must hold."""

    id: str
    experiment: str  # id in the catalogue
    source: str  # "report 002, question 5"
    says: str  # paraphrased, one sentence
    rules: tuple[Rule, ...]
    provenance: Provenance = "report"
    note: str = field(default="", kw_only=True)  # how the rules differ from the words, for people


def ratio(times: float) -> float:
    """A ratio as the logarithm that rules compare by."""
    return math.log(times)
