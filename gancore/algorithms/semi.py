"""Semi-supervised training (Salimans et al. 2016, section 5): D learns classes from few labels, aided by G's fakes."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, softplus

from gancore.algorithms.base import Scalars
from gancore.algorithms.draws import Draws, Update
from gancore.algorithms.gan import GAN, Fake
from gancore.data import Batch, Images
from gancore.data.batches import to_range
from gancore.optimizers import descend
from gancore.rng import StepRng


class SemiSupervised(GAN):
    """D has a logit for each class; an image is real with the probability sigmoid(logsumexp(logits)).

    D's loss is cross-entropy on a batch whose labels may be used, plus the GAN's, times its weight, on one whose labels
    may not. `accuracy` is that of D on the latter, drawn from all images: the labelled ones are among them. Where the
    weight is 0, D is a classifier alone: it learns nothing from the other images, not even through the statistics of
    batch normalisation, and G is not trained.
    """

    def draw(self, next_batch: Callable[[], Batch], rng: StepRng) -> Draws:
        """A GAN's iteration; of a classifier alone, as many updates of D, each on a fresh batch."""
        if self.config.objective.unsupervised_weight:
            return super().draw(next_batch, rng)
        return Draws(rng.step, tuple(Update(next_batch(), "d") for _ in range(self.config.optim.d_steps)))

    def update(self, draws: Draws) -> Scalars:
        """The updates that were drawn, in their order."""
        if self.config.objective.unsupervised_weight:
            return super().update(draws)
        self._set_rate("optimizer_d", self.config.optim.lr_d, self.config.optim.schedule_d, draws.step)
        return [self._classify(update.batch) for update in draws.updates][-1]

    def _classify(self, batch: Batch) -> Scalars:
        """Teach D the labelled images; see how it does on the others, as it will in use."""
        assert batch.labelled is not None
        with self._autocast():
            labelled = self.discriminator(batch.labelled.images)
            found = self._infer(self.discriminator, batch.images)
        loss = cross_entropy(labelled.float(), batch.labelled.labels)
        norm = descend(loss, self.optimizers["optimizer_d"])
        accuracy = (found.argmax(1) == batch.labels).float().mean()
        return {"loss_class": loss.detach(), "accuracy": accuracy, "grad_norm_d": norm}

    def _d_objective(self, update: Update, fake: Fake) -> tuple[Tensor, Scalars]:
        batch = update.batch
        assert batch.labelled is not None
        with self._autocast():
            labelled, real, made = (
                self.discriminator(images) for images in (batch.labelled.images, batch.images, fake.images)
            )
        supervised = cross_entropy(labelled.float(), batch.labelled.labels)
        real_logits, fake_logits = _realness(real), _realness(made)
        unsupervised = softplus(-real_logits).mean() + softplus(fake_logits).mean()
        return supervised + self.config.objective.unsupervised_weight * unsupervised, {
            "loss_d": unsupervised.detach(),
            "loss_class": supervised.detach(),
            "accuracy": (real.argmax(1) == batch.labels).float().mean(),
            "d_real": torch.sigmoid(real_logits.detach()).mean(),
            "d_fake": torch.sigmoid(fake_logits.detach()).mean(),
        }

    def _g_objective(self, update: Update, fake: Fake) -> tuple[Tensor, Scalars]:
        with self._autocast():
            features = self.discriminator.get_submodule("features")(fake.images)
            logits = self.discriminator.get_submodule("last")(features)
        fake_logits = _realness(logits)
        if self.config.objective.feature_matching:
            with torch.no_grad(), self._autocast():
                wanted = self.discriminator.get_submodule("features")(update.batch.images).float().mean(0)
            loss = (features.float().mean(0) - wanted).abs().mean()
        else:
            loss = softplus(-fake_logits).mean()
        return loss, {"loss_g": loss.detach(), "d_fake_g": torch.sigmoid(fake_logits.detach()).mean()}

    def measure(self, held_out: Callable[[], Images]) -> dict[str, float]:
        """The share of held-out images that D classifies correctly."""
        images, right = held_out(), 0
        for pixels, labels in zip(torch.split(images.pixels, 1000), torch.split(images.labels, 1000), strict=True):
            logits = self.discriminate(to_range(pixels, self.config.data.range))
            right += int((logits.argmax(1) == labels).sum())
        return {"test_accuracy": right / len(images)}


def _realness(logits: Tensor) -> Tensor:
    """The logit of being real at all, (N,), from those of each class (N, K)."""
    return logits.float().logsumexp(1)
