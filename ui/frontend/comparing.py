"""Components of the Compare page: the runs as chips, how curves are drawn, and their films side by side.

Each tells the page what somebody changed, with a number; the page says up to which one it has heard, so that what it
drew before does not undo what was changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from ui.frontend.parts import source
from ui.server import finding, library
from ui.server.pictures import Frame


@dataclass(frozen=True)
class Chip:
    """One of the compared runs."""

    id: str
    name: str
    title: str  # what it is in full, as a tooltip
    color: str
    dash: str  # as SVG has it; empty: a solid line
    src: str  # the address of its newest samples; empty: there are none
    hidden: bool = False
    reference: bool = False


@dataclass(frozen=True)
class Film:
    """The sample grids of one of the compared runs."""

    id: str
    title: str
    color: str
    note: str  # of which noise the pictures are
    about: str  # what they show, as a tooltip
    aspect: float
    frames: Sequence[Frame]
    live: bool  # whether more may come
    follow: str = ""  # where they can be followed; empty: they are not, or nothing more comes


_CHIPS = st.components.v2.component(
    "gan_workbench_chips",
    html="""<div class="chosen">
    <div class="row">
    <ul class="chips" aria-label="Compared runs"></ul>
    <div class="add">
    <input class="search" type="search" role="combobox" aria-label="Add a run" aria-expanded="false"
      aria-controls="found" aria-autocomplete="list" placeholder="+ Add a run: name, setting …" autocomplete="off">
    <div class="menu" hidden><ul class="found" id="found" role="listbox" aria-label="Runs"></ul>
    <div class="nothing" role="status"></div></div>
    </div></div>
    <div class="said" role="status"></div>
    </div>""",
    css=source("chips.css"),
    js=source("exchange.js", "chips.js"),
)

_BAR = st.components.v2.component(
    "gan_workbench_bar",
    html="""<div class="controls" role="group" aria-label="How curves are drawn">
    <div class="labelled"><span>Axis</span><div class="axes" role="group" aria-label="Axis"></div></div>
    <label>Smoothing <input class="smoothing" type="range" min="0" max="0.99" step="0.01"><output></output></label>
    <label><input class="log" type="checkbox"> Log scale</label>
    <label>Group by <select class="group"></select></label>
    <label class="bands">Band <select class="band"></select></label>
    </div>""",
    css=source("controls.css", "bar.css"),
    js=source("exchange.js", "bar.js"),
)

_FILMS = st.components.v2.component(
    "gan_workbench_films",
    html="""<div class="reel">
    <div class="films" role="group" aria-label="Samples at the same step" tabindex="0"></div>
    <div class="slider">
    <button type="button">▶ Play</button>
    <input type="range" min="0" step="1" aria-label="Step of the samples shown">
    <output></output>
    </div>
    <div class="said" role="status"></div></div>""",
    css=source("controls.css", "films.css"),
    js=source("exchange.js", "grids.js", "films.js"),
)

Heard = Callable[[Mapping[str, Any]], None]  # is told what somebody changed; it comes from the browser


def chips(shown: Sequence[Chip], *, most: int, heard: Heard) -> None:
    """Show the compared runs, and take changes: `runs`, ids in their new order, and `hidden`, some of them."""
    data = {"chips": [vars(each) for each in shown], "most": most, "find": finding.ADDRESS}
    exchange(_CHIPS, "compare-chips", data, heard)


def bar(
    values: Mapping[str, Any],
    *,
    axes: Sequence[tuple[str, str]],
    groups: Sequence[tuple[str, str]],
    bands: Sequence[tuple[str, str]],
    heard: Heard,
) -> None:
    """Show the controls of curves in a line, and take changes: all values, by name."""
    exchange(_BAR, "compare-bar", {"values": values, "axes": axes, "groups": groups, "bands": bands}, heard)


def films(shown: Sequence[Film], *, step: int | None, line: str, heard: Heard) -> None:
    """Show films side by side at a `step`, or else at the newest that all have, with a `line` below; takes changes of
    the `step`."""
    told = [{**vars(each), "frames": [vars(frame) for frame in each.frames]} for each in shown]
    data = {"films": told, "step": step, "line": line, "scripts": library.SCRIPTS}
    exchange(_FILMS, "compare-films", data, heard)


def exchange(component: Any, key: str, data: Mapping[str, Any], heard: Heard) -> None:
    number = f"{key}-heard"

    def take() -> None:
        change = st.session_state[key]["change"]
        if isinstance(change, Mapping) and isinstance(change.get("number"), int):
            st.session_state[number] = change["number"]
            heard(change)

    sent = {**data, "heard": st.session_state.get(number, 0)}
    component(key=key, data=sent, on_change_change=take, height="content")
