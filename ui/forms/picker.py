"""Choosing what to start from, and what was changed since."""

from __future__ import annotations

from typing import cast

import streamlit as st

from gancore.config import SETTINGS
from gancore.experiments import EXPERIMENTS, Experiment, Scale
from gancore.store.naming import FOLLOWING
from ui.forms import draft
from ui.words import plain, value_text

OTHER = ""  # settings that come from a run, not from the catalogue

_SCALES = {"quick": "Quick, in minutes", "full": "Full, as in the report"}


def pick_experiment() -> None:
    """Choose what to start from: an experiment of the catalogue, one of its runs, at full or quick scale."""
    start, key = draft.origin(), draft.picker_key()
    other = start.shown_name if start.fork else f"Settings of {start.shown_name}"
    titles = {} if start.arm else {OTHER: other}
    titles |= {each.id: each.title for each in EXPERIMENTS.values()}
    st.session_state.setdefault(key, start.experiment if start.arm else OTHER)
    chosen = st.selectbox(
        "Start from",
        list(titles),
        format_func=titles.__getitem__,
        key=key,
        on_change=_take_experiment,
        args=(key,),
        help="An experiment of the reports, or the quickstart. Choosing one fills in the settings below.",
    )
    _pick_run(None if chosen == OTHER else EXPERIMENTS[chosen])


def _pick_run(experiment: Experiment | None) -> None:
    """Which of its runs, and at which scale. What is not asked keeps an empty place, as in the form below."""
    if experiment is not None and len(experiment.arms) > 1:
        st.selectbox(
            "Run",
            list(experiment.arms),
            key=f"arm:{experiment.id}",
            on_change=_take_run,
            args=(experiment,),
            persist_state="session",
            help=experiment.question,
        )
    else:
        st.empty()
    if experiment is not None and experiment.quick:
        st.segmented_control(
            "Scale",
            list(_SCALES),
            default="quick",
            required=True,
            format_func=_SCALES.__getitem__,
            key=f"scale:{experiment.id}",
            on_change=_take_run,
            args=(experiment,),
            persist_state="session",
            help="Quick asks the same question with data that come with the installation.",
        )
    else:
        st.empty()
    if experiment is not None and experiment.id != "quickstart":
        st.caption(" ".join([f"{experiment.question} ({experiment.source})", experiment.note]))
    else:
        st.empty()


def _take_experiment(key: str) -> None:
    if key == draft.picker_key() and st.session_state[key] != OTHER:  # else a late word from a picker that was replaced
        _start_from(EXPERIMENTS[st.session_state[key]])


def _take_run(experiment: Experiment) -> None:
    start = draft.origin()
    if start.arm and start.experiment == experiment.id:  # likewise
        _start_from(experiment)


def _start_from(experiment: Experiment) -> None:
    """Fill the form with the run and the scale that were last chosen of an experiment."""
    arm = st.session_state.get(f"arm:{experiment.id}") or next(iter(experiment.arms))
    scale = st.session_state.get(f"scale:{experiment.id}") or ("quick" if experiment.quick else "full")
    draft.start_from_arm(experiment.id, arm, cast(Scale, scale))


def changes_line() -> None:
    """What was changed from the starting point, with a way back."""
    start = draft.origin()
    parts = [
        f"**{SETTINGS[path].label}** {plain(value_text(path, start.config.flat[path]))} → "
        f"{plain(value_text(path, value))}"
        for path, value in draft.values().items()
        if value != start.config.flat[path] and path not in FOLLOWING
    ]
    with st.container(horizontal=True, vertical_alignment="center"):
        unchanged = f"{start.shown_name}, unchanged"
        st.caption("Changed: " + " · ".join(parts) if parts else plain(unchanged), width="stretch")
        st.button("Reset", type="tertiary", icon=":material/undo:", on_click=draft.reset, disabled=not parts)
