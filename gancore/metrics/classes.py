"""What a classifier says of images: how sure it is of each and how many classes it sees."""

from __future__ import annotations

import math
from typing import TypedDict

import torch
from torch import Tensor

from gancore.metrics.arrays import Values, as_classes, as_matrix


def inception_score(probabilities: Values) -> float:
    """exp of the mean KL(p(y|x) || p(y)) over rows p(y|x) (N, K): 1 .. K (Salimans et al. 2016), over all N at once."""
    rows = as_matrix(probabilities, "probabilities").double()
    if rows.min() < 0 or (rows.sum(1) - 1).abs().max() > 1e-3:
        raise ValueError("probabilities must be at least 0 and sum to 1 in each row.")
    return math.exp(_entropy(rows.mean(0)) - _entropy(rows).mean())


class ModeCoverage(TypedDict):
    """How evenly images are spread over K classes."""

    modes: int  # classes that appear
    kl_to_uniform: float  # KL(histogram || uniform) in nats, 0 .. log K
    histogram: list[int]  # how often each appears


def mode_coverage(predicted: Values, classes: int) -> ModeCoverage:
    """Which of the classes 0 .. classes - 1 are among those of N images (N,), and how evenly."""
    counts = torch.bincount(as_classes(predicted, "predicted", classes), minlength=classes)
    return {
        "modes": int(counts.count_nonzero()),
        "kl_to_uniform": divergence(counts, torch.full((classes,), 1 / classes, dtype=torch.float64)),
        "histogram": counts.tolist(),
    }


def divergence(counts: Tensor, shares: Tensor) -> float:
    """KL(histogram || shares) in nats, of `counts` (K,) that are not all 0 and `shares` (K,) above 0, of sum 1."""
    found = counts.double() / counts.sum()
    return max(0.0, float((torch.xlogy(found, found) - torch.xlogy(found, shares)).sum()))


def conditional_accuracy(predicted: Values, requested: Values) -> float:
    """The share of images that a classifier assigns to the requested class (N,)."""
    predicted, requested = as_classes(predicted, "predicted"), as_classes(requested, "requested")
    if len(predicted) != len(requested):
        raise ValueError(f"predicted and requested must be equally many, not {len(predicted)} and {len(requested)}.")
    return float((predicted == requested).double().mean())


def _entropy(probabilities: Tensor) -> Tensor:
    """In nats, over the last dimension."""
    return -torch.xlogy(probabilities, probabilities).sum(-1)
