"""Several runs in one thread, each in its own folder: of those that are alike, each step is one computation.

Each is an attempt as any other, which sees to its own checkpoints, commands and changes between two steps. Who stops,
fails, or goes on with other settings leaves the others, and they go on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from functools import partial

from gancore.training.events import Step
from gancore.training.runner import Attempt
from gancore.training.stacked import StackedTrainers, is_exact, key_of
from gancore.training.trainer import Trainer

LEAST = 3  # runs that are faster stacked than one after another


class SharedClock:
    """Seconds of each of several runs that are made together: a second that passes is shared by all of them."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.runs = 1
        self._clock = clock
        self._looked, self._told = clock(), 0.0

    def __call__(self) -> float:
        now = self._clock()
        self._told += (now - self._looked) / self.runs
        self._looked = now
        return self._told


def execute_together(attempts: Iterable[Attempt], clock: SharedClock | None = None) -> None:
    """Make all attempts to their ends. `clock` is the one that they were given.

    What one of them raises ends all: whoever has several must see to it that none does.
    """
    _Together(attempts, clock or SharedClock()).run()


class _Together:
    def __init__(self, attempts: Iterable[Attempt], clock: SharedClock) -> None:
        self._clock = clock
        self._attempts: dict[Trainer, Attempt] = {}  # those that want a step, by who makes it
        for attempt in attempts:
            self._go_on(attempt, partial(next, attempt))

    def run(self) -> None:
        while self._attempts:
            self._clock.runs = count = len(self._attempts)
            alone, stacked = self._arranged()
            while len(self._attempts) == count and all(stack.is_alike for stack in stacked):
                for trainer in alone:
                    self._make([trainer], lambda trainer=trainer: [trainer.make_step()])  # type: ignore[misc]
                for stack in stacked:
                    self._make(stack.trainers, stack.make_step)
            for stack in stacked:
                stack.part()

    def _arranged(self) -> tuple[list[Trainer], list[StackedTrainers]]:
        """Those that make their steps alone, and those that make them with others."""
        alike: dict[Hashable, list[Trainer]] = {}
        for trainer in self._attempts:
            alike.setdefault(key_of(trainer) or trainer, []).append(trainer)
        teams = [team for team in alike.values() if len(team) >= LEAST and is_exact(team[0].algorithm.config)]
        in_teams = {trainer for team in teams for trainer in team}
        return [trainer for trainer in self._attempts if trainer not in in_teams], [*map(StackedTrainers, teams)]

    def _make(self, trainers: Sequence[Trainer], make: Callable[[], Sequence[Step]]) -> None:
        """One step of each, and what its run does after it."""
        attempts = [self._attempts.pop(trainer) for trainer in trainers]
        try:
            steps = make()
        except Exception as problem:
            for attempt in attempts:
                self._go_on(attempt, partial(attempt.throw, problem))
        else:
            for attempt, step in zip(attempts, steps, strict=True):
                self._go_on(attempt, partial(attempt.send, step))

    def _go_on(self, attempt: Attempt, go: Callable[[], Trainer]) -> None:
        """Until it wants its next step, or has ended."""
        with suppress(StopIteration):
            self._attempts[go()] = attempt
