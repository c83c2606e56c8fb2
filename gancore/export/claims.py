"""Claims and what the runs say of them, as parts of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp
from typing import get_args

from gancore.colors import VERDICTS
from gancore.experiments import OUTCOMES, Claim, Finding, Verdict
from gancore.experiments.claims.claim import Arm, Difference, Equivalence, Level, Rule
from gancore.experiments.verdicts import Judgement
from gancore.export.markup import Markup, joined, table, tag
from gancore.text import listed

_TIMES = "×\N{NO-BREAK SPACE}"
_MOST_NAMED = 12  # runs that are listed where they stand in a table as well
_SIGNS = {  # paths in a circle of radius 8
    "supported": "M4.2 8.4 7 11.2 12 5.4",
    "contradicted": "M5.2 5.2 10.8 10.8 M10.8 5.2 5.2 10.8",
    "not decided": "M5.9 6.3 C5.9 3.6 10.2 3.6 10.2 6.2 C10.2 7.8 8 7.8 8 9.4 M8 11.6 V11.7",
}


def verdict_mark(judgement: Judgement) -> Markup:
    """Icon and word: colour alone says nothing on paper."""
    sign = tag("path", d=_SIGNS[judgement], fill="none", stroke="#fff", stroke_width="1.7", stroke_linecap="round")
    circle = tag("circle", cx=8, cy=8, r=8, fill=VERDICTS[judgement])
    icon = tag("svg", circle, sign, viewBox="0 0 16 16", class_="icon", aria_hidden="true")
    return tag("span", icon, judgement, class_="verdict " + judgement.replace(" ", "-"))


def claim_block(claim: Claim, verdict: Verdict) -> Markup:
    """A claim in full: who says it, each of its rules with the numbers, and the runs behind them."""
    head = tag("header", verdict_mark(verdict.verdict), tag("p", f"{claim.says.rstrip('.')}.", class_="says"))
    said = tag("p", f"{said_by(claim)}.", class_="source")
    note = [tag("p", claim.note, class_="note")] if claim.note else []
    return tag(
        "article",
        head,
        said,
        *note,
        findings(verdict.findings),
        *reasons(claim.rules),
        tag("p", verdict.words, class_="words"),
        *lacking(verdict),
        *behind(verdict),
        class_="claim",
        id=f"claim-{claim.id}",
    )


def said_by(claim: Claim) -> str:
    """`report 002, question 5`, and where the claim comes from unless that is the report as it was handed in."""
    plain = claim.provenance == "report" or claim.provenance in claim.source
    return claim.source if plain else f"{claim.source} ({claim.provenance})"


def findings(found: Sequence[Finding]) -> Markup:
    """A row for each rule: what was asked, what came out, how sure that is."""
    if not found:
        return Markup("")
    head = ("Rule", "Measured", "Effect", "95 % interval", "n", "p", "Could have seen", "")
    body = [
        (
            rule_words(each.rule),
            measured(each),
            _size(each.rule, each.effect),
            _interval(each),
            str(each.n),
            "–" if each.p is None else f"{each.p:.2g}",
            detectable(each),
            verdict_mark(each.verdict),
        )
        for each in found
    ]
    return table(head, body, "findings")


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


def _arm(arm: Arm) -> str:
    name = arm.name or "the only arm"
    quick = f" ({arm.quick} at the quick scale)" if arm.quick is not None and arm.quick != arm.name else ""
    return (f"{name} in {arm.experiment}" if arm.experiment else name) + quick


def _margin(key: str, size: float) -> str:
    """A difference that counts: a factor where differences are ratios."""
    outcome = OUTCOMES[key]
    return f"a factor of {exp(size):.3g}" if outcome.ratio else f"{size:{outcome.digits}}"


def measured(finding: Finding) -> str:
    """The means behind it: `9.81 against 6.02`."""
    if finding.arm is None:
        return "–"
    digits = OUTCOMES[finding.rule.outcome].digits
    digits = ".1f" if digits == ".0f" else digits
    mean = f"{finding.arm:{digits}}"
    against = finding.than is not None and not isinstance(finding.rule, Level)
    return f"{mean} against {finding.than:{digits}}" if against else mean


def _size(rule: Rule, effect: float | None) -> str:
    """An effect in the direction of the rule: `× 1.31`, `+0.12`; of a level, how far beyond it."""
    if effect is None:
        return "–"
    outcome = OUTCOMES[rule.outcome]
    if outcome.ratio:
        return _TIMES + (f"{effect:.2f}" if 0.1 <= effect < 100 else f"{effect:.2g}")
    return f"{effect:+{outcome.digits}}"


def _interval(finding: Finding) -> str:
    """`× 1.10 to × 1.55`; a dash where one seed has none."""
    if finding.low is None or finding.high is None:
        return "–"
    low, high = _size(finding.rule, finding.low), _size(finding.rule, finding.high)
    return f"{low} to {high.removeprefix(_TIMES)}"


def detectable(finding: Finding) -> str:
    """The effect that so many seeds could have seen."""
    return _size(finding.rule, finding.detectable)


def deciding(verdict: Verdict) -> Finding | None:
    """The finding that the verdict hangs on: the first that says the same, and has numbers if one has."""
    alike = [each for each in verdict.findings if each.verdict == verdict.verdict]
    return next((each for each in alike if each.effect is not None), alike[0] if alike else None)


def effect(finding: Finding | None) -> str:
    """With its interval: `× 1.31 (1.10 to 1.55)`."""
    if finding is None or finding.effect is None:
        return "–"
    interval = "" if finding.low is None else f" ({_interval(finding)})"
    return f"{_size(finding.rule, finding.effect)}{interval.replace(_TIMES, '')}"


def reasons(rules: Sequence[Rule]) -> list[Markup]:
    """Why smaller differences would not count, each reason once."""
    said = dict.fromkeys(rule.reason.rstrip(".") for rule in rules if rule.reason)
    return [tag("p", f"Why this margin: {reason}.", class_="note") for reason in said]


def lacking(verdict: Verdict) -> list[Markup]:
    """Which seeds are missing for a decision."""
    if not verdict.missing:
        return []
    return [tag("p", f"Missing for a decision: {lacking_words(verdict)}.", class_="note")]


def lacking_words(verdict: Verdict) -> str:
    """`2 seeds of ndf 32 and 1 seed of ndf 64`."""
    return listed([f"{n} {'seed' if n == 1 else 'seeds'} of {arm}" for arm, n in verdict.missing.items()])


def behind(verdict: Verdict) -> list[Markup]:
    """The runs that it hangs on."""
    if not verdict.runs:
        return []
    at = f" at the {verdict.scale} scale" if verdict.scale else ""
    count = f"From {len(verdict.runs)} {'run' if len(verdict.runs) == 1 else 'runs'}{at}"
    if len(verdict.runs) > _MOST_NAMED:
        return [tag("p", f"{count}, which are listed with their experiment.", class_="runs")]
    return [tag("p", f"{count}: ", joined([tag("code", run) for run in verdict.runs], ", "), class_="runs")]


def summary(judged: Sequence[tuple[Claim, Verdict]]) -> Markup:
    """All claims at a glance."""
    body = [
        (
            joined([tag("a", claim.says, href=f"#claim-{claim.id}")]),
            claim.source,
            verdict_mark(verdict.verdict),
            effect(decisive := deciding(verdict)),
            "–" if decisive is None else str(decisive.n),
            "–" if verdict.q is None else f"{verdict.q:.2g}",
        )
        for claim, verdict in judged
    ]
    return table(("Claim", "Who says it", "Verdict", "Effect (95 % interval)", "n", "q"), body, "summary")


def counted(judged: Sequence[tuple[Claim, Verdict]]) -> Mapping[Judgement, int]:
    """How many claims have which verdict."""
    return {name: sum(verdict.verdict == name for _, verdict in judged) for name in get_args(Judgement)}
