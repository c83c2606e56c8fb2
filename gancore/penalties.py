"""Prices on D's gradient at its inputs, each a mean over the batch without its weight; they can be differentiated.

`critic` maps samples (B, ...) to logits (B,). D must look at each sample for itself: with batch normalisation a
gradient is shared among the batch, which these papers do not mean.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

Critic = Callable[[Tensor], Tensor]
Penalty = Callable[[Critic, Tensor, Tensor, torch.Generator], Tensor]  # critic, real, fake, random numbers -> 0-d


def _gradients(critic: Critic, at: Tensor) -> Tensor:
    """Gradient of each sample's logit, (B, P)."""
    at = at.detach().requires_grad_()
    logits = critic(at.view_as(at))  # not the leaf itself: counting operations hooks the inputs of modules
    (found,) = torch.autograd.grad(logits.sum(), at, create_graph=True)
    return found.flatten(1)


def _one_lipschitz(gradients: Tensor) -> Tensor:
    norms = (gradients.square().sum(1) + 1e-12).sqrt()  # the root has no gradient at 0
    return (norms - 1).square().mean()


def gradient_penalty(critic: Critic, real: Tensor, fake: Tensor, source: torch.Generator) -> Tensor:
    """(|grad D| - 1)^2 at random points between real and fake samples (Gulrajani et al. 2017, WGAN-GP)."""
    share = torch.rand(len(real), *[1] * (real.dim() - 1), generator=source).to(real)
    return _one_lipschitz(_gradients(critic, torch.lerp(fake.to(real), real, share)))  # fakes may be in half precision


def r1(critic: Critic, real: Tensor, _fake: Tensor, _source: torch.Generator) -> Tensor:
    """|grad D|^2 / 2 at real samples; its weight is gamma (Mescheder et al. 2018, eq. 9)."""
    return 0.5 * _gradients(critic, real).square().sum(1).mean()


def dragan(critic: Critic, real: Tensor, _fake: Tensor, source: torch.Generator) -> Tensor:
    """(|grad D| - 1)^2 near real samples, shifted by up to half their standard deviation (Kodali et al. 2017)."""
    noise = torch.rand(real.shape, generator=source).to(real)
    return _one_lipschitz(_gradients(critic, real + 0.5 * real.std() * noise))


PENALTIES: dict[Literal["gradient", "r1", "dragan"], Penalty] = {
    "gradient": gradient_penalty,
    "r1": r1,
    "dragan": dragan,
}
