"""Ways through the latent space (report 002, to do 7)."""

from __future__ import annotations

import torch
from torch import Tensor


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


def _shares(steps: int) -> Tensor:
    """From 0 to 1: (1, steps + 1, 1)."""
    return (torch.arange(steps + 1) / steps)[None, :, None]
