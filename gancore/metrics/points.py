"""What can be counted of points in the plane, where the true distribution is known."""

from __future__ import annotations

import torch
from torch import Tensor

from gancore.metrics.arrays import Values, as_pair
from gancore.metrics.classes import divergence


def toy_quality(points: Values, modes: Values, sigma: float, shares: Tensor | None = None) -> dict[str, float]:
    """Of samples (N, 2) and a toy's `modes` (M, 2), Gaussians of standard deviation `sigma`.

    `shares` (M,), above 0 and of sum 1, say how often each mode should come up; None: all equally often. `near_modes`:
    the share of samples within 3 sigma of a mode. `modes`: how many modes have at least one of these, and a tenth of
    their share of N. `reverse_kl`: KL(modes of these || shares) in nats (Srivastava et al. 2017; Lin et al. 2018), left
    out if there are none.
    """
    points, modes = as_pair(points, modes, ("points", "modes"))
    due = torch.full((len(modes),), 1 / len(modes), dtype=torch.float64) if shares is None else shares
    counts = _counts(points.double(), modes.double(), 3 * sigma)
    covered = counts >= (len(points) * due / 10).clamp(min=1)
    near = float(counts.sum()) / len(points)
    found: dict[str, float] = {"modes": int(covered.sum()), "near_modes": near}
    return found | {"reverse_kl": divergence(counts, due)} if near else found


def _counts(points: Tensor, modes: Tensor, reach: float) -> Tensor:
    """How many points (M,) have each mode as their nearest, and within reach."""
    distance, nearest = torch.cdist(points, modes).min(dim=1)
    return torch.bincount(nearest[distance <= reach], minlength=len(modes))
