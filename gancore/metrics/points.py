"""What can be counted of points in the plane, where the true distribution is known."""

from __future__ import annotations

import torch
from torch import Tensor

from gancore.metrics.arrays import Values, as_pair
from gancore.metrics.classes import kl_to_uniform


def toy_quality(points: Values, modes: Values, sigma: float) -> dict[str, float]:
    """Of samples (N, 2) and a toy's `modes` (M, 2), Gaussians of standard deviation `sigma`.

    `near_modes`: the share of samples within 3 sigma of a mode. `modes`: how many modes have at least N / (10 M) of
    these, a tenth of their fair share, and at least one. `reverse_kl`: KL(modes of these || uniform) in nats
    (Srivastava et al. 2017; Lin et al. 2018), left out if there are none.
    """
    points, modes = as_pair(points, modes, ("points", "modes"))
    counts = _counts(points.double(), modes.double(), 3 * sigma)
    covered = counts >= max(1, len(points) / (10 * len(modes)))
    near = float(counts.sum()) / len(points)
    found: dict[str, float] = {"modes": int(covered.sum()), "near_modes": near}
    return found | {"reverse_kl": kl_to_uniform(counts)} if near else found


def _counts(points: Tensor, modes: Tensor, reach: float) -> Tensor:
    """How many points (M,) have each mode as their nearest, and within reach."""
    distance, nearest = torch.cdist(points, modes).min(dim=1)
    return torch.bincount(nearest[distance <= reach], minlength=len(modes))
