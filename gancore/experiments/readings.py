"""How the outcomes of a run are read: from its evaluations, and from its curves. None: it was not measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd

from gancore.evaluation.curves import LOSSES, curve_statistics
from gancore.evaluation.measures import final, on_the_way
from gancore.store import Run
from gancore.store.evaluations import Evaluation
from gancore.store.index import Snapshot

Read = Callable[[Run], float | None]

USABLE_FID = 10.0  # below, digits are clear; half of the classes missing costs 16.6, blurring 22.3 (docs/metrics.md)
FEWEST_RANKED = 5  # evaluations that an order can be told from


def evaluations(run: Run) -> list[Evaluation]:
    """The evaluations of a run; those of a snapshot are read once."""
    return run.once("evaluations", run.evaluations) if isinstance(run, Snapshot) else run.evaluations()


# --- at its end -----------------------------------------------------------------------------------------------------


def at_the_end(*keys: str) -> Read:
    """The first of these that the final evaluation has."""

    def read(run: Run) -> float | None:
        found = final(evaluations(run))
        return None if found is None else next((found.values[key] for key in keys if key in found.values), None)

    return read


# --- of its curves --------------------------------------------------------------------------------------------------


def of_curves(key: str) -> Read:
    """A number of its curves, as `curve_statistics` has it."""

    def read(run: Run) -> float | None:
        return _statistics(run).get(key)

    return read


def _statistics(run: Run) -> dict[str, float]:
    """As the run summed its curves up when it ended; of one from before runs did, from the curves themselves."""
    if any(f"tail_{loss}" in run.summary for loss in LOSSES):
        return run.summary
    compute = partial(_of_all_steps, run)
    return run.once("curve statistics", compute) if isinstance(run, Snapshot) else compute()


def _of_all_steps(run: Run) -> dict[str, float]:
    return curve_statistics(run.scalars())


def between(one: Read, other: Read) -> Read:
    """How much larger one reading is than another."""

    def read(run: Run) -> float | None:
        value, subtracted = one(run), other(run)
        return None if value is None or subtracted is None else value - subtracted

    return read


# --- on the way -----------------------------------------------------------------------------------------------------


def _series(run: Run, *keys: str) -> list[tuple[int, list[float]]]:
    """Step and values of the evaluations on the way that know all of these, in order."""
    known = [each for each in on_the_way(evaluations(run)) if all(key in each.values for key in keys)]
    return [(each.step, [each.values[key] for key in keys]) for each in sorted(known, key=lambda each: each.step)]


def lost_since_best(key: str) -> Read:
    """How far the last value on the way lies below the highest."""

    def read(run: Run) -> float | None:
        values = [value for _, [value] in _series(run, key)]
        return max(values) - values[-1] if values else None

    return read


def over_best(key: str) -> Read:
    """The last value on the way over the lowest: 1 if the last is the best."""

    def read(run: Run) -> float | None:
        values = [value for _, [value] in _series(run, key)]
        return values[-1] / min(values) if values and min(values) > 0 else None

    return read


def after_a_third(key: str) -> Read:
    """The first value after a third of the steps."""

    def read(run: Run) -> float | None:
        third = run.status.total_steps / 3
        return next((value for step, [value] in _series(run, key) if step >= third), None)

    return read


def steps_until_usable(run: Run) -> float | None:
    """The step of the first evaluation with a usable FID; all of the run's steps if there was none, and so at least."""
    series = _series(run, "fid")
    if not series:
        return None
    return float(next((step for step, [fid] in series if fid < USABLE_FID), run.status.total_steps))


def follows(key: str, other: str) -> Read:
    """Spearman's rank correlation of two values over the evaluations on the way."""

    def read(run: Run) -> float | None:
        values = [pair for _, pair in _series(run, key, other)]
        return rank_correlation([one for one, _ in values], [another for _, another in values])

    return read


def rank_correlation(ones: Sequence[float], others: Sequence[float]) -> float | None:
    """Spearman's; None of too few, or where one of the two never changes."""
    if len(ones) < FEWEST_RANKED:
        return None
    ranks = np.array([pd.Series(values).rank() for values in (ones, others)], float)
    if (ranks.std(axis=1) == 0).any():
        return None
    return float(np.corrcoef(ranks)[0, 1])
