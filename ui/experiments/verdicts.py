"""The claims on an experiment, a line each: what is said, the verdict, the measured difference, the runs behind it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import streamlit as st

from gancore.experiments import OUTCOMES, Claim, Experiment, Verdict
from gancore.experiments.claims.claim import Difference, Equivalence, Level, Rule
from gancore.experiments.verdicts import Finding, Judgement, at_once
from gancore.store.index import Snapshot
from gancore.sweeps.predictions import Predictions, came_true
from gancore.text import compact
from ui import navigation, state
from ui.boundary import boundary
from ui.experiments.judging import Docket, claims_of
from ui.navigation import MOST_COMPARED
from ui.words import plain

Color = Literal["green", "violet", "gray"]

LOOKS: dict[Judgement, tuple[str, Color]] = {  # icon and colour of a verdict, never without its word
    "supported": ("check_circle", "green"),
    "contradicted": ("cancel", "violet"),
    "not decided": ("help", "gray"),
}
_WHOSE = {"mine": "Your runs", "reference": "Reference"}


def badges(verdicts: Sequence[Verdict]) -> str:
    """`✓ 1 supported  ✗ 2 contradicted`, as Markdown."""
    counts = {judgement: sum(each.verdict == judgement for each in verdicts) for judgement in LOOKS}
    return " ".join(
        f":{color}-badge[:material/{icon}: {counts[judgement]} {judgement}]"
        for judgement, (icon, color) in LOOKS.items()
        if counts[judgement]
    )


def summary(experiment: Experiment, dockets: Mapping[str, Docket]) -> None:
    """The verdicts on an experiment in a line, for whoever does not scroll."""
    said = []
    for whose, docket in dockets.items():
        found = list(judged(experiment, docket).values())
        if found:
            said.append(f":small[{_WHOSE[whose]}, {_count(len(found), 'claim')}:] {badges(found)}")
    if said:
        st.markdown("  \n".join(said))


def section(experiment: Experiment, dockets: Mapping[str, Docket]) -> None:
    """Every claim of an experiment, judged by one's own runs and by the reference."""
    claims = claims_of(experiment.id)
    st.subheader("Claims and verdicts" if claims else "No claim depends on this experiment", anchor=False)
    if not claims:
        st.caption("Nobody claimed anything of this that a number could decide: look at the samples and the curves.")
    found = {whose: judged(experiment, docket) for whose, docket in dockets.items()}
    for claim in claims:
        with boundary(claim.id):
            _claim(claim, {whose: verdicts[claim.id] for whose, verdicts in found.items() if claim.id in verdicts})
    if claims:
        st.caption(
            "A verdict takes at least two seeds. Supported: all parts of a claim hold; contradicted: one does not."
        )


def judged(experiment: Experiment, docket: Docket, deadline: float | None = None) -> dict[str, Verdict]:
    """The verdicts on those claims that have runs which count, by claim, with the share of false ones to expect among
    them; after the deadline only those that are known."""
    found = [docket.verdict(claim, deadline) for claim in claims_of(experiment.id)]
    return {verdict.claim: verdict for verdict in at_once([each for each in found if each is not None and each.runs])}


def _claim(claim: Claim, judged: Mapping[str, Verdict]) -> None:
    with st.container(border=True, key=f"claim-{claim.id}"):
        said, came = st.columns([1, 1.5], gap="medium")
        with said:
            st.markdown(plain(claim.says))
            provenance = "" if claim.provenance == "report" else f" · {claim.provenance}"
            st.caption(plain(f"{claim.source}{provenance}"))
            _prediction(claim, judged)
        with came:
            for whose, verdict in judged.items():
                _verdict(whose, verdict)
            if not judged:
                st.markdown(_badge("not decided"))
                st.caption("There are no runs of it yet: press Run above.")
        with st.expander("How it is judged"):
            _details(claim, judged)


def _badge(judgement: Judgement) -> str:
    icon, color = LOOKS[judgement]
    return f":{color}-badge[:material/{icon}: {judgement}]"


def _verdict(whose: str, verdict: Verdict) -> None:
    deciding = next((each for each in verdict.findings if each.verdict == verdict.verdict), None)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(_badge(verdict.verdict), width="content")
        if deciding is not None:
            st.markdown(f"**{plain(deciding.measured)}**", width="content")
        scale = f", {verdict.scale}" if verdict.scale else ""
        count = verdict.n if deciding is None else deciding.n
        st.markdown(f":small[{_WHOSE[whose]}: {_count(count, 'seed')}{scale}]", width="content")
        if len(verdict.runs) > 1:
            some = "" if len(verdict.runs) <= MOST_COMPARED else f", {MOST_COMPARED} of them"
            st.page_link(
                navigation.COMPARE,
                label="Compare",
                icon=":material/compare:",
                query_params={"runs": ",".join(_representative(verdict.runs))},
                help=f"The runs behind it{some}.",
            )
    st.caption(plain(verdict.words))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _representative(runs: Sequence[str]) -> list[str]:
    """As many as can be compared at once, from all arms: they come arm by arm."""
    if len(runs) <= MOST_COMPARED:
        return list(runs)
    return [runs[place * len(runs) // MOST_COMPARED] for place in range(MOST_COMPARED)]


# --- details ---------------------------------------------------------------------------------------------------------


def _details(claim: Claim, judged: Mapping[str, Verdict]) -> None:
    """Each part of the claim: what is compared, what would count and why, and what the runs say of it."""
    if claim.note:
        st.markdown(plain(claim.note))
    for number, rule in enumerate(claim.rules):
        st.markdown(f"**{plain(rule_text(rule))}**")
        st.caption(plain(f"{size_text(rule)} {rule.reason[:1].upper()}{rule.reason[1:]}."))
        for whose, verdict in judged.items():
            _finding(whose, verdict.findings[number])
    for whose, verdict in judged.items():
        if verdict.q is not None and verdict.judged > 1:
            words = f"{_WHOSE[whose]}: of {verdict.judged} claims judged at once, among those as clear as this one"
            st.caption(plain(f"{words} a share of {verdict.q:.2g} would be false (false discovery rate)."))


def _finding(whose: str, finding: Finding) -> None:
    parts = [finding.method] if finding.method else []
    if finding.p is not None:
        parts.append(f"p = {finding.p:.2g}")
    if finding.detectable is not None and finding.verdict != "not decided":  # else the words say so
        times = "× " if OUTCOMES[finding.rule.outcome].ratio else ""
        parts.append(f"{_count(finding.n, 'seed')} could have seen {times}{compact(finding.detectable)} (80 % power)")
    st.markdown(f"{_badge(finding.verdict)} {plain(f'{_WHOSE[whose]}: {finding.words}')}")
    if parts:
        st.caption(plain(" · ".join(parts)))


def rule_text(rule: Rule) -> str:
    """`FID of ndf 256 is higher than that of ndf 32`."""
    label = OUTCOMES[rule.outcome].label
    match rule:
        case Difference():
            return f"{label} of {_name(rule.arm)} is {rule.direction} than that of {_name(rule.than)}"
        case Equivalence():
            return f"{label} of {_name(rule.arm)} and of {_name(rule.than)} do not differ"
        case Level():
            outcome = OUTCOMES[rule.outcome]
            return f"{label} of {_name(rule.arm)} is {rule.direction} than {rule.level:{outcome.digits}}"


def _name(arm: object) -> str:
    name, experiment = getattr(arm, "name", ""), getattr(arm, "experiment", None)
    return " in ".join(filter(None, (name or "the run", experiment)))


def size_text(rule: Rule) -> str:
    """`Counts from × 1.25.`: the smallest effect of interest."""
    ratio = OUTCOMES[rule.outcome].ratio
    match rule:
        case Difference(least=least):
            return f"Counts from {_size(least, ratio)}."
        case Equivalence(within=within):
            return f"Less than {_size(within, ratio)} either way is no difference."
        case Level():
            return ""


def _size(size: float, ratio: bool) -> str:
    return f"a factor of {math.exp(size):.3g}" if ratio else f"a difference of {size:.3g}"


# --- predict, then reveal --------------------------------------------------------------------------------------------


def _prediction(claim: Claim, judged: Mapping[str, Verdict]) -> None:
    """What was expected before, and whether it came true."""
    prediction = Predictions(state.store()).of(claim.id)
    if prediction is None:
        return
    words = f"“{plain(prediction.words)}”" if prediction.words else ""
    expected = " · ".join(filter(None, (f"**{prediction.expected}**" if prediction.expected else "", words)))
    outcomes = [came_true(prediction, verdict.findings[0]) for verdict in judged.values() if verdict.findings]
    known = next((outcome for outcome in outcomes if outcome is not None), None)
    came = "" if known is None else ": it came true" if known else ": it came out otherwise"
    st.caption(f":material/psychology: You expected {expected}{came}.")


def runs_of(runs: Sequence[Snapshot], experiment: str) -> list[Snapshot]:
    """Those that were made for an experiment."""
    return [run for run in runs if run.experiment == experiment]
