from __future__ import annotations

import math

import pytest
import torch

from gancore.config.datasets import DATASETS, TOY_POINTS, TOYS
from gancore.data.toys import TEST_POINTS, TOY_SIGMA, load_toy, toy_modes

DRAWN = ((0.0, 0.5), (-1.0, 1.0), (0.3, -0.2))


@pytest.mark.parametrize("name", TOYS)
def test_both_splits_are_balanced_mixed_and_always_the_same(name: str) -> None:
    for split, count in (("train", TOY_POINTS), ("test", TEST_POINTS)):
        points, labels = load_toy(name, split, DRAWN)
        assert points.shape == (count, 2)
        assert points.dtype == torch.float32
        counts = DATASETS[name].counts  # type: ignore[index]
        assert torch.bincount(labels).tolist() == [each * count // TOY_POINTS for each in counts]
        assert len(set(labels[:200].tolist())) == len(counts)
        assert torch.equal(points, load_toy(name, split, DRAWN)[0])
    assert not torch.equal(load_toy(name, "train", DRAWN)[0][:TEST_POINTS], load_toy(name, "test", DRAWN)[0])


@pytest.mark.parametrize(("name", "count", "reach"), [("ring", 8, 1.0), ("grid", 25, 4 * math.sqrt(2))])
def test_gaussians_lie_around_their_modes(name: str, count: int, reach: float) -> None:
    modes = toy_modes(name)
    assert modes is not None
    assert modes.shape == (count, 2)
    assert modes.norm(dim=1).max() == pytest.approx(reach)
    points, labels = load_toy(name, "train")
    for label, mode in enumerate(modes):
        around = points[labels == label] - mode
        assert around.mean(dim=0).abs().max() < 5 * TOY_SIGMA[name] / math.sqrt(len(around))
        assert around.std(dim=0).tolist() == pytest.approx([TOY_SIGMA[name]] * 2, rel=0.1)


def test_spirals_are_two_arms_within_radius_two() -> None:
    assert toy_modes("spirals") is None
    points, labels = load_toy("spirals", "train")
    radius = points.norm(dim=1)
    assert 1.9 < radius.max() < 2.1
    turned = math.tau * 1.5 * radius / 2 + labels * math.pi
    arm = (radius / 1)[:, None] * torch.stack([turned.cos(), turned.sin()], dim=1)
    outer = radius > 0.5
    assert (points - arm).norm(dim=1)[outer].mean() < 10 * TOY_SIGMA["spirals"]
    swapped = -arm  # the other arm is half a turn away
    assert (points - swapped).norm(dim=1)[outer].mean() > 1


def test_drawn_points_are_equally_likely() -> None:
    points, _ = load_toy("drawn", "train", DRAWN)
    distance, nearest = torch.cdist(points, torch.tensor(DRAWN)).min(dim=1)
    assert torch.bincount(nearest).tolist() == [6667, 6667, 6666]
    assert distance.max() < 6 * TOY_SIGMA["drawn"]
