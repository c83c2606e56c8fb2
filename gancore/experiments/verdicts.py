"""Verdicts on claims, computed from the runs that a source has.

Each rule is judged apart, by the tests in `gancore.experiments.statistics`; a claim is supported if all of its rules
are, and contradicted if any of them is. So a claim of which some rule does not hold is supported in at most 2.5 % of
stores (5 % where that rule is "no difference"), however many rules it has; a claim that holds is contradicted in at
most 2.5 % (5 %) a rule. Of many claims judged at once, `q` says which share of those as clear as this one is false.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from gancore.experiments import statistics, wording
from gancore.experiments.claims import CLAIMS
from gancore.experiments.claims.claim import Arm, Claim, Difference, Equivalence, Level, Rule
from gancore.experiments.evidence import Evidence, Source
from gancore.experiments.experiment import Scale
from gancore.experiments.outcomes import OUTCOMES, outcome
from gancore.experiments.statistics import LEAST_SEEDS, LEVEL, Estimate
from gancore.store import Run

Judgement = Literal["supported", "contradicted", "not decided"]


@dataclass(frozen=True)
class Finding:
    """What the runs say of one rule of a claim.

    An effect is counted in the rule's direction: a difference of means, or a factor where the outcome's differences are
    ratios. That of a level is how far beyond it the arm is. `low` and `high` are the ends of its 95 % interval.
    """

    rule: Rule
    verdict: Judgement
    effect: float | None  # in the rule's direction, a ratio where the outcome's differences are ratios; None: no runs
    low: float | None  # of its interval; None: one seed has none
    high: float | None
    n: int  # seeds, or pairs of seeds
    p: float | None  # of the test behind it, for judging many claims at once; None: there is no test
    method: str  # how the interval was made: "paired t, 95 %"
    detectable: float | None  # the effect that this many seeds could have seen with 80 % power
    seeds_needed: int | None  # to decide an effect of the size that counts; None where it cannot be told
    words: str  # one sentence with the numbers
    arm: float | None = None  # mean of the rule's arm, over the seeds that were compared; a geometric one of ratios
    than: float | None = None  # likewise of what it is compared with: another arm, or the level

    @property
    def measured(self) -> str:
        """In short, for people: `FID × 1.05 (0.90 to 1.22)`, whatever the rule's direction; of a level the mean."""
        effect, low, high = (_as_compared(self.rule, each) for each in (self.effect, self.low, self.high))
        return wording.measured(self.rule, effect, low, high)


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
    p: float | None = None  # of the tests behind it, all rules together; None: nothing could be tested
    q: float | None = None  # false discovery rate among `judged` claims; None for a claim judged by itself
    judged: int = field(default=1)  # claims that were judged at once


def judge(claim: Claim, store: Source | Evidence, scale: Scale | None = None) -> Verdict:
    """What the runs of a store, or of anything that lists runs, say of a claim.

    At the full scale if each of its arms has two seeds there, or more than at the quick one; unless `scale` says which.
    """
    evidence = store if isinstance(store, Evidence) else Evidence(store)
    chosen = scale or _scale(claim, evidence)
    if chosen is None:
        return _without_runs(claim)
    tested = [_find(claim, rule, evidence, chosen) for rule in claim.rules]
    findings = tuple(finding for finding, _ in tested)
    verdict = together([finding.verdict for finding in findings])
    first = findings[0]
    return Verdict(
        claim=claim.id,
        verdict=verdict,
        effect=first.effect,
        low=first.low,
        high=first.high,
        n=first.n,
        runs=_runs_behind(claim, evidence, chosen),
        scale=chosen,
        findings=findings,
        words=wording.of_claim(verdict, chosen, [(finding.verdict, finding.words) for finding in findings]),
        missing={} if verdict != "not decided" else _missing(claim, findings, evidence, chosen),
        p=_p_together([test for _, test in tested if test is not None], len(tested)),
    )


def judge_all(store: Source, scale: Scale | None = None) -> list[Verdict]:
    """Every claim, and how sure each verdict is among so many."""
    evidence = Evidence(store)
    return at_once([judge(claim, evidence, scale) for claim in CLAIMS.values()])


def at_once(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Verdicts that are read together, with the false discovery rate among them."""
    tested = [verdict.p for verdict in verdicts if verdict.p is not None]
    q_values = iter(statistics.q_values(tested))
    return [
        replace(verdict, q=None if verdict.p is None else next(q_values), judged=len(tested)) for verdict in verdicts
    ]


def together(verdicts: Sequence[Judgement]) -> Judgement:
    """The verdict on a claim whose rules got these."""
    if "contradicted" in verdicts:
        return "contradicted"
    return "supported" if verdicts and all(verdict == "supported" for verdict in verdicts) else "not decided"


def _p_together(tests: Sequence[statistics.Test], rules: int) -> float | None:
    """All must be supported, any can contradict: the p-value of whichever is clearer."""
    if not tests:
        return None
    supports = max(test.supports for test in tests) if len(tests) == rules else 1.0
    return min(supports, min(1.0, rules * min(test.contradicts for test in tests)))


# --- which runs -----------------------------------------------------------------------------------------------------


def arms_of(rule: Rule) -> tuple[Arm, ...]:
    """The arms that a rule hangs on."""
    return (rule.arm,) if isinstance(rule, Level) else (rule.arm, rule.than)


def _of_arm(claim: Claim, arm: Arm, evidence: Evidence, scale: Scale) -> Mapping[int, Run]:
    return evidence.of(arm.experiment or claim.experiment, scale).get(arm.at(scale), {})


def _arms(claim: Claim) -> list[Arm]:
    return list(dict.fromkeys(arm for rule in claim.rules for arm in arms_of(rule)))


def _scale(claim: Claim, evidence: Evidence) -> Scale | None:
    seeds: dict[Scale, list[int]] = {
        scale: [len(_of_arm(claim, arm, evidence, scale)) for arm in _arms(claim)] for scale in ("full", "quick")
    }
    if min(seeds["full"]) >= 2:
        return "full"
    best: Scale = max(("quick", "full"), key=lambda scale: (min(seeds[scale]), sum(seeds[scale])))
    return best if any(seeds[best]) else None


def _runs_behind(claim: Claim, evidence: Evidence, scale: Scale) -> tuple[str, ...]:
    runs = (run for arm in _arms(claim) for _, run in sorted(_of_arm(claim, arm, evidence, scale).items()))
    return tuple(dict.fromkeys(run.id for run in runs))


def _without_runs(claim: Claim) -> Verdict:
    words = f"Not decided: there are no runs of {wording.experiment(claim.experiment)} yet."
    missing = dict.fromkeys((wording.arm_name(arm, "quick") for arm in _arms(claim)), LEAST_SEEDS)
    return Verdict(claim.id, "not decided", None, None, None, 0, (), None, (), words, missing)


def _missing(claim: Claim, findings: Sequence[Finding], evidence: Evidence, scale: Scale) -> dict[str, int]:
    """How many more seeds each arm needs until the rules that are open would probably be decided."""
    lacking: dict[str, int] = {}
    for finding in findings:
        wanted = max(LEAST_SEEDS, finding.seeds_needed or 0)
        for arm in arms_of(finding.rule) if finding.verdict == "not decided" else ():
            name, more = wording.arm_name(arm, scale), wanted - len(_of_arm(claim, arm, evidence, scale))
            if more > 0:
                lacking[name] = max(more, lacking.get(name, 0))
    return lacking


# --- one rule -------------------------------------------------------------------------------------------------------


def _find(claim: Claim, rule: Rule, evidence: Evidence, scale: Scale) -> tuple[Finding, statistics.Test | None]:
    sides = [_of_arm(claim, arm, evidence, scale) for arm in arms_of(rule)]
    values = [_values(rule.outcome, runs) for runs in sides]
    facts = wording.Facts(rule, scale, [len(runs) for runs in sides], [_failures(runs) for runs in sides])
    if not all(values):
        return Finding(
            rule, "not decided", None, None, None, 0, None, "", None, None, wording.nothing(facts, values)
        ), None
    estimate = _estimate(rule, values)
    means = _means(rule, values, estimate)
    if not estimate.known:
        effect = _shown(rule, estimate.effect)
        words = wording.one_seed(facts, means, estimate)
        return Finding(rule, "not decided", effect, None, None, estimate.n, None, "", None, None, words, *means), None
    test = _test(rule, estimate)
    verdict: Judgement = (
        "supported" if test.supports <= LEVEL else "contradicted" if test.contradicts <= LEVEL else "not decided"
    )
    gap, needed = _reach(rule, estimate)
    low, high = estimate.interval()
    return Finding(
        rule=rule,
        verdict=verdict,
        effect=_shown(rule, estimate.effect),
        low=_shown(rule, low),
        high=_shown(rule, high),
        n=estimate.n,
        p=min(test.supports, test.contradicts),
        method=f"{estimate.method}, 95 %",
        detectable=_shown(rule, gap),
        seeds_needed=needed,
        words=wording.of_rule(facts, verdict, means, estimate, gap, needed),
        arm=means[0],
        than=means[1],
    ), test


def _values(key: str, runs: Mapping[int, Run]) -> dict[int, float]:
    """By seed, as they are compared: logarithms where differences are ratios."""
    known = {seed: outcome(run, key) for seed, run in runs.items()}
    return {seed: _compared(key, value) for seed, value in known.items() if value is not None}


def _compared(key: str, value: float) -> float:
    known = OUTCOMES[key]
    return math.log(max(value, known.floor)) if known.ratio else value


def _failures(runs: Mapping[int, Run]) -> int:
    return sum(run.status.state == "failed" for run in runs.values())


def _estimate(rule: Rule, values: Sequence[Mapping[int, float]]) -> Estimate:
    """The effect in the direction of the rule."""
    resolution = OUTCOMES[rule.outcome].resolution
    if isinstance(rule, Level):
        bound = _compared(rule.outcome, rule.level)
        return statistics.of_values([_sign(rule) * (value - bound) for value in values[0].values()], resolution)
    signed = [{seed: _sign(rule) * value for seed, value in side.items()} for side in values]
    return statistics.compare(signed[0], signed[1], resolution)


def _sign(rule: Rule) -> int:
    return -1 if not isinstance(rule, Equivalence) and rule.direction == "lower" else 1


def _means(rule: Rule, values: Sequence[Mapping[int, float]], estimate: Estimate) -> tuple[float, float]:
    """Of both sides, in the outcome's own units, over the seeds that were compared."""
    ratio = OUTCOMES[rule.outcome].ratio
    paired = set.intersection(*(set(side) for side in values)) if estimate.method.startswith("paired") else None
    means = [_mean([value for seed, value in side.items() if paired is None or seed in paired]) for side in values]
    shown = [math.exp(mean) if ratio else mean for mean in means]
    return shown[0], rule.level if isinstance(rule, Level) else shown[1]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _test(rule: Rule, estimate: Estimate) -> statistics.Test:
    match rule:
        case Difference():
            return statistics.beyond(estimate, rule.least)
        case Equivalence():
            return statistics.within(estimate, rule.within)
        case Level():
            return statistics.beyond(estimate, 0.0)


def _reach(rule: Rule, estimate: Estimate) -> tuple[float, int | None]:
    """What so many seeds could have seen with 80 % power, and how many it takes to see what matters.

    Of a difference: an effect that much larger than the least that counts, and seeds to tell none at all, or twice the
    least, from it. Of "no difference": the margin within which it could have been shown, and seeds to show it within
    the rule's. Of a level: how far from it, and seeds to tell the distance that was found.
    """
    if isinstance(rule, Equivalence):
        margin = statistics.provable_margin(estimate.freedom) * estimate.error
        return margin, statistics.seeds_needed(estimate, rule.within, statistics.provable_margin)
    gap = statistics.visible_gap(estimate.freedom) * estimate.error
    if isinstance(rule, Level):
        return gap, statistics.seeds_needed(estimate, abs(estimate.effect))
    return rule.least + gap, statistics.seeds_needed(estimate, rule.least)


def _shown(rule: Rule, effect: float) -> float:
    """An effect as it is shown: a factor where differences are ratios."""
    return math.exp(min(effect, 700.0)) if OUTCOMES[rule.outcome].ratio else effect


def _as_compared(rule: Rule, effect: float | None) -> float | None:
    """The other way round."""
    return math.log(effect) if effect is not None and OUTCOMES[rule.outcome].ratio else effect
