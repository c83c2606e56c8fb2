from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from gancore.metrics import column_likeness, slant


def stroke(shear: float, size: int = 41, width: float = 1.5) -> Tensor:
    """A straight stroke (1, 1, H, W) that moves `shear` pixels to the right for each row that it goes up."""
    down, right = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    middle = (size - 1) / 2
    away = right - middle + shear * (down - middle)
    bright = torch.exp(-away.square() / (2 * width**2)) * ((down - middle).abs() <= 10)
    return (2 * bright - 1)[None, None]


@pytest.mark.parametrize("shear", [-0.8, -0.2, 0.0, 0.3, 1.0])
def test_a_sheared_stroke_has_the_angle_of_its_shear(shear: float) -> None:
    assert float(slant(stroke(shear))) == pytest.approx(math.degrees(math.atan(shear)), abs=0.1)


def test_slant_is_that_of_the_moments_that_deskewing_uses() -> None:
    from skimage.measure import moments_central

    images = torch.rand(6, 1, 17, 23, generator=torch.Generator().manual_seed(1))
    found = slant(2 * images - 1)
    for image, angle in zip(images[:, 0].double().numpy(), found, strict=True):
        moments = moments_central(image - image.min(), order=2)
        assert float(angle) == pytest.approx(math.degrees(math.atan(-moments[1, 1] / moments[2, 0])), abs=1e-4)


def test_a_mirrored_stroke_leans_the_other_way_and_brightness_does_not_matter() -> None:
    images = torch.cat([stroke(0.4), stroke(-0.1)])
    assert torch.allclose(slant(images.flip(3)), -slant(images), atol=1e-6)
    assert torch.allclose(slant(0.3 * images - 0.2), slant(images), atol=1e-4)


def test_what_has_no_height_has_no_slant() -> None:
    line = torch.full((1, 1, 9, 9), -1.0)
    line[..., 4, 2:7] = 1
    assert slant(torch.cat([torch.zeros(1, 1, 9, 9), line])).tolist() == [0, 0]


def test_the_likeness_of_columns_is_that_of_the_published_example() -> None:
    """Shrout and Fleiss 1979, table 2: six targets and four judges, ICC(3,1) = 0.71."""
    table = np.array([[9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2], [5, 3, 6, 2, 6, 4], [8, 2, 8, 6, 9, 7]])
    assert column_likeness(table) == pytest.approx(0.7148, abs=1e-4)
    assert column_likeness(table + np.array([[100], [-3], [7], [0]])) == pytest.approx(0.7148, abs=1e-4)


def test_columns_are_alike_if_noise_alone_decides() -> None:
    classes, noises = torch.arange(10.0)[:, None], torch.randn(1, 30, generator=torch.Generator().manual_seed(2))
    assert column_likeness(5 * classes + noises) == pytest.approx(1)
    opposite = torch.cat([noises, -noises])
    assert column_likeness(opposite) == pytest.approx(-1)  # the least of two classes
    assert math.isnan(column_likeness(classes.expand(10, 30)))


def test_unrelated_columns_are_alike_by_chance_alone() -> None:
    table = torch.randn(10, 2_000, generator=torch.Generator().manual_seed(3))
    assert column_likeness(table) == pytest.approx(0, abs=0.01)
    shared = torch.randn(1, 2_000, generator=torch.Generator().manual_seed(4))
    assert column_likeness(table + shared) == pytest.approx(0.5, abs=0.02)


def test_one_column_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match=r"^values must have at least 2 columns, not 1\.$"):
        column_likeness(torch.zeros(4, 1))
