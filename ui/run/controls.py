"""What can be asked of a run: pause, stop, resume, fork, and its settings for another one."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from gancore.config import ConfigError, RunConfig
from gancore.executors.loading import load_torch
from gancore.store import Run
from gancore.store.naming import title_of
from gancore.store.records import RESUMABLE, Command
from ui import state
from ui.forms import draft, sidebar, starting
from ui.messages import attempt, say
from ui.run import changes
from ui.words import plain


def fork_button(run: Run) -> None:
    """Where to fork from; choosing one fills the form with the settings that held there."""
    names = sorted(kept(run), key=lambda name: (name != "last", name))
    icon, key = ":material/fork_right:", f"fork-{run.id}-{st.session_state.get('forks', 0)}"  # a new one is closed
    if not names:
        st.button("Fork", icon=icon, key=f"no-{key}", disabled=True, help="There is no checkpoint yet.")
        return
    with st.popover("Fork", icon=icon, key=key):
        st.markdown("A new run that continues from a checkpoint of this one, with other settings.")
        before: dict[int | None, str] = {each.step: changes.describe([each]) for each in run.changes() if each.step}
        name = st.selectbox(
            "From", names, format_func=lambda name: _checkpoint_text(name, before), key=f"fork-from-{run.id}"
        )
        if st.button("Choose settings", type="primary", key=f"fork-go-{run.id}", on_click=take_fork, args=(run, name)):
            st.rerun()  # the form, too


def kept(run: Run) -> list[str]:
    """The checkpoints that can be forked, by name, and nothing else that lies there."""
    return [name for name in run.checkpoints() if name == "last" or name.isdecimal()]


def _checkpoint_text(name: str, before: Mapping[int | None, str]) -> str:
    """`the last checkpoint`, `step 700, before lr_d 0.1`."""
    if name == "last":
        return "the last checkpoint"
    change = before.get(int(name))
    return f"step {int(name):,}" + (f", before {change}" if change else "")


def settings_at(run: Run, checkpoint: str) -> RunConfig:
    """The settings to fork a checkpoint with: those that led to it. Raises `BadCheckpoint`, `ConfigError`."""
    if not run.changes():
        return run.config
    step = run.checkpoint_step(checkpoint)
    is_before_a_change = checkpoint.isdecimal() and any(change.step == step for change in run.changes())
    return run.config_at(step - 1 if is_before_a_change else step)


def take_fork(run: Run, checkpoint: str) -> None:
    """Fill the form with what held at the checkpoint, and have Start fork it."""
    load_torch()
    from gancore.store.checkpoints import BadCheckpoint

    try:
        config = settings_at(run, checkpoint)
    except (BadCheckpoint, ConfigError) as problem:
        say(f"Forking {run.name} failed: {problem}")
        return
    st.session_state["forks"] = st.session_state.get("forks", 0) + 1
    draft.start_from_checkpoint(run, checkpoint, config)


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
    if shown in ("running", "queued"):
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
    if shown in RESUMABLE and st.button("Resume", icon=":material/play_arrow:", key=f"resume-{key}"):
        resume(run)
        st.rerun()


def asked(run: Run) -> Command:
    """What a run that trains was asked for and has not done yet."""
    return run.asked if run.state == "running" else "run"


def resume(run: Run) -> None:
    """Go on with a run, from its last checkpoint, ahead of what waits."""
    attempt(f"Resuming {run.name}", state.executor().submit, run, priority=1)
