"""Start: the button that makes a run of the settings in the form, and what stands below it."""

from __future__ import annotations

import streamlit as st

from gancore.config import ConfigError, RunConfig
from ui import state
from ui.forms import allowance, costs, draft, starting
from ui.messages import say
from ui.words import plain


def button(*, watching: bool) -> tuple[RunConfig | None, str]:
    """The button, with what it will cost below; the settings in the form, or what is wrong with them.

    Whoever is `watching` a run goes on doing so if the new one has to wait.
    """
    config, problem = None, ""
    try:
        config = draft.config()
    except ConfigError as error:
        problem = str(error)
    busy = bool(state.active_runs())
    label, icon = ("Add to queue", ":material/playlist_add:") if busy else ("Start", ":material/play_arrow:")
    if draft.origin().fork:
        label = f"{label} as a fork"
    full = allowance.obstacle()
    idle = config is not None and not full
    if st.button(label, type="primary", icon=icon, width="stretch", disabled=not idle, key="start") and config:
        _start(config, watching=watching)
    if full:
        st.error(plain(full), icon=":material/block:")
    allowance.line()
    if config is not None:
        costs.cost_line(config)
    elif (waits := draft.missing()) is not None:  # as high as the costs, or the canvas would jump from under a stroke
        st.caption(f":material/edit: No training data yet:  \n{waits}")
    else:
        st.caption(":material/error: Not yet:  \nsee what is wrong below.")
    return config, "" if draft.missing() is not None else problem


def _start(config: RunConfig, *, watching: bool) -> None:
    """Write the run's folder, hand it to the worker, and look at it unless it has to wait and another is watched."""
    origin = draft.origin()
    try:
        run = starting.launch(config, draft.title(), experiment=origin.experiment, arm=origin.arm, fork=origin.fork)
    except starting.NotStarted as problem:
        st.error(plain(str(problem)), icon=":material/error:")
        return
    if (ahead := starting.ahead_of(run)) and watching:
        say(f"{run.name} waits for {starting.described(ahead)}.", icon="schedule")
    else:
        st.query_params["run"] = run.id
    st.rerun()
