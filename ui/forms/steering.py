"""Changing the settings of the run that trains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from gancore.config import SETTINGS, STEERABLE, ConfigError
from gancore.store import Run
from gancore.text import describe_value
from ui import messages
from ui.forms import draft
from ui.words import plain


def steering(run: Run) -> None:
    """Where the form differs from the run that trains, in settings that can change while it does: a button to apply
    them."""
    changes = differences(run)
    if not changes:
        return
    now = {path: run.steered_config.flat[path] for path in changes}
    with st.container(border=True, key="steering"):
        st.markdown(f":material/swap_horiz: **{plain(run.name)}** is running with {plain(_listed(now))}.")
        st.button(
            plain(f"Apply now: {_listed(changes)}"),
            icon=":material/bolt:",
            key="apply",
            width="stretch",
            on_click=_steer,
            args=(run, changes),
            help="The run continues with these values from its next step; the change is marked on its curves.",
        )


def differences(run: Run) -> dict[str, Any]:
    """The settings in the form that the run could be given now, with their values by path."""
    try:
        now, wanted = run.steered_config, draft.config()
    except ConfigError:
        return {}
    if now.model.kind != wanted.model.kind:
        return {}
    start = draft.origin().config  # what was not chosen here is offered only where the run, too, began with it
    return {
        path: wanted.flat[path]
        for path in STEERABLE
        if now.uses(path)
        and wanted.uses(path)
        and now.flat[path] != wanted.flat[path]
        and (wanted.flat[path] != start.flat[path] or start.flat[path] == run.config.flat[path])
    }


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{SETTINGS[path].label} {describe_value(value)}" for path, value in values.items())


def _steer(run: Run, changes: dict[str, Any]) -> None:
    if messages.attempt(f"Changing {run.name}", run.steer, changes):
        when = "at its next step" if run.state == "running" else "when it continues"
        messages.say(f"{run.name} takes the new values {when}.", icon="bolt")
