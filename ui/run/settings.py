"""The settings of a run, to be read; those that can change while it trains can be changed in place."""

from __future__ import annotations

import streamlit as st

from gancore.config import SETTINGS, RunConfig
from gancore.config.datasets import DATASETS
from gancore.experiments import EXPERIMENTS
from gancore.store import Run
from ui.forms import draft, steering
from ui.forms.widgets import GROUPS
from ui.words import plain, value_text


def this_run(run: Run) -> None:
    """What the run is and what it was set to."""
    if run.damage:
        st.caption("Its settings cannot be read.")
        return
    st.markdown(f"**{plain(run.name)}**")
    st.caption(plain(_what(run)))
    st.button(
        "Use for the next run",
        icon=":material/content_copy:",
        key="use-in-sidebar",
        width="stretch",
        on_click=draft.start_from_run,
        args=(run,),
        help="Fills the form with these settings.",
    )
    if steering.can_steer(run):
        with st.expander("Change while it trains", expanded=True, icon=":material/bolt:"):
            steering.steering(run)
    else:
        st.empty()
    config = run.config_now
    changed = set(config.differences(RunConfig()))
    st.caption("Bold: other than in the quickstart." if changed else "As in the quickstart.")
    for group in GROUPS:
        if lines := _lines(config, group, changed):
            st.markdown(f":small[**{group}**]  \n{lines}")
        else:
            st.empty()


def _what(run: Run) -> str:
    """`dcgan on MNIST, 5,000 digits (no download), from “What does ngf do?”`."""
    config = run.config
    words = f"{config.model.kind} on {DATASETS[config.data.name].title}"
    return f"{words}, from “{EXPERIMENTS[run.experiment].title}”" if run.experiment in EXPERIMENTS else words


def _lines(config: RunConfig, group: str, changed: set[str]) -> str:
    """The settings of a group that have an effect, a line each."""
    used = [s for s in SETTINGS.values() if s.group == group and not s.hidden and config.uses(s.path)]
    values = {s.path: plain(value_text(s.path, config.flat[s.path])) for s in used}
    return "  \n".join(
        f":small[:gray[{plain(s.label)}] {f'**{values[s.path]}**' if s.path in changed else values[s.path]}]"
        for s in used
    )
