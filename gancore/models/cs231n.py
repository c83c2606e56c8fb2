"""The DCGAN of report 004 (the Stanford CS231n assignment): 28x28 images, linear layers around convolutions."""

from __future__ import annotations

from torch import Tensor, nn

from gancore.config import RunConfig


class Generator(nn.Module):
    """z (N, nz) -> images (N, nc, 28, 28) in [-1, 1]."""

    def __init__(self, nz: int, nc: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(nz, 1024),
            nn.ReLU(),
            nn.BatchNorm1d(1024),
            nn.Linear(1024, 7 * 7 * 128),
            nn.ReLU(),
            nn.BatchNorm1d(7 * 7 * 128),
            nn.Unflatten(1, (128, 7, 7)),
            nn.ConvTranspose2d(128, 64, 4, stride=2, padding=1),  # (N, 64, 14, 14)
            nn.ReLU(),
            nn.BatchNorm2d(64),
            nn.ConvTranspose2d(64, nc, 4, stride=2, padding=1),  # (N, nc, 28, 28)
            nn.Tanh(),
        )

    def forward(self, z: Tensor) -> Tensor:
        images: Tensor = self.layers(z)
        return images


class Discriminator(nn.Module):
    """Images (N, nc, 28, 28) -> logits (N,)."""

    def __init__(self, nc: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(nc, 32, 5),  # (N, 32, 24, 24)
            nn.LeakyReLU(0.01),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 5),  # (N, 64, 8, 8)
            nn.LeakyReLU(0.01),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(4 * 4 * 64, 4 * 4 * 64),
            nn.LeakyReLU(0.01),
            nn.Linear(4 * 4 * 64, 1),
        )

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.layers(images)
        return logits.flatten()


def build(config: RunConfig) -> dict[str, nn.Module]:
    """Both networks for `config`, weights not yet set."""
    model = config.model
    return {"generator": Generator(model.nz, model.nc), "discriminator": Discriminator(model.nc)}
