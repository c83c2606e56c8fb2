"""Prices on D's gradient at its inputs, each a mean over the batch without its weight; they can be differentiated.

A penalty is given its random numbers, uniform in [0, 1) and of the shape that it names. `critic` maps samples (B, ...)
to logits (B,); points of several runs, (R, B, 2), to (R, B), and each has its own price: (R,). D must treat each sample
separately: with batch normalisation a gradient is shared among the batch, which these papers do not mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Critic = Callable[[Tensor], Tensor]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Penalty:
    """A penalty and the random numbers that it takes."""

    price: Callable[[Critic, Tensor, Tensor, Tensor], Tensor]  # of critic, real, fake and those numbers: 0-d
    shape: Callable[[Shape], Shape]  # of those numbers, given that of the real samples

    def draw(self, real: Shape, source: torch.Generator) -> Tensor:
        """The numbers for real samples of that shape, on the CPU."""
        return torch.rand(self.shape(real), generator=source)


def _gradients(critic: Critic, at: Tensor) -> Tensor:
    """Gradient of each sample's logit, (B, P); of several runs (R, B, P)."""
    at = at.detach().requires_grad_()
    logits = critic(at.view_as(at))  # not the leaf itself: counting operations hooks the inputs of modules
    (found,) = torch.autograd.grad(logits.sum(), at, create_graph=True)
    return found.flatten(logits.dim())


def _one_lipschitz(gradients: Tensor) -> Tensor:
    norms = (gradients.square().sum(-1) + 1e-12).sqrt()  # the root has no gradient at 0
    return (norms - 1).square().mean(-1)


def gradient_penalty(critic: Critic, real: Tensor, fake: Tensor, shares: Tensor) -> Tensor:
    """(|grad D| - 1)^2 at random points between real and fake samples (Gulrajani et al. 2017, WGAN-GP)."""
    between = torch.lerp(fake.to(real), real, shares.to(real))  # fakes may be in half precision
    return _one_lipschitz(_gradients(critic, between))


def r1(critic: Critic, real: Tensor, _fake: Tensor, _numbers: Tensor) -> Tensor:
    """|grad D|^2 / 2 at real samples; its weight is gamma (Mescheder et al. 2018, eq. 9)."""
    return 0.5 * _gradients(critic, real).square().sum(-1).mean(-1)


def dragan(critic: Critic, real: Tensor, _fake: Tensor, noise: Tensor) -> Tensor:
    """(|grad D| - 1)^2 near real samples, shifted by up to half their standard deviation (Kodali et al. 2017).

    Their code moves each sample only a random share of that way, a further number from U(0, 1).
    """
    return _one_lipschitz(_gradients(critic, real + 0.5 * real.std() * noise.to(real)))


PENALTIES: dict[Literal["gradient", "r1", "dragan"], Penalty] = {
    "gradient": Penalty(gradient_penalty, lambda real: (real[0], *[1] * (len(real) - 1))),  # one a pair
    "r1": Penalty(r1, lambda _real: (0,)),
    "dragan": Penalty(dragan, lambda real: real),
}
