"""What one iteration of training does, one small class a family.

A new family is one class here, and an entry in `gancore.config.kinds.KINDS` that names it and declares what a page can
show of it.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from typing import Any, Protocol

import torch
from PIL import Image
from torch import Tensor, nn

from gancore.algorithms.draws import Draws, Update
from gancore.algorithms.gan import GAN
from gancore.algorithms.semi import SemiSupervised
from gancore.algorithms.translator import Translator
from gancore.algorithms.vae import VAE
from gancore.config import RunConfig
from gancore.data import Batch, Images
from gancore.rng import StepRng

__all__ = [
    "GAN",
    "VAE",
    "Algorithm",
    "Draws",
    "SemiSupervised",
    "Translator",
    "Update",
    "build_algorithm",
]


class Algorithm(Protocol):
    """The contract between a family and the trainer."""

    config: RunConfig  # the settings in effect
    networks: dict[str, nn.Module]  # by name; `average` is one of G's weights
    gives_logits: bool  # whether what is sampled from gives logits of pixels, and not the pixels

    def draw(self, next_batch: Callable[[], Batch], rng: StepRng) -> Draws:
        """The first half of an iteration, on the host: everything random, and everything from outside.

        Numbers are drawn on the CPU and then moved, so that every device sees the same.
        """
        ...

    def update(self, draws: Draws) -> dict[str, Tensor]:
        """The second half: as many updates as were drawn, of tensors alone; returns detached 0-d scalars."""
        ...

    def step(self, next_batch: Callable[[], Batch], rng: StepRng) -> dict[str, Tensor]:
        """Both halves."""
        ...

    def steer(self, config: RunConfig) -> None:
        """Go on with other settings from the next step on; only those in `STEERABLE` may differ."""
        ...

    def latents(self, count: int, source: torch.Generator) -> Tensor:
        """`count` latent inputs for `sample`."""
        ...

    @property
    def averaged(self) -> bool:
        """Whether samples come from an average of G's weights."""
        ...

    def sample(self, z: Tensor, cond: Tensor | None = None, *, raw: bool = False) -> Tensor:
        """Images in [-1, 1] or points on the CPU, in eval mode and without touching the training state.

        `cond` are conditions: classes (N,), or regular images to translate (N, 1, H, W) in [0, 1].
        `raw` samples from G itself, where there is an average of it, too.
        """
        ...

    def preview(self, held_out: Callable[[], Images], source: torch.Generator) -> Callable[[], Image.Image]:
        """The picture that a run shows of itself, to be drawn again and again from the same noise.

        `held_out` loads images that the run is not trained on; the noise comes from `source`.
        """
        ...

    def picture(self, samples: Tensor, columns: int, held_out: Callable[[], Images]) -> Image.Image:
        """Samples as one picture."""
        ...

    def measure(self, held_out: Callable[[], Images]) -> dict[str, float]:
        """What this family alone can say of itself on held-out images, at the end of a run."""
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


def build_algorithm(config: RunConfig, device: str | torch.device = "cpu") -> Algorithm:
    """The algorithm of a run, with the starting weights its seed decides."""
    made: Algorithm = pkgutil.resolve_name(config.kind.algorithm)(config, torch.device(device))
    return made
