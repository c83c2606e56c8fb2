"""Sample grids of the compared runs through time, at the same step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from gancore.store import Run
from gancore.store.records import MOST_COUNT
from ui.boundary import boundary
from ui.compare import address
from ui.compare.chosen import Chosen, choose
from ui.frontend import comparing
from ui.run.film import thin_steps
from ui.run.progress import LIVE
from ui.server import pictures

TICK = 3.0  # seconds between looks while one of the runs trains


def section(chosen: Chosen) -> None:
    """The films of the visible runs; they follow those that train."""
    live = any(run.state in LIVE for run in chosen.visible)
    st.fragment(_films, run_every=TICK if live else None, key=f"compare-films-{live}")()


def _films() -> None:
    view = address.current()
    chosen = choose(view)
    shown = []
    for run in chosen.visible:
        with boundary(run):
            shown.append(_film(run, chosen))
    comparing.films(shown, step=view.step, heard=_take)


def _film(run: Run, chosen: Chosen) -> comparing.Film:
    samples, preview = run.samples(), run.config.kind.preview(run.config)
    per_epoch = max(run.config.batches_per_epoch / run.config.batches_per_step, 1e-9)
    frames = [
        comparing.Frame(step, f"step {step:,} · epoch {step / per_epoch:.1f}", source)
        for step in thin_steps(list(samples))
        if (source := pictures.address(run, step, path=samples[step])) is not None
    ]
    return comparing.Film(
        id=run.id,
        title=chosen.names[run.id],
        color=chosen.lines[run.id].color,
        note=preview.caption,
        aspect=preview.aspect,
        frames=frames,
        live=run.state in LIVE,
    )


def _take(change: Mapping[str, Any]) -> None:
    step = change.get("step")
    if isinstance(step, int) and 0 <= step <= MOST_COUNT:
        address.change(step=step)
