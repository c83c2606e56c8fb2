"""Claims and what the runs say of them, as parts of a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gancore.colors import VERDICTS
from gancore.experiments import Claim, Verdict
from gancore.experiments.verdicts import Judgement
from gancore.export import findings
from gancore.export.markup import Markup, joined, table, tag
from gancore.sweeps.predictions import Prediction, came_true

MOST_NAMED = 12  # runs that are listed where they stand in a table as well
_SIGNS = {  # paths in a circle of radius 8
    "supported": "M4.2 8.4 7 11.2 12 5.4",
    "contradicted": "M5.2 5.2 10.8 10.8 M10.8 5.2 5.2 10.8",
    "not decided": "M5.9 6.3 C5.9 3.6 10.2 3.6 10.2 6.2 C10.2 7.8 8 7.8 8 9.4 M8 11.6 V11.7",
}
_OUTCOMES = {True: "It came true.", False: "It did not come true.", None: "These runs do not decide it."}


@dataclass(frozen=True)
class Judged:
    """A claim as a report shows it."""

    claim: Claim
    verdict: Verdict
    anchor: str  # the id of its element
    prediction: Prediction | None = None  # what somebody expected before the results were shown


def verdict_mark(judgement: Judgement) -> Markup:
    """Icon and word: colour alone says nothing on paper."""
    sign = tag("path", d=_SIGNS[judgement], fill="none", stroke="#fff", stroke_width="1.7", stroke_linecap="round")
    circle = tag("circle", cx=8, cy=8, r=8, fill=VERDICTS[judgement])
    icon = tag("svg", circle, sign, viewBox="0 0 16 16", class_="icon", aria_hidden="true")
    return tag("span", icon, judgement, class_="verdict " + judgement.replace(" ", "-"))


def claim_block(judged: Judged) -> Markup:
    """A claim in full: who says it, each of its rules with the numbers, and the runs behind them."""
    claim, verdict = judged.claim, judged.verdict
    reasons, lacking = findings.reasons(claim.rules), findings.lacking(verdict)
    return tag(
        "article",
        tag("header", verdict_mark(verdict.verdict), tag("p", f"{claim.says.rstrip('.')}.", class_="says")),
        tag("p", f"{findings.said_by(claim)}.", class_="source"),
        *([tag("p", claim.note, class_="note")] if claim.note else []),
        *([_findings(verdict)] if verdict.findings else []),
        *([tag("p", f"What counts: {reasons}.", class_="note")] if reasons else []),
        tag("p", verdict.words, class_="words"),
        *([_predicted(judged.prediction, verdict)] if judged.prediction else []),
        *([tag("p", f"Missing for a decision: {lacking}.", class_="note")] if lacking else []),
        *([_behind(verdict)] if verdict.runs else []),
        class_="claim",
        id=judged.anchor,
    )


def _findings(verdict: Verdict) -> Markup:
    head = (*(f"{name[:1].upper()}{name[1:]}" if len(name) > 1 else name for name in findings.HEAD), "")
    body = [(*findings.cells(each), verdict_mark(each.verdict)) for each in verdict.findings]
    return table(head, body, "findings")


def _predicted(prediction: Prediction, verdict: Verdict) -> Markup:
    """What somebody expected before the results were shown, and what became of it."""
    said = ": ".join(filter(None, (prediction.expected, prediction.words)))
    truth = came_true(prediction, verdict.findings[0]) if verdict.findings else None
    outcome = _OUTCOMES[truth] if prediction.expected else ""
    return tag("p", tag("b", "Predicted beforehand: "), said.rstrip("."), f". {outcome}", class_="note")


def _behind(verdict: Verdict) -> Markup:
    """The runs that it hangs on."""
    at = f" at the {verdict.scale} scale" if verdict.scale else ""
    count = f"From {len(verdict.runs)} {'run' if len(verdict.runs) == 1 else 'runs'}{at}"
    if len(verdict.runs) > MOST_NAMED:
        return tag("p", f"{count}, which are listed with their experiment.", class_="runs")
    return tag("p", f"{count}: ", joined([tag("code", run) for run in verdict.runs], ", "), class_="runs")


def summary(judged: Sequence[Judged]) -> Markup:
    """All claims at a glance, each with a link to where it stands in full."""
    body = [
        (
            tag("a", each.claim.says, href=f"#{each.anchor}"),
            each.claim.source,
            verdict_mark(each.verdict.verdict),
            *findings.in_short(each.verdict),
        )
        for each in judged
    ]
    return table(("Claim", "Who says it", "Verdict", "Measured, 95 % interval", "n", "q"), body, "summary")
