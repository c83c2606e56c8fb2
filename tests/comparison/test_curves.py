"""Curves in the room of a screen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gancore.comparison.curves import binned, points_for, smoothed


def rows(count: int) -> pd.DataFrame:
    steps = np.arange(1.0, count + 1)
    return pd.DataFrame({"step": steps, "loss_d": np.sin(steps / 50)})


def test_a_short_curve_stays_as_it_is():
    frame = rows(100)
    found = binned(frame, frame["step"].to_numpy(), ["loss_d"], 600)
    assert found.whole
    np.testing.assert_array_equal(found.mean["loss_d"], frame["loss_d"])
    np.testing.assert_array_equal(found.span, 1.0)


def test_a_long_curve_keeps_its_means_and_its_extremes():
    frame = rows(25_000)
    frame.loc[12_345, "loss_d"] = 4_800.0
    found = binned(frame, frame["step"].to_numpy(), ["loss_d"], 200)
    assert len(found.x) == 200
    assert not found.whole
    assert found.high["loss_d"].max() == 4_800.0
    assert found.mean["loss_d"] @ np.full(200, 125.0) == pytest.approx(frame["loss_d"].sum())
    assert found.span.sum() == 25_000
    assert found.x[-1] == 25_000


def test_what_cannot_be_drawn_is_left_out_and_nothing_else():
    frame = rows(1_000)
    frame.loc[0:4, "loss_d"] = np.nan
    frame.loc[5, "loss_d"] = np.inf
    frame.loc[6, "loss_d"] = 1e300
    found = binned(frame, frame["step"].to_numpy(), ["loss_d"], 200)
    assert np.isnan(found.mean["loss_d"][0])
    assert found.mean["loss_d"][1] == pytest.approx(frame["loss_d"][7:10].mean())
    assert np.isfinite(found.high["loss_d"][1:]).all()


def test_rows_without_a_place_on_the_axis_are_left_out():
    frame = rows(100)
    x = frame["step"].to_numpy(float).copy()
    x[:10] = np.nan
    assert binned(frame, x, ["loss_d"], 600).x[0] == 11
    assert len(binned(frame.iloc[:0], x[:0], ["loss_d"], 600).x) == 0


def test_smoothing_rows_is_an_exponential_moving_average():
    values = pd.Series(np.random.default_rng(0).normal(size=200))
    expected = values.ewm(alpha=0.1, adjust=True).mean()
    np.testing.assert_allclose(smoothed(values.to_numpy(), np.ones(200), 0.9), expected, rtol=1e-10)


def test_smoothing_stretches_is_smoothing_rows_that_hardly_change():
    steps = np.arange(1.0, 10_001)
    frame = pd.DataFrame({"step": steps, "loss_d": np.sin(steps / 2_000)})
    found = binned(frame, steps, ["loss_d"], 500)
    rough = smoothed(found.mean["loss_d"], found.span, 0.99)
    exact = frame["loss_d"].ewm(alpha=0.01, adjust=True).mean().to_numpy()[found.x.astype(int) - 1]
    np.testing.assert_allclose(rough, exact, atol=0.01)


def test_many_runs_share_the_room():
    assert points_for(1) == points_for(8) == 600
    assert points_for(50) == 320
    assert points_for(1_000) == 200
