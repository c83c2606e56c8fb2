"""Sample grids of the compared runs through time, at the same step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from gancore.store import Run
from gancore.store.records import LIVE, MOST_COUNT
from ui.boundary import boundary
from ui.compare import address, noise
from ui.compare.chosen import Chosen, choose
from ui.frontend import comparing
from ui.server import live, pictures
from ui.server.pictures import Frame

TOGETHER, FEWEST = 480, 8  # grids of all films, and of each
TICK = 5.0  # seconds between looks at states, and at what is being drawn


def section(chosen: Chosen) -> None:
    """The films of the visible runs: they follow those that train, and turn to common noise once that is drawn."""
    changing = any(run.state in LIVE for run in chosen.visible) or noise.common(chosen.visible).drawing
    st.fragment(_films, run_every=TICK if changing else None, key=f"compare-films-{changing}")(changing)


def _films(changing: bool) -> None:
    view = address.current()
    chosen = choose(view)
    common = noise.common(chosen.visible)
    most = max(FEWEST, min(pictures.MAX_FRAMES, TOGETHER // max(len(chosen.visible), 1)))
    shown = []
    for run in chosen.visible:
        with boundary(run):
            shown.append(_film(run, chosen, common, most))
    comparing.films(shown, step=view.step, line=common.line, heard=_take)
    if changing and not common.drawing and not any(run.state in LIVE for run in chosen.visible):
        st.rerun()  # nothing changes any more


def _film(run: Run, chosen: Chosen, common: noise.Noise, most: int) -> comparing.Film:
    preview, grids = run.config.kind.preview(run.config), common.grids[run.id]
    return comparing.Film(
        id=run.id,
        title=chosen.names[run.id],
        color=chosen.lines[run.id].color,
        note=grids.note,
        about=preview.caption,
        aspect=preview.aspect,
        frames=_frames(run, common.seed, grids, most),
        live=run.state in LIVE,
        follow=live.address(run) if run.state in LIVE and grids.drawn is None else "",
    )


def _frames(run: Run, seed: int, grids: noise.Grids, most: int) -> Sequence[Frame]:
    """The run's own grids, `most` of them, or those that were drawn from the noise of a seed."""
    if grids.drawn is None:
        return pictures.frames(run, pictures.thin_steps(list(run.samples()), most))
    found = {step: pictures.drawn_address(run, seed, step, path) for step, path in grids.drawn.items()}
    said = pictures.captions(run)
    return [Frame(step, said(step), source) for step, source in found.items() if source is not None]


def _take(change: Mapping[str, Any]) -> None:
    step = change.get("step")
    if isinstance(step, int) and 0 <= step <= MOST_COUNT:
        address.change(step=step)
