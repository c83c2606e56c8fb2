"""Which checkpoint is looked into: of a run, and perhaps of another one beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import streamlit as st

from gancore.store import Run
from gancore.store.checkpoint_step import saved_step
from gancore.store.index import Snapshot
from gancore.store.labels import numbered
from ui import state
from ui.explore import address
from ui.run.forking import kept

NONE, NOTHING = "", "nothing"  # in place of a run's id, and of its name

R = TypeVar("R", bound=Run)


@dataclass(frozen=True)
class Choice:
    """A checkpoint of a run."""

    run: Run
    name: str  # of the run, which no other run has that can be chosen
    checkpoint: str
    step: int
    raw: bool  # G itself, where there is an average of it, too


def explorable(runs: Sequence[R]) -> list[R]:
    """The runs that have a checkpoint, in the same order."""
    return [run for run in runs if not run.damage and kept(run)]


def steps(run: Run) -> dict[str, int]:
    """The step of each checkpoint by its name, the last one first and then the kept ones, the newest first; one that
    cannot be read is left out."""
    paths = run.checkpoints()
    found = {name: step for name in kept(run) if (step := _step(name, paths[name])) is not None}
    newest_first = sorted(found, key=lambda name: (name != "last", -found[name]))
    return {name: found[name] for name in newest_first}


def _step(name: str, path: Path) -> int | None:
    return int(name) if name.isdecimal() else saved_step(path)


def choose(view: address.View, runs: Sequence[Snapshot]) -> list[Choice]:
    """Show what can be chosen among `runs`, of which there are some; the checkpoints that are chosen, one or two."""
    by_id, names = {run.id: run for run in runs}, numbered(runs, reserved=[NOTHING])
    run = by_id.get(view.run, runs[0])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _select("run", "Run", list(by_id), run.id, names)
        found = steps(run)
        checkpoint = _known(view.checkpoint, found)
        titles = {name: f"step {step:,}" + (" (last)" if name == "last" else "") for name, step in found.items()}
        if len(found) > 1:
            _select("checkpoint", "Checkpoint", list(found), checkpoint, titles, width=170)
        if run.config.optim.ema and run.config.uses("optim.ema"):
            _weights(view)
        others = [each.id for each in runs if each is not run]
        beside = by_id.get(view.beside) if view.beside in others else None
        if others:
            _select("beside", "Beside it", [NONE, *others], beside.id if beside else NONE, {NONE: NOTHING} | names)
    chosen = [Choice(run, names[run.id], checkpoint, found[checkpoint], view.raw)] if found else []
    if beside is not None and (second := steps(beside)):
        name = next(iter(second))
        chosen.append(Choice(beside, names[beside.id], name, second[name], view.raw))
    return chosen


def _known(name: str, found: dict[str, int]) -> str:
    name = name.zfill(6) if name.isdecimal() else name
    return name if name in found else next(iter(found), "last")


def _select(
    name: str, label: str, options: list[str], value: str, titles: dict[str, str], width: int | None = None
) -> None:
    """A choice that the address says, too. No two titles may be the same: a browser names its choice by its title."""
    key = f"explore-{name}"
    st.session_state[key] = value

    def take() -> None:
        chosen = st.session_state[key]
        if chosen in options:  # or its title has become another one meanwhile
            address.change(**{name: chosen} | ({"checkpoint": "last"} if name == "run" else {}))

    st.selectbox(
        label, options, format_func=lambda each: titles.get(each, each), key=key, on_change=take, width=width or 320
    )


def _weights(view: address.View) -> None:
    key, options = "explore-weights", {False: "EMA", True: "raw"}
    st.session_state[key] = view.raw
    st.segmented_control(
        "Weights of G",
        list(options),
        required=True,
        format_func=options.__getitem__,
        key=key,
        help="EMA: the moving average of G's weights, from which this run's samples are drawn. Raw: G as it trains.",
        on_change=lambda: address.change(raw=bool(st.session_state[key])),
    )


def why_not(run: Run) -> str:
    """Why a run cannot be looked into."""
    if run.path.parent == state.REFERENCE:
        return f"{run.name} is a reference run: those come without weights, so there is no network to look into."
    if run.damage:
        return f"{run.name} cannot be read: {run.damage}."
    return (
        f"{run.name} has no checkpoint, so there is no network to look into. A run saves one when it is paused, "
        "stopped or finished, and meanwhile as often as its settings say."
    )
