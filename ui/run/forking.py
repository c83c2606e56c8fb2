"""Forking a run: from a checkpoint in a list, or from the one nearest to where somebody clicked a curve."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from gancore.config import ConfigError, RunConfig
from gancore.executors.loading import load_torch
from gancore.store import Run
from gancore.store.records import LIVE
from ui import state
from ui.forms import draft
from ui.messages import say
from ui.run import changes
from ui.words import plain

_CLICKED = "fork-clicked"  # in the session: the run's id, and the step at which a curve was clicked


def button(run: Run) -> None:
    """Where to fork from; choosing one fills the form with the settings that held there."""
    if state.is_reference(run):
        return
    names = sorted(kept(run), key=lambda name: (name != "last", name))
    icon, key = ":material/fork_right:", f"fork-{run.id}-{st.session_state.get('forks', 0)}"  # a new one is closed
    if not names:
        st.button("Fork", icon=icon, key=f"no-{key}", disabled=True, help="There is no checkpoint yet.")
        return
    with st.popover("Fork", icon=icon, key=key):
        st.markdown("A new run that continues from a checkpoint of this one, with other settings.")
        before = _changes_by_step(run)
        name = st.selectbox(
            "From",
            names,
            format_func=lambda name: _checkpoint_text(name, before),
            key=f"fork-from-{run.id}" + ("" if names[0] == "last" else "-kept"),  # once there is a last, it is chosen
        )
        if st.button("Choose settings", type="primary", key=f"fork-go-{run.id}", on_click=take, args=(run, name)):
            st.rerun()  # the form, too


def kept(run: Run) -> list[str]:
    """The checkpoints that can be forked and looked into, by name, and nothing else that lies there."""
    return [name for name in run.checkpoints() if name == "last" or name.isdecimal()]


def _changes_by_step(run: Run) -> dict[int, str]:
    return {change.step: changes.describe([change]) for change in run.changes() if change.step}


def _checkpoint_text(name: str, before: Mapping[int, str]) -> str:
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


def take(run: Run, checkpoint: str) -> None:
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


# --- by a click on a curve --------------------------------------------------------------------------------------------


def choose(run_id: str, step: int) -> None:
    """Somebody clicked a curve there: in a callback."""
    st.session_state[_CLICKED] = run_id, step


def offer(run: Run) -> None:
    """Below the curve: the checkpoint that is nearest to where it was clicked, and a button to fork it."""
    run_id, step = st.session_state.get(_CLICKED, ("", 0))
    if run_id != run.id or state.is_reference(run):
        return
    name = nearest(run, step)
    before = _changes_by_step(run)
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="fork-here"):
        if name is None:
            first = min((int(each) for each in kept(run) if each.isdecimal()), default=None)
            words = f"No checkpoint was kept at or before step {step:,}"
            st.markdown(f"{words}; the first is of step {first:,}." if first else f"{words}.", width="stretch")
        else:
            found = plain(_checkpoint_text(name, before))
            words = f"To fork near step {step:,}: **{found}** is the nearest one at or before it."
            st.markdown(words, width="stretch")
            go = st.button(
                "Choose settings", type="primary", key="fork-here-go", on_click=_take_clicked, args=(run, name)
            )
            if go:
                st.rerun()  # the form, too
        st.button("Close", type="tertiary", icon=":material/close:", key="fork-here-close", on_click=_forget)


def nearest(run: Run, step: int) -> str | None:
    """The newest checkpoint at or before a step, by name; the last one of a run that still trains is on the move."""
    if step >= run.status.step and run.state not in LIVE and "last" in run.checkpoints():
        return "last"
    return max((name for name in kept(run) if name.isdecimal() and int(name) <= step), key=int, default=None)


def _take_clicked(run: Run, name: str) -> None:
    _forget()
    take(run, name)


def _forget() -> None:
    st.session_state.pop(_CLICKED, None)
