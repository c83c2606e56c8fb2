"""Generative adversarial training (Goodfellow et al. 2014) with any adversarial loss, with or without classes."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor, nn

from gancore.algorithms.base import Family, Scalars
from gancore.algorithms.draws import Draws, Update
from gancore.config import RunConfig
from gancore.config.kinds.gan import CLASS_COLUMNS, CLASS_ROWS
from gancore.data import Batch, Images
from gancore.losses import loss_of, score
from gancore.models.dropout import seed_dropout
from gancore.optimizers import build_optimizer, descend
from gancore.penalties import PENALTIES
from gancore.pictures.grids import grid
from gancore.pictures.planes import draw_plane
from gancore.rng import StepRng

POINTS, ARROWS = 1_000, 60  # of a preview of points: those drawn, and those that D's pull is shown of


@dataclass(frozen=True)
class Fake:
    """What G made, and what it was made from."""

    images: Tensor
    z: Tensor
    labels: Tensor | None = None
    logits: Tensor | None = None  # of the pixels, where G gives them

    def detach(self) -> Fake:
        """The same for D, whose gradients stop here."""
        return Fake(self.images.detach(), self.z, self.labels)


class GAN(Family):
    """A generator and a discriminator, updated in turn.

    D sees real and fake images as separate batches, so batch normalisation keeps separate statistics for them.
    Gradients are computed only for the network being updated. With `noise="same"` the second network gets the very
    images that the first was last updated on: for D first, G's loss is then the updated D's output for them. A network
    that does not learn (`only`) is scored all the same.
    """

    def __init__(self, config: RunConfig, device: torch.device) -> None:
        super().__init__(config, device)
        self.generator, self.discriminator = self.networks["generator"], self.networks["discriminator"]
        self.optimizers = {
            "optimizer_g": build_optimizer([self.generator], config.optim),
            "optimizer_d": build_optimizer([self.discriminator], config.optim),
        }
        self.loss = loss_of(config)
        self.only = config.objective.only if config.uses("objective.only") else "both"
        penalty = config.objective.penalty if config.uses("objective.penalty") else "none"
        self.penalty = None if penalty == "none" else PENALTIES[penalty]
        self.clip = config.objective.clip if config.uses("objective.clip") else 0.0
        if config.optim.ema:
            self.networks["average"] = deepcopy(self.generator).eval().requires_grad_(False)
        self.conditional = config.kind.condition == "class"
        self._class_counts = torch.tensor(config.class_counts, dtype=torch.float32)

    # --- what is drawn ----------------------------------------------------------------------------------------------

    def draw(self, next_batch: Callable[[], Batch], rng: StepRng) -> Draws:
        """One iteration: `d_steps` updates of D, each on a fresh batch, and `g_steps` of G."""
        optim, objective = self.config.optim, self.config.objective
        turns = [("d", optim.d_steps), ("g", optim.g_steps)]
        if objective.order == "g_first":
            turns.reverse()
        networks = [name for name, count in turns for _ in range(count)]
        last_of_first = turns[0][1] - 1 if objective.noise == "same" else None

        updates: list[Update] = []
        batch = next_batch()
        for place, network in enumerate(networks):
            if network == "d" and "d" in networks[:place]:
                batch = next_batch()
            keeps, goes_on = place == last_of_first, place - 1 == last_of_first
            updates.append(self._draw_update(batch, network, rng, keeps=keeps, generates=not goes_on))
        return Draws(rng.step, tuple(updates), rng.seed_of("dropout"))

    def _draw_update(self, batch: Batch, network: str, rng: StepRng, *, keeps: bool, generates: bool) -> Update:
        """One update of that network; where it `generates`, with inputs of G."""
        is_d = network == "d"
        return Update(
            batch,
            network,
            z=self._draw_latents(batch, rng) if generates else None,
            labels=self._draw_labels(batch, rng) if generates and self.conditional else None,
            keeps=keeps,
            other_z=None if is_d else self._draw_other(batch, rng),
            real_noise=self._draw_instance_noise(batch, rng) if is_d else None,
            fake_noise=self._draw_instance_noise(batch, rng),
            penalty=self._draw_penalty(batch, rng) if is_d else None,
        )

    def _draw_latents(self, batch: Batch, rng: StepRng) -> Tensor:
        """Inputs of G, for as many samples as the batch has."""
        return self.latents(len(batch.images), rng.stream("noise")).to(self.device)

    def _draw_other(self, batch: Batch, rng: StepRng) -> Tensor | None:  # noqa: ARG002
        """Latent inputs for a second output of G in its own update, where its loss compares two."""
        return None

    def _draw_labels(self, batch: Batch, rng: StepRng) -> Tensor:
        """Classes, each as likely as among the images: else D could recognise a fake by its label alone."""
        count, source = len(batch.images), rng.stream("labels")
        return torch.multinomial(self._class_counts, count, replacement=True, generator=source).to(self.device)

    def _draw_instance_noise(self, batch: Batch, rng: StepRng) -> Tensor | None:
        """As much noise as is left at this step, for as many samples as a batch has; None where there is none."""
        strength = self.config.objective.instance_noise
        sigma = strength and self.config.uses("objective.instance_noise") and strength * (1 - self._done(rng.step))
        if not sigma:
            return None
        return sigma * torch.randn(batch.images.shape, generator=rng.stream("instance noise")).to(self.device)

    def _draw_penalty(self, batch: Batch, rng: StepRng) -> Tensor | None:
        """The random numbers of the penalty, if D learns under one."""
        if self.penalty is None or self.only == "g":
            return None
        return self.penalty.draw(tuple(batch.images.shape), rng.stream("penalty")).to(self.device)

    # --- one update of each network -------------------------------------------------------------------------------

    def update(self, draws: Draws) -> Scalars:
        """The updates that were drawn, in their order."""
        optim = self.config.optim
        self._set_rate("optimizer_g", optim.lr_g, optim.schedule_g, draws.step)
        self._set_rate("optimizer_d", optim.lr_d, optim.schedule_d, draws.step)
        masks = torch.Generator().manual_seed(draws.dropout_seed)
        for network in (self.generator, self.discriminator):
            seed_dropout(network, masks)
        scalars: Scalars = {}
        fake: Fake | None = None
        for update in draws.updates:
            if update.z is not None:
                fake = self._generate(update, update.z, with_gradient=update.network == "g" or update.keeps)
            assert fake is not None
            if update.network == "d":
                scalars |= self._update_d(update, fake.detach())
            else:
                scalars |= self._update_g(update, fake)
                self._follow(draws.step)
        return scalars

    def _update_d(self, update: Update, fake: Fake) -> Scalars:
        learns = self.only != "g"
        with torch.set_grad_enabled(learns):
            loss, scalars = self._d_objective(update, fake)
        if not learns:
            return scalars
        norm = self._descend(loss, "optimizer_d")
        if self.clip:
            with torch.no_grad():
                for parameter in self.discriminator.parameters():
                    parameter.clamp_(-self.clip, self.clip)
        return scalars | {"grad_norm_d": norm}

    def _update_g(self, update: Update, fake: Fake) -> Scalars:
        learns = self.only != "d"
        with torch.set_grad_enabled(learns):
            loss, scalars = self._g_objective(update, fake)
        return scalars | {"grad_norm_g": self._descend(loss, "optimizer_g")} if learns else scalars

    def _descend(self, loss: Tensor, optimizer: str) -> Tensor:
        """One update of one network; the norm of its gradient."""
        return descend(loss, self.optimizers[optimizer])

    def _d_objective(self, update: Update, fake: Fake) -> tuple[Tensor, Scalars]:
        """What D minimises, and what is recorded of it; the recorded loss is the game's alone, without a penalty."""
        objective, batch = self.config.objective, update.batch
        real_logits = self._logits(batch.images, batch.labels, update.real_noise)
        fake_logits = self._logits(fake.images, fake.labels, update.fake_noise)
        loss = self.loss.d(real_logits, fake_logits, smoothing=objective.label_smoothing)
        scalars = {
            "loss_d": loss.detach(),
            "d_real": self._score(real_logits.detach()),
            "d_fake": self._score(fake_logits.detach()),
        }
        if self.penalty is not None and update.penalty is not None:
            condition = self._condition(batch.labels)
            penalty = self.penalty.price(
                lambda images: self.discriminator(images, *condition), batch.images, fake.images, update.penalty
            )
            loss = loss + objective.penalty_weight * penalty
            scalars["penalty"] = penalty.detach()
        return loss, scalars

    def _g_objective(self, update: Update, fake: Fake) -> tuple[Tensor, Scalars]:
        """What G minimises, and what is recorded of it."""
        fake_logits = self._logits(fake.images, fake.labels, update.fake_noise)
        loss = self.loss.g(fake_logits)
        return loss, {"loss_g": loss.detach(), "d_fake_g": self._score(fake_logits.detach())}

    def _score(self, logits: Tensor) -> Tensor:
        """D's mean output for a batch."""
        return score(self.config.objective.loss, logits)

    # --- the networks ---------------------------------------------------------------------------------------------

    def _generate(self, update: Update, z: Tensor, *, with_gradient: bool) -> Fake:
        labels = () if update.labels is None else (update.labels,)
        with torch.set_grad_enabled(with_gradient and self.only != "d"), self._autocast():
            images: Tensor = self.generator(z, *labels)
        return Fake(images, z, update.labels)

    def _logits(self, images: Tensor, labels: Tensor | None, noise: Tensor | None) -> Tensor:
        """D's logits in fp32, of images under instance noise."""
        if noise is not None:
            images = images + noise.to(images)
        with self._autocast():
            logits: Tensor = self.discriminator(images, *self._condition(labels))
        return logits.float()

    def _condition(self, labels: Tensor | None) -> tuple[Tensor, ...]:
        """What D takes besides the image."""
        return (labels,) if self.conditional and self.config.model.y_in_d and labels is not None else ()

    def _follow(self, step: int) -> None:
        """Move the average of G's weights; a young average forgets faster, or it would show the start for long."""
        if "average" not in self.networks:
            return
        average, share = self.networks["average"], 1 - min(self.config.optim.ema, step / (step + 10))
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(self.generator.parameters()), share)
            for mine, theirs in zip(average.buffers(), self.generator.buffers(), strict=True):
                mine.copy_(theirs)

    # --- looking at it --------------------------------------------------------------------------------------------

    def sampler(self, *, raw: bool = False) -> nn.Module:
        """The network that samples are drawn from: the average of G where there is one and not `raw`, else G."""
        return self.networks["average"] if self.averaged and not raw else self.generator

    def sample(self, z: Tensor, cond: Tensor | None = None, *, raw: bool = False) -> Tensor:
        """Images (N, C, H, W) in [-1, 1], or points (N, 2), on the CPU; `cond` (N,) are the classes where they matter.

        Running statistics are used and not changed.
        """
        inputs = [z.to(self.device)] + ([] if cond is None else [cond.to(self.device)])
        return self._to_display(self._infer(self.sampler(raw=raw), *inputs))

    def preview(self, held_out: Callable[[], Images], source: torch.Generator) -> Callable[[], Image.Image]:
        """Samples; of points with D's field, of classes a row each."""
        if self.config.is_points:
            data, noise = held_out().pixels[:POINTS], self.latents(POINTS, source)
            return lambda: draw_plane(data, self.sample(noise), self.discriminate, arrows=ARROWS)
        if self.conditional:
            return self._class_preview(source)
        return super().preview(held_out, source)

    def _class_preview(self, source: torch.Generator) -> Callable[[], Image.Image]:
        """A row for each class, a column for each noise vector (report 002, question 9)."""
        classes = torch.tensor(self.config.labels_in_use[:CLASS_ROWS])
        noise = self.latents(CLASS_COLUMNS, source).repeat(len(classes), 1)
        labels = classes.repeat_interleave(CLASS_COLUMNS)
        return lambda: grid(self.sample(noise, labels), CLASS_COLUMNS)

    def picture(self, samples: Tensor, columns: int, held_out: Callable[[], Images]) -> Image.Image:
        """A grid of images, or points (N, 2) against data and D's field."""
        if samples.dim() == 4:
            return super().picture(samples, columns, held_out)
        return draw_plane(held_out().pixels[: len(samples)], samples, self.discriminate)

    def discriminate(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """D's logits (N,) for samples in the pixel range of the run, on the CPU, training state untouched.

        `labels` (N,) are the classes, where D is conditioned on them.
        """
        condition = (label.to(self.device) for label in self._condition(labels))
        return self._infer(self.discriminator, samples.to(self.device), *condition).float().cpu()

    def sensitivity(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """The gradient of D's logit in each sample, as large as the samples (N, ...), on the CPU.

        A saliency map (Simonyan et al. 2014) of what `discriminate` takes. Of a D with a logit for each class, that of
        an image being real at all.
        """
        was_training = self.discriminator.training
        self.discriminator.eval()
        try:
            with torch.enable_grad():
                seen = samples.detach().to(self.device).requires_grad_()
                logits = self.discriminator(seen, *(label.to(self.device) for label in self._condition(labels)))
                realness = logits.logsumexp(1) if logits.dim() == 2 else logits
                (gradient,) = torch.autograd.grad(realness.sum(), seen)
        finally:
            self.discriminator.train(was_training)
        return gradient.float().cpu()

    def _infer(self, network: nn.Module, *inputs: Tensor) -> Tensor:
        was_training = network.training
        network.eval()
        try:
            with torch.no_grad():
                found: Tensor = network(*inputs)
            return found
        finally:
            network.train(was_training)
