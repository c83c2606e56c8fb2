"""Ways through the latent space (report 002, to do 7), and noise that keeps away from its edges."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.special import ndtr, ndtri


def linear_path(start: Tensor, end: Tensor, steps: int) -> Tensor:
    """(1 - a) z + a z' in equal steps from `start` (P, nz) to `end` (P, nz): (P, steps + 1, nz)."""
    share = _shares(steps)
    return (1 - share) * start[:, None] + share * end[:, None]


def spherical_path(start: Tensor, end: Tensor, steps: int) -> Tensor:
    """As `linear_path`, by equal angles along the arc between the two (White 2016).

    Unlike on a straight line, noise on the way is as long as noise from a Gaussian. Straight where there is no angle.
    """
    lengths = start.norm(dim=1) * end.norm(dim=1)
    cosine = ((start * end).sum(1) / lengths.clamp(min=1e-12)).clamp(-1, 1)
    angle = cosine.acos()[:, None, None]
    share, sine = _shares(steps), angle.sin()
    arc = ((1 - share) * angle).sin() / sine * start[:, None] + (share * angle).sin() / sine * end[:, None]
    has_angle = (sine > 1e-4) & (lengths > 0)[:, None, None]
    return torch.where(has_angle, arc, linear_path(start, end, steps))


def truncated(noise: Tensor, threshold: float, prior: str) -> Tensor:
    """Noise (N, nz) from `prior` as noise none of whose coordinates is beyond +-`threshold`: the truncation trick.

    Normal noise becomes noise of the normal distribution cut at the threshold (Brock et al. 2019, section 3.1). They
    draw a coordinate that is beyond it anew; here it goes to the same quantile of the narrower distribution, so that a
    sample changes little by little with the threshold. Uniform noise becomes that of a narrower interval.
    """
    if prior == "uniform":
        return noise * min(threshold, 1.0)
    beyond = ndtr(torch.tensor(-threshold, dtype=torch.float64))
    cut: Tensor = ndtri(beyond + (1 - 2 * beyond) * ndtr(noise.double())).to(noise)
    return cut


def _shares(steps: int) -> Tensor:
    """From 0 to 1: (1, steps + 1, 1)."""
    return (torch.arange(steps + 1) / steps)[None, :, None]
