"""The loop. It knows nothing of files, of networks, or of who is watching."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from gancore.algorithms import Algorithm
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

    def run(self) -> Iterator[Step]:
        """One event a step; what the consumer does between events counts as training time, not as step time."""
        before = self.trained
        started = self._clock()
        while self.step < self.total_steps:
            begin = self._clock()
            scalars = self.algorithm.step(self.stream.next, StepRng(self.seed, self.step + 1))
            end = self._clock()
            self.step += 1
            self.trained = before + end - started
            yield Step(self.step, self.stream.epoch, self.trained, end - begin, scalars)
