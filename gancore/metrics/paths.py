"""Whether images change smoothly along a path through the latent space."""

from __future__ import annotations

import math

from torch import Tensor

from gancore.metrics.arrays import as_matrix


def largest_step(paths: Tensor) -> float:
    """The largest step over the mean step along each of `paths` (P, S + 1, ...), mean over those that move at all.

    A step is the Euclidean distance between neighbouring images: 1 if all S are equally long, S if there is but one
    jump. Not a number if nothing moves.
    """
    steps = step_lengths(paths)
    mean = steps.mean(1)
    moving = mean > 1e-9
    return float((steps[moving].amax(1) / mean[moving]).mean()) if moving.any() else math.nan


def step_lengths(paths: Tensor) -> Tensor:
    """The length (P, S) of each step of `paths` (P, S + 1, ...), in float64. Raises `ValueError`."""
    if paths.dim() < 3 or paths.shape[1] < 2:
        raise ValueError(f"paths must be of at least two images (P, S + 1, ...), not of shape {tuple(paths.shape)}.")
    points = as_matrix(paths.flatten(0, 1).flatten(1), "paths").double().view(*paths.shape[:2], -1)
    return (points[:, 1:] - points[:, :-1]).square().sum(2).sqrt()
