"""The claims on an experiment, a line each: what is said, the verdict, the measured difference, the runs behind it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import streamlit as st

from gancore.experiments import OUTCOMES, Claim, Experiment, Verdict
from gancore.experiments.claims.claim import Difference, Equivalence, Level, Rule
from gancore.experiments.verdicts import Finding, Judgement
from gancore.store.index import Snapshot
from gancore.sweeps.predictions import Predictions, came_true
from gancore.text import compact
from ui import navigation, state
from ui.boundary import boundary
from ui.experiments.judging import Docket, claims_of
from ui.navigation import MOST_COMPARED
from ui.words import plain

Color = Literal["green", "red", "gray"]

LOOKS: dict[Judgement, tuple[str, Color]] = {  # icon and colour of a verdict, never without its word
    "supported": ("check_circle", "green"),
    "contradicted": ("cancel", "red"),
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


def section(experiment: Experiment, dockets: Mapping[str, Docket]) -> None:
    """Every claim of an experiment, judged by one's own runs and by the reference."""
    claims = claims_of(experiment.id)
    st.subheader("What the reports say, and what came of it" if claims else "No claim hangs on this", anchor=False)
    if not claims:
        st.caption("Nobody claimed anything of this that a number could decide: look at the samples and the curves.")
    for claim in claims:
        with boundary(claim.id):
            _claim(claim, dockets)
    if claims:
        st.caption(
            "A verdict needs two seeds at the least, and says which effect it could have seen. "
            f"{len(claims)} claims are judged here side by side: of many, some come out by chance."
        )


def _claim(claim: Claim, dockets: Mapping[str, Docket]) -> None:
    with st.container(border=True, key=f"claim-{claim.id}"):
        said, came = st.columns([1, 1.5], gap="medium")
        with said:
            st.markdown(plain(claim.says))
            provenance = "" if claim.provenance == "report" else f" · {claim.provenance}"
            st.caption(plain(f"{claim.source}{provenance}"))
            _prediction(claim, dockets)
        with came:
            found = {whose: docket.verdict(claim) for whose, docket in dockets.items()}
            judged = {whose: verdict for whose, verdict in found.items() if verdict is not None}
            for whose, verdict in judged.items():
                _verdict(whose, verdict)
            if not judged:
                st.markdown(_badge("not decided"))
                st.caption("There are no runs of it yet. Press Run above.")
        with st.expander("How it is judged"):
            _details(claim, judged)


def _badge(judgement: Judgement) -> str:
    icon, color = LOOKS[judgement]
    return f":{color}-badge[:material/{icon}: {judgement}]"


def _verdict(whose: str, verdict: Verdict) -> None:
    scale = f", {verdict.scale}" if verdict.scale else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(_badge(verdict.verdict), width="content")
        if verdict.findings:
            st.markdown(f"**{plain(verdict.findings[0].measured)}**", width="content")
        seeds = f"{verdict.n} {'seed' if verdict.n == 1 else 'seeds'}"
        st.markdown(f":small[{_WHOSE[whose]}: {seeds}{scale}]", width="content")
        if len(verdict.runs) > 1:
            st.page_link(
                navigation.COMPARE,
                label="Compare",
                icon=":material/compare:",
                query_params={"runs": ",".join(_representative(verdict.runs))},
                help="The runs behind it"
                + ("" if len(verdict.runs) <= MOST_COMPARED else f", {MOST_COMPARED} of them")
                + ".",
            )
    st.caption(plain(verdict.words))


def _representative(runs: Sequence[str]) -> list[str]:
    """As many as can be compared at once, from all arms: they come arm by arm."""
    if len(runs) <= MOST_COMPARED:
        return list(runs)
    return [runs[place * len(runs) // MOST_COMPARED] for place in range(MOST_COMPARED)]


# --- details ---------------------------------------------------------------------------------------------------------


def _details(claim: Claim, judged: Mapping[str, Verdict]) -> None:
    if claim.note:
        st.markdown(plain(claim.note))
    for number, rule in enumerate(claim.rules):
        st.markdown(f"**{plain(rule_text(rule))}**")
        st.caption(plain(f"{size_text(rule)} {rule.reason}"))
        for whose, verdict in judged.items():
            _finding(rule, whose, verdict.findings[number])


def _finding(rule: Rule, whose: str, finding: Finding) -> None:
    parts = [finding.method] if finding.method else []
    if finding.p is not None:
        parts.append(f"p = {finding.p:.2g}")
    if finding.detectable is not None:
        times = "× " if OUTCOMES[rule.outcome].ratio else ""
        parts.append(f"{finding.n} seeds could have seen {times}{compact(finding.detectable)} (80 % power)")
    if finding.seeds_needed is not None and finding.verdict == "not decided":
        parts.append(f"to decide: about {finding.seeds_needed} seeds")
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


def _prediction(claim: Claim, dockets: Mapping[str, Docket]) -> None:
    """What was expected before, and whether it came true."""
    prediction = Predictions(state.store()).of(claim.id)
    if prediction is None:
        return
    expected = f"**{prediction.expected}**" if prediction.expected else ""
    words = f"“{plain(prediction.words)}”" if prediction.words else ""
    st.caption(
        f":material/psychology: You expected: {' · '.join(filter(None, (expected, words)))}{_outcome(claim, dockets)}"
    )


def _outcome(claim: Claim, dockets: Mapping[str, Docket]) -> str:
    prediction = Predictions(state.store()).of(claim.id)
    for docket in dockets.values():
        verdict = docket.verdict(claim)
        if prediction is not None and verdict is not None and verdict.findings:
            came = came_true(prediction, verdict.findings[0])
            if came is not None:
                return " — it came true." if came else " — it came out otherwise."
    return ""


def runs_of(runs: Sequence[Snapshot], experiment: str) -> list[Snapshot]:
    """Those that were made for an experiment."""
    return [run for run in runs if run.experiment == experiment]
