"""D against what is known: Gaussians, whose densities, best D and divergence are closed forms or simple integrals."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from gancore.metrics import (
    discrimination_accuracy,
    divergence_of_loss,
    jensen_shannon,
    log_mixture,
    optimal_output,
)
from gancore.metrics.discrimination import _logsumexp


def source() -> torch.Generator:
    return torch.Generator().manual_seed(5)


def test_accuracy_counts_both_kinds_alike_and_a_guess_half() -> None:
    real, fake = torch.tensor([2.0, 1.0, -1.0, 3.0]), torch.tensor([-1.0, 1.0])
    assert discrimination_accuracy(real, fake) == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert discrimination_accuracy(real, fake, 1.5) == pytest.approx((2 / 4 + 1) / 2)
    assert discrimination_accuracy(torch.zeros(9), torch.zeros(5)) == 0.5
    assert discrimination_accuracy(real.abs(), -real.abs()) == 1
    assert discrimination_accuracy(-real.abs(), real.abs()) == 0


def test_the_divergence_of_a_guess_is_zero_and_that_of_a_certain_d_log_2() -> None:
    assert divergence_of_loss(torch.zeros(3), torch.zeros(4)) == pytest.approx(0, abs=1e-12)
    assert divergence_of_loss(torch.full((3,), 60.0), torch.full((4,), -60.0)) == pytest.approx(math.log(2))
    assert divergence_of_loss(torch.full((3,), -2.0), torch.full((4,), 2.0)) < 0  # worse than a guess


def test_a_mixture_has_the_density_of_its_gaussians() -> None:
    from scipy.stats import multivariate_normal

    centres, shares = torch.tensor([[0.0, 0.0], [2.0, 1.0], [-1.0, 3.0]]), torch.tensor([0.2, 0.5, 0.3])
    points = 2 * torch.randn(40, 2, generator=source())
    parts = [multivariate_normal(centre, 0.7**2).pdf(points) for centre in centres.tolist()]
    expected = np.log(np.einsum("k,kn->n", shares.numpy(), np.stack(parts)))
    np.testing.assert_allclose(log_mixture(points, centres, 0.7, shares), expected, rtol=1e-5)
    np.testing.assert_allclose(log_mixture(points, centres, 0.7), np.log(np.mean(parts, 0)), rtol=1e-5)


def test_the_density_far_from_everything_is_small_and_finite() -> None:
    found = log_mixture(torch.tensor([[50.0, 0.0]]), torch.zeros(1, 2), 0.01)
    assert float(found) == pytest.approx(-0.5 * 5_000**2 - math.log(math.tau * 0.01**2))


def test_what_adds_nothing_to_a_sum_is_left_out_to_the_bit() -> None:
    values = -(10 ** (12 * torch.rand(50, 300, generator=source(), dtype=torch.float64) - 6))
    assert torch.equal(_logsumexp(values.clone()), values.logsumexp(1))


def divergence_of(distance: float) -> float:
    """The Jensen-Shannon divergence of N(0, 1) and N(distance, 1), by a sum over a fine grid."""
    x = np.linspace(-12, 12 + distance, 200_001)
    p, q = np.exp(-(x**2) / 2), np.exp(-((x - distance) ** 2) / 2)
    p, q = p / p.sum(), q / q.sum()
    middle = (p + q) / 2
    terms = [np.where(each > 0, each * np.log(np.maximum(each, 1e-300) / middle), 0) for each in (p, q)]
    return float(sum(term.sum() for term in terms) / 2)


def gaussians(distance: float, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Points of N(0, 1) and of N((distance, 0), 1), and the difference of their means."""
    shift = torch.tensor([distance, 0.0])
    drawn = torch.randn(2, count, 2, generator=source())
    return drawn[0], drawn[1] + shift, shift


@pytest.mark.parametrize("distance", [0.0, 1.0, 2.5, 40.0])
def test_the_divergence_is_that_of_the_integral(distance: float) -> None:
    p_points, q_points, shift = gaussians(distance, 40_000)

    def densities(points: Tensor) -> tuple[Tensor, Tensor]:
        return log_mixture(points, torch.zeros(1, 2), 1.0), log_mixture(points, shift[None], 1.0)

    found = jensen_shannon(densities(p_points), densities(q_points))
    assert found == pytest.approx(divergence_of(distance), abs=0.01)
    logits = [densities(points) for points in (p_points, q_points)]
    of_loss = divergence_of_loss(*(log_p - log_q for log_p, log_q in logits))  # of the best D's loss: the same
    assert of_loss == pytest.approx(found, abs=1e-6)


def test_the_best_d_is_the_logistic_of_what_separates_two_gaussians() -> None:
    """log p / q of N(0, 1) and N(m, 1) is |m|^2 / 2 - m x."""
    points, _, shift = gaussians(1.5, 50)
    found = optimal_output(log_mixture(points, torch.zeros(1, 2), 1.0), log_mixture(points, shift[None], 1.0))
    expected = torch.sigmoid((shift.square().sum() / 2 - points @ shift).double())
    assert torch.allclose(found, expected, atol=1e-6)
