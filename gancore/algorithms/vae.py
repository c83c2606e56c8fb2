"""The variational autoencoder of report 003 (Kingma and Welling 2014)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from gancore.algorithms.base import PREVIEWED, Family, Scalars
from gancore.algorithms.draws import Draws, Update
from gancore.config import RunConfig
from gancore.data import Batch, Images
from gancore.optimizers import build_optimizer, descend
from gancore.pictures.grids import COLUMNS, first_rows, grid, stacked
from gancore.rng import StepRng, draw_noise


def kl_divergence(mean: Tensor, logvar: Tensor) -> Tensor:
    """KL of N(mean, exp(logvar)) from N(0, 1), of each row of (N, nz): (N,) nats (Kingma and Welling 2014, app. B)."""
    return 0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum(1)


def reconstruction_error(logits: Tensor, images: Tensor) -> Tensor:
    """Cross-entropy of pixels in [0, 1] summed over each image (N, C, H, W): (N,) nats."""
    return binary_cross_entropy_with_logits(logits, images, reduction="none").flatten(1).sum(1)


class VAE(Family):
    """An encoder and a decoder, trained together on the negative evidence lower bound.

    As in report 003, what is minimised is the sum over the batch; curves are means over images.
    """

    gives_logits = True

    def __init__(self, config: RunConfig, device: torch.device) -> None:
        super().__init__(config, device)
        self.encoder, self.decoder = self.networks["encoder"], self.networks["decoder"]
        self.optimizers = {"optimizer": build_optimizer(self.networks.values(), config.optim)}

    def draw(self, next_batch: Callable[[], Batch], rng: StepRng) -> Draws:
        """One update of both networks, on a fresh batch and with noise for its codes."""
        batch = next_batch()
        noise = self.latents(len(batch.images), rng.stream("noise")).to(self.device)
        return Draws(rng.step, (Update(batch, z=noise),))

    def update(self, draws: Draws) -> Scalars:
        """One update of both networks."""
        self._set_rate("optimizer", self.config.optim.lr, self.config.optim.schedule, draws.step)
        (drawn,) = draws.updates
        assert drawn.z is not None
        images = drawn.batch.images
        with self._autocast():
            mean, logvar = self.encoder(images)
            logits = self.decoder(mean + drawn.z.to(mean) * torch.exp(0.5 * logvar))
        recon = reconstruction_error(logits.float(), images).sum()
        kl = kl_divergence(mean.float(), logvar.float()).sum()
        norm = descend(recon + kl, self.optimizers["optimizer"])
        share = 1 / len(images)
        recon, kl = recon.detach() * share, kl.detach() * share
        return {"loss": recon + kl, "recon": recon, "kl": kl, "grad_norm": norm}

    def latents(self, count: int, source: torch.Generator) -> Tensor:
        """Codes (count, nz) on the CPU, from the prior that the bound assumes, whatever the config says for a GAN."""
        return draw_noise("normal", count, self.config.model.nz, source)

    def sample(self, z: Tensor, cond: Tensor | None = None, *, raw: bool = False) -> Tensor:  # noqa: ARG002
        """Images (N, C, H, W) in [-1, 1] on the CPU, decoded from codes z."""
        with torch.no_grad():
            return self._to_display(torch.sigmoid(self.decoder(z.to(self.device))))

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images (N, C, H, W) in [0, 1]: mean and logarithm of the variance of their codes, each (N, nz) on the CPU."""
        with torch.no_grad():
            mean, logvar = self.encoder(images.to(self.device))
        return mean.float().cpu(), logvar.float().cpu()

    def reconstruct(self, images: Tensor) -> Tensor:
        """Images in [0, 1], through the mean of their codes and back: in [-1, 1] on the CPU."""
        return self.sample(self.encode(images)[0])

    def preview(self, held_out: Callable[[], Images], source: torch.Generator) -> Callable[[], Image.Image]:
        """Held-out images above their reconstructions (report 003, section 4), then images from random codes."""
        originals = first_rows(held_out().pixels)
        noise = self.latents(PREVIEWED // 2, source)

        def draw() -> Image.Image:
            pairs = stacked(originals * 2 - 1, self.reconstruct(originals))
            return grid(torch.cat([pairs, self.sample(noise)]), min(COLUMNS, len(originals)))

        return draw

    def measure(self, held_out: Callable[[], Images]) -> dict[str, float]:
        """The bound on held-out images and its two terms, in nats per image."""
        images = held_out()
        source = torch.Generator().manual_seed(0)
        recon, kl = 0.0, 0.0
        with torch.no_grad():
            for part in torch.split(images.pixels, 1000):
                real = part.to(self.device).float() / 255
                mean, logvar = self.encoder(real)
                noise = torch.randn(mean.shape, generator=source).to(mean)
                recon += float(reconstruction_error(self.decoder(mean + noise * torch.exp(0.5 * logvar)), real).sum())
                kl += float(kl_divergence(mean, logvar).sum())
        count = len(images)
        return {"test_recon": recon / count, "test_kl": kl / count, "test_elbo": -(recon + kl) / count}
