"""A family that is not part of the project: one picture, painted until it is the mean of the images.

Its kind is what somebody who adds a family writes; the tests put it among the others.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from PIL import Image
from torch import Tensor, nn

from gancore.algorithms import Draws, Update
from gancore.algorithms.base import Family, Scalars
from gancore.config import RunConfig
from gancore.config.kinds import Curve, Input, Kind, Panel, Preview
from gancore.data import Batch, Images
from gancore.optimizers import build_optimizer, descend
from gancore.pictures.grids import grid
from gancore.rng import StepRng


class Canvas(nn.Module):
    """Noise (N, nz) -> images (N, C, H, W), all of them nearly the same."""

    def __init__(self, nz: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = shape
        self.paint = nn.Linear(nz, torch.Size(shape).numel())

    def forward(self, z: Tensor) -> Tensor:
        images: Tensor = torch.tanh(self.paint(z)).view(-1, *self.shape)
        return images


def build(config: RunConfig) -> dict[str, nn.Module]:
    return {"canvas": Canvas(config.model.nz, config.shape)}


class Painter(Family):
    """Paints what is closest to all images of a batch."""

    def __init__(self, config: RunConfig, device: torch.device) -> None:
        super().__init__(config, device)
        self.canvas = self.networks["canvas"]
        self.optimizers = {"optimizer": build_optimizer([self.canvas], config.optim)}

    def draw(self, next_batch: Callable[[], Batch], rng: StepRng) -> Draws:
        batch = next_batch()
        z = self.latents(len(batch.images), rng.stream("noise")).to(self.device)
        return Draws(rng.step, (Update(batch, z=z),))

    def update(self, draws: Draws) -> Scalars:
        self._set_rate("optimizer", self.config.optim.lr, self.config.optim.schedule, draws.step)
        (drawn,) = draws.updates
        distance = (self.canvas(drawn.z) - drawn.batch.images).square().mean()
        return {"distance": distance.detach(), "stroke": descend(distance, self.optimizers["optimizer"])}

    def sample(self, z: Tensor, cond: Tensor | None = None, *, raw: bool = False) -> Tensor:  # noqa: ARG002
        with torch.no_grad():
            return self._to_display(self.canvas(z.to(self.device)))

    def preview(self, held_out: Callable[[], Images], source: torch.Generator) -> Callable[[], Image.Image]:  # noqa: ARG002
        noise = self.latents(2, source)
        return lambda: grid(self.sample(noise), 2)

    def measure(self, held_out: Callable[[], Images]) -> dict[str, float]:
        return {"test_recon": float(len(held_out()))}


def inputs(_config: RunConfig) -> dict[str, tuple[Input, ...]]:
    return {"canvas": ("z",)}


def panels(_config: RunConfig) -> dict[str, Panel]:
    return {
        "distance": Panel(
            "Distance", "squared", "Falls until it is the images' own spread.", (Curve("distance", "d"),)
        ),
        "strokes": Panel("Strokes", "gradient norm", "How much paint is left.", (Curve("stroke", "stroke", "g"),)),
    }


def preview(_config: RunConfig) -> Preview:
    return Preview("the same picture twice", aspect=2.0)


PAINTER = Kind(
    help="paints the mean of the images",
    algorithm="tests.toy_family:Painter",
    networks="tests.toy_family:build",
    inputs=inputs,
    settings=frozenset({"optim.lr", "optim.schedule"}),
    panels=panels,
    preview=preview,
    needs={"data.image_size": 16},
    headline=("test_recon",),
)
