"""What a run's folder shows to a doctor: curves as levels, evaluations, and from where on these count as wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from gancore.config import RunConfig
from gancore.measures import Evaluation, shown_weights
from gancore.parts import D_OUTPUT, LossName

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Limits:
    """From where on something counts as wrong.

    In brackets: the worst of the healthy runs; the mildest of the sick, among the recordings that limits are set on.
    """

    # How curves are read
    block: int = 25  # steps whose mean is one point of a curve
    window: int = 8  # points whose median is the level of a curve: one odd block does not count
    # Levels of curves. D's loss, and its lead, are in units of what it loses by guessing
    growth: float = 100.0  # a loss or a gradient, relative to the first step, or to 1 if it was less (28; 180)
    jumps: float = 0.25  # spread of D's loss from step to step (0.56, but not often; 0.36) while it lies
    wrong: float = 1.25  # above this
    often: float = 0.15  # in more than this share of the steps (0.14; 0.18)
    leaps: float = 0.75  # the spread that tells by itself (0.56; 0.96)
    sure: float = 0.005  # D's loss if it makes no more mistakes (0.11; 0.002)
    winning: float = 0.3  # D's loss if it makes few mistakes, which may do no harm (0.11; 0.22), unless
    lost: float = 100.0  # the FID is above this (95; 139)
    stuck: int = 400  # and does not get better for as many steps (200; 600)
    unsure: float = 0.02  # D's loss from which on it does not stop G
    vanished: float = 0.02  # G's gradient, relative to the first step (0.04; 0.006)
    fooled: float = 0.05  # lead of samples over real images in D's eyes (-0.007; 0.11)
    swings: int = 40  # points among which swings of D's loss are looked for: 1,000 steps
    swing: float = 0.4  # size of a swing (0.19; 0.46)
    turns: int = 4  # changes from high to low or back
    code: int = 300  # steps before which a VAE's code may be empty
    kl: float = 3.0  # nats an image in the code (7; 2.7)
    # Evaluations; the values are those of `gancore.measures`
    grown: int = 400  # steps before which samples are not judged
    contrast: float = 0.05  # contrast of blank samples (0.22; 0.049)
    diversity: float = 0.3  # diversity, relative to the contrast: pale samples may still differ (0.41; 0.17)
    modes: float = 0.5  # share of a toy's modes that are found
    search: int = 2_000  # steps for which a toy's modes may be looked for, while its run goes on (1,700)
    toy_recall: float = 0.25  # recall of a toy if samples are a few spots and not a cloud (0.15; 0.05)
    clear: float = 0.5  # precision of samples that a classifier can judge (0.48)
    unlike: float = 50.0  # FID of samples that are like nothing real (82; 25)
    common: float = 20  # samples that there should be of a class for it to count as missing
    rare: float = 0.1  # of them, if it is missing
    missing: float = 0.2  # share of the classes that may be missing (0.2; 0.3)
    good: float = 0.3  # precision of samples that are not just noise (0.28; 0.36)
    variety: int = 300  # steps for which images may lack variety, while their run goes on (100)
    recall: float = 0.005  # recall of samples that are all alike within a class (0.007; 0.002)
    among: int = 5  # newest evaluations, most of which must agree on classes, variety or copies
    spreads: float = 0.005  # rise of recall with which samples get more varied
    better: float = 0.95  # FID, relative to the lowest before, while samples still get better (0.94; 0.96)
    few: int = 1_000  # training images that can be learned by heart
    copies: float = 0.75  # probability that a sample is nearer to them than a held-out image is (0.55; 0.81)


LIMITS = Limits()


# D's loss when it cannot tell real from fake. Wasserstein's scores have no scale of their own: nothing compares.
GUESSING: dict[LossName, float] = {
    "nonsaturating": 2 * math.log(2),
    "minimax": 2 * math.log(2),
    "least_squares": 0.25,
    "wasserstein": math.nan,
    "hinge": 2.0,
}


SATURATING: tuple[LossName, ...] = ("minimax",)  # G's gradient is that of log(1 - D(G(z)))


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
        self, config: RunConfig, rows: pd.DataFrame, evaluations: Sequence[Evaluation], error: str | None, past: Past
    ) -> None:
        self.config = config
        self.rows = rows
        self.error = error
        self.past = past
        weights = shown_weights([*past.evaluations, *evaluations])
        shown = (each for each in (*past.evaluations, *evaluations) if each.weights == weights)
        self.history = sorted(shown, key=lambda each: (each.step, each.size))  # cheap before full
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
        return GUESSING[self.loss]

    @cached_property
    def d_loss(self) -> Numbers:
        """D's loss as a level: 0 if it makes no mistakes, 1 if it guesses, NaN for a loss that has no scale."""
        smoothing = self.config.objective.label_smoothing if self.config.uses("objective.label_smoothing") else 0.0
        shares = (smoothing, 1 - smoothing) if D_OUTPUT[self.loss] == "probability" else ()
        least = -sum(share * math.log(share) for share in shares if share)  # with smoothed targets
        return (self.level("loss_d") - least) / (self.guessing - least)

    @cached_property
    def loss(self) -> LossName:
        """The game's; a D that classifies, too, has cross-entropy."""
        return self.config.objective.loss if self.config.uses("objective.loss") else "nonsaturating"

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

    @property
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
