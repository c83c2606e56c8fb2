"""An axis that a few spikes would flatten, and those that it must not cut."""

import numpy as np
import pandas as pd
import pytest

from gancore.config.kinds import Curve, Panel
from ui import colors
from ui.figures.curves import robust_axis
from ui.figures.outliers import robust_range

STEPS = np.arange(1.0, 1001.0)
LOSSES = Panel("Losses", "loss", "Look.", (Curve("loss_d", "D", role="d"), Curve("loss_g", "G", role="g")))


def noisy(level: float, size: float = 0.2) -> np.ndarray:
    return level + size * np.random.default_rng(0).standard_normal(len(STEPS))


def spiked(at: int, value: float) -> np.ndarray:
    losses = noisy(1.5)
    losses[at] = value
    return losses


def test_a_spike_leaves_the_axis_and_the_rest_stays_readable():
    bounds = robust_range([noisy(0.6), spiked(700, 5_000.0)])
    assert bounds is not None
    assert bounds.low < 0.6 < 1.5 < bounds.high < 10


@pytest.mark.parametrize(
    "curve",
    [
        noisy(1.0),
        550 * np.exp(-STEPS / 300) + 100,  # a loss that begins high
        np.where(STEPS > 800, 960.0, 1.5),  # one that went up and stayed there
        STEPS**2,
        np.full(1000, np.nan),
        np.array([1.0, 1.0, 5_000.0]),  # too few to tell
    ],
)
def test_a_curves_whole_course_is_no_outlier(curve):
    assert robust_range([curve]) is None


def test_few_points_beside_a_long_curve_are_all_shown():
    bounds = robust_range([spiked(3, -800.0), np.array([2.0, 30.0])])
    assert bounds is not None
    assert bounds.high > 30


def test_a_runs_spikes_are_marked_where_they_left():
    rows = pd.DataFrame({"step": STEPS, "loss_d": noisy(0.6), "loss_g": spiked(700, -4_812.0)})
    axis = robust_axis(rows, LOSSES.curves)
    assert axis is not None
    assert -10 < axis["range"][0] < 0 < axis["range"][1] < 10
    (marks,) = axis["marks"]
    assert (marks["x"], marks["y"], marks["customdata"]) == ([701.0], [axis["range"][0]], [-4810.0])
    assert marks["marker"]["symbol"] == ["triangle-down"]
    assert marks["marker"]["color"] == colors.G


def test_a_stretch_beyond_the_axis_has_one_mark():
    losses = noisy(1.5)
    losses[300:306] = [50, 200, 900, 400, 100, 50]
    axis = robust_axis(pd.DataFrame({"step": STEPS, "loss_g": losses}), LOSSES.curves)
    assert axis is not None
    (marks,) = axis["marks"]
    assert marks["customdata"] == [900.0]
