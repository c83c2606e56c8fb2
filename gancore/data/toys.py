"""Points in the plane: distributions on which a collapse can be seen with the naked eye.

The ring and the grid are those of Metz et al. 2017 and Srivastava et al. 2017. The points are drawn from streams of
their own, so every run sees the same, whatever its seed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from gancore import rng
from gancore.config.datasets import TOY_POINTS

TEST_POINTS = 2_000
TOY_SIGMA = {"ring": 0.01, "grid": 0.05, "spirals": 0.02, "drawn": 0.02}  # standard deviation around a mode or a line

_TURNS = 1.5  # of a spiral, from the centre to radius 2


def toy_modes(name: str) -> Tensor | None:
    """The centres (M, 2) of a toy's Gaussians, in the order of its labels; None where it has none."""
    if name == "ring":
        angles = torch.arange(8) * (math.tau / 8)
        return torch.stack([angles.cos(), angles.sin()], dim=1)
    if name == "grid":
        ticks = torch.tensor([-4.0, -2.0, 0.0, 2.0, 4.0])
        return torch.cartesian_prod(ticks, ticks)
    return None


def load_toy(name: str, split: str, points: Sequence[Sequence[float]] = ()) -> tuple[Tensor, Tensor]:
    """Points (N, 2) float32 in random order, and the number of the mode or arm (N,) int64 that each belongs to.

    `points` are those drawn by hand, for `drawn`: each is as likely as any other.
    """
    stream = rng.generator(0, f"{name}/{split}")
    count = TOY_POINTS if split == "train" else TEST_POINTS
    order = torch.randperm(count, generator=stream)
    modes = toy_modes(name)
    if name == "drawn":
        labels = torch.zeros(count, dtype=torch.int64)
        places = torch.tensor(points)[torch.arange(count) % len(points)]
    elif modes is None:
        labels = _balanced(count, 2)
        places = _spiral(torch.rand(count, generator=stream), labels)
    else:
        labels = _balanced(count, len(modes))
        places = modes[labels]
    noise = TOY_SIGMA[name] * torch.randn(count, 2, generator=stream)
    return (places + noise)[order], labels[order]


def _balanced(count: int, classes: int) -> Tensor:
    return torch.arange(classes).repeat_interleave(count // classes)


def _spiral(share: Tensor, arm: Tensor) -> Tensor:
    """Points on two arms; the root spreads them evenly along the line, whose length grows with the angle squared."""
    along = share.sqrt()
    angle = along * (math.tau * _TURNS) + arm * math.pi
    return 2 * along[:, None] * torch.stack([angle.cos(), angle.sin()], dim=1)
