"""Predict, then reveal: what do you expect? Asked before results are shown, kept, and shown beside the outcome."""

from __future__ import annotations

import streamlit as st

from gancore.experiments import OUTCOMES, Claim, Experiment, Scale
from gancore.experiments.claims.claim import Level
from gancore.experiments.wording import arm_name
from gancore.sweeps.predictions import Expected, Predictions
from ui import state
from ui.experiments.judging import claims_of
from ui.messages import attempt
from ui.words import plain

_ANSWERS: tuple[Expected, ...] = ("higher", "about the same", "lower")


def is_asked(experiment: Experiment) -> bool:
    """Whether results are to stay hidden until somebody has said what they expect."""
    return bool(st.session_state.get(_key(experiment)) and claims_of(experiment.id))


def _key(experiment: Experiment) -> str:
    return f"predict-{experiment.id}"


def section(experiment: Experiment, scale: Scale) -> None:
    """Offer to predict, and ask."""
    claims = claims_of(experiment.id)
    if not claims:
        return
    st.toggle(
        "Predict first",
        key=_key(experiment),
        help="Hides results and verdicts until you have said what you expect; your answer then stands beside them.",
    )
    if not is_asked(experiment):
        return
    with st.form(f"prediction-{experiment.id}", border=True):
        answers = {claim.id: _ask(claim, scale) for claim in claims}
        kept = st.form_submit_button("Keep and show the results", type="primary", icon=":material/visibility:")
    if kept:
        attempt("Keeping your prediction", _keep, answers)
        st.session_state.pop(_key(experiment), None)
        st.rerun()


def _ask(claim: Claim, scale: Scale) -> tuple[Expected, str]:
    before = Predictions(state.store()).of(claim.id)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        expected = st.segmented_control(
            plain(question(claim, scale)),
            _ANSWERS,
            default=before.expected or None if before else None,
            key=f"expected-{claim.id}",
        )
        words = st.text_input(
            "Why?", before.words if before else "", max_chars=500, key=f"words-{claim.id}", placeholder="in a few words"
        )
    return expected or "", words or ""


def question(claim: Claim, scale: Scale) -> str:
    """`FID of ndf 128, against that of ndf 32`: what is asked of the first part of a claim."""
    rule = claim.rules[0]
    outcome = OUTCOMES[rule.outcome]
    against = (
        f"{rule.level:{outcome.digits}}"
        if isinstance(rule, Level)
        else f"that of {arm_name(rule.than, scale) or 'the run'}"
    )
    return f"{outcome.label} of {arm_name(rule.arm, scale) or 'the run'}, against {against}"


def _keep(answers: dict[str, tuple[Expected, str]]) -> None:
    for claim, (expected, words) in answers.items():
        if expected or words.strip():
            Predictions(state.store()).keep(claim, expected, words.strip())
