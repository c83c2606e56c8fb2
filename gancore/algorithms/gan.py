"""Generative adversarial training (Goodfellow et al. 2014) with any adversarial loss, with or without classes."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gancore.algorithms.base import Family
from gancore.config import RunConfig
from gancore.config.kinds import CONDITIONAL
from gancore.data import Batch
from gancore.losses import LOSSES, score
from gancore.models.dropout import seed_dropout
from gancore.optimizers import build_optimizer, descend
from gancore.penalties import PENALTIES
from gancore.rng import StepRng

Scalars = dict[str, Tensor]


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
    Gradients are computed only for the network being updated. With `noise="same"` the second network sees the very
    images that the first was last updated on: for D first, G's loss is then the updated D's verdict on them. A network
    that does not learn (`only`) is scored all the same.
    """

    def __init__(self, config: RunConfig, device: torch.device) -> None:
        super().__init__(config, device)
        self.generator, self.discriminator = self.networks["generator"], self.networks["discriminator"]
        self.optimizers = {
            "optimizer_g": build_optimizer([self.generator], config.optim),
            "optimizer_d": build_optimizer([self.discriminator], config.optim),
        }
        self.loss = LOSSES[config.objective.loss]
        self.only = config.objective.only if config.uses("objective.only") else "both"
        self.penalty = config.objective.penalty if config.uses("objective.penalty") else "none"
        self.clip = config.objective.clip if config.uses("objective.clip") else 0.0
        if config.optim.ema:
            self.networks["average"] = deepcopy(self.generator).eval().requires_grad_(False)
        self.conditional = config.model.kind in CONDITIONAL
        self._class_counts = torch.tensor(config.class_counts, dtype=torch.float32)

    def step(self, next_batch: Callable[[], Batch], rng: StepRng) -> Scalars:
        """One iteration: `d_steps` updates of D, each on a fresh batch, and `g_steps` of G."""
        optim, objective = self.config.optim, self.config.objective
        self._set_rate("optimizer_g", optim.lr_g, optim.schedule_g, rng.step)
        self._set_rate("optimizer_d", optim.lr_d, optim.schedule_d, rng.step)
        for network in (self.generator, self.discriminator):
            seed_dropout(network, rng.stream("dropout"))
        first_is_d = objective.order == "d_first"
        updates = ["d"] * optim.d_steps + ["g"] * optim.g_steps
        if not first_is_d:
            updates.sort(reverse=True)
        share_after = (optim.d_steps if first_is_d else optim.g_steps) - 1 if objective.noise == "same" else None

        scalars: Scalars = {}
        shared: Fake | None = None
        batch, batch_is_fresh = next_batch(), True
        for index, network_name in enumerate(updates):
            sharing = index == share_after
            if network_name == "d" and not batch_is_fresh:
                batch = next_batch()
            if shared is None:
                fake = self._generate(batch, rng, with_gradient=network_name == "g" or sharing)
            else:
                fake, shared = shared, None
            if network_name == "d":
                scalars |= self._update_d(batch, fake.detach(), rng)
                batch_is_fresh = False
            else:
                scalars |= self._update_g(batch, fake, rng)
            if sharing:
                shared = fake
        return scalars

    # --- one update of each network -------------------------------------------------------------------------------

    def _update_d(self, batch: Batch, fake: Fake, rng: StepRng) -> Scalars:
        learns = self.only != "g"
        with torch.set_grad_enabled(learns):
            loss, scalars = self._d_objective(batch, fake, rng)
        if not learns:
            return scalars
        norm = descend(loss, self.optimizers["optimizer_d"])
        if self.clip:
            with torch.no_grad():
                for parameter in self.discriminator.parameters():
                    parameter.clamp_(-self.clip, self.clip)
        return scalars | {"grad_norm_d": norm}

    def _update_g(self, batch: Batch, fake: Fake, rng: StepRng) -> Scalars:
        learns = self.only != "d"
        with torch.set_grad_enabled(learns):
            loss, scalars = self._g_objective(batch, fake, rng)
        norm = descend(loss, self.optimizers["optimizer_g"]) if learns else None
        self._follow(rng.step)
        return scalars if norm is None else scalars | {"grad_norm_g": norm}

    def _d_objective(self, batch: Batch, fake: Fake, rng: StepRng) -> tuple[Tensor, Scalars]:
        """What D minimises, and what is recorded of it; the recorded loss is the game's alone, without a penalty."""
        objective = self.config.objective
        real_logits = self._judge(batch.images, batch.labels, rng)
        fake_logits = self._judge(fake.images, fake.labels, rng)
        loss = self.loss.d(real_logits, fake_logits, smoothing=objective.label_smoothing)
        scalars = {
            "loss_d": loss.detach(),
            "d_real": score(objective.loss, real_logits.detach()),
            "d_fake": score(objective.loss, fake_logits.detach()),
        }
        if self.penalty != "none" and torch.is_grad_enabled():
            told = self._told(batch.labels)
            penalty = PENALTIES[self.penalty](
                lambda images: self.discriminator(images, *told), batch.images, fake.images, rng.stream("penalty")
            )
            loss = loss + objective.penalty_weight * penalty
            scalars["penalty"] = penalty.detach()
        return loss, scalars

    def _g_objective(self, batch: Batch, fake: Fake, rng: StepRng) -> tuple[Tensor, Scalars]:  # noqa: ARG002
        """What G minimises, and what is recorded of it."""
        fake_logits = self._judge(fake.images, fake.labels, rng)
        loss = self.loss.g(fake_logits)
        return loss, {"loss_g": loss.detach(), "d_fake_g": score(self.config.objective.loss, fake_logits.detach())}

    # --- the networks ---------------------------------------------------------------------------------------------

    def _generate(self, batch: Batch, rng: StepRng, *, with_gradient: bool) -> Fake:  # noqa: ARG002
        count = self.config.train.batch_size
        z = self.draw(count, rng.stream("noise")).to(self.device)
        labels = self._draw_labels(count, rng.stream("labels")) if self.conditional else None
        with torch.set_grad_enabled(with_gradient and self.only != "d"), self._autocast():
            images: Tensor = self.generator(z) if labels is None else self.generator(z, labels)
        return Fake(images, z, labels)

    def _draw_labels(self, count: int, source: torch.Generator) -> Tensor:
        """Classes, each as likely as among the images: else D could tell a fake by its label alone."""
        return torch.multinomial(self._class_counts, count, replacement=True, generator=source).to(self.device)

    def _judge(self, images: Tensor, labels: Tensor | None, rng: StepRng) -> Tensor:
        """D's logits in fp32, of images under as much noise as is left at this step."""
        if sigma := self.config.objective.instance_noise * (1 - self._done(rng.step)):
            noise = torch.randn(images.shape, generator=rng.stream("instance noise"))
            images = images + sigma * noise.to(images)
        with self._autocast():
            logits: Tensor = self.discriminator(images, *self._told(labels))
        return logits.float()

    def _told(self, labels: Tensor | None) -> tuple[Tensor, ...]:
        """What D is told besides the image."""
        told = self.conditional and self.config.model.y_in_d and labels is not None
        return (labels,) if told and labels is not None else ()

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
        return self._to_display(self._look(self.sampler(raw=raw), *inputs))

    def judge(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """D's logits (N,) for samples in the pixel range of the run, on the CPU, training state untouched.

        `labels` (N,) are the classes, where D is told them.
        """
        told = (label.to(self.device) for label in self._told(labels))
        return self._look(self.discriminator, samples.to(self.device), *told).float().cpu()

    def _look(self, network: nn.Module, *inputs: Tensor) -> Tensor:
        was_training = network.training
        network.eval()
        try:
            with torch.no_grad():
                found: Tensor = network(*inputs)
            return found
        finally:
            network.train(was_training)
