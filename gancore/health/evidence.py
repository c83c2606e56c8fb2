"""What a run's folder shows to a doctor: curves as levels, and evaluations."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from gancore.config import RunConfig
from gancore.config.losses import LOSS_FACTS, LossFacts
from gancore.evaluation.measures import shown_weights
from gancore.health.limits import LIMITS
from gancore.store.evaluations import Evaluation

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Past:
    """What a fork goes on from, as far as it is still there; nothing for a run from scratch."""

    step: int = 0  # after which it begins
    first: pd.DataFrame = field(default_factory=pd.DataFrame)  # the first row of its lineage, where nothing went wrong
    evaluations: Sequence[Evaluation] = ()  # of its ancestors, up to where it begins


class Evidence:
    """A run's curves as levels, one for each block of steps, and its evaluations. What is not there is NaN.

    The level at a block is the median over the last blocks, so it exists after `LIMITS.window` of them, and a run's
    levels do not change while it goes on. All of that is a fork's own; its past is only what it is held against.
    """

    def __init__(
        self,
        config: RunConfig,
        rows: pd.DataFrame,
        evaluations: Sequence[Evaluation],
        divergence: str | None,  # the sentence with which a run failed that diverged
        past: Past,
    ) -> None:
        self.config = config
        self.rows = rows
        self.divergence = divergence
        self.past = past
        measured = () if _trains_no_g(config) else (*past.evaluations, *evaluations)
        weights = shown_weights(measured)
        shown = (each for each in measured if each.weights == weights)
        self.history = _through_the_newest(sorted(shown, key=lambda each: (each.step, each.size)))  # cheap before full
        self.evaluations = [each for each in self.history if not past.step or each.step > past.step]

    @cached_property
    def row_steps(self) -> Numbers:
        """The step of each row."""
        return self._column("step") if "step" in self.rows else np.arange(1.0, len(self.rows) + 1)

    @cached_property
    def steps(self) -> Numbers:
        """The step at the end of each level's last block."""
        return self.row_steps[LIMITS.block * LIMITS.window - 1 :: LIMITS.block]

    @property
    def step(self) -> int:
        """The newest of the run."""
        return int(self.row_steps[-1]) if len(self.row_steps) else self.past.step

    @cached_property
    def guessing(self) -> float:
        """What D loses if it cannot tell real from fake."""
        return self.game.guessing

    @cached_property
    def d_loss(self) -> Numbers:
        """D's loss as a level: 0 if it makes no mistakes, 1 if it guesses, NaN for a loss that has no scale."""
        smoothing = self.config.objective.label_smoothing if self.config.uses("objective.label_smoothing") else 0.0
        shares = (smoothing, 1 - smoothing) if self.game.output == "probability" else ()
        least = -sum(share * math.log(share) for share in shares if share)  # with smoothed targets
        return (self.level("loss_d") - least) / (self.guessing - least)

    @cached_property
    def game(self) -> LossFacts:
        """What G and D play, if there are a G and a D."""
        return self.config.kind.game(self.config) or LOSS_FACTS["nonsaturating"]

    def level(self, name: str) -> Numbers:
        """A curve's level at each of `steps`."""
        return _level(self.means(name))

    def means(self, name: str) -> Numbers:
        """A curve's mean over each block."""
        found: Numbers = self._blocks(name).mean(axis=1)
        return found

    def spread(self, name: str) -> Numbers:
        """How far a curve spreads from step to step, as a level."""
        return _level(self._blocks(name).std(axis=1))

    def share_above(self, name: str, value: float) -> Numbers:
        """In which share of the steps a curve lies above a value, as a level."""
        return _level((self._blocks(name) > value).mean(axis=1))

    def size(self, name: str) -> Numbers:
        """A curve's level without its sign."""
        return _level(np.abs(self._blocks(name)).mean(axis=1))

    def start(self, name: str) -> float:
        """A curve's size in the first row that is there, at the start of the lineage."""
        return abs(float(self._first[name].iloc[0])) if name in self._first and len(self._first) else math.nan

    @property
    def beginning(self) -> str:
        """When that was: `at the first step`, or at another where the lineage's start is gone."""
        step = int(self._first["step"].iloc[0]) if "step" in self._first and len(self._first) else 1
        return "at the first step" if step == 1 else f"at step {step:,}"

    @cached_property
    def _first(self) -> pd.DataFrame:
        return self.past.first if len(self.past.first) else self.rows.head(1)

    def since(self, holds: Flags) -> int | None:
        """The step from which on something holds to the very end, or None. `holds` ends with the last block."""
        place = place_since(holds)
        return None if place is None else int(self.steps[place - len(holds)])

    def gets_better(self, now: Evaluation) -> bool:
        """Whether the FID is well below that of all evaluations before this step."""
        return any(new < LIMITS.better * min(before) for new, before in self._progress("fid", now))

    def spreads(self, now: Evaluation) -> bool:
        """Whether samples get more varied: recall rises, or coverage does where the FID falls, too."""
        if any(new > max(before) + LIMITS.spreads for new, before in self._progress("recall", now)):
            return True
        covers = any(LIMITS.better * new > max(before) for new, before in self._progress("coverage", now))
        return covers and self.gets_better(now)

    def _progress(self, name: str, now: Evaluation) -> list[tuple[float, list[float]]]:
        """A value, as the evaluations of this step see it, and those before it of as many samples, if there are any: a
        full one has none, and those of fewer samples do not compare."""
        known = [each for each in self.history if name in each.values and each.step <= now.step]
        before = {each.samples: list[float]() for each in known}
        for each in known:
            if each.step < now.step:
                before[each.samples].append(each.values[name])
        newest = (each for each in known if each.step == now.step and before[each.samples])
        return [(each.values[name], before[each.samples]) for each in newest]

    def _blocks(self, name: str) -> Numbers:
        """A curve in whole blocks (N, block)."""
        column = self._column(name)
        return column[: len(column) // LIMITS.block * LIMITS.block].reshape(-1, LIMITS.block)

    def _column(self, name: str) -> Numbers:
        if name not in self.rows:
            return np.full(len(self.rows), math.nan)
        return self.rows[name].to_numpy(dtype=np.float64)


def _trains_no_g(config: RunConfig) -> bool:
    """Whether samples say nothing of the training: those of a classifier's G, which is there but never learns."""
    return config.uses("objective.unsupervised_weight") and not config.objective.unsupervised_weight


def _through_the_newest(evaluations: Sequence[Evaluation]) -> list[Evaluation]:
    """Those made through the newest one's extractor: values through another one do not compare."""
    known = [each.extractor for each in evaluations if each.extractor]
    return [each for each in evaluations if each.extractor in (*known[-1:], None)]


def _level(blocks: Numbers) -> Numbers:
    """The median of the last few blocks at each of them, from the first that has as many behind it."""
    found: Numbers = np.median(windows(blocks, LIMITS.window), axis=1)
    return found


def windows(values: Numbers, length: int) -> Numbers:
    """All stretches (N, length) of values, each one further."""
    if len(values) < length:
        return np.empty((0, length))
    return np.lib.stride_tricks.sliding_window_view(values, length)


def place_since(holds: Flags) -> int | None:
    """The place from which on something holds to the very end, or None."""
    if not len(holds) or not holds[-1]:
        return None
    broken = np.flatnonzero(~holds)
    return int(broken[-1]) + 1 if len(broken) else 0


class Detection(NamedTuple):
    """Something was detected, and since which step it could be."""

    step: int
    observation: str
    certain: bool = True  # else it may pass by itself, or be chance


Detector = Callable[[Evidence], Detection | None]
