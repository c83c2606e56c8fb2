from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from gancore.metrics import conditional_accuracy, inception_score, mode_coverage


def test_the_score_is_the_number_of_classes_at_best_and_one_at_worst() -> None:
    for count in (2, 10):
        assert inception_score(torch.eye(count).repeat(3, 1)) == pytest.approx(count)
        assert inception_score(torch.eye(count)[[0] * 7]) == pytest.approx(1)  # sure, but of one class alone
        assert inception_score(torch.full((5, count), 1 / count)) == pytest.approx(1)


def test_the_score_of_two_doubtful_classes() -> None:
    """p(y) = 1/2, so the score is 2 / exp(entropy of 0.9 and 0.1)."""
    entropy = -0.9 * math.log(0.9) - 0.1 * math.log(0.1)
    assert inception_score(np.array([[0.9, 0.1], [0.1, 0.9]])) == pytest.approx(2 / math.exp(entropy), rel=1e-12)


def test_the_score_is_the_papers_formula() -> None:
    rows = torch.randn(200, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64).softmax(1).numpy()
    expected = np.exp((rows * np.log(rows / rows.mean(0))).sum(1).mean())
    assert inception_score(rows) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("rows", [[[0.5, 0.6]], [[1.2, -0.2]], [[2.0, -5.0]]])
def test_what_are_no_probabilities_is_refused(rows: list) -> None:
    with pytest.raises(ValueError, match=r"^probabilities must be at least 0 and sum to 1 in each row\.$"):
        inception_score(np.array(rows))


@pytest.mark.parametrize(
    ("predicted", "modes", "kl"),
    [
        ([0, 1, 2, 3], 4, 0.0),
        ([2] * 9, 1, math.log(4)),
        ([0, 0, 3, 3], 2, math.log(2)),
        ([1, 1, 1, 2], 2, 0.75 * math.log(0.75 * 4) + 0.25 * math.log(0.25 * 4)),
    ],
)
def test_coverage_counts_classes_and_their_evenness(predicted: list[int], modes: int, kl: float) -> None:
    for given in (torch.tensor(predicted), np.array(predicted, dtype=np.uint8)):
        found = mode_coverage(given, 4)
        assert set(found) == {"modes", "kl_to_uniform", "histogram"}
        assert found["modes"] == modes
        assert found["kl_to_uniform"] == pytest.approx(kl, abs=1e-12)
        assert found["histogram"] == [predicted.count(each) for each in range(4)]


def test_accuracy_is_a_share() -> None:
    assert conditional_accuracy(torch.tensor([1, 2, 3, 4]), np.array([1, 2, 3, 5])) == 0.75


@pytest.mark.parametrize(
    ("predicted", "message"),
    [
        ([0, 4], "predicted must be at least 0 and below 4, but go from 0 to 4."),
        ([-1, 3], "predicted must be at least 0 and below 4, but go from -1 to 3."),
        ([0.0, 1.0], r"predicted must be whole numbers \(N,\), not torch.float64 of shape \(2,\)."),
        ([[0, 1]], r"predicted must be whole numbers \(N,\), not torch.int64 of shape \(1, 2\)."),
        (np.array([], dtype=np.int64), "predicted must not be empty."),
    ],
)
def test_what_are_no_classes_is_refused(predicted: list, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        mode_coverage(np.array(predicted), 4)


def test_as_many_classes_must_be_asked_for_as_predicted() -> None:
    with pytest.raises(ValueError, match=r"^predicted and requested must be equally many, not 2 and 3\.$"):
        conditional_accuracy(torch.tensor([0, 1]), torch.tensor([0, 1, 2]))
