from __future__ import annotations

import math

import pytest

from gancore.experiments import OUTCOMES
from gancore.export.estimates import estimate

COVERAGE, FID, MODES = OUTCOMES["coverage"], OUTCOMES["fid"], OUTCOMES["modes"]


def test_students_interval_of_three_values() -> None:
    """t(0.975, 2) = 4.302653; the spread of measuring one run adds to that between seeds."""
    found = estimate(COVERAGE, [0.7, 0.8, 0.9])
    assert found is not None
    assert found.low is not None
    assert found.mean == pytest.approx(0.8)
    assert found.mean - found.low == pytest.approx(
        4.302653 * math.hypot(0.1, COVERAGE.resolution) / math.sqrt(3), rel=1e-5
    )


def test_a_ratio_has_a_geometric_mean() -> None:
    found = estimate(FID, [4.0, 16.0])
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert found.mean == pytest.approx(8)
    assert found.high / found.mean == pytest.approx(found.mean / found.low)


def test_one_seed_has_no_interval() -> None:
    found = estimate(FID, [6.02])
    assert found is not None
    assert (found.low, found.high, found.n) == (None, None, 1)
    assert found.text(".3g") == "6.02"


def test_of_nothing_there_is_none() -> None:
    assert estimate(FID, []) is None


def test_the_mean_of_counts_has_a_decimal() -> None:
    found = estimate(MODES, [7.0, 8.0, 8.0])
    assert found is not None
    assert found.text(".0f").startswith("7.7 [")
    assert found.text(".2f").startswith("7.67 [")
