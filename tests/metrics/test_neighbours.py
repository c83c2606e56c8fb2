from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from gancore.metrics import closer, nearest, nearest_distance, prdc
from gancore.metrics.neighbours import _balls, _balls_in_plane


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def by_hand(real: np.ndarray, fake: np.ndarray, k: int) -> dict[str, float]:
    """The papers' definitions, with every distance from its own difference."""

    def between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))

    real_reach, fake_reach = (np.sort(between(rows, rows), 1)[:, k] for rows in (real, fake))  # [:, 0] is itself
    across = between(real, fake)
    inside = across <= real_reach[:, None]
    return {
        "precision": inside.any(0).mean(),
        "recall": (across <= fake_reach).any(1).mean(),
        "density": inside.sum() / (k * len(fake)),
        "coverage": inside.any(1).mean(),
    }


LINE = torch.tensor([[0.0], [1.0], [3.0], [10.0]])  # with k = 1, balls reach 1, 1, 2 and 7


@pytest.mark.parametrize(
    ("fake", "expected"),
    [
        # -2 lies in no ball, -1 in that of 0, 2 in those of 1 and 3; their own balls reach 1, 1, 3
        ([-2.0, -1.0, 2.0], (2 / 3, 3 / 4, 1.0, 3 / 4)),
        ([20.0, 21.0, 22.0], (0.0, 0.0, 0.0, 0.0)),
        ([2.0, 2.0, 2.0], (1.0, 0.0, 2.0, 2 / 4)),  # collapsed: balls of radius 0
        ([17.0, 30.0, 31.0], (1 / 3, 1 / 4, 1 / 3, 1 / 4)),  # exactly 7 away, its own ball reaches 13
    ],
)
def test_balls_on_a_line_count_as_by_hand(fake: list[float], expected: tuple) -> None:
    found = prdc(LINE, torch.tensor(fake)[:, None], k=1)
    assert list(found) == ["precision", "recall", "density", "coverage"]
    assert tuple(found.values()) == pytest.approx(expected)


@pytest.mark.parametrize(("n", "m", "width", "k"), [(60, 40, 2, 1), (50, 80, 5, 3), (100, 100, 30, 5)])
@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_random_sets_count_as_by_hand(n: int, m: int, width: int, k: int, offset: float) -> None:
    real, fake = draw(n, width) + offset, 0.8 * draw(m, width, seed=1) + offset + 0.3
    expected = by_hand(real.double().numpy(), fake.double().numpy(), k)
    assert prdc(real, fake, k) == pytest.approx(expected, abs=1e-12)
    assert expected["precision"] > 0


@pytest.mark.parametrize(("dtype", "offset"), [(torch.float32, 0.0), (torch.float32, 100.0), (torch.float64, 1e7)])
@pytest.mark.parametrize("shape", [(200, 64), (20, 2)])
def test_a_copy_of_the_data_is_perfect(shape: tuple, dtype: torch.dtype, offset: float) -> None:
    rows = draw(*shape).to(dtype) + offset
    found = prdc(rows, rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(1))])
    assert found["precision"] == found["recall"] == found["coverage"] == 1
    assert found["density"] == pytest.approx(6 / 5)  # each point's ball holds itself and its 5 neighbours


def test_equal_points_are_at_distance_zero() -> None:
    rows = draw(1, 64).repeat(10, 1) + 10
    assert prdc(rows, rows) == {"precision": 1, "recall": 1, "density": 2, "coverage": 1}
    clusters = draw(4, 64).repeat_interleave(6, 0)  # balls of radius 0
    assert prdc(clusters, clusters)["coverage"] == 1
    assert prdc(clusters, clusters + 1e-3) == {"precision": 0, "recall": 0, "density": 0, "coverage": 0}


def test_many_rows_are_measured_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    real, fake = draw(90, 4), draw(70, 4, seed=1)
    whole, nearest = prdc(real, fake), nearest_distance(real, fake)
    monkeypatch.setattr("gancore.metrics.arrays.AT_ONCE", 200)
    assert prdc(real, fake) == whole
    torch.testing.assert_close(nearest_distance(real, fake), nearest)


@pytest.mark.parametrize(("n", "m", "name"), [(5, 9, "real"), (9, 5, "fake")])
def test_too_few_points_are_refused(n: int, m: int, name: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must hold at least 6 of them, not 5\.$"):
        prdc(draw(n, 2), draw(m, 2))
    with pytest.raises(ValueError, match=r"^k must be at least 1, not 0\.$"):
        prdc(draw(9, 2), draw(9, 2), k=0)


def test_the_nearest_distance_is_exact_and_zero_for_copies() -> None:
    training, new = draw(300, 50) + 5, draw(20, 50, seed=1) + 5
    points = torch.cat([new, training[[7, 8]]])
    expected = (points.double()[:, None] - training.double()).norm(dim=2).amin(1)
    found = nearest_distance(points, training.numpy())
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=0)
    assert found[-2:].tolist() == [0, 0]
    assert not nearest_distance(training, training).any()


def closer_to_training(samples: Tensor, held_out: Tensor, training: Tensor) -> float:
    return closer(nearest_distance(samples, training), nearest_distance(held_out, training))


def test_copies_are_closer_than_held_out_images_and_new_ones_are_not() -> None:
    training, held_out = draw(500, 8), draw(400, 8, seed=1)
    assert closer_to_training(training[:100], held_out, training) == 1
    assert closer_to_training(training[:100] + 1e-3, held_out, training) == 1
    assert closer_to_training(held_out, held_out, training) == 0.5
    assert closer_to_training(draw(400, 8, seed=2), held_out, training) == pytest.approx(0.5, abs=0.05)
    assert closer_to_training(draw(100, 8, seed=2) + 9, held_out, training) == 0
    half = torch.cat([training[:200], draw(200, 8, seed=2) + 9])
    assert closer_to_training(half, held_out, training) == 0.5


@pytest.mark.parametrize(
    ("distances", "held_out", "chance"),
    [([1.0], [2.0], 1), ([2.0], [1.0], 0), ([1.0], [1.0], 0.5), ([1.0, 3.0], [1.0, 2.0, 3.0], (2.5 + 0.5) / 6)],
)
def test_ties_count_half(distances: list[float], held_out: list[float], chance: float) -> None:
    assert closer(torch.tensor(distances), torch.tensor(held_out)) == pytest.approx(chance)


def test_images_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^points and training must have rows of the same length, not 3 and 4\.$"):
        nearest_distance(draw(5, 3), draw(5, 4))


def test_nearest_rows_are_found_with_their_distances() -> None:
    training = torch.tensor([[0.0, 0.0], [3.0, 4.0], [1.0, 0.0]])
    distances, places = nearest(torch.tensor([[0.0, 0.0], [3.0, 3.0]]), training, 2)
    assert places.tolist() == [[0, 2], [1, 2]]
    assert distances.tolist() == [[0.0, 1.0], [1.0, pytest.approx(13**0.5)]]
    assert nearest(training, training, 9)[1].shape == (3, 3)


@pytest.mark.parametrize("spread", [1.0, 0.01, 0.0, 30.0])
def test_points_of_the_plane_have_the_balls_that_all_distances_tell(spread: float) -> None:
    real, fake = draw(400, 2), torch.cat([spread * draw(300, 2, seed=1), draw(20, 2, seed=2), 100 * draw(5, 2, seed=3)])
    found, expected = (_of(real, fake, 5) for _of in (_balls_in_plane, _balls))
    for mine, theirs in zip(found, expected, strict=True):
        assert mine.tolist() == theirs.tolist()
