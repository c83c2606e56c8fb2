"""Changing the settings of a run while it trains: a widget for each that can change, and one button to apply them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from gancore.config import SETTINGS, STEERABLE, ConfigError, check_setting, parse_setting
from gancore.config.setting import Setting, allowed
from gancore.store import Run
from gancore.store.records import RESUMABLE
from gancore.text import describe_value
from ui import messages, state
from ui.forms.widgets import log_marks, shown_text
from ui.words import plain

_CHOSEN = "steering"  # in the session: run id -> what was chosen for it and not applied yet, by path
_TYPED = "steering-typed"  # likewise, what was typed and is no value of the setting
_TURNS = "steering-turns"  # counts up, by path and role, when a widget must show what was not chosen with it


def can_steer(run: Run) -> bool:
    """Whether its settings can still change: it trains, waits for its turn, or can be resumed."""
    return not state.is_reference(run) and run.state in ("running", "queued", *RESUMABLE)


def steering(run: Run) -> None:
    """Widgets for what can change while the run trains, and the button that applies what was chosen."""
    now = run.steered_config
    for path in (path for path in STEERABLE if now.uses(path)):
        _widget(run, SETTINGS[path], _chosen(run).get(path, now.flat[path]))
    changes = {path: value for path, value in _chosen(run).items() if value != now.flat[path]}
    problems = [f"{path} must be {allowed(SETTINGS[path])}, not {text!r}" for path, text in _typed(run).items()]
    for problem in problems:
        st.error(plain(problem), icon=":material/error:")
    st.button(
        plain(f"Apply now: {_listed(changes)}") if changes else "Apply now",
        icon=":material/bolt:",
        key="apply",
        width="stretch",
        disabled=not changes or bool(problems),
        on_click=_steer,
        args=(run, changes),
        help="The run continues with these values from its next step; the change is marked on its curves.",
    )


def _widget(run: Run, setting: Setting, value: Any) -> None:
    """A slider on a log scale with a box to type into, or what the setting has in the form."""
    if setting.scale != "log":
        _box(run, setting, value, label_visibility="visible", width="stretch")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", wrap=False):
        key = _key(run, setting, "s")
        st.select_slider(
            setting.label,
            sorted({*log_marks(setting), value}),
            value,  # its own default, as in the form of the next run: what is in the session alone can be lost
            format_func=shown_text,
            help=setting.help,
            key=key,
            on_change=_take,
            args=(run, setting, key),
        )
        _box(run, setting, value, label_visibility="collapsed", width=84)


def _box(run: Run, setting: Setting, value: Any, *, label_visibility: Any, width: Any) -> None:
    key = _key(run, setting, "t")
    st.text_input(
        setting.label if label_visibility == "visible" else f"{setting.label}, typed",
        _typed(run).get(setting.path, shown_text(value)),
        help=setting.help if label_visibility == "visible" else None,
        label_visibility=label_visibility,
        width=width,
        key=key,
        on_change=_take_text,
        args=(run, setting, key),
    )


def _key(run: Run, setting: Setting, role: str) -> str:
    """Another one whenever the widget must show something that was not chosen with it."""
    turn = st.session_state.get(_TURNS, {}).get((setting.path, role), 0)
    return f"steer-{role}:{setting.path}@{run.id}.{len(run.changes())}.{turn}"


def _take(run: Run, setting: Setting, key: str) -> None:
    _choose(run, setting, st.session_state[key], other="t")


def _take_text(run: Run, setting: Setting, key: str) -> None:
    """What the setting cannot have stays in the box, and is explained."""
    text = st.session_state[key].strip()
    try:
        _choose(run, setting, check_setting(setting.path, parse_setting(setting.path, text)), other="s")
    except ConfigError:
        _typed(run)[setting.path] = text


def _choose(run: Run, setting: Setting, value: Any, *, other: str) -> None:
    """Remember it until it is applied; the `other` widget of the setting is made anew to show it."""
    _chosen(run)[setting.path] = value
    _typed(run).pop(setting.path, None)
    turns = st.session_state.setdefault(_TURNS, {})
    turns[setting.path, other] = turns.get((setting.path, other), 0) + 1


def _chosen(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = st.session_state.setdefault(_CHOSEN, {}).setdefault(run.id, {})
    return found


def _typed(run: Run) -> dict[str, str]:
    found: dict[str, str] = st.session_state.setdefault(_TYPED, {}).setdefault(run.id, {})
    return found


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{SETTINGS[path].label} {describe_value(value)}" for path, value in values.items())


def _steer(run: Run, changes: dict[str, Any]) -> None:
    if messages.attempt(f"Changing {run.name}", run.steer, changes):
        _chosen(run).clear()
        when = "at its next step" if run.state == "running" else "when it continues"
        messages.say(f"{run.name} takes the new values {when}.", icon="bolt")
