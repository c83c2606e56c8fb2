"""The translator of report 000: a regular digit and noise in, a bold digit out.

The report names no layers. G is a small U-Net (Ronneberger et al. 2015), so that the digit's shape passes; the noise
scales and shifts the channels of every decoding layer (FiLM, Perez et al. 2018), so that it can set the thickness.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gancore.config import RunConfig
from gancore.models.dcgan import down


class Modulated(nn.Module):
    """Twice as large, and every channel scaled and shifted by what z says."""

    def __init__(self, inputs: int, outputs: int, nz: int) -> None:
        super().__init__()
        self.convolution = nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.style = nn.Linear(nz, 2 * outputs)
        self.activation = nn.ReLU()

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        scale, shift = self.style(z)[:, :, None, None].chunk(2, 1)
        activated: Tensor = self.activation(self.norm(self.convolution(x)) * (1 + scale) + shift)
        return activated


class Generator(nn.Module):
    """Images (N, 1, 28, 28) in [0, 1] and z (N, nz) -> logits of bold images (N, 1, 28, 28)."""

    def __init__(self, nz: int, ngf: int) -> None:
        super().__init__()
        self.outer = nn.Sequential(*down(1, ngf, norm=False))  # (N, ngf, 14, 14)
        self.inner = nn.Sequential(*down(ngf, 2 * ngf))  # (N, 2 ngf, 7, 7)
        self.up = Modulated(2 * ngf, ngf, nz)  # (N, ngf, 14, 14)
        self.out = Modulated(2 * ngf, ngf, nz)  # (N, ngf, 28, 28)
        self.last = nn.Conv2d(ngf + 1, 1, 3, padding=1)

    def forward(self, images: Tensor, z: Tensor) -> Tensor:
        outer = self.outer(images)
        found = self.up(self.inner(outer), z)
        found = self.out(torch.cat([found, outer], 1), z)
        logits: Tensor = self.last(torch.cat([found, images], 1))
        return logits


class Discriminator(nn.Module):
    """Images (N, 1, 28, 28) -> logits (N,)."""

    def __init__(self, ndf: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *down(1, ndf, norm=False),  # (N, ndf, 14, 14)
            *down(ndf, 2 * ndf),  # (N, 2 ndf, 7, 7)
            nn.Conv2d(2 * ndf, 1, 7, bias=False),  # (N, 1, 1, 1)
        )

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.layers(images)
        return logits.flatten()


def build(config: RunConfig) -> dict[str, nn.Module]:
    """Both networks for `config`, weights not yet set."""
    model = config.model
    return {"generator": Generator(model.nz, model.ngf), "discriminator": Discriminator(model.ndf)}
