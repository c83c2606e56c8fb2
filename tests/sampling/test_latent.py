from __future__ import annotations

import math

import pytest
import torch

from gancore.sampling.latent import linear_path, spherical_path, truncated


def test_a_straight_path_divides_the_way_evenly() -> None:
    start, end = torch.tensor([[0.0, 2.0]]), torch.tensor([[4.0, 0.0]])
    expected = torch.tensor([[[0.0, 2.0], [1.0, 1.5], [2.0, 1.0], [3.0, 0.5], [4.0, 0.0]]])
    assert torch.allclose(linear_path(start, end, 4), expected)


def test_a_spherical_path_keeps_the_length_and_divides_the_angle() -> None:
    path = spherical_path(torch.tensor([[3.0, 0.0]]), torch.tensor([[0.0, 3.0]]), 6)[0]
    assert torch.allclose(path.norm(dim=1), torch.tensor(3.0))
    assert torch.allclose(torch.atan2(path[:, 1], path[:, 0]), torch.arange(7) * (math.pi / 12), atol=1e-6)


@pytest.mark.parametrize("way", [linear_path, spherical_path])
def test_a_path_begins_and_ends_where_it_should(way) -> None:  # type: ignore[no-untyped-def]
    start, end = torch.randn(2, 5, 100, generator=torch.Generator().manual_seed(0))
    path = way(start, end, 16)
    assert path.shape == (5, 17, 100)
    assert torch.allclose(path[:, 0], start, atol=1e-5)
    assert torch.allclose(path[:, -1], end, atol=1e-5)


@pytest.mark.parametrize("end", [[1.0, 2.0], [2.0, 4.0], [-1.0, -2.0], [0.0, 0.0]])
def test_where_there_is_no_arc_the_path_is_straight(end: list[float]) -> None:
    start, target = torch.tensor([[1.0, 2.0]]), torch.tensor([end])
    assert torch.allclose(spherical_path(start, target, 4), linear_path(start, target, 4))


def test_noise_on_an_arc_is_as_long_as_noise() -> None:
    start, end = torch.randn(2, 50, 100, generator=torch.Generator().manual_seed(1))
    straight, arc = (way(start, end, 2)[:, 1].norm(dim=1).mean() for way in (linear_path, spherical_path))
    assert float(straight) == pytest.approx(math.sqrt(50), rel=0.05)
    assert float(arc) == pytest.approx(10, rel=0.05)


def test_truncated_normal_noise_is_that_of_the_normal_distribution_cut_at_the_threshold() -> None:
    noise = torch.randn(200_000, 1, generator=torch.Generator().manual_seed(2))
    cut = truncated(noise, 1.0, "normal")
    assert cut.abs().max() <= 1
    assert cut.dtype == noise.dtype
    assert float(cut.var()) == pytest.approx(0.29112, abs=0.003)  # 1 - 2 phi(1) / (2 Phi(1) - 1)
    inside = noise[noise.abs() <= 1]
    for share in (0.1, 0.25, 0.5, 0.9):
        assert float(cut.quantile(share)) == pytest.approx(float(inside.quantile(share)), abs=0.01)


def test_truncation_keeps_the_order_of_noise_and_fades_out() -> None:
    noise = torch.linspace(-3, 3, 101)[:, None]
    assert truncated(noise, 0.5, "normal").diff(dim=0).min() > 0
    assert torch.allclose(truncated(noise, 8.0, "normal"), noise, atol=1e-5)
    assert torch.allclose(truncated(noise / 3, 0.5, "uniform"), noise / 6)
    assert torch.equal(truncated(noise, 7.0, "uniform"), noise)
