"""Fully connected GANs: the vanilla and least-squares GAN of report 004 (the CS231n assignment), and wider ones."""

from __future__ import annotations

import math
from itertools import pairwise

from torch import Tensor, nn

from gancore.config import RunConfig
from gancore.models.dropout import Dropout


class Generator(nn.Module):
    """z (N, nz) -> images (N, nc, size, size) in [-1, 1]; `leak` 0 makes the activations ReLU."""

    def __init__(self, nz: int, hidden: tuple[int, ...], shape: tuple[int, int, int], leak: float) -> None:
        super().__init__()
        self.shape = shape
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise((nz, *hidden)):
            layers += [nn.Linear(inputs, outputs), nn.LeakyReLU(leak) if leak else nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Linear(hidden[-1], math.prod(shape)), nn.Tanh())

    def forward(self, z: Tensor) -> Tensor:
        pixels: Tensor = self.layers(z)
        return pixels.view(-1, *self.shape)


class Discriminator(nn.Module):
    """Images (N, nc, size, size) -> logits (N,)."""

    def __init__(self, shape: tuple[int, int, int], hidden: tuple[int, ...], leak: float, dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise((math.prod(shape), *hidden)):
            layers += [nn.Linear(inputs, outputs), nn.LeakyReLU(leak) if leak else nn.ReLU()]
            if dropout:
                layers.append(Dropout(dropout))
        self.layers = nn.Sequential(*layers, nn.Linear(hidden[-1], 1))

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.layers(images.flatten(1))
        return logits.flatten()


def build(config: RunConfig) -> dict[str, nn.Module]:
    """Both networks for `config`, weights not yet set."""
    model, size = config.model, config.data.image_size
    shape = (model.nc, size, size)
    return {
        "generator": Generator(model.nz, model.g_hidden, shape, model.g_leak),
        "discriminator": Discriminator(shape, model.d_hidden, model.d_leak, model.dropout),
    }
