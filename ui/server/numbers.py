"""The numbers of a run that a class asks for: how good its samples are, and its losses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gancore.evaluation import measures
from gancore.evaluation.measures import MEASURES
from gancore.store import Run
from gancore.store.records import Status
from ui.figures.evaluations import as_text, first_values, level, measured
from ui.words import SHOWN_SCALARS

_ROLES = {"loss_d": "d", "loss_g": "g"}


class Number(NamedTuple):
    """`D loss 0.61`, or `FID 5.6 at step 1,050`."""

    label: str
    text: str
    note: str = ""
    role: str = ""  # "d" or "g": whose it is


def quality(run: Run) -> Iterator[Number]:
    """The newest values of what says most of such a run; several of one step say it once."""
    every = run.evaluations()
    weights, at = measures.shown_weights(every), -1
    evaluations = [each for each in every if each.weights == weights]
    for key in first_values(run.config, measured(evaluations)):
        newest = measures.newest(evaluations, key)
        if newest is None:
            continue
        wanted = level(key, run.config)
        of = f" of {wanted:.0f}" if key in ("classes", "modes") and wanted is not None else ""
        note = "" if newest.step == at else f"at step {newest.step:,}"
        at = newest.step
        yield Number(MEASURES[key].label, as_text(newest.values, key) + of, note)


def losses(status: Status) -> Iterator[Number]:
    """Means over the last second of training."""
    for name, label in SHOWN_SCALARS.items():
        if (value := status.scalars.get(name)) is not None:
            yield Number(label, f"{value:.3g}", role=_ROLES.get(name, ""))
