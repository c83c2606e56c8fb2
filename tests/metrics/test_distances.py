from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from gancore.metrics import frechet_distance, kernel_distance


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def exactly(mean: list[float], covariance: list[list[float]], count: int = 50, seed: int = 0) -> Tensor:
    """A sample whose mean and unbiased covariance are exactly these."""
    rows = draw(count, len(mean), seed=seed)
    rows = rows - rows.mean(0)
    rows = rows @ torch.linalg.inv(torch.linalg.cholesky(rows.T @ rows / (count - 1))).T
    values, vectors = torch.linalg.eigh(torch.tensor(covariance, dtype=torch.float64))
    return rows @ (vectors * values.clamp(min=0).sqrt()).T + torch.tensor(mean, dtype=torch.float64)


@pytest.mark.parametrize(
    ("mean", "covariance", "distance"),
    [
        ([0.0, 0.0], [[1.0, 0.0], [0.0, 1.0]], 0.0),
        ([3.0, 4.0], [[1.0, 0.0], [0.0, 1.0]], 25.0),
        ([0.0, 0.0], [[4.0, 0.0], [0.0, 9.0]], 1.0 + 4.0),  # (2 - 1)^2 + (3 - 1)^2
        ([1.0, 0.0], [[0.0, 0.0], [0.0, 0.0]], 1.0 + 2.0),  # a single point
        ([0.0, 0.0], [[2.0, 2.0], [2.0, 2.0]], 1.0 + 1.0),  # a line: eigenvalues 4 and 0, (2 - 1)^2 + (0 - 1)^2
    ],
)
def test_gaussians_are_as_far_apart_as_the_formula_says(mean: list, covariance: list, distance: float) -> None:
    standard = exactly([0.0, 0.0], [[1.0, 0.0], [0.0, 1.0]])
    other = exactly(mean, covariance, count=80, seed=1)
    assert frechet_distance(standard, other) == pytest.approx(distance, abs=1e-12)
    assert frechet_distance(other, standard) == pytest.approx(distance, abs=1e-12)


def test_the_frechet_distance_is_the_reference_implementations() -> None:
    """scipy's root of the product of numpy's covariances, as in Heusel et al.'s code."""
    from scipy.linalg import sqrtm

    real, fake = draw(300, 8).numpy(), (draw(200, 8, seed=1) @ draw(8, 8, seed=2) + 0.5).numpy()
    shift = real.mean(0) - fake.mean(0)
    first, second = np.cov(real, rowvar=False), np.cov(fake, rowvar=False)
    expected = shift @ shift + np.trace(first + second - 2 * sqrtm(first @ second).real)
    assert frechet_distance(real, fake) == pytest.approx(expected, rel=1e-9)


def test_the_frechet_distance_is_that_of_torchmetrics() -> None:
    from torchmetrics.image.fid import _compute_fid

    real, fake = draw(100, 5), 2 * draw(80, 5, seed=1) + 1
    expected = _compute_fid(real.mean(0), real.T.cov(), fake.mean(0), fake.T.cov())
    assert frechet_distance(real, fake) == pytest.approx(float(expected), rel=1e-9)


@pytest.mark.parametrize("shape", [(200, 8), (5, 40)])  # fewer rows than features: singular covariances
@pytest.mark.parametrize("shift", [0.0, 1e6])
def test_a_set_is_at_distance_zero_from_itself(shape: tuple, shift: float) -> None:
    rows = draw(*shape) + shift
    assert 0 <= frechet_distance(rows, rows) < 1e-8
    assert 0 <= frechet_distance(rows, rows.flip(0)) < 1e-8


def test_large_features_lose_nothing() -> None:
    near = draw(100, 4), 2 * draw(100, 4, seed=1)
    far = [rows + 1e6 for rows in near]
    assert frechet_distance(*far) == pytest.approx(frechet_distance(*near), rel=1e-6)


def kernel(x: np.ndarray, y: np.ndarray) -> float:
    return (x @ y / len(x) + 1) ** 3


def by_hand(real: np.ndarray, fake: np.ndarray) -> float:
    """Gretton et al. 2012, eq. 3, pair by pair."""
    among = [
        sum(kernel(a, b) for i, a in enumerate(rows) for j, b in enumerate(rows) if i != j)
        / (len(rows) * (len(rows) - 1))
        for rows in (real, fake)
    ]
    return sum(among) - 2 * sum(kernel(a, b) for a in real for b in fake) / (len(real) * len(fake))


def test_the_kernel_distance_is_that_of_all_pairs() -> None:
    real, fake = draw(13, 4).numpy(), (1.5 * draw(9, 4, seed=1) + 0.3).numpy()
    assert kernel_distance(real, fake)[0] == pytest.approx(by_hand(real, fake), rel=1e-10)


def test_the_kernel_distance_is_that_of_torchmetrics() -> None:
    from torchmetrics.image.kid import poly_mmd

    real, fake = draw(50, 6), draw(50, 6, seed=1) + 0.5
    assert kernel_distance(real, fake)[0] == pytest.approx(float(poly_mmd(real, fake)), rel=1e-10)


def test_the_standard_error_is_the_jackknifes() -> None:
    real, fake = draw(8, 3).numpy(), (draw(6, 3, seed=1) + 1).numpy()
    variance = 0.0
    for rows, without in (
        (real, [by_hand(np.delete(real, i, 0), fake) for i in range(len(real))]),
        (fake, [by_hand(real, np.delete(fake, i, 0)) for i in range(len(fake))]),
    ):
        variance += (len(rows) - 1) * np.var(without)
    assert kernel_distance(real, fake)[1] == pytest.approx(math.sqrt(variance), rel=1e-9)


def test_the_standard_error_is_the_spread_of_repeated_draws() -> None:
    drawn = [kernel_distance(draw(60, 4, seed=2 * i), draw(90, 4, seed=2 * i + 1) + 0.7) for i in range(400)]
    values, errors = np.array(drawn).T
    assert errors.mean() == pytest.approx(values.std(), rel=0.1)


def test_the_kernel_distance_is_unbiased() -> None:
    """Of equal distributions it is 0 on average, so often negative."""
    values = np.array([kernel_distance(draw(30, 4, seed=2 * i), draw(30, 4, seed=2 * i + 1))[0] for i in range(400)])
    assert abs(values.mean()) < 4 * values.std() / 20
    assert (values < 0).mean() > 0.3


def test_many_rows_are_measured_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    real, fake = draw(50, 4), draw(70, 4, seed=1) + 0.5
    whole = kernel_distance(real, fake)
    monkeypatch.setattr("gancore.metrics.distances.AT_ONCE", 200)
    assert kernel_distance(real, fake) == pytest.approx(whole, rel=1e-12)


@pytest.mark.parametrize("measure", [frechet_distance, kernel_distance])
@pytest.mark.parametrize(
    ("real", "fake", "message"),
    [
        (np.zeros(5), np.zeros((5, 2)), r"real must be a matrix of rows \(N, D\), not of shape \(5,\)\."),
        (np.zeros((5, 2)), np.zeros((5, 3)), "real and fake must have rows of the same length, not 2 and 3."),
        (np.zeros((1, 2)), np.zeros((5, 2)), "real must hold at least . of them, not 1."),
        (np.zeros((5, 2)), np.full((5, 2), np.nan), "fake must be finite numbers."),
        (np.zeros((5, 2)), np.full((5, 2), np.inf), "fake must be finite numbers."),
        (np.zeros((5, 2)), np.zeros((5, 2), dtype=complex), "Complex numbers cannot be measured."),
    ],
)
def test_what_cannot_be_measured_is_refused(measure, real: np.ndarray, fake: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        measure(real, fake)


def test_arrays_that_must_not_be_written_to_and_gradients_are_fine() -> None:
    frozen = draw(5, 2).numpy()
    frozen.flags.writeable = False
    wanted = draw(6, 2, seed=1).requires_grad_()
    expected = frechet_distance(frozen.copy(), wanted.detach())
    assert frechet_distance(frozen, wanted) == expected
    assert frechet_distance(frozen[::-1], wanted) == pytest.approx(expected, rel=1e-12)
    assert frechet_distance(frozen.astype(np.float16), wanted.bfloat16()) == pytest.approx(expected, rel=0.05)
