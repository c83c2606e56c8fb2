"""The variational autoencoder of report 003 (Kingma and Welling 2014): fully connected, with a Gaussian code."""

from __future__ import annotations

import math
from itertools import pairwise

from torch import Tensor, nn

from gancore.config import RunConfig


class Encoder(nn.Module):
    """Images (N, C, H, W) in [0, 1] -> mean (N, nz) and logarithm of the variance (N, nz) of the code."""

    def __init__(self, shape: tuple[int, ...], hidden: tuple[int, ...], nz: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*_layers((math.prod(shape), *hidden)))
        self.mean = nn.Linear(hidden[-1], nz)
        self.logvar = nn.Linear(hidden[-1], nz)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        found = self.layers(images.flatten(1))
        return self.mean(found), self.logvar(found)


class Decoder(nn.Module):
    """Codes z (N, nz) -> logits of the pixels (N, C, H, W); their sigmoid is the image."""

    def __init__(self, nz: int, hidden: tuple[int, ...], shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = shape
        self.layers = nn.Sequential(*_layers((nz, *hidden)), nn.Linear(hidden[-1], math.prod(shape)))

    def forward(self, z: Tensor) -> Tensor:
        logits: Tensor = self.layers(z)
        return logits.view(-1, *self.shape)


def _layers(widths: tuple[int, ...]) -> list[nn.Module]:
    return [layer for inputs, outputs in pairwise(widths) for layer in (nn.Linear(inputs, outputs), nn.ReLU())]


def build(config: RunConfig) -> dict[str, nn.Module]:
    """Both networks for `config`, weights not yet set."""
    model = config.model
    return {
        "encoder": Encoder(config.shape, model.hidden, model.nz),
        "decoder": Decoder(model.nz, model.hidden[::-1], config.shape),
    }
