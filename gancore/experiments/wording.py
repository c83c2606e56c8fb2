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

FALSE_DISCOVERIES = 0.05  # rate up to which a verdict among many is called sure
ICONS = {"supported": "✓", "contradicted": "✗", "not decided": "?"}  # never without the word


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
    name = arm.at(scale)
    return f"{arm.experiment}: {name}" if arm.experiment else name


# --- a claim --------------------------------------------------------------------------------------------------------


def of_claim(verdict: str, scale: Scale, parts: Sequence[tuple[str, str]]) -> str:
    """The verdict on a claim, with the part that it hangs on; `parts` are the rules' verdicts and sentences.

    What holds at the quick scale is not what the report did, so that is said.
    """
    words = next(words for part, words in parts if part == verdict)
    judged = f"{verdict.capitalize()}{' at the quick scale' if scale == 'quick' else ''}"
    if len(parts) == 1:
        return f"{judged}: {words}"
    if verdict == "supported":
        return f"{judged} in all {len(parts)} parts, first: {words}"
    if verdict == "contradicted":
        return f"{judged} in {_count(parts, verdict)} of {len(parts)} parts: {words}"
    return f"{judged}: {_count(parts, 'supported')} of {len(parts)} parts are supported, the others open: {words}"


def _count(parts: Sequence[tuple[str, str]], verdict: str) -> int:
    return sum(part == verdict for part, _ in parts)


def discoveries(q_values: Sequence[float], judged: int) -> str:
    """How far verdicts can be believed that were judged at once; `q_values` are those of the decided ones."""
    sure = sum(q <= FALSE_DISCOVERIES for q in q_values)
    if judged == 1:
        return "One claim could be tested."
    return (
        f"{judged} claims could be tested at once. Of the {len(q_values)} that are decided, {sure} stay so at a false "
        f"discovery rate of {FALSE_DISCOVERIES:.0%} (Benjamini and Hochberg 1995); among all of them the share of "
        f"false ones is expected to be at most {max(q_values, default=0.0):.2g}."
    )


# --- a rule ---------------------------------------------------------------------------------------------------------


def nothing(facts: Facts, values: Sequence[Collection[int]]) -> str:
    """Of a rule that one side or both have no values for."""
    without = [place for place, known in enumerate(values) if not known]
    untrained = [facts.arms[place] for place in without if not facts.runs[place]]
    if untrained:
        return f"no run{_of(untrained)} has ended yet at the {facts.scale} scale."
    return f"{facts.outcome.label} was not measured of the runs{_of([facts.arms[place] for place in without])}."


def one_seed(facts: Facts, means: tuple[float, float], estimate: Estimate) -> str:
    """Of a rule that no test can be made of."""
    size = f", where {_demand(facts.rule)} counts" if isinstance(facts.rule, Level) else _size(facts, estimate.effect)
    conclusion = f"One seed proves nothing: {LEAST_SEEDS} are the least."
    return f"{_subject(facts, means)}{size}. {conclusion}{_failures(facts)}"


def of_rule(
    facts: Facts, verdict: str, means: tuple[float, float], estimate: Estimate, gap: float, needed: int | None
) -> str:
    """Of a rule that was tested; `gap` and `needed` are those of its `Finding`."""
    if isinstance(facts.rule, Level):
        measured = _subject(facts, means, _level_interval(facts, estimate))
    else:
        measured = f"{_subject(facts, means)}{_size(facts, estimate.effect)} ({_interval(facts, estimate)})"
    told = f". {_open(facts, estimate, gap, needed)}" if verdict == "not decided" else f", {_decided(facts, verdict)}"
    few = f" {estimate.n} seeds are few: {LEAST_SEEDS} are the least to rely on." if estimate.n < LEAST_SEEDS else ""
    return f"{measured}{told}.{few}{_failures(facts)}"


def _of(arms: Sequence[str]) -> str:
    """` of nz 10 and of nz 100`; nothing for an only arm, which has no name."""
    return "".join(f" of {arm}" if place == 0 else f" and of {arm}" for place, arm in enumerate(filter(None, arms)))


def _subject(facts: Facts, means: tuple[float, float], interval: str = "") -> str:
    """`FID 6.1 (ngf 256) against 5.8 (ngf 32)`, or `FID 6.1 (ngf 256; 5.8 to 6.4; 3 seeds)`."""
    shown = []
    for mean, arm in zip(means, facts.arms, strict=False):
        told = "; ".join(filter(None, (arm, interval)))
        shown.append(f"{_number(facts, mean)} ({told})" if told else _number(facts, mean))
    return f"{facts.outcome.label} {' against '.join(shown)}"


def _size(facts: Facts, effect: float) -> str:
    """`, 1.05 times as high`, or `, 0.05 higher`."""
    if facts.outcome.ratio:
        return f", {_factor(_natural(facts.rule, effect))} times as high"
    natural = _natural(facts.rule, effect)
    return f", {_number(facts, abs(natural))} {'lower' if natural < 0 else 'higher'}"


def _interval(facts: Facts, estimate: Estimate) -> str:
    """`0.90 to 1.22; 3 seeds`."""
    low, high = _ends(facts.rule, *estimate.interval())
    if facts.outcome.ratio:
        return f"{_factor(low)} to {_factor(high)}; {estimate.n} seeds"
    if _natural(facts.rule, estimate.effect) < 0:  # told as how much lower, see `_size`
        low, high = -high, -low
    return f"{_number(facts, low)} to {_number(facts, high)}; {estimate.n} seeds"


def _level_interval(facts: Facts, estimate: Estimate) -> str:
    """Of the mean itself: the effect is how far beyond the level it lies."""
    low, high = (_reached(facts.rule, end) for end in _ends(facts.rule, *estimate.interval()))
    return f"{_number(facts, low)} to {_number(facts, high)}; {estimate.n} seeds"


def measured(rule: Rule, effect: float | None, low: float | None, high: float | None) -> str:
    """What was found, in short: `FID × 1.05 (0.90 to 1.22)`, `coverage +0.05 (-0.01 to +0.11)`, of a level `FID 6.1
    (5.8 to 6.4)`. Effects come as they are compared, in the rule's direction; they are told in their own.
    """
    known = OUTCOMES[rule.outcome]
    if effect is None:
        return known.label

    def told(value: float) -> str:
        if isinstance(rule, Level):
            return f"{_reached(rule, value):{known.digits}}"
        return _factor(value) if known.ratio else f"{value:+{known.digits}}"

    times = "× " if known.ratio and not isinstance(rule, Level) else ""
    said = f"{known.label} {times}{told(_natural(rule, effect))}"
    if low is None or high is None:
        return said
    ends = _ends(rule, low, high)
    return f"{said} ({told(ends[0])} to {told(ends[1])})"


def _natural(rule: Rule, effect: float) -> float:
    """How much higher the rule's arm is, whatever the rule says of it."""
    return -effect if _falls(rule) else effect


def _ends(rule: Rule, low: float, high: float) -> tuple[float, float]:
    """The ends of an interval, likewise."""
    ends = sorted((_natural(rule, low), _natural(rule, high)))
    return ends[0], ends[1]


def _reached(rule: Rule, beyond: float) -> float:
    """What lies so far above the rule's level."""
    assert isinstance(rule, Level)
    return rule.level * math.exp(min(beyond, 700.0)) if OUTCOMES[rule.outcome].ratio else rule.level + beyond


def _decided(facts: Facts, verdict: str) -> str:
    match facts.rule, verdict:
        case Difference(least=least), "supported":
            return f"more than the {_margin(facts, least)} that counts"
        case Difference(least=least), _:
            return f"less than the {_margin(facts, least)} that would count"
        case Equivalence(within=within), "supported":
            return f"no further apart than a {_margin(facts, within)}, which is too little to matter"
        case Equivalence(within=within), _:
            return f"further apart than a {_margin(facts, within)}"
        case Level() as level, "supported":
            return _demand(level)
        case Level() as level, _:
            return f"not {_demand(level)}"
    raise AssertionError(verdict)


def _open(facts: Facts, estimate: Estimate, gap: float, needed: int | None) -> str:
    """What it could have seen, and how many seeds it would take."""
    visible = _amount(facts, gap)
    match facts.rule:
        case Difference(least=least):
            seen = f"So many seeds could have seen a {visible}"
            decides = f"about {needed} would decide on a {_margin(facts, least)}"
        case Equivalence(within=within):
            seen = f"So many seeds could have shown that it is within a {visible}"
            decides = f"about {needed} would do so for a {_margin(facts, within)}"
        case Level(level=level):
            seen = f"That is too close to {level:g} for {estimate.n} seeds"
            decides = f"about {needed} would tell"
    return f"{seen}, {decides}" if needed else f"{seen}, and not even a thousand would decide"


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
    return f"{'above' if level.direction == 'higher' else 'below'} {level.level:g}"


def _margin(facts: Facts, effect: float) -> str:
    """`factor of 1.25`, or `difference of 0.05`, as a rule names it."""
    return f"factor of {math.exp(effect):.4g}" if facts.outcome.ratio else f"difference of {effect:g}"


def _amount(facts: Facts, effect: float) -> str:
    """`factor of 1.27`, or `difference of 0.06`, as it was measured."""
    return f"factor of {_factor(effect)}" if facts.outcome.ratio else f"difference of {_number(facts, effect)}"


def _factor(effect: float) -> str:
    factor = math.exp(min(effect, 700.0))
    return f"{factor:.2f}" if 0.1 <= factor < 100 else f"{factor:.2g}"


def _number(facts: Facts, value: float) -> str:
    return f"{value:{facts.outcome.digits}}"
