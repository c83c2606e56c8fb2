"""The state of a run, as a badge and as a word."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from gancore.store.records import Command, ShownState

Color = Literal["blue", "gray", "green", "orange", "red"]

_STATES: dict[ShownState, tuple[str, Color, str]] = {
    "queued": ("schedule", "blue", "queued"),
    "running": ("play_arrow", "green", "training"),
    "paused": ("pause", "orange", "paused"),
    "stopped": ("stop", "gray", "stopped"),
    "finished": ("check", "green", "finished"),
    "failed": ("error", "red", "failed"),
    "interrupted": ("power_off", "orange", "interrupted"),
    "damaged": ("broken_image", "red", "damaged"),
}


_ASKED: dict[Command, tuple[str, Color, str]] = {
    "pause": ("pause", "orange", "pausing …"),
    "stop": ("stop", "gray", "stopping …"),
}


def state_badge(shown: ShownState, asked: Command = "run") -> None:
    """A run's state as icon and word, and what it was asked for meanwhile."""
    icon, color, word = _ASKED.get(asked) or _STATES[shown]
    st.badge(word, icon=f":material/{icon}:", color=color)


def state_word(shown: ShownState) -> str:
    """A run's state in a word, for tables."""
    return _STATES[shown][2]


def state_icon(shown: ShownState) -> str:
    """The Material symbol of a run's state."""
    return _STATES[shown][0]
