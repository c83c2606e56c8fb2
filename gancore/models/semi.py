"""A discriminator that classifies, too (Salimans et al. 2016, section 5), on the DCGAN of report 002."""

from __future__ import annotations

from torch import Tensor, nn

from gancore.config import RunConfig
from gancore.models.dcgan import Generator, down


class Classifier(nn.Module):
    """Images (N, nc, 32, 32) -> logits (N, classes) of being a real image of each class.

    The (K+1)-th logit, of being fake, is fixed at 0 without loss of generality: an image is real with the probability
    sigmoid(logsumexp(logits)).
    """

    def __init__(self, nc: int, ndf: int, classes: int, norm: bool = True) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *down(nc, ndf, norm),  # (N, ndf, 16, 16)
            *down(ndf, 2 * ndf, norm),  # (N, 2 ndf, 8, 8)
            *down(2 * ndf, 4 * ndf, norm),  # (N, 4 ndf, 4, 4)
            nn.Flatten(),
        )
        self.last = nn.Linear(4 * 4 * 4 * ndf, classes)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.last(self.features(images))
        return logits


def build(config: RunConfig) -> dict[str, nn.Module]:
    """Both networks for `config`, weights not yet set."""
    model = config.model
    return {
        "generator": Generator(model.nz, model.ngf, model.nc),
        "discriminator": Classifier(model.nc, model.ndf, config.classes, norm=model.d_norm == "batch"),
    }
