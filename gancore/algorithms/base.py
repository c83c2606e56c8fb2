"""What every family has: networks and optimisers with a state, a device, a precision, rates that follow the step."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn
from torch.optim import Optimizer

from gancore.algorithms.draws import Draws
from gancore.config import RunConfig
from gancore.config.optim import ScheduleName
from gancore.data import Batch, Images
from gancore.models import build_networks
from gancore.optimizers import set_rate
from gancore.pictures.grids import grid
from gancore.rng import StepRng, draw_noise
from gancore.schedules import SCHEDULES
from gancore.store.checkpoints import BadCheckpoint

Scalars = dict[str, Tensor]

PREVIEWED = 64  # samples


class Family:
    """Common ground of the algorithms; a family adds its optimisers, the two halves of its step and how it samples."""

    gives_logits = False  # whether the network that is sampled from gives logits of pixels, and not the pixels

    def __init__(self, config: RunConfig, device: torch.device) -> None:
        self.config = config
        self.device = device
        self.networks: dict[str, nn.Module] = build_networks(config, device)
        self.optimizers: dict[str, Optimizer] = {}
        self._total_steps = max(config.total_steps, 1)  # a live change of D's steps does not move the end

    def steer(self, config: RunConfig) -> None:
        """Go on with other settings from the next step on; only those in `STEERABLE` may differ."""
        self.config = config

    def draw(self, next_batch: Callable[[], Batch], rng: StepRng) -> Draws:
        """Everything random of one iteration, and its batches."""
        raise NotImplementedError

    def update(self, draws: Draws) -> Scalars:
        """One iteration from what was drawn for it."""
        raise NotImplementedError

    def step(self, next_batch: Callable[[], Batch], rng: StepRng) -> Scalars:
        """Both halves of an iteration."""
        return self.update(self.draw(next_batch, rng))

    def latents(self, count: int, source: torch.Generator) -> Tensor:
        """Noise z (count, nz) on the CPU."""
        return draw_noise(self.config.model.prior, count, self.config.model.nz, source)

    @property
    def averaged(self) -> bool:
        """Whether samples come from an average of G's weights."""
        return "average" in self.networks

    def preview(self, held_out: Callable[[], Images], source: torch.Generator) -> Callable[[], Image.Image]:  # noqa: ARG002
        """Samples of noise that stays the same."""
        noise = self.latents(PREVIEWED, source)
        return lambda: grid(self.sample(noise))

    def picture(self, samples: Tensor, columns: int, held_out: Callable[[], Images]) -> Image.Image:  # noqa: ARG002
        """A grid of images (N, C, H, W) in [-1, 1]."""
        return grid(samples, columns)

    def sample(self, z: Tensor, cond: Tensor | None = None, *, raw: bool = False) -> Tensor:
        """Images in [-1, 1] or points, on the CPU, training state untouched."""
        raise NotImplementedError

    def measure(self, held_out: Callable[[], Images]) -> dict[str, float]:  # noqa: ARG002
        """What this family alone can say of itself on held-out images, at the end of a run."""
        return {}

    def is_finite(self) -> bool:
        """Whether every weight and running statistic of every network is a finite number."""
        tensors = (tensor for network in self.networks.values() for tensor in network.state_dict().values())
        return all(bool(torch.isfinite(tensor).all()) for tensor in tensors)

    def state_dict(self) -> dict[str, Any]:
        """All networks and all optimisers."""
        return {name: part.state_dict() for name, part in (self.networks | self.optimizers).items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a `state_dict`. Raises `BadCheckpoint` if it is that of other networks."""
        try:
            for name, part in (self.networks | self.optimizers).items():
                part.load_state_dict(state[name])
        except (KeyError, RuntimeError, TypeError, ValueError, AttributeError) as error:
            raise BadCheckpoint("the checkpoint does not fit the settings of its run") from error

    def _done(self, step: int) -> float:
        """The share of the run that lies behind `step`."""
        return min((step - 1) / self._total_steps, 1.0)

    def _set_rate(self, name: str, rate: float, schedule: ScheduleName, step: int) -> None:
        optim, done = self.config.optim, self._done(step)
        set_rate(self.optimizers[name], rate * SCHEDULES[schedule](done, optim.lr_end), optim, done)

    def _autocast(self) -> AbstractContextManager[object]:
        if self.config.train.precision == "fp32" or self.device.type == "meta":
            return nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)

    def _to_display(self, samples: Tensor) -> Tensor:
        """Samples on the CPU; images of any pixel range in [-1, 1]."""
        is_image_in_0_1 = self.config.data.range == "0..1" and samples.dim() == 4
        return (samples * 2 - 1 if is_image_in_0_1 else samples).float().cpu()
