"""Curves that are made of what is known: levels, lines, noise, spikes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gancore.evaluation.curves import correlation, curve_statistics, roughness, slope, spikes
from gancore.store import RunStore
from gancore.training.runner import execute
from tests.miniatures import tiny

STEPS = 3_000


def noise(sigma: float = 1.0, seed: int = 0, count: int = STEPS) -> np.ndarray:
    return sigma * np.random.default_rng(seed).standard_normal(count)


def curves(**columns: np.ndarray) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    return pd.DataFrame({"step": np.arange(1, count + 1), **columns})


def test_levels_are_means_over_their_parts() -> None:
    values = np.concatenate([np.full(1_000, 1.0), np.full(1_000, 2.0), np.full(700, 5.0), np.full(300, 4.0)])
    found = curve_statistics(curves(loss_d=values, loss_g=-values, loss=values))
    for name, sign in (("loss_d", 1), ("loss_g", -1), ("loss", 1)):
        assert found[f"tail_{name}"] == pytest.approx(sign * 4)
        assert found[f"mid_{name}"] == pytest.approx(sign * 2)


def test_ends_and_starts_of_gradients_and_outputs() -> None:
    ramp = np.arange(STEPS) / STEPS
    found = curve_statistics(curves(grad_norm_g=ramp, grad_norm_d=2 * ramp, d_real=1 - ramp, d_fake=ramp))
    last, first = 0.95 - 0.5 / STEPS, 0.025 - 0.5 / STEPS
    assert found == pytest.approx(
        {
            "tail_grad_norm_g": last,
            "tail_grad_norm_d": 2 * last,
            "tail_d_real": 1 - last,
            "tail_d_fake": last,
            "early_grad_norm_g": first,
            "early_d_fake": first,
            "saturated_grad_norm_g": 0.025 - 0.5 / STEPS,  # while D(G(z)) is below 0.05
        }
    )


def test_a_slope_is_that_of_the_last_third_over_the_whole_length() -> None:
    rising = np.concatenate([np.full(2_000, 7.0), 7 + 0.002 * np.arange(1_000)])
    assert curve_statistics(curves(loss_g=rising))["slope_loss_g"] == pytest.approx(0.002 * STEPS)
    noisy = curve_statistics(curves(loss_g=rising + noise(0.5)))["slope_loss_g"]
    assert noisy == pytest.approx(6, abs=0.7)
    assert slope(np.array([3.0, 1.0, -1.0, -3.0])) == pytest.approx(-2)


@pytest.mark.parametrize("trend", [np.zeros(STEPS), np.linspace(0, 300, STEPS), 5 * np.sin(np.arange(STEPS) / 300)])
def test_roughness_is_the_noise_whatever_the_trend(trend: np.ndarray) -> None:
    found = curve_statistics(curves(loss_d=trend + noise(0.3)))
    assert found["roughness_loss_d"] == pytest.approx(0.3, rel=0.05)
    assert found["late_roughness_loss_d"] == pytest.approx(1, rel=0.1)


def test_a_line_is_not_rough() -> None:
    assert roughness(np.linspace(3, -90, STEPS)).max() == pytest.approx(0, abs=1e-10)


def test_what_becomes_rougher_is_seen_against_its_beginning() -> None:
    values = noise() * np.where(np.arange(STEPS) < 1_500, 0.1, 0.4)
    found = curve_statistics(curves(loss_g=values))
    assert found["late_roughness_loss_g"] == pytest.approx(4, rel=0.1)
    assert found["roughness_loss_g"] == pytest.approx(0.4, rel=0.05)


@pytest.mark.parametrize("count", [0, 1, 12])
def test_spikes_are_counted_once_each(count: int) -> None:
    values = noise(0.1) + np.linspace(2, 1, STEPS)
    for place in range(count):
        values[400 + 200 * place : 403 + 200 * place] += 5  # three steps long
    assert spikes(values) == pytest.approx(1_000 * count / (0.95 * STEPS))


def test_noise_and_dips_and_the_beginning_are_no_spikes() -> None:
    values = noise(0.1)
    values[1_000] -= 9
    values[:100] += 50 * np.exp(-np.arange(100) / 10)
    assert spikes(values) == 0
    values[1_001] += 0.4  # four standard deviations
    assert spikes(values) == 0


def test_on_a_silent_curve_a_jump_has_to_be_a_jump() -> None:
    silent = np.zeros(STEPS)
    silent[500], silent[900] = 0.05, 0.07
    assert spikes(silent) == pytest.approx(1_000 / (0.95 * STEPS))


def test_losses_that_move_against_each_other() -> None:
    swing = np.sin(np.arange(STEPS) / 25)  # 19 periods
    drift = np.linspace(0, 40, STEPS)
    found = curve_statistics(curves(loss_d=swing + noise(0.5, 1), loss_g=3 - 2 * swing + drift + noise(0.5, 2)))
    assert found["losses_correlation"] < -0.9
    together = curve_statistics(curves(loss_d=swing - drift, loss_g=swing + drift))
    assert together["losses_correlation"] == pytest.approx(1, abs=0.01)
    assert abs(correlation(noise(seed=3, count=100_000), noise(seed=4, count=100_000))) < 0.2


def test_the_gradient_of_g_while_d_is_sure() -> None:
    sure = np.where(np.arange(STEPS) % 3 == 0, 0.01, 0.4)
    norms = np.where(np.arange(STEPS) % 3 == 0, 0.25, 8.0)
    frame = curves(d_fake_g=sure, d_fake=np.full(STEPS, 0.5), grad_norm_g=norms)
    assert curve_statistics(frame)["saturated_grad_norm_g"] == pytest.approx(0.25)
    assert "saturated_grad_norm_g" not in curve_statistics(frame.assign(d_fake_g=0.4))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 20, 99])
def test_short_runs_say_what_they_can(count: int) -> None:
    values = np.arange(float(count))
    found = curve_statistics(curves(loss_d=values, loss_g=values, d_fake=values, grad_norm_g=values))
    assert all(np.isfinite(value) for value in found.values())
    assert ("tail_loss_d" in found) == (count > 0)


def test_a_failed_run_says_what_it_can() -> None:
    """Values that are missing, huge or no numbers: nothing is raised, and nothing that is not finite comes out."""
    values = noise()
    values[-5:] = [np.inf, -np.inf, np.nan, 1e300, -1e300]
    found = curve_statistics(curves(loss_d=values, loss_g=values, d_fake_g=values, grad_norm_g=np.full(STEPS, np.nan)))
    assert all(np.isfinite(value) for value in found.values())
    assert curve_statistics(pd.DataFrame(columns=["step"], dtype="float64")) == {}
    assert curve_statistics(pd.DataFrame({"step": [1.0]})) == {}


def test_a_run_keeps_them_in_its_summary(store: RunStore) -> None:
    run = store.create(tiny("mlp", {"train.epochs": 30}))
    execute(run.path)
    found = curve_statistics(run.scalars())
    assert found.items() <= run.summary.items()
    assert {"tail_loss_d", "mid_loss_g", "slope_loss_d", "losses_correlation", "spikes_loss_g"} <= found.keys()
    assert {"step", "seconds", "images_per_second", "loss_d", "grad_norm_g"} <= run.summary.keys()
