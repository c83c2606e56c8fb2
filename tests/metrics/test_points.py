from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from gancore.data.toys import TOY_SIGMA, load_toy, toy_modes
from gancore.metrics import toy_quality

MODES = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


@pytest.mark.parametrize("name", ["ring", "grid"])
@pytest.mark.parametrize("split", ["train", "test"])
def test_the_data_themselves_are_good(name: str, split: str) -> None:
    modes = toy_modes(name)
    assert modes is not None
    found = toy_quality(load_toy(name, split)[0], modes, TOY_SIGMA[name])
    assert found["modes"] == len(modes)
    assert found["near_modes"] == pytest.approx(1 - math.exp(-4.5), abs=0.01)
    assert 0 <= found["reverse_kl"] < 0.001


@pytest.mark.parametrize(
    ("counts", "modes", "kl"),
    [([5, 5, 5, 5], 4, 0.0), ([20, 0, 0, 0], 1, math.log(4)), ([10, 10, 0, 0], 2, math.log(2))],
)
def test_collapse_shows_in_modes_and_divergence(counts: list[int], modes: int, kl: float) -> None:
    points = MODES.repeat_interleave(torch.tensor(counts), 0).numpy()
    found = toy_quality(points, MODES.numpy(), 0.1)
    assert found == {"modes": modes, "near_modes": 1, "reverse_kl": pytest.approx(kl, abs=1e-12)}


@pytest.mark.parametrize(
    ("at_second", "elsewhere", "covered"),
    [(5, 0, 2), (4, 0, 1), (0, 0, 1), (95, 0, 2), (96, 0, 1)],  # of 100 samples at 2 modes, 5 cover one
)
def test_a_mode_is_covered_by_a_tenth_of_its_share(at_second: int, elsewhere: int, covered: int) -> None:
    points = MODES[torch.tensor([0] * (100 - at_second - elsewhere) + [1] * at_second)]
    assert toy_quality(points, MODES[:2], 0.1)["modes"] == covered


@pytest.mark.parametrize(
    ("counts", "modes", "kl"),
    [
        ([80, 15, 5], 3, 0.0),
        ([0, 0, 20], 1, math.log(20)),
        ([60, 40, 0], 2, 0.6 * math.log(0.6 / 0.8) + 0.4 * math.log(0.4 / 0.15)),
        ([198, 1, 1], 2, 0.99 * math.log(0.99 / 0.8) + 0.005 * math.log(0.005 / 0.15) + 0.005 * math.log(0.005 / 0.05)),
    ],
)
def test_modes_may_have_shares_of_their_own(counts: list[int], modes: int, kl: float) -> None:
    """A tenth of its share covers a mode: of 200 samples 16, 3 and 1 here."""
    points = MODES[:3].repeat_interleave(torch.tensor(counts), 0)
    found = toy_quality(points, MODES[:3], 0.1, torch.tensor([0.8, 0.15, 0.05], dtype=torch.float64))
    assert found == {"modes": modes, "near_modes": 1, "reverse_kl": pytest.approx(kl, abs=1e-12)}


def test_a_sample_counts_within_three_sigma() -> None:
    points = torch.tensor([[0.299, 0.0], [0.0, 0.301]])
    assert toy_quality(points, MODES[:1], 0.1)["near_modes"] == 0.5


def test_points_between_the_modes_do_not_count() -> None:
    points = torch.cat([MODES, torch.full((12, 2), 0.5)])
    assert toy_quality(points, MODES, 0.1) == {"modes": 4, "near_modes": 0.25, "reverse_kl": 0}
    assert toy_quality(points[4:], MODES, 0.1) == {"modes": 0, "near_modes": 0}


def test_what_are_no_points_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^points must be finite numbers\.$"):
        toy_quality(np.array([[np.nan, 0.0]]), MODES, 0.1)
    with pytest.raises(ValueError, match=r"^points and modes must have rows of the same length, not 3 and 2\.$"):
        toy_quality(torch.zeros(4, 3), MODES, 0.1)
