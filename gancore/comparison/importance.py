"""How much each setting matters for a measure, among the runs that are there: a random forest, and how far to trust it.

A setting matters as much as the forest errs more on runs it has not seen once that setting's values are shuffled
(Breiman 2001, section 10). The whole is repeated on bootstraps of the runs: with few of them the shares spread widely,
and say so. Nothing here is a proof: settings that were varied together cannot be told apart, see `entangled`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.random import Generator, default_rng

FEWEST_RUNS = 8
BOOTSTRAPS = 20
TREES = 50  # of each forest
RANGE = (10, 90)  # percentiles of the bootstraps that are told
SEED = 0  # of all forests: whoever asks again is told the same
TOGETHER = 0.7  # rank correlation from which two settings count as varied together

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Share:
    """How much of what all settings matter together is due to one, in [0, 1]."""

    path: str
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Importance:
    """What a forest says of settings."""

    shares: Sequence[Share]  # the largest first
    explained: (
        float  # share of the variance that it foresees in runs it has not seen; at most 1, below 0 it knows nothing
    )
    runs: int


def importance(settings: pd.DataFrame, values: Sequence[float]) -> Importance | None:
    """What the columns of `settings`, a row for each run, matter for `values`, where less or more is not judged.

    None of fewer than eight runs, without a setting that varies, or where all values are the same.
    """
    y = np.asarray(values, float)
    varied = [str(path) for path in settings if settings[path].astype(str).nunique() > 1]
    if len(y) < FEWEST_RUNS or not varied or np.ptp(y) == 0:
        return None
    x = np.column_stack([encoded(settings[path].tolist()) for path in varied])
    source = default_rng(SEED)
    everyone = np.arange(len(y))
    raised = [_forest(x, y, source.choice(everyone, len(y)), source) for _ in range(BOOTSTRAPS)]
    gains = np.clip(np.array(raised), 0.0, None)  # (bootstraps, settings)
    totals = gains.sum(1, keepdims=True)
    shares = np.divide(gains, totals, out=np.full_like(gains, 1 / len(varied)), where=totals > 0)
    low, high = np.percentile(shares, RANGE, axis=0)
    found = [
        Share(path, float(shares[:, at].mean()), float(low[at]), float(high[at])) for at, path in enumerate(varied)
    ]
    return Importance(sorted(found, key=lambda share: -share.mean), _explained(x, y, source), len(y))


def _forest(x: Numbers, y: Numbers, drawn: npt.NDArray[np.int64], source: Generator) -> Numbers:
    """How much the squared error on unseen runs grows with each setting shuffled, summed over trees."""
    settings = x.shape[1]
    gains = np.zeros(settings)
    for _ in range(TREES):
        bag = source.choice(drawn, len(drawn))
        unseen = np.setdiff1d(drawn, bag)
        if len(unseen) < 2:
            continue
        asked = np.tile(x[unseen], (settings + 1, 1, 1))  # (settings + 1, runs, settings): the first as they are
        for at in range(settings):
            asked[at + 1, :, at] = source.permutation(asked[at + 1, :, at])
        said = _predicted(x[bag], y[bag], asked.reshape(-1, settings), source).reshape(settings + 1, len(unseen))
        squared = np.mean((said - y[unseen]) ** 2, axis=1)
        gains += squared[1:] - squared[0]
    return gains


def _explained(x: Numbers, y: Numbers, source: Generator) -> float:
    """The share of the variance that a forest foresees, each run by the trees that have not seen it."""
    total, count = np.zeros(len(y)), np.zeros(len(y))
    for _ in range(4 * TREES):
        bag = source.choice(len(y), len(y))
        unseen = np.setdiff1d(np.arange(len(y)), bag)
        if len(unseen):
            total[unseen] += _predicted(x[bag], y[bag], x[unseen], source)
            count[unseen] += 1
    known = count > 0
    return 1.0 - float(np.mean((y[known] - total[known] / count[known]) ** 2) / np.var(y))


def _predicted(x: Numbers, y: Numbers, asked: Numbers, source: Generator) -> Numbers:
    """What a tree that was grown on `x` and `y` says of others."""
    from sklearn.tree import DecisionTreeRegressor  # type: ignore[import-untyped]  # here, as it takes long to import

    features = math.ceil(2 * x.shape[1] / 3)
    tree = DecisionTreeRegressor(max_features=features, random_state=int(source.integers(2**31)))
    tree.fit(x.astype(np.float32), y, check_input=False)  # checks take longer than trees
    found: Numbers = tree.tree_.predict(asked.astype(np.float32)).ravel()
    return found


def encoded(values: Sequence[Any]) -> Numbers:
    """Numbers by rank, which is all that a tree looks at; anything else by its place among the texts."""
    if all(type(value) in (int, float) for value in values):
        order = {value: place for place, value in enumerate(sorted(set(values)))}
        return np.array([order[value] for value in values], float)
    order = {text: place for place, text in enumerate(sorted({str(value) for value in values}))}
    return np.array([order[str(value)] for value in values], float)


def entangled(settings: pd.DataFrame) -> list[tuple[str, str]]:
    """Pairs of settings that were varied together, so that what either does cannot be told from the other."""
    columns: Mapping[str, Numbers] = {str(path): encoded(settings[path].tolist()) for path in settings}
    varied = {path: ranks for path, ranks in columns.items() if np.ptp(ranks) > 0}
    pairs = []
    for (one, ones), (other, others) in combinations(varied.items(), 2):
        ranks = np.corrcoef(pd.Series(ones).rank(), pd.Series(others).rank())[0, 1]
        if abs(ranks) >= TOGETHER:
            pairs.append((one, other))
    return pairs
