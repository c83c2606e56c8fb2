"""Verdicts on claims, computed from the runs that a store has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gancore.experiments.claims.claim import Rule
from gancore.experiments.experiment import Scale

Judgement = Literal["supported", "contradicted", "not decided"]


@dataclass(frozen=True)
class Finding:
    """What the runs say of one rule of a claim."""

    rule: Rule
    verdict: Judgement
    effect: float | None  # in the rule's direction, a ratio where the outcome's differences are ratios; None: no runs
    low: float | None  # of its interval
    high: float | None
    n: int  # seeds, or pairs of seeds
    p: float | None  # of the test behind it, for judging many claims at once
    method: str  # how the interval was made: "paired t, 95 %"
    detectable: float | None  # the effect that this many seeds could have seen with 80 % power
    seeds_needed: int | None  # to decide an effect of the size that counts; None where it cannot be told
    words: str  # one sentence with the numbers


@dataclass(frozen=True)
class Verdict:
    """What a store says of a claim. `effect`, `low` and `high` are those of its first rule."""

    claim: str
    verdict: Judgement
    effect: float | None
    low: float | None
    high: float | None
    n: int
    runs: tuple[str, ...]  # ids of the runs behind it
    scale: Scale | None  # at which it was judged; None: there are no runs
    findings: tuple[Finding, ...]
    words: str  # one sentence
    missing: Mapping[str, int]  # seeds that each arm lacks for a decision, by arm; empty where none is
