"""How far a run is, in words: its state as a badge, its progress as a line."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from gancore.config import RunConfig
from gancore.config.datasets import TOYS
from gancore.store.records import Command, ShownState, Status
from gancore.text import describe_duration
from ui import state

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

LIVE: tuple[ShownState, ...] = ("running", "queued")  # these change by themselves


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


def share(status: Status) -> float:
    return min(status.step / status.total_steps, 1.0) if status.total_steps else 0.0


def unit(config: RunConfig) -> str:
    """What it learns from, counted."""
    return "points" if config.data.name in TOYS else "images"


def progress_line(status: Status, *, live: bool = True, counted: str = "images", losses: bool = True) -> str:
    """`epoch 3.2 · step 210/1,050 · 1 min 20 s left · 940 images/s · D 0.61 · G 1.9`."""
    if status.phase and live:
        return f"{status.phase} …"
    if status.state == "queued":
        return "queued" if state.active_runs() else "starting …"
    parts = [f"epoch {status.epoch:.1f}", f"step {status.step:,}/{status.total_steps:,}"]
    if live and status.state == "running" and status.remaining is not None:
        parts.append(f"{describe_duration(status.remaining)} left")
    elif not live:
        parts.append(f"trained for {describe_duration(status.seconds)}")
    if status.rate and live:
        parts.append(f"{status.rate:,.0f} {counted}/s")
    if status.device:
        parts.append(f"on {status.device}")
    for name, label in SHOWN_SCALARS.items() if losses else ():
        value = status.scalars.get(name)
        if value is not None:
            parts.append(f"{label} {value:.3g}")
    return " · ".join(parts)


SHOWN_SCALARS = {"loss_d": "D loss", "loss_g": "G loss", "loss": "loss", "accuracy": "accuracy"}
