"""What D's output says of itself: how often it is right, and how far it is from the optimum where that is known."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gancore.metrics.arrays import AT_ONCE, Values, as_matrix, as_pair

NOTHING = -700.0  # a logarithm of what adds nothing to 1 in float64, however often, and is a normal number still


def discrimination_accuracy(real: Values, fake: Values, boundary: float = 0.0) -> float:
    """The share that D classifies rightly, from its logits for real (N,) and generated (M,) samples, which weigh alike.

    A logit above `boundary` says real; one on it is a guess, and counts half.
    """
    real, fake = (_row(logits, name) - boundary for logits, name in ((real, "real"), (fake, "fake")))
    return float(((real.sign() + 1) / 2).mean() + ((1 - fake.sign()) / 2).mean()) / 2


def divergence_of_loss(real: Values, fake: Values) -> float:
    """(2 log 2 - L) / 2 nats, for the cross-entropy L of D's logits on real (N,) and generated (M,) samples.

    Goodfellow et al. 2014, theorem 1: the Jensen-Shannon divergence if D is optimal, on average less if it is not.
    """
    real, fake = _row(real, "real"), _row(fake, "fake")
    return math.log(2) - float(softplus(-real).mean() + softplus(fake).mean()) / 2


def jensen_shannon(at_real: tuple[Tensor, Tensor], at_fake: tuple[Tensor, Tensor]) -> float:
    """The Jensen-Shannon divergence in nats, 0 .. log 2, from log p and log q at points of p (N,) and of q (M,)."""
    (p, q), (other_p, other_q) = at_real, at_fake
    halves = (p - torch.logaddexp(p, q)).mean() + (other_q - torch.logaddexp(other_p, other_q)).mean()
    return math.log(2) + float(halves) / 2


def optimal_output(log_p: Tensor, log_q: Tensor) -> Tensor:
    """p / (p + q), what D's output is at best (Goodfellow et al. 2014, proposition 1)."""
    return torch.sigmoid(log_p - log_q)


def log_mixture(points: Values, centres: Values, sigma: float, shares: Tensor | None = None) -> Tensor:
    """The log density (N,) at `points` (N, D) of a mixture of Gaussians of standard deviation `sigma`, in float64.

    They stand around `centres` (M, D), as often as `shares` (M,) say; None: all equally often, as in an estimate by
    kernels around samples.
    """
    points, centres = (each.double() for each in as_pair(points, centres, ("points", "centres")))
    weights = torch.full((len(centres),), 1 / len(centres)) if shares is None else shares
    constant = weights.double().log() - points.shape[1] * math.log(sigma * math.sqrt(math.tau))
    portions = torch.split(points, max(1, AT_ONCE // len(centres)))
    exponents = (torch.cdist(part, centres).square_().div_(-2 * sigma**2).add_(constant) for part in portions)
    return torch.cat([_logsumexp(each) for each in exponents])


def _logsumexp(values: Tensor) -> Tensor:
    """PyTorch's, of each row, to the bit; the values are spent. Exponentials of what adds nothing would take long."""
    largest = values.amax(1, keepdim=True)
    return values.sub_(largest).clamp_(min=NOTHING).exp_().sum(1).log_().add_(largest[:, 0])


def _row(logits: Values, name: str) -> Tensor:
    """Logits (N,) in float64."""
    return as_matrix(logits[:, None], name)[:, 0].double()
