"""The numbers of a run that a class asks for, under its title: how good its samples are, and its losses."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from gancore.evaluation import measures
from gancore.evaluation.measures import MEASURES
from gancore.store import Run
from ui.figures.evaluations import as_text
from ui.run.quality import first_values, level, measured
from ui.words import plain

_LOSSES = {
    "loss_d": ("D loss", "blue"),
    "loss_g": ("G loss", "orange"),
    "loss": ("loss", ""),
    "accuracy": ("accuracy", ""),
}


def line(run: Run) -> None:
    """One line, as high before there are any."""
    parts = [*_quality(run), *_losses(run)]
    st.markdown(
        " \u2002 ".join(part.replace(" ", "\u00a0") for part in parts)
        or ":gray[:small[Its first numbers come within seconds.]]"
    )


def _quality(run: Run) -> Iterator[str]:
    """`FID **5.6** at step 1,050`, `coverage **0.93**`: the newest values of what says most of such a run."""
    every = run.evaluations()
    weights, at = measures.shown_weights(every), -1
    evaluations = [each for each in every if each.weights == weights]
    for key in first_values(run.config, measured(evaluations)):
        newest = measures.newest(evaluations, key)
        if newest is None:
            continue
        wanted = level(key, run.config)
        of = f" of {wanted:.0f}" if key in ("classes", "modes") and wanted is not None else ""
        when = "" if newest.step == at else f" :gray[:small[at step {newest.step:,}]]"
        at = newest.step
        yield f":small[{plain(MEASURES[key].label)}] **{as_text(newest.values, key)}{of}**{when}"


def _losses(run: Run) -> Iterator[str]:
    """Means over the last second of training."""
    for name, (label, color) in _LOSSES.items():
        if (value := run.status.scalars.get(name)) is not None:
            text = f":small[{label}] **{value:.3g}**"
            yield f":{color}[{text}]" if color else text
