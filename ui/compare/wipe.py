"""Two sample grids, one over the other, with a divider between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from gancore.store import Run
from gancore.store.records import LIVE
from ui.boundary import boundary
from ui.compare.chosen import lines, names
from ui.compare.controls import Controls
from ui.frontend import plots
from ui.run.film import aspect
from ui.server import pictures
from ui.server.pictures import thin_steps


def section(runs: Sequence[Run], controls: Controls) -> None:  # noqa: ARG001 (all sections take them)
    """Shown where two runs have samples."""
    with boundary("A over B"):
        named = names(runs)
        steps = _steps(runs)
        shown = [found for run in runs if (found := _shown(run, named[run.id], steps))["frames"]]
        if len(shown) < 2:
            return
        st.subheader("One over the other", anchor=False)
        plots.wipe({"runs": shown}, key="compare-wipe")


def _steps(runs: Sequence[Run]) -> set[int]:
    """As many as a slider can step through: those that most runs have."""
    every = [set(run.samples()) for run in runs if run.samples()]
    shared = set.intersection(*every) if every else set()
    last = {max(own) for own in every}
    return {*thin_steps(sorted(shared or set().union(*every))), *last}


def _shown(run: Run, name: str, steps: set[int]) -> dict[str, Any]:
    samples, config = run.samples(), run.config
    frames = [
        {"step": step, "src": source}
        for step, path in samples.items()
        if step in steps and (source := pictures.address(run, step, path=path)) is not None
    ]
    return {
        "id": run.id,
        "name": name,
        "color": lines([run])[run.id].color,
        "aspect": aspect(config),
        "noise": f"{config.seed} {config.model.nz} {config.model.prior} {config.model.kind}",
        "live": run.state in LIVE,
        "frames": frames,
    }
