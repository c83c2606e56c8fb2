"""The DCGAN of report 002: 32x32 images, all convolutions with kernel 4 and no bias.

After Radford et al. 2016. Widths grow away from the image: ngf, 2 ngf, 4 ngf in G; ndf, 2 ndf, 4 ndf in D.
"""

from __future__ import annotations

from torch import Tensor, nn

from gancore.config import RunConfig


class Generator(nn.Module):
    """z (N, nz) -> images (N, nc, 32, 32) in [-1, 1]."""

    def __init__(self, nz: int, ngf: int, nc: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *up(nz, 4 * ngf, stride=1, padding=0),  # (N, 4 ngf, 4, 4)
            *up(4 * ngf, 2 * ngf),  # (N, 2 ngf, 8, 8)
            *up(2 * ngf, ngf),  # (N, ngf, 16, 16)
            nn.ConvTranspose2d(ngf, nc, 4, stride=2, padding=1, bias=False),  # (N, nc, 32, 32)
            nn.Tanh(),
        )

    def forward(self, z: Tensor) -> Tensor:
        images: Tensor = self.layers(z[:, :, None, None])
        return images


class Discriminator(nn.Module):
    """Images (N, nc, 32, 32) -> logits (N,)."""

    def __init__(self, nc: int, ndf: int, norm: bool = True) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *down(nc, ndf, norm),  # (N, ndf, 16, 16)
            *down(ndf, 2 * ndf, norm),  # (N, 2 ndf, 8, 8)
            *down(2 * ndf, 4 * ndf, norm),  # (N, 4 ndf, 4, 4)
            nn.Conv2d(4 * ndf, 1, 4, bias=False),  # (N, 1, 1, 1)
        )

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.layers(images)
        return logits.flatten()


def up(inputs: int, outputs: int, stride: int = 2, padding: int = 1) -> tuple[nn.Module, ...]:
    """One of G's steps: twice as large."""
    convolution = nn.ConvTranspose2d(inputs, outputs, 4, stride=stride, padding=padding, bias=False)
    return convolution, nn.BatchNorm2d(outputs), nn.ReLU()


def down(inputs: int, outputs: int, norm: bool = True) -> tuple[nn.Module, ...]:
    """One of D's steps: half as large."""
    convolution = nn.Conv2d(inputs, outputs, 4, stride=2, padding=1, bias=False)
    return convolution, *([nn.BatchNorm2d(outputs)] if norm else []), nn.LeakyReLU(0.2)


def build(config: RunConfig) -> dict[str, nn.Module]:
    """Both networks for `config`, weights not yet set."""
    model = config.model
    return {
        "generator": Generator(model.nz, model.ngf, model.nc),
        "discriminator": Discriminator(model.nc, model.ndf, norm=model.d_norm == "batch"),
    }
