"""The quantities that arms are compared in: what came of each run, as claims measure it too."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from gancore.experiments import OUTCOMES
from gancore.experiments.outcomes import outcome
from gancore.experiments.statistics import of_values
from gancore.store.index import Snapshot
from ui.figures.evaluations import first_values

OF_A_FAMILY = ("modes", "test_elbo", "test_accuracy")  # what only some families have says most of them
_SMALLEST = 1e-9  # whose logarithm is taken


def value(run: Snapshot, key: str) -> float | None:
    """One quantity of a run that ended; that of a failed one is the worst. None: it was not measured."""
    return run.once(f"outcome {key}", lambda: outcome(run, key))


def values(runs: Mapping[int, Snapshot], key: str) -> dict[int, float]:
    """By seed, those that are known."""
    found = {seed: value(run, key) for seed, run in runs.items()}
    return {seed: known for seed, known in found.items() if known is not None and math.isfinite(known)}


def interval(found: Mapping[int, float], key: str) -> tuple[float, float] | None:
    """Where the mean over seeds lies, with 95 % confidence; None for one seed, which has no interval.

    Of quantities that differ by factors it is that of the geometric mean.
    """
    if len(found) < 2:
        return None
    known = OUTCOMES[key]
    if not known.ratio:
        return of_values(list(found.values()), known.resolution).interval()
    logs = [math.log(max(each, _SMALLEST)) for each in found.values()]
    low, high = of_values(logs, known.resolution).interval()
    return math.exp(min(low, 700.0)), math.exp(min(high, 700.0))


def mean(found: Mapping[int, float], key: str) -> float:
    """Over seeds; of quantities that differ by factors the geometric one."""
    if not OUTCOMES[key].ratio:
        return math.fsum(found.values()) / len(found)
    return math.exp(math.fsum(math.log(max(each, _SMALLEST)) for each in found.values()) / len(found))


def known(runs: Iterable[Snapshot], wanted: Sequence[str]) -> list[str]:
    """Quantities that some run has: the usual one for such a run first, then `wanted`, then the others."""
    every = list(runs)
    there = [key for key in OUTCOMES if any(value(run, key) is not None for run in every)]
    usual = first_values(every[0].config, there) if there else []
    first = dict.fromkeys(key for key in (*OF_A_FAMILY, *usual[:1], *wanted, *usual) if key in there)
    return [*first, *(key for key in there if key not in first)]
