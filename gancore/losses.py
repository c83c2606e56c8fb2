"""Adversarial losses as pure functions on logits, each finite for logits of +-1e4.

`LOSSES[name].d(real, fake)` is the real term plus the fake term, each a mean over the batch; `.g(fake)` is a mean.
Logits are real tensors of any shape; the result is 0-d. What D's output means for each loss (a probability or a raw
score) stands in `gancore.config.D_OUTPUT`, and `score` turns logits into it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gancore.parts import D_OUTPUT, LossName


@dataclass(frozen=True)
class Loss:
    """The two objectives of one game; both are minimised."""

    d: Callable[[Tensor, Tensor], Tensor]
    g: Callable[[Tensor], Tensor]


def _cross_entropy_d(real: Tensor, fake: Tensor) -> Tensor:
    """-log D(x) - log(1 - D(G(z))), the value function of Goodfellow et al. 2014, eq. 1."""
    return softplus(-real).mean() + softplus(fake).mean()


def _nonsaturating_g(fake: Tensor) -> Tensor:
    """-log D(G(z)): strong gradients while D is sure (Goodfellow et al. 2014, section 3)."""
    return softplus(-fake).mean()


def _minimax_g(fake: Tensor) -> Tensor:
    """log(1 - D(G(z))): the same game's own G objective; its gradient vanishes as D(G(z)) -> 0."""
    return -softplus(fake).mean()


def _least_squares_d(real: Tensor, fake: Tensor) -> Tensor:
    """LSGAN with targets 1 and 0 and factors 1/2 (Mao et al. 2017, eq. 9)."""
    return 0.5 * (real - 1).square().mean() + 0.5 * fake.square().mean()


def _least_squares_g(fake: Tensor) -> Tensor:
    return 0.5 * (fake - 1).square().mean()


def score(loss: LossName, logits: Tensor) -> Tensor:
    """D's mean verdict on a batch, 0-d: a probability for losses on probabilities, else the mean raw score."""
    return torch.sigmoid(logits).mean() if D_OUTPUT[loss] == "probability" else logits.mean()


LOSSES: dict[LossName, Loss] = {
    "nonsaturating": Loss(_cross_entropy_d, _nonsaturating_g),
    "minimax": Loss(_cross_entropy_d, _minimax_g),
    "least_squares": Loss(_least_squares_d, _least_squares_g),
}
