from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from gancore.data import Batch, BatchStream, Images
from gancore.rng import StepRng
from gancore.training.trainer import Trainer


class Clock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Counting:
    """An algorithm that notes its calls; each step takes `seconds` and two batches."""

    def __init__(self, clock: Clock, seconds: float = 0.5) -> None:
        self.calls: list[StepRng] = []
        self._clock = clock
        self._seconds = seconds

    def step(self, next_batch: Callable[[], Batch], rng: StepRng) -> dict[str, Tensor]:
        self.calls.append(rng)
        self._clock.now += self._seconds
        labels = torch.cat([next_batch().labels, next_batch().labels])
        return {"loss": labels.sum()}


def stream(drawn: int = 0) -> BatchStream:
    images = Images(torch.zeros(10, 1, 2, 2, dtype=torch.uint8), torch.arange(10))
    return BatchStream(images, 2, seed=0, shuffle=False, drawn=drawn)


def make(total: int = 4, **changes: object) -> tuple[Trainer, Counting, Clock]:
    clock = Clock()
    algorithm = Counting(clock)
    return Trainer(algorithm, stream(), seed=7, total_steps=total, clock=clock, **changes), algorithm, clock


def test_each_step_is_one_event_and_the_last_one_ends_it() -> None:
    trainer, algorithm, _ = make(4)
    events = list(trainer.run())
    assert [event.step for event in events] == [1, 2, 3, 4]
    assert [(rng.seed, rng.step) for rng in algorithm.calls] == [(7, 1), (7, 2), (7, 3), (7, 4)]
    assert [event.scalars["loss"].item() for event in events] == [0 + 1 + 2 + 3, 4 + 5 + 6 + 7, 8 + 9 + 0 + 1, 14 + 0]
    assert [event.epoch for event in events] == pytest.approx([0.4, 0.8, 1.2, 1.6])


def test_nothing_happens_between_events() -> None:
    trainer, algorithm, _ = make(4)
    events = trainer.run()
    assert algorithm.calls == []
    for done in (1, 2, 3):
        next(events)
        assert len(algorithm.calls) == trainer.step == done
    events.close()
    assert len(algorithm.calls) == 3


def test_the_consumers_time_is_training_time_but_not_step_time() -> None:
    trainer, _, clock = make(3)
    times = []
    for event in trainer.run():
        times.append((event.time, event.step_time))
        clock.now += 2.0  # a preview, say
    assert times == [(0.5, 0.5), (3.0, 0.5), (5.5, 0.5)]
    assert trainer.trained == 5.5


def test_time_before_the_first_step_does_not_count() -> None:
    trainer, _, clock = make(1)
    events = trainer.run()
    clock.now += 50.0
    assert next(events).time == 0.5


def test_a_resumed_trainer_goes_on_counting() -> None:
    trainer, algorithm, _ = make(5, step=3, trained=40.0)
    events = list(trainer.run())
    assert [(event.step, event.time) for event in events] == [(4, 40.5), (5, 41.0)]
    assert [rng.step for rng in algorithm.calls] == [4, 5]


def test_a_trainer_that_is_through_does_nothing() -> None:
    trainer, algorithm, _ = make(3, step=3)
    assert list(trainer.run()) == []
    assert algorithm.calls == []


def test_events_cannot_be_changed() -> None:
    trainer, _, _ = make(2)
    first, second = trainer.run()
    with pytest.raises(AttributeError):
        first.step = 9  # type: ignore[misc]
    assert all(before < after for before, after in pairwise([first.time, second.time]))
