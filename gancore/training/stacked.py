"""Trainers whose steps are made as one computation, and whether that gives the bits that each has alone."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, cast

import torch
from torch import Tensor

from gancore.algorithms import GAN, build_algorithm
from gancore.algorithms.stack import Stack, stack_key
from gancore.config import RunConfig
from gancore.config.stacking import likeness
from gancore.data import BatchStream, load
from gancore.training.events import Step
from gancore.training.trainer import Trainer

TRIED = 10  # steps by which it is found out whether a processor computes a stack as it computes each alone

_exact: dict[Hashable, bool] = {}  # what was found out, by likeness


class StackedTrainers:
    """Trainers of GANs that can be stacked, each at the same step, until they are parted."""

    def __init__(self, trainers: Sequence[Trainer]) -> None:
        self._stack = Stack([_gan(trainer) for trainer in trainers])
        self._configs = [gan.config for gan in self._stack.gans]
        self.trainers = sorted(trainers, key=lambda trainer: self._stack.gans.index(_gan(trainer)))

    @property
    def is_alike(self) -> bool:
        """Whether all have the settings still with which they were stacked."""
        return all(gan.config is config for gan, config in zip(self._stack.gans, self._configs, strict=True))

    def make_step(self) -> list[Step]:
        """The next step of each of `trainers`, in their order."""
        rows = self._stack.update_all([trainer.draw() for trainer in self.trainers])
        return [trainer.end_step(row) for trainer, row in zip(self.trainers, rows, strict=True)]

    def part(self) -> None:
        """From now on each makes its steps itself."""
        self._stack.part()


def key_of(trainer: Trainer) -> Hashable | None:
    """Equal for trainers that can be stacked with each other now; None for one that cannot be with any."""
    key = stack_key(trainer.algorithm)
    return None if key is None else (trainer.step, key)


def is_exact(config: RunConfig) -> bool:
    """Whether this processor computes stacks of such runs as it computes each alone, bit for bit: tried once."""
    key = likeness(config)
    if key not in _exact:
        _exact[key] = same_bits([config.replace({"seed": seed}) for seed in range(2)], TRIED)
    return _exact[key]


def same_bits(configs: Sequence[RunConfig], steps: int) -> bool:
    """Whether stacked runs have, after so many steps, the curves, weights and optimizers that each has alone."""
    stacked = StackedTrainers([build_trainer(config) for config in configs])
    alone = [build_trainer(_gan(trainer).config) for trainer in stacked.trainers]
    for _ in range(steps):
        rows = [[event.scalars for event in stacked.make_step()], [each.make_step().scalars for each in alone]]
        if not _equal(*rows):
            return False
    states = [[trainer.algorithm.state_dict() for trainer in each] for each in (stacked.trainers, alone)]
    return _equal(*states)


def build_trainer(config: RunConfig) -> Trainer:
    """Of a run without a folder, on the CPU."""
    stream = BatchStream(load(config), config.train.batch_size, config.seed, least=config.least_batch)
    return Trainer(build_algorithm(config), stream, seed=config.seed, total_steps=config.total_steps)


def _gan(trainer: Trainer) -> GAN:
    return cast(GAN, trainer.algorithm)


def _equal(left: Any, right: Any) -> bool:
    """Whether two nested states have the same bits."""
    if isinstance(left, Tensor):
        return torch.equal(left, right)
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(_equal(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    return bool(left == right)
