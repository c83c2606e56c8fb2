"""What a run's discriminator says of images that it never saw and of generated ones, and how good it could be."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gancore import metrics
from gancore.algorithms import GAN
from gancore.config.losses import LossFacts
from gancore.data import Images
from gancore.data.batches import to_range
from gancore.data.toys import TOY_SIGMA
from gancore.store.evaluations import Size

JUDGED: dict[Size, int] = {"cheap": 250, "full": 1_000}  # held-out images, and as many samples, that D looks at
PROBED = 1_000  # points of the data, and as many samples, at which D is held against its optimum
KERNEL = 0.5  # width of the kernels that estimate a density, relative to the standard deviation of a toy's Gaussians

_AT_ONCE = 500  # images


class Judge:
    """The discriminator of a GAN: in eval mode, its training state untouched, on samples as G makes them."""

    def __init__(self, gan: GAN, game: LossFacts) -> None:
        self.gan, self.game = gan, game

    def accuracy(self, real: Images, samples: Tensor, classes: Tensor | None, at_most: int) -> dict[str, float]:
        """Of equally many held-out images and samples (N, ...): how many D classifies rightly, its mean output on each.

        For losses on probabilities also what its loss says of the distance between the two (see `metrics`). Nothing if
        D's outputs are not finite.
        """
        count = min(len(real), len(samples), at_most)
        of_real = self.real_logits(real, count)
        of_fake = self.fake_logits(samples, classes, count)
        if not (of_real.isfinite().all() and of_fake.isfinite().all()):
            return {}
        found = {"d_score_real": self._score(of_real), "d_score_fake": self._score(of_fake)}
        if math.isfinite(self.game.boundary):
            found["d_accuracy"] = metrics.discrimination_accuracy(of_real, of_fake, self.game.boundary)
        if samples.dim() == 2 and self.game.output == "probability":
            found["js_of_loss"] = metrics.divergence_of_loss(of_real, of_fake)
        return found

    def real_logits(self, real: Images, count: int) -> Tensor:
        """Of the first `count` images, or points: (count,)."""
        pixels = real.pixels[:count]
        scale = self.gan.config.data.range
        return self._logits(pixels if pixels.dim() == 2 else to_range(pixels, scale), real.labels[:count])

    def fake_logits(self, samples: Tensor, classes: Tensor | None, count: int) -> Tensor:
        """Of the first `count` samples (N, C, H, W), black -1 and white 1, or points (N, 2): (count,)."""
        seen = samples[:count]
        if seen.dim() == 4 and self.gan.config.data.range == "0..1":
            seen = (seen + 1) / 2
        return self._logits(seen, None if classes is None else classes[:count])

    def _logits(self, images: Tensor, labels: Tensor | None) -> Tensor:
        """Of being real; a D with a logit for each class says it with their sum (Salimans et al. 2016)."""
        parts = []
        for start in range(0, len(images), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            parts.append(self.gan.discriminate(images[part], None if labels is None else labels[part]))
        found = torch.cat(parts)
        return found.logsumexp(1) if found.dim() == 2 else found

    def _score(self, logits: Tensor) -> float:
        """As `gancore.losses.score`."""
        outputs = torch.sigmoid(logits) if self.game.output == "probability" else logits
        return float(outputs.mean())


def against_optimum(
    judge: Judge | None, real: Images, samples: Tensor, modes: Tensor, name: str, shares: Tensor
) -> dict[str, float]:
    """D against p / (p + q), and the Jensen-Shannon divergence of p and q, for samples (N, 2) of a toy `name`.

    p is the mixture of Gaussians that the data come from, q is estimated by Gaussian kernels around all samples but the
    first ones, and p is blurred by the same kernel: where q = p, the ratio of the two is 1 on average. Points of both
    are probed. Needs twice as many samples as are probed.
    """
    sigma = TOY_SIGMA[name]
    count = min(PROBED, len(real), len(samples) // 2)
    probes, kernels = (real.pixels[:count], samples[:count]), samples[count:]
    width = KERNEL * sigma
    p = [metrics.log_mixture(each, modes, math.hypot(sigma, width), shares) for each in probes]
    q = [metrics.log_mixture(each, kernels, width) for each in probes]
    found = {"js_divergence": metrics.jensen_shannon((p[0], q[0]), (p[1], q[1]))}
    if judge is not None and judge.game.output == "probability":
        outputs = torch.cat([judge.real_logits(real, count), judge.fake_logits(samples, None, count)]).sigmoid()
        best = metrics.optimal_output(torch.cat(p), torch.cat(q))
        found["optimal_d_error"] = float((outputs - best).abs().mean())
    return found
