"""The game of report 000: G makes a bold digit of a regular one and noise, D distinguishes it from real ones."""

from __future__ import annotations

from collections.abc import Callable

import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from gancore.algorithms.base import Scalars
from gancore.algorithms.draws import Update
from gancore.algorithms.gan import GAN, Fake
from gancore.data import Batch, Images
from gancore.pictures.grids import COLUMNS, first_rows, grid, stacked
from gancore.rng import StepRng


class Translator(GAN):
    """A GAN whose generator starts from an image.

    G's loss adds what the report's words can mean, each with a weight: the GAN's loss, and the pixel-wise cross-entropy
    to the bold twin. A third term (Mao et al. 2019) rewards different outputs for different noise, which neither of the
    two does.
    """

    gives_logits = True

    def _draw_other(self, batch: Batch, rng: StepRng) -> Tensor | None:
        return self._draw_latents(batch, rng) if self.config.objective.diversity_weight else None

    def _generate(self, update: Update, z: Tensor, *, with_gradient: bool) -> Fake:
        with torch.set_grad_enabled(with_gradient), self._autocast():
            logits: Tensor = self.generator(update.batch.sources, z)
        logits = logits.float()
        return Fake(torch.sigmoid(logits), z, logits=logits)

    def _g_objective(self, update: Update, fake: Fake) -> tuple[Tensor, Scalars]:
        objective = self.config.objective
        assert fake.logits is not None
        with torch.set_grad_enabled(objective.adversarial_weight > 0):
            adversarial, scalars = super()._g_objective(update, fake)
        # Without a weight it is recorded alone: zero times a D that has diverged would not be zero.
        loss = objective.adversarial_weight * adversarial if objective.adversarial_weight else 0 * fake.logits.mean()
        if objective.pixel_weight:
            pixel = binary_cross_entropy_with_logits(fake.logits, update.batch.images)
            loss = loss + objective.pixel_weight * pixel
            scalars["loss_pixel"] = pixel.detach()
        if update.other_z is not None:
            other = self._generate(update, update.other_z, with_gradient=True)
            diversity = (fake.images - other.images).abs().mean() / (fake.z - other.z).abs().mean()
            loss = loss + objective.diversity_weight / (diversity + 1e-5)
            scalars["diversity"] = diversity.detach()
        return loss, scalars

    def preview(self, held_out: Callable[[], Images], source: torch.Generator) -> Callable[[], Image.Image]:
        """Rows of regular images; below each image, what three noise vectors make of it."""
        sources = held_out().sources
        assert sources is not None
        regular = first_rows(sources)
        noise = self.latents(3, source).repeat_interleave(len(regular), 0)

        def draw() -> Image.Image:
            bold = self.sample(noise, regular.repeat(3, 1, 1, 1)).chunk(3)
            return grid(stacked(regular * 2 - 1, *bold), min(COLUMNS, len(regular)))

        return draw

    def sample(self, z: Tensor, cond: Tensor | None = None, *, raw: bool = False) -> Tensor:
        """Bold images (N, 1, 28, 28) in [-1, 1] on the CPU; `cond` are the regular ones, (N, 1, 28, 28) in [0, 1]."""
        assert cond is not None
        logits = self._infer(self.sampler(raw=raw), cond.to(self.device), z.to(self.device))
        return self._to_display(torch.sigmoid(logits))
