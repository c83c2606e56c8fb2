"""Verdicts in words: one sentence with the numbers, for a page, a terminal and a report alike."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from gancore.experiments.catalogue import EXPERIMENTS
from gancore.experiments.claims.claim import Arm, Difference, Equivalence, Level, Rule
from gancore.experiments.experiment import Scale
from gancore.experiments.outcomes import OUTCOMES, Outcome
from gancore.experiments.statistics import LEAST_SEEDS, Estimate


@dataclass(frozen=True)
class Facts:
    """What a sentence on a rule may have to mention besides numbers."""

    rule: Rule
    scale: Scale
    runs: Sequence[int]  # that count, of each side
    failures: Sequence[int]  # of these

    @property
    def outcome(self) -> Outcome:
        return OUTCOMES[self.rule.outcome]

    @property
    def arms(self) -> list[str]:
        """The names of both sides, or of the only one."""
        sides = (self.rule.arm,) if isinstance(self.rule, Level) else (self.rule.arm, self.rule.than)
        return [arm_name(arm, self.scale) for arm in sides]


def experiment(name: str) -> str:
    """An experiment's title in quotation marks."""
    return f'"{EXPERIMENTS[name].title}"' if name in EXPERIMENTS else name


def arm_name(arm: Arm, scale: Scale) -> str:
    """An arm's name at a scale, with that of its experiment if it is another one than the claim's."""
    name = arm.at(scale) or "the only arm"
    return f"{arm.experiment}: {name}" if arm.experiment else name


# --- a claim --------------------------------------------------------------------------------------------------------


def of_claim(verdict: str, parts: Sequence[tuple[str, str]]) -> str:
    """The verdict on a claim, with the part that it hangs on; `parts` are the rules' verdicts and sentences."""
    words = next(words for part, words in parts if part == verdict)
    if len(parts) == 1:
        return f"{verdict.capitalize()}: {words}"
    if verdict == "supported":
        return f"Supported in all {len(parts)} parts, first: {words}"
    if verdict == "contradicted":
        return f"Contradicted in {_count(parts, verdict)} of {len(parts)} parts: {words}"
    return f"Not decided: {_count(parts, 'supported')} of {len(parts)} parts are supported, the others open: {words}"


def _count(parts: Sequence[tuple[str, str]], verdict: str) -> int:
    return sum(part == verdict for part, _ in parts)


# --- a rule ---------------------------------------------------------------------------------------------------------


def nothing(facts: Facts, values: Sequence[Collection[int]]) -> str:
    """Of a rule that one side or both have no values for."""
    without = [place for place, known in enumerate(values) if not known]
    untrained = [facts.arms[place] for place in without if not facts.runs[place]]
    if untrained:
        return f"no run of {' and of '.join(untrained)} has ended yet at the {facts.scale} scale."
    names = " and of ".join(facts.arms[place] for place in without)
    return f"{facts.outcome.label} was not measured of the runs of {names}."


def one_seed(facts: Facts, means: tuple[float, float], estimate: Estimate) -> str:
    """Of a rule that no test can be made of."""
    return (
        f"{_subject(facts, means)}, {_size(facts, estimate.effect)}, and one seed proves nothing: "
        f"{LEAST_SEEDS} are the least.{_failures(facts)}"
    )


def of_rule(
    facts: Facts, verdict: str, means: tuple[float, float], estimate: Estimate, gap: float, needed: int | None
) -> str:
    """Of a rule that was tested; `gap` and `needed` are those of its `Finding`."""
    if isinstance(facts.rule, Level):
        measured = f"{_subject(facts, means)} ({_level_interval(facts, estimate)})"
    else:
        measured = f"{_subject(facts, means)}, {_size(facts, estimate.effect)} ({_interval(facts, estimate)})"
    conclusion = _open(facts, estimate, gap, needed) if verdict == "not decided" else _decided(facts, verdict)
    few = f" {estimate.n} seeds are few: {LEAST_SEEDS} are the least to rely on." if estimate.n < LEAST_SEEDS else ""
    return f"{measured}: {conclusion}.{few}{_failures(facts)}"


def _subject(facts: Facts, means: tuple[float, float]) -> str:
    """`FID 6.1 (ngf 256) against 5.8 (ngf 32)`."""
    shown = [f"{mean:{facts.outcome.digits}} ({arm})" for mean, arm in zip(means, facts.arms, strict=False)]
    return f"{facts.outcome.label} {' against '.join(shown)}"


def _size(facts: Facts, effect: float) -> str:
    """`1.05 times as high`, in the direction of the rule; a difference is `0.05 higher` in its own."""
    if isinstance(facts.rule, Level):
        return f"where {_demand(facts.rule)} counts"
    if facts.outcome.ratio:
        return f"{_factor(effect)} times as {'low' if _falls(facts.rule) else 'high'}"
    natural = -effect if _falls(facts.rule) else effect
    return f"{_number(facts, abs(natural))} {'lower' if natural < 0 else 'higher'}"


def _interval(facts: Facts, estimate: Estimate) -> str:
    """`0.90 to 1.22; 3 seeds`."""
    low, high = estimate.interval()
    if facts.outcome.ratio:
        return f"{_factor(low)} to {_factor(high)}; {estimate.n} seeds"
    if estimate.effect < 0:  # told in its own direction, see `_size`
        low, high = -high, -low
    return f"{_number(facts, low)} to {_number(facts, high)}; {estimate.n} seeds"


def _level_interval(facts: Facts, estimate: Estimate) -> str:
    """Of the mean itself: the effect is how far beyond the level it lies."""
    rule = facts.rule
    assert isinstance(rule, Level)
    ends = [-end if _falls(rule) else end for end in estimate.interval()]
    shown = [rule.level * math.exp(min(end, 700.0)) if facts.outcome.ratio else rule.level + end for end in ends]
    low, high = sorted(shown)
    return f"{_number(facts, low)} to {_number(facts, high)}; {estimate.n} seeds"


def _decided(facts: Facts, verdict: str) -> str:
    match facts.rule, verdict:
        case Difference(least=least), "supported":
            return f"more than the {_amount(facts, least)} that counts"
        case Difference(least=least), _:
            return f"less than the {_amount(facts, least)} that would count"
        case Equivalence(within=within), "supported":
            return f"no further apart than {_article(facts, within)}, which is too little to matter"
        case Equivalence(within=within), _:
            return f"further apart than {_article(facts, within)}"
        case Level() as level, "supported":
            return f"{_demand(level)}"
        case level, _:
            assert isinstance(level, Level)
            return f"not {_demand(level)}"


def _open(facts: Facts, estimate: Estimate, gap: float, needed: int | None) -> str:
    seeds = f"{estimate.n} seeds"
    match facts.rule:
        case Difference():
            seen = f"{seeds} could have seen {_article(facts, gap)}"
            decides = f"about {needed} would decide on {_article(facts, facts.rule.least)}"
        case Equivalence(within=within):
            seen = f"{seeds} could have shown that it is no more than {_article(facts, gap)}"
            decides = f"about {needed} would do so for {_article(facts, within)}"
        case Level(level=level):
            seen = f"too close to {_number(facts, level)} for {seeds}"
            decides = f"about {needed} would tell"
    return f"{seen}, {decides}" if needed else f"{seen}, and no thousand would decide"


def _failures(facts: Facts) -> str:
    """How many runs count as the worst."""
    told = [
        f"{failures} of {runs} runs of {arm}"
        for failures, runs, arm in zip(facts.failures, facts.runs, facts.arms, strict=True)
        if failures
    ]
    return f" Failed, and counted as {_number(facts, facts.outcome.worst)}: {', '.join(told)}." if told else ""


# --- numbers --------------------------------------------------------------------------------------------------------


def _falls(rule: Rule) -> bool:
    return not isinstance(rule, Equivalence) and rule.direction == "lower"


def _demand(level: Level) -> str:
    outcome = OUTCOMES[level.outcome]
    return f"{'above' if level.direction == 'higher' else 'below'} {level.level:{outcome.digits}}"


def _amount(facts: Facts, effect: float) -> str:
    """`factor of 1.25`, or `difference of 0.05`."""
    if facts.outcome.ratio:
        return f"factor of {_factor(effect)}"
    return f"difference of {_number(facts, effect)}"


def _article(facts: Facts, effect: float) -> str:
    return f"a {_amount(facts, effect)}"


def _factor(effect: float) -> str:
    factor = math.exp(min(effect, 700.0))
    return f"{factor:.2f}" if 0.1 <= factor < 100 else f"{factor:.2g}"


def _number(facts: Facts, value: float) -> str:
    return f"{value:{facts.outcome.digits}}"
