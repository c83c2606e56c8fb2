from __future__ import annotations

import math
from itertools import pairwise
from typing import get_args

import numpy as np
import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR

from gancore.algorithms import build_algorithm
from gancore.config.optim import ScheduleName
from gancore.schedules import SCHEDULES
from tests.miniatures import tiny, train

names = pytest.mark.parametrize("name", list(SCHEDULES))
ends = pytest.mark.parametrize("end", [0.001, 0.01, 0.5, 1.0])

# Factors at 0, 1/2, 3/4 and the end, for 1/100 at the end.
VALUES = {
    "constant": (1, 1, 1, 1),
    "step": (1, 0.1, 0.01, 0.01),
    "linear": (1, 0.505, 0.2575, 0.01),
    "exponential": (1, 0.1, 10**-1.5, 0.01),
    "cosine": (1, 0.505, 0.01 + 0.99 * (1 - math.sqrt(0.5)) / 2, 0.01),
}


@pytest.mark.parametrize(("name", "factors"), list(VALUES.items()))
def test_factors_are_those_of_the_formulas(name: ScheduleName, factors: tuple[float, ...]) -> None:
    found = [SCHEDULES[name](done, 0.01) for done in (0.0, 0.5, 0.75, 1.0)]
    assert found == pytest.approx(factors, rel=1e-12)


def test_every_schedule_of_the_config_exists() -> None:
    assert set(SCHEDULES) == set(get_args(ScheduleName)) == set(VALUES)


@names
@ends
def test_a_rate_starts_whole_never_rises_and_ends_where_it_should(name: ScheduleName, end: float) -> None:
    factors = [SCHEDULES[name](done, end) for done in np.linspace(0, 1, 101)]
    assert factors[0] == pytest.approx(1.0)
    assert all(later <= earlier + 1e-12 for earlier, later in pairwise(factors))
    assert factors[-1] == pytest.approx(1.0 if name == "constant" else end)
    assert all(isinstance(factor, float) for factor in factors)


def test_a_step_falls_at_one_half_and_at_three_quarters_only() -> None:
    factors = {done: SCHEDULES["step"](done, 0.01) for done in (0.0, 0.4999, 0.5, 0.7499, 0.75, 1.0)}
    assert list(factors.values()) == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])


def torch_factors(scheduler_class: type, steps: int, **settings: float) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler, found = scheduler_class(optimizer, **settings), []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def test_cosine_and_exponential_are_pytorchs() -> None:
    steps, end = 40, 0.02
    expected = {
        "cosine": torch_factors(CosineAnnealingLR, steps, T_max=steps, eta_min=end),
        "exponential": torch_factors(ExponentialLR, steps, gamma=end ** (1 / steps)),
    }
    for name, factors in expected.items():
        assert [SCHEDULES[name](step / steps, end) for step in range(steps)] == pytest.approx(factors, rel=1e-9)


@pytest.mark.parametrize("d_steps", [1, 2])
def test_each_step_of_a_run_has_its_rates(d_steps: int) -> None:
    """20 steps, or 10 where D takes two batches in each: the first at the whole rate, the last just before the end."""
    config = tiny(
        "mlp",
        {
            "optim.schedule_g": "linear",
            "optim.schedule_d": "cosine",
            "optim.lr_end": 0.1,
            "optim.lr_g": 0.02,
            "optim.lr_d": 0.01,
            "optim.d_steps": d_steps,
        },
    )
    algorithm, rates = build_algorithm(config), []
    groups = [algorithm.optimizers[f"optimizer_{name}"].param_groups for name in "gd"]
    total = config.total_steps
    train(algorithm, config, total, after=lambda: rates.append([group["lr"] for group, *_ in groups]))
    assert total == 20 // d_steps
    for step, (rate_g, rate_d) in enumerate(rates):
        done = step / total
        assert rate_g == pytest.approx(0.02 * (1 - 0.9 * done))
        assert rate_d == pytest.approx(0.01 * (0.1 + 0.9 * (1 + math.cos(math.pi * done)) / 2))


def test_the_vae_has_a_schedule_of_its_own() -> None:
    config = tiny("vae", {"optim.schedule": "step", "optim.lr": 0.01, "optim.schedule_g": "linear"})
    algorithm, rates = build_algorithm(config), []
    train(algorithm, config, 20, after=lambda: rates.append(algorithm.optimizers["optimizer"].param_groups[0]["lr"]))
    assert rates == pytest.approx([0.01] * 10 + [0.001] * 5 + [0.0001] * 5)


def test_steps_beyond_the_end_keep_the_last_rate() -> None:
    config = tiny("mlp", {"optim.schedule_g": "linear", "optim.lr_end": 0.5, "optim.lr_g": 0.01, "train.epochs": 1})
    algorithm, rates = build_algorithm(config), []
    optimizer = algorithm.optimizers["optimizer_g"]
    train(algorithm, config, 8, after=lambda: rates.append(optimizer.param_groups[0]["lr"]))
    assert rates[5:] == pytest.approx([0.005] * 3)


def test_a_live_change_of_ds_steps_does_not_move_the_end_and_one_of_the_rate_scales_the_schedule() -> None:
    config = tiny("mlp", {"optim.schedule_g": "linear", "optim.lr_end": 0.5, "optim.lr_g": 0.01})
    algorithm, rates = build_algorithm(config), []
    optimizer = algorithm.optimizers["optimizer_g"]
    algorithm.steer(config.replace({"optim.d_steps": 2, "optim.lr_g": 0.1}))
    train(algorithm, config, 11, after=lambda: rates.append(optimizer.param_groups[0]["lr"]))
    assert rates[10] == pytest.approx(0.1 * 0.75)
