"""The sample grids of a run: its film, and the newest one as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from gancore.config import RunConfig
from gancore.store import Run
from ui import state
from ui.colors import run_color
from ui.frontend.components import Film, Frame, picture
from ui.server import pictures

MAX_FRAMES = 48  # grids of a run that the browser can step through, spread over its length


def thin_steps(steps: Sequence[int]) -> list[int]:
    """At most `MAX_FRAMES` of the steps, evenly spread, the first and the last among them."""
    if len(steps) <= MAX_FRAMES:
        return list(steps)
    chosen = {round(i * (len(steps) - 1) / (MAX_FRAMES - 1)) for i in range(MAX_FRAMES)}
    return [step for index, step in enumerate(steps) if index in chosen]


def run_film(run: Run, title: str | None = None, steps: Sequence[int] | None = None) -> Film:
    """A run's sample grids: those at `steps`, or else thinned to what is worth stepping through."""
    samples, preview = run.samples(), run.config.kind.preview(run.config)
    wanted = thin_steps(list(samples)) if steps is None else [step for step in samples if step in steps]
    per_epoch = max(run.config.batches_per_epoch / run.config.batches_per_step, 1e-9)
    frames = [
        Frame(step=step, caption=f"step {step:,} · epoch {step / per_epoch:.1f}", src=source)
        for step in wanted
        if (source := pictures.address(run, step, path=samples[step])) is not None
    ]
    return Film(title or run.name, frames, run_color(run) if title else None, preview.caption, preview.aspect)


def aspect(config: RunConfig) -> float:
    """How much wider than high a run's pictures are."""
    return config.kind.preview(config).aspect


def newest(run: Run, *, place: str, width: int | Literal["stretch"] = "stretch") -> None:
    """The newest grid as a picture; before there is one, its room."""
    steps = run.samples()
    last = max(steps, default=None)
    source = None if last is None else pictures.address(run, last, path=steps[last])
    alt = f"newest samples of {run.name}"
    picture(source, key=f"picture-{place}-{run.id}", alt=alt, aspect=aspect(run.config), width=width)


def thumbnail(run: Run) -> str | None:
    """The address of the newest grid, scaled down for a table."""
    steps = run.samples()
    last = max(steps, default=None)
    return None if last is None else pictures.address(run, last, small=True, path=steps[last])


def expected_samples() -> None:
    """What the quickstart gives, to look at before anything ran: made by `python -m gancore sample`."""
    picture = state.PROJECT / "docs" / "quickstart.png"
    st.image(str(picture), width=420, output_format="PNG", caption="Samples of the quickstart after 1,050 steps.")
