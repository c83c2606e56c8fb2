"""The sample grids of a run: its film, and the newest one as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from gancore.config import RunConfig
from gancore.store import Run
from ui import state
from ui.colors import run_color
from ui.frontend.components import Film, picture
from ui.server import pictures


def run_film(run: Run, title: str | None = None, steps: Sequence[int] | None = None) -> Film:
    """A run's sample grids: those at `steps`, or else thinned to what is worth stepping through."""
    preview = run.config.kind.preview(run.config)
    color = run_color(run) if title else None
    return Film(title or run.name, pictures.frames(run, steps), color, preview.caption, preview.aspect, preview.rows)


def aspect(config: RunConfig) -> float:
    """How much wider than high a run's pictures are."""
    return config.kind.preview(config).aspect


def newest(run: Run, *, place: str, width: int | Literal["stretch"] = "stretch", live: bool = False) -> None:
    """The newest grid as a picture; before there is one, its room. That of a run that is `live` becomes the newest one
    by itself."""
    steps = run.samples()
    last = max(steps, default=None)
    source = None if last is None else pictures.address(run, last, path=steps[last])
    alt = f"newest samples of {run.name}"
    key = f"picture-{place}-{run.id}"
    picture(source, key=key, alt=alt, aspect=aspect(run.config), width=width, live=run if live else None)


def thumbnail(run: Run) -> str | None:
    """The address of the newest grid, scaled down for a table."""
    steps = run.samples()
    last = max(steps, default=None)
    return None if last is None else pictures.address(run, last, small=True, path=steps[last])


def expected_samples() -> None:
    """What the quickstart gives, to look at before anything ran: made by `python -m gancore sample`."""
    picture = state.PROJECT / "docs" / "quickstart.png"
    with st.container(width=420):  # or as wide as a phone
        st.image(str(picture), output_format="PNG", caption="Samples of the quickstart after 1,050 steps.")
