"""The conditional DCGAN of report 002 (bonus): noise and class, image and class, meet after a layer of their own."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, one_hot

from gancore.config import RunConfig
from gancore.models.dcgan import down, up


class Generator(nn.Module):
    """z (N, nz), labels (N,) or shares of each class (N, classes) -> images (N, nc, 32, 32) in [-1, 1]."""

    def __init__(self, nz: int, ngf: int, nc: int, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.from_z = nn.Sequential(*up(nz, 8 * ngf, stride=1, padding=0))  # (N, 8 ngf, 4, 4)
        self.from_y = nn.Sequential(*up(classes, 8 * ngf, stride=1, padding=0))  # (N, 8 ngf, 4, 4)
        self.layers = nn.Sequential(
            *up(16 * ngf, 8 * ngf),  # (N, 8 ngf, 8, 8)
            *up(8 * ngf, 4 * ngf),  # (N, 4 ngf, 16, 16)
            nn.ConvTranspose2d(4 * ngf, nc, 4, stride=2, padding=1, bias=False),  # (N, nc, 32, 32)
            nn.Tanh(),
        )

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        classes = y if y.is_floating_point() else one_hot(y, self.classes).to(z.dtype)
        joined = torch.cat([self.from_z(z[:, :, None, None]), self.from_y(classes[:, :, None, None])], 1)
        images: Tensor = self.layers(joined)
        return images


class Discriminator(nn.Module):
    """Images (N, nc, 32, 32), labels (N,) -> logits (N,); without classes it takes no labels."""

    def __init__(self, nc: int, ndf: int, classes: int, norm: bool = True) -> None:
        super().__init__()
        self.classes = classes
        self.from_x = nn.Sequential(*down(nc, 2 * ndf, norm=False))  # (N, 2 ndf, 16, 16)
        self.from_y = nn.Sequential(*down(classes, 2 * ndf, norm=False)) if classes else None  # (N, 2 ndf, 16, 16)
        self.layers = nn.Sequential(
            *down(4 * ndf if classes else 2 * ndf, 8 * ndf, norm),  # (N, 8 ndf, 8, 8)
            *down(8 * ndf, 16 * ndf, norm),  # (N, 16 ndf, 4, 4)
            nn.Conv2d(16 * ndf, 1, 4, bias=False),  # (N, 1, 1, 1)
        )

    def forward(self, images: Tensor, y: Tensor | None = None) -> Tensor:
        found = self.from_x(images)
        if self.from_y is not None and y is not None:
            found = torch.cat([found, self._condition(images, y)], 1)
        logits: Tensor = self.layers(found)
        return logits.flatten()

    def _condition(self, images: Tensor, y: Tensor) -> Tensor:
        """What the y branch makes of each label's planes, (N, 2 ndf, 16, 16).

        A label's planes are all ones at its class and zeros elsewhere, so there are only `classes` different inputs:
        that many go through the layer, however large the batch. They are looked up as an embedding, whose gradient is
        summed in a fixed order; that of an index is not, with several threads.
        """
        assert self.from_y is not None
        identity = torch.eye(self.classes, dtype=images.dtype, device=images.device)
        planes: Tensor = self.from_y(identity[:, :, None, None].expand(-1, -1, *images.shape[2:]))
        channels_last = planes.permute(0, 2, 3, 1)
        condition: Tensor = embedding(y, channels_last.flatten(1)).view(-1, *channels_last.shape[1:])
        return condition.permute(0, 3, 1, 2)


def build(config: RunConfig) -> dict[str, nn.Module]:
    """Both networks for `config`, weights not yet set."""
    model, classes = config.model, config.classes
    return {
        "generator": Generator(model.nz, model.ngf, model.nc, classes),
        "discriminator": Discriminator(
            model.nc, model.ndf, classes if model.y_in_d else 0, norm=model.d_norm == "batch"
        ),
    }
