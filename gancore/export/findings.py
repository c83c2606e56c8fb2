"""Claims, rules and findings as the cells of a table: plain texts, for HTML and Markdown alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp
from typing import get_args

from gancore.experiments import OUTCOMES, Claim, Finding, Verdict
from gancore.experiments.claims.claim import Arm, Difference, Equivalence, Level, Rule
from gancore.experiments.verdicts import Judgement
from gancore.text import listed

HEAD = ("rule", "means", "measured, 95 % interval", "n", "p", "could have seen")


def cells(finding: Finding) -> tuple[str, ...]:
    """What was asked, what came out, and how sure that is: in the order of `HEAD`."""
    return (
        rule_words(finding.rule),
        means(finding),
        "–" if finding.effect is None else finding.measured,
        str(finding.n),
        small(finding.p),
        detectable(finding),
    )


def said_by(claim: Claim) -> str:
    """`report 002, question 5`, and where the claim comes from unless that is the report as it was handed in."""
    plain = claim.provenance == "report" or claim.provenance in claim.source
    return claim.source if plain else f"{claim.source} ({claim.provenance})"


def rule_words(rule: Rule) -> str:
    """What has to hold, in one phrase."""
    outcome = OUTCOMES[rule.outcome]
    subject = f"{outcome.label[:1].upper()}{outcome.label[1:]} of {_arm(rule.arm)}"
    match rule:
        case Level():
            return f"{subject} is {rule.direction} than {rule.level:{outcome.digits}}"
        case Equivalence():
            return f"{subject} and of {_arm(rule.than)} differ by no more than {_margin(rule.outcome, rule.within)}"
        case Difference():
            least = _margin(rule.outcome, rule.least)
            return f"{subject} is {rule.direction} than of {_arm(rule.than)}, by at least {least}"


def reasons(rules: Sequence[Rule]) -> str:
    """Why smaller differences would not count, each reason once."""
    return "; ".join(dict.fromkeys(rule.reason.rstrip(".") for rule in rules if rule.reason))


def _arm(arm: Arm) -> str:
    name = f"“{arm.name}”" if arm.name else "the only arm"
    quick = f" (“{arm.quick}” at the quick scale)" if arm.quick is not None and arm.quick != arm.name else ""
    return (f"{name} in {arm.experiment}" if arm.experiment else name) + quick


def _margin(key: str, size: float) -> str:
    """A difference that counts: a factor where differences are ratios."""
    outcome = OUTCOMES[key]
    return f"a factor of {exp(size):.3g}" if outcome.ratio else f"{size:{outcome.digits}}"


def means(finding: Finding) -> str:
    """Of both sides: `9.81 against 6.02`."""
    if finding.arm is None:
        return "–"
    digits = OUTCOMES[finding.rule.outcome].digits
    digits = ".1f" if digits == ".0f" else digits
    against = finding.than is not None and not isinstance(finding.rule, Level)
    return f"{finding.arm:{digits}} against {finding.than:{digits}}" if against else f"{finding.arm:{digits}}"


def detectable(finding: Finding) -> str:
    """The effect that so many seeds could have seen, a factor where differences are ratios."""
    outcome, size = OUTCOMES[finding.rule.outcome], finding.detectable
    if size is None:
        return "–"
    if outcome.ratio:
        return f"× {size:.2f}" if size < 100 else f"× {size:.2g}"
    return f"{size:{outcome.digits}}"


def small(probability: float | None) -> str:
    """A p or q value; a dash where there is no test."""
    return "–" if probability is None else f"{probability:.2g}"


def deciding(verdict: Verdict) -> Finding | None:
    """The finding that the verdict hangs on: the first that says the same, and has numbers if one has."""
    alike = [each for each in verdict.findings if each.verdict == verdict.verdict]
    return next((each for each in alike if each.effect is not None), alike[0] if alike else None)


def in_short(verdict: Verdict) -> tuple[str, str, str]:
    """What was measured for the deciding rule, its n, and q."""
    finding = deciding(verdict)
    if finding is None or finding.effect is None:
        return "–", "–", small(verdict.q)
    return finding.measured, str(finding.n), small(verdict.q)


def lacking(verdict: Verdict) -> str:
    """`2 seeds of ndf 32 and 1 seed of ndf 64`."""
    return listed([f"{n} {'seed' if n == 1 else 'seeds'} of {arm}" for arm, n in verdict.missing.items()])


def tally(verdicts: Sequence[Verdict]) -> Mapping[Judgement, int]:
    """How many have which verdict."""
    return {name: sum(each.verdict == name for each in verdicts) for name in get_args(Judgement)}
