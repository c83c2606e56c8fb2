"""What can be asked of a run: pause, stop, resume, fork, and its settings for another one."""

from __future__ import annotations

import streamlit as st

from gancore.config import ConfigError
from gancore.store import Run
from gancore.store.naming import title_of
from gancore.store.records import RESUMABLE, Command
from ui import state
from ui.forms import draft, sidebar, starting
from ui.messages import attempt
from ui.words import plain


def restart_on_embedded(run: Run) -> None:
    try:
        config = run.config.replace({"data.name": "mnist-5k", "data.limit": None})
        other = starting.launch(config, title_of(run).after(run.config, config), experiment=run.experiment)
    except (ConfigError, starting.NotStarted) as problem:  # a batch that 4,500 images do not fill
        st.error(plain(str(problem)), icon=":material/error:")
        return
    st.query_params["run"] = other.id
    st.rerun()


def control_buttons(run: Run, place: str) -> None:
    """Pause and stop, or resume, whichever can be done now."""
    shown = run.state
    key = f"{place}-{run.id}"
    mine = not state.is_reference(run)
    if mine and shown in ("running", "queued"):
        waiting = asked(run) != "run"
        if place == "view" and st.button(
            "Steer",
            icon=":material/bolt:",
            key=f"steer-{key}",
            on_click=sidebar.turn_to,
            args=("this",),
            help="Change its learning rates and more while it trains, in the sidebar.",
        ):
            st.rerun()  # the sidebar, too
        if st.button("Pause", icon=":material/pause:", key=f"pause-{key}", disabled=waiting):
            attempt(f"Pausing {run.name}", run.command, "pause")
            st.rerun()
        if st.button("Stop", icon=":material/stop:", key=f"stop-{key}", disabled=waiting):
            attempt(f"Stopping {run.name}", run.command, "stop")
            st.rerun()
        return
    if place == "view":
        icon = ":material/content_copy:"
        if st.button("Use settings", icon=icon, key=f"use-{key}", on_click=draft.start_from_run, args=(run,)):
            st.rerun()  # the form, too
    if mine and shown in RESUMABLE and st.button("Resume", icon=":material/play_arrow:", key=f"resume-{key}"):
        resume(run)
        st.rerun()


def asked(run: Run) -> Command:
    """What a run that trains was asked for and has not done yet."""
    return run.asked if run.state == "running" else "run"


def resume(run: Run) -> None:
    """Go on with a run, from its last checkpoint, ahead of what waits."""
    attempt(f"Resuming {run.name}", state.executor().submit, run, priority=1)
