"""What one iteration of training does, one small class a family. A new family is one class and one dict entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import Tensor

from gancore.algorithms.gan import GAN
from gancore.config import RunConfig
from gancore.data import Batch
from gancore.parts import ModelKind
from gancore.rng import StepRng

__all__ = ["ALGORITHMS", "GAN", "Algorithm", "build_algorithm"]


class Algorithm(Protocol):
    """The contract between a family and the trainer."""

    def step(self, next_batch: Callable[[], Batch], rng: StepRng) -> dict[str, Tensor]:
        """One iteration, as many updates as configured; returns detached 0-d scalars."""
        ...

    def draw(self, count: int, source: torch.Generator) -> Tensor:
        """`count` latent inputs for `sample`."""
        ...

    def sample(self, z: Tensor) -> Tensor:
        """Images in [-1, 1] on the CPU, in eval mode and without touching the training state."""
        ...

    def is_finite(self) -> bool:
        """Whether every weight is a finite number."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Networks and optimisers, as tensors and plain data."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a `state_dict`."""
        ...


ALGORITHMS: dict[ModelKind, Callable[[RunConfig, torch.device], Algorithm]] = {"dcgan": GAN, "mlp": GAN}


def build_algorithm(config: RunConfig, device: str | torch.device = "cpu") -> Algorithm:
    """The algorithm of a run, with the starting weights its seed decides."""
    return ALGORITHMS[config.model.kind](config, torch.device(device))
