"""From which noise the grids of the compared runs are, and how they come to be of the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from gancore.store import Run
from gancore.store.records import LIVE
from gancore.text import listed
from ui import state

T = TypeVar("T")

MOST_DRAWN = 8  # runs that are drawn from common noise without being asked


@dataclass(frozen=True)
class Grids:
    """The grids of a run that stand in its film."""

    drawn: Mapping[int, Path] | None = None  # from the common noise, by step; None: the run's own
    note: str = ""  # what is to be said of their noise


@dataclass(frozen=True)
class Noise:
    """The noise that films share, as far as they do."""

    seed: int  # whose noise it is
    grids: Mapping[str, Grids]  # by the run's id
    same: bool  # whether all films are of the same noise
    drawing: bool  # whether some are being drawn
    line: str  # that in a sentence


def common(runs: Sequence[Run]) -> Noise:
    """Have the runs drawn from the noise of the seed that most of them have, where that can be."""
    seed = _usual([run.config.seed for run in runs])
    shape = _usual([_shape(run) for run in runs])
    found, reasons, drawing, budget = {}, [], 0, MOST_DRAWN
    for run in runs:
        own = run.config.seed == seed
        if _shape(run) != shape:
            found[run.id] = Grids(note=f"noise of its own, nz {run.config.model.nz}, seed {run.config.seed}")
            reasons.append("nz or the kind of noise differs")
        elif own:
            found[run.id] = Grids(note=f"noise of seed {seed}")
        else:
            grids, doing, reason = _redrawn(run, seed, may_draw=budget > 0)
            found[run.id] = grids
            budget -= 1
            drawing += doing
            reasons += [reason] if reason else []
    return Noise(seed, found, not reasons and not drawing, bool(drawing), _line(seed, reasons, drawing))


def _redrawn(run: Run, seed: int, *, may_draw: bool) -> tuple[Grids, bool, str]:
    """A run's grids from another seed's noise; whether they are being drawn, and why they cannot be."""
    own = f"noise of its own seed, {run.config.seed}"
    if run.state in LIVE:  # which would have its newest checkpoint drawn again and again
        return Grids(note=own), False, "those of other seeds are drawn anew once they have ended"
    drawer = state.drawer()
    if not drawer.wanted(run, seed):
        missing = "reference runs come without weights" if state.is_reference(run) else "some runs have no checkpoint"
        return Grids(note=own), False, missing
    job = drawer.draw(run, seed) if may_draw else None
    if job is not None and job.problem:
        return Grids(note=own), False, f"a run could not be drawn anew ({job.problem.rstrip('.')})"
    drawn = drawer.drawn(run, seed)
    if job is not None or not drawn:
        many = f"more than {MOST_DRAWN} runs have another seed"
        return Grids(note=own), job is not None, "" if job is not None else many
    return Grids(drawn, f"noise of seed {seed}, from checkpoints"), False, ""


def _line(seed: int, reasons: Sequence[str], drawing: int) -> str:
    if drawing:
        return f"Drawing {drawing} of these runs from the noise of seed {seed} …"
    if not reasons:
        return ""
    return f"Not all grids are of the same noise: {listed(list(dict.fromkeys(reasons)))}."


def _shape(run: Run) -> tuple[object, ...]:
    """Runs of the same get the same noise from the same seed."""
    config = run.config
    preview = config.kind.preview(config)
    return config.model.nz, config.model.prior, config.kind.condition, len(config.shape), preview.aspect


def _usual(values: Sequence[T]) -> T:
    """The one that comes most often, the first one of several."""
    return Counter(values).most_common(1)[0][0]
