from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from gancore.metrics import parzen_log_likelihood

SIGMAS = 10 ** np.linspace(-1, 0, 10)


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def by_hand(points: np.ndarray, samples: np.ndarray, sigma: float) -> np.ndarray:
    """Goodfellow et al.'s published code, point by point."""
    width = samples.shape[1]
    found = []
    for point in points:
        exponents = np.array([-0.5 * (((point - each) / sigma) ** 2).sum() for each in samples])
        top = exponents.max()
        found.append(top + np.log(np.exp(exponents - top).mean()) - width * np.log(sigma * np.sqrt(2 * np.pi)))
    return np.array(found)


@pytest.mark.parametrize("shift", [0.0, 0.5])  # pixels far from 0 must lose nothing
@pytest.mark.parametrize("spread", [0.5, 0.05])
def test_the_likelihood_is_the_published_codes(spread: float, shift: float) -> None:
    given = [spread * draw(count, 30, seed=seed) + shift for seed, count in enumerate((40, 15, 20))]
    samples, validation, test = (rows.double().numpy() for rows in given)
    sigma = SIGMAS[np.argmax([by_hand(validation, samples, each).mean() for each in SIGMAS])]
    expected = by_hand(test, samples, sigma)
    mean, error, chosen = parzen_log_likelihood(*given)
    assert chosen == pytest.approx(sigma, rel=1e-12)
    assert mean == pytest.approx(expected.mean(), rel=1e-6)
    assert error == pytest.approx(expected.std() / math.sqrt(20), rel=1e-5)


def test_one_sample_that_is_the_test_image() -> None:
    image = draw(1, 784)
    mean, error, sigma = parzen_log_likelihood(image, image, image.repeat(3, 1))
    assert sigma == pytest.approx(0.1)  # the narrowest
    assert mean == pytest.approx(-784 * math.log(0.1 * math.sqrt(2 * math.pi)), rel=1e-9)
    assert error == 0


def test_sigma_is_chosen_on_the_validation_images() -> None:
    """In one dimension, with one sample at 0, the best sigma for a point at x is |x|."""
    zero = np.zeros((1, 1))
    for sigma in SIGMAS:
        assert parzen_log_likelihood(zero, np.array([[sigma]]), zero)[2] == pytest.approx(sigma, rel=1e-9)


def test_far_images_have_a_finite_likelihood() -> None:
    black, white = np.zeros((2, 4096)), np.ones((2, 4096))
    mean, _, sigma = parzen_log_likelihood(black, black, white)
    assert sigma == pytest.approx(0.1)
    expected = -4096 / (2 * 0.01) - 4096 * math.log(0.1 * math.sqrt(2 * math.pi))
    assert mean == pytest.approx(expected, rel=1e-9)


def test_many_images_are_measured_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    given = draw(50, 9), draw(30, 9, seed=1), draw(70, 9, seed=2)
    whole = parzen_log_likelihood(*given)
    monkeypatch.setattr("gancore.metrics.arrays.AT_ONCE", 150)
    assert parzen_log_likelihood(*given) == pytest.approx(whole, rel=1e-9)


@pytest.mark.parametrize("place", range(3))
def test_pixels_must_lie_in_the_unit_range(place: int) -> None:
    name = ("samples", "validation", "test")[place]
    given = [draw(5, 3) for _ in range(3)]
    given[place] = 2 * given[place].round() - 1
    with pytest.raises(ValueError, match=rf"^{name} must have pixels in \[0, 1\], not -1 to 1\.$"):
        parzen_log_likelihood(*given)
    given[place] = torch.full((5, 3), 1 + 5e-7)  # rounding
    assert math.isfinite(parzen_log_likelihood(*given)[0])


def test_images_must_be_equally_large() -> None:
    with pytest.raises(ValueError, match=r"^samples and test must have rows of the same length, not 3 and 4\.$"):
        parzen_log_likelihood(draw(5, 3), draw(5, 3), draw(5, 4))
