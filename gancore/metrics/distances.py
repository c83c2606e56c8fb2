"""Distances between two sets of features, from moments or from a kernel."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gancore.metrics.arrays import AT_ONCE, Values, as_pair


def frechet_distance(real: Values, fake: Values) -> float:
    """|m - m'|^2 + tr(C + C' - 2 (C C')^1/2), between Gaussians fitted to (N, D) and (M, D) (Heusel et al. 2017, FID).

    Features are centred as Q R, so that C = R^T R and the last trace is the sum of the singular values of R R'^T: real
    and never negative, however singular C is, and without the roots of rounding errors that roots of C bring.
    """
    real, fake = as_pair(real, fake, ("real", "fake"), at_least=2)
    (mean, root), (other_mean, other_root) = _gaussian(real), _gaussian(fake)
    overlap = torch.linalg.svdvals(root @ other_root.T).sum()
    spread = root.square().sum() + other_root.square().sum() - 2 * overlap
    return max(0.0, float((mean - other_mean).square().sum() + spread))


def _gaussian(features: Tensor) -> tuple[Tensor, Tensor]:
    """The mean (D,) and a root R of the unbiased covariance R^T R, in float64."""
    mean = features.mean(0, dtype=torch.float64)
    root = torch.linalg.qr((features - mean) / math.sqrt(len(features) - 1), mode="r").R
    return mean, root


def kernel_distance(real: Values, fake: Values) -> tuple[float, float]:
    """The squared maximum mean discrepancy of (N, D) and (M, D), and its standard error (Binkowski et al. 2018, KID).

    Unbiased, so also below 0, from all pairs and the kernel (x . y / D + 1)^3. The standard error is the delete-one
    jackknife's: what is left of the sums without one row follows from that row's own sum.
    """
    real, fake = (features.double() for features in as_pair(real, fake, ("real", "fake"), at_least=3))
    n, m = len(real), len(fake)
    among_real, among_fake = _sums_among(real), _sums_among(fake)
    of_real, of_fake = _kernel_sums(real, fake)
    total, other_total, across = among_real.sum(), among_fake.sum(), of_real.sum()
    without_real = _discrepancy(total - 2 * among_real, n - 1, other_total, m, across - of_real)
    without_fake = _discrepancy(total, n, other_total - 2 * among_fake, m - 1, across - of_fake)
    variance = (n - 1) * without_real.var(correction=0) + (m - 1) * without_fake.var(correction=0)
    return float(_discrepancy(total, n, other_total, m, across)), math.sqrt(variance)


def _discrepancy(real: Tensor, n: int, fake: Tensor, m: int, across: Tensor) -> Tensor:
    """From the kernel's sums over the ordered pairs among n, among m and across."""
    return real / (n * (n - 1)) + fake / (m * (m - 1)) - 2 * across / (n * m)


def _sums_among(features: Tensor) -> Tensor:
    """The kernel's sum (N,) over each row's pairs with the others."""
    with_itself = (features.square().sum(1) / features.shape[1] + 1) ** 3
    return _kernel_sums(features, features)[0] - with_itself


def _kernel_sums(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """The kernel's sums over the pairs of each row of `first` (N,), and of `second` (M,)."""
    one, step = first.new_ones(()), max(1, AT_ONCE // len(second))
    rows, columns = first.new_empty(len(first)), second.new_zeros(len(second))
    for begin in range(0, len(first), step):
        part = slice(begin, begin + step)
        kernel = torch.addmm(one, first[part], second.T, alpha=1 / first.shape[1]).pow_(3)
        rows[part] = kernel.sum(1)
        columns += kernel.sum(0)
    return rows, columns
