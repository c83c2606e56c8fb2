"""The loop. It knows nothing of files, of networks, or of who is watching."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from torch import Tensor

from gancore.algorithms import Algorithm, Draws
from gancore.data import BatchStream
from gancore.rng import StepRng
from gancore.training.events import Step


class Trainer:
    """Steps an algorithm until `total_steps`, suspended at a step boundary between events."""

    def __init__(
        self,
        algorithm: Algorithm,
        stream: BatchStream,
        *,
        seed: int,
        total_steps: int,
        step: int = 0,  # steps done before, in an earlier attempt
        trained: float = 0.0,  # seconds trained before
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.algorithm = algorithm
        self.stream = stream
        self.seed = seed
        self.total_steps = total_steps
        self.step = step
        self.trained = trained
        self._clock = clock
        self._before = trained
        self._started: float | None = None  # when the first step was begun
        self._begun = 0.0  # when the latest one was

    def run(self) -> Iterator[Step]:
        """One event a step; what the consumer does between events counts as training time, not as step time."""
        while self.step < self.total_steps:
            yield self.make_step()

    def make_step(self) -> Step:
        """The next step, by itself."""
        rng = self._begin()
        return self.end_step(self.algorithm.step(self.stream.next, rng))

    def draw(self) -> Draws:
        """The first half of the next step; whoever makes the other one, with others or not, tells `end_step`."""
        rng = self._begin()
        return self.algorithm.draw(self.stream.next, rng)

    def end_step(self, scalars: dict[str, Tensor]) -> Step:
        """The step that was begun is made."""
        now = self._clock()
        self.step += 1
        self.trained = self._before + now - (self._started or 0.0)
        return Step(self.step, self.stream.epoch, self.trained, now - self._begun, scalars)

    def _begin(self) -> StepRng:
        self._begun = self._clock()
        if self._started is None:
            self._started = self._begun
        return StepRng(self.seed, self.step + 1)
