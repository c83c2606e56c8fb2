"""The likelihood that the first papers reported: of test images under a smoothed set of samples."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gancore.metrics.arrays import Values, as_pair, squared_distances

SIGMAS = [10 ** (place / 9 - 1) for place in range(10)]  # 0.1 .. 1, evenly on a log scale

_SLACK = 1e-6  # beyond [0, 1], for rounding


def parzen_log_likelihood(samples: Values, validation: Values, test: Values) -> tuple[float, float, float]:
    """Mean log-likelihood (nats) of `test` (T, P), its standard error, and sigma (Goodfellow et al. 2014, table 1).

    The density is a mean of Gaussians around `samples` (N, P), their sigma the best of `SIGMAS` for `validation`
    (V, P). Pixels in [0, 1]. As in the authors' code, the spread is that of T values, not of T - 1.
    """
    _, validation = as_pair(samples, validation, ("samples", "validation"))
    samples, test = as_pair(samples, test, ("samples", "test"))
    for name, pixels in (("samples", samples), ("validation", validation), ("test", test)):
        if pixels.min() < -_SLACK or pixels.max() > 1 + _SLACK:
            raise ValueError(f"{name} must have pixels in [0, 1], not {pixels.min():.3g} to {pixels.max():.3g}.")
    sigma = SIGMAS[int(_log_likelihoods(validation, samples, SIGMAS).mean(1).argmax())]
    found = _log_likelihoods(test, samples, [sigma])[0]
    return float(found.mean()), float(found.std(correction=0)) / math.sqrt(len(found)), sigma


def _log_likelihoods(points: Tensor, samples: Tensor, sigmas: list[float]) -> Tensor:
    """Of `points` (N, P) for each sigma: (S, N) float64."""
    found = torch.empty(len(sigmas), len(points), dtype=torch.float64)
    for rows, distances in squared_distances(points, samples):
        nearest = distances.amin(1, keepdim=True)
        further = (distances - nearest).float()  # single precision does for what is added to a 1
        for place, sigma in enumerate(sigmas):
            density = (further * (-0.5 / sigma**2)).exp_().mean(1).double()
            scale = samples.shape[1] * math.log(sigma * math.sqrt(math.tau))
            found[place, rows] = density.log() - nearest[:, 0] * (0.5 / sigma**2) - scale
    return found
