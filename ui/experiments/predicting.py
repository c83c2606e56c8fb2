"""Predict, then reveal: what do you expect? Asked before results are shown, kept, and shown beside the outcome."""

from __future__ import annotations

import streamlit as st

from gancore.experiments import OUTCOMES, Claim, Experiment
from gancore.experiments.claims.claim import Level
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


def section(experiment: Experiment) -> None:
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
        answers = {claim.id: _ask(claim) for claim in claims}
        kept = st.form_submit_button("Keep and show the results", type="primary", icon=":material/visibility:")
    if kept:
        attempt("Keeping your prediction", _keep, answers)
        st.session_state.pop(_key(experiment), None)
        st.rerun()


def _ask(claim: Claim) -> tuple[Expected, str]:
    before = Predictions(state.store()).of(claim.id)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        expected = st.segmented_control(
            plain(question(claim)),
            _ANSWERS,
            default=before.expected or None if before else None,
            key=f"expected-{claim.id}",
        )
        words = st.text_input(
            "Why?", before.words if before else "", max_chars=500, key=f"words-{claim.id}", placeholder="in a few words"
        )
    return expected or "", words or ""


def question(claim: Claim) -> str:
    """`ndf 256 against ndf 32: what of the FID?`"""
    rule = claim.rules[0]
    label, name = OUTCOMES[rule.outcome].label, rule.arm.name or "the run"
    if isinstance(rule, Level):
        return f"{name}: will the {label} be higher or lower than {rule.level:{OUTCOMES[rule.outcome].digits}}?"
    return f"{name}, against {rule.than.name or 'the run'}: what will the {label} be?"


def _keep(answers: dict[str, tuple[Expected, str]]) -> None:
    for claim, (expected, words) in answers.items():
        if expected or words.strip():
            Predictions(state.store()).keep(claim, expected, words.strip())
