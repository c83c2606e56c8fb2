from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from gancore.config import ConfigError, RunConfig
from gancore.experiments import EXPERIMENTS
from gancore.sweeps.plan import Plan, grid, of_experiment, random

BASE = RunConfig()


def test_an_experiment_is_all_its_arms_times_seeds() -> None:
    plan = of_experiment("dcgan-nz", "quick", (1, 2))
    assert [config for _, _, config in plan.configs] == EXPERIMENTS["dcgan-nz"].runs("quick", (1, 2))
    assert plan.varies == ("model.nz",)
    assert list(of_experiment("dcgan-nz", "quick", (1,), ["nz 10"]).arms) == ["nz 10"]
    with pytest.raises(KeyError):
        of_experiment("no-such", "quick", (1,))


def test_one_setting_makes_an_arm_for_each_value() -> None:
    plan = grid("ngf", BASE, {"model.ngf": [32, 64]}, (0, 3))
    assert plan == Plan(
        "ngf", {"ngf 32": BASE, "ngf 64": BASE.replace({"model.ngf": 64})}, (0, 3), varies=("model.ngf",)
    )
    assert [(arm, seed, config.seed) for arm, seed, config in plan.configs][1:3] == [("ngf 64", 0, 0), ("ngf 32", 3, 3)]


def test_two_settings_are_crossed() -> None:
    plan = grid("both", BASE, {"model.ngf": [32, 64], "optim.lr_g": [2e-3, 1]}, (0,))
    assert list(plan.arms) == ["ngf 32, lr_g 2e-3", "ngf 32, lr_g 1", "ngf 64, lr_g 2e-3", "ngf 64, lr_g 1"]
    assert plan.arms["ngf 64, lr_g 1"] == BASE.replace({"model.ngf": 64, "optim.lr_g": 1.0})


def test_what_a_value_needs_is_set_with_it() -> None:
    plan = grid("kinds", BASE, {"model.kind": ["dcgan", "vae"], "data.name": ["mnist-5k", "fashion-mnist"]}, (0,))
    assert plan.arms["networks vae, dataset fashion-mnist"].data.range == "0..1"
    assert plan.arms["networks dcgan, dataset mnist-5k"] == BASE


def test_no_value_is_called_what_it_means() -> None:
    assert list(grid("images", BASE, {"data.limit": [None, 100]}, (0,)).arms) == ["images all", "images 100"]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: grid("x", BASE, {}, (0,)), "choose a setting to vary"),
        (lambda: grid("x", BASE, {"model.ngf": []}, (0,)), "ngf has no values to run"),
        (lambda: grid("x", BASE, {"model.ng": [1]}, (0,)), "unknown setting model.ng; did you mean model.ngf?"),
        (lambda: grid("x", BASE, {"seed": [1]}, (0,)), "the seed is no setting to vary"),
        (lambda: grid("x", BASE, {"model.ngf": [3, 3]}, (0,)), "ngf 3 stands there twice"),
        (
            lambda: grid("x", BASE, {"model.ngf": [3, 0]}, (0,)),
            "ngf 0: model.ngf must be a whole number from 1",
        ),
        (
            lambda: grid("x", BASE, {"optim.ema": [0.5], "train.batch_size": [8000]}, (0,)),
            "EMA of G 0.5, batch size 8000",
        ),
        (lambda: grid("x", BASE, {"model.hidden": [[3], [4]]}, (0,)), "hidden layers 3: hidden layers has no effect"),
        (
            lambda: grid("x", BASE, {"objective.penalty": ["none"], "objective.penalty_weight": [1.0, 2.0]}, (0,)),
            "are the same: the setting that differs has no effect there",
        ),
        (
            lambda: grid("x", BASE, {"model.ngf": [1], "model.ndf": [1], "model.nz": [1]}, (0,)),
            "at most 2 settings",
        ),
        (lambda: grid("x", BASE, {"model.ngf": [3]}, ()), "this one would have 0"),
        (lambda: grid("x", BASE, {"model.ngf": range(1, 1000)}, range(11)), "this one would have 10,989"),
        (lambda: grid("x", BASE, {"model.ngf": [3]}, (1, 1)), "each seed can be given once"),
        (lambda: grid("x", BASE, {"model.ngf": [3]}, (-1,)), "seed must be a whole number from 0"),
        (lambda: random("x", BASE, {"objective.loss": ("hinge", "minimax")}, 2, (0,)), "loss is no number"),
        (lambda: random("x", BASE, {"model.ngf": (3, 3)}, 2, (0,)), "ngf is drawn between two numbers"),
        (lambda: random("x", BASE, {"model.ngf": (3, math.nan)}, 2, (0,)), "ngf is drawn between two numbers"),
        (lambda: random("x", BASE, {"model.ngf": [3, 4]}, 3, (0,)), "there are only 2 different arms to draw, not 3"),
    ],
)
def test_what_cannot_be_run_is_said_in_one_sentence(make: Callable[[], Plan], sentence: str) -> None:
    with pytest.raises(ConfigError) as problem:
        make()
    assert str(problem.value).startswith(sentence) or sentence in str(problem.value)
    assert "\n" not in str(problem.value)


def test_values_are_drawn_at_random_and_again_alike() -> None:
    values = {"optim.lr_g": (1e-5, 1e-1), "model.ngf": (8, 128), "objective.loss": ["hinge", "least_squares"]}
    plan = random("random", BASE, values, 200, (0,), source_seed=7)
    assert list(random("random", BASE, values, 5, (0,), source_seed=7).arms) == list(plan.arms)[:5]
    assert list(random("random", BASE, values, 5, (0,), source_seed=8).arms) != list(plan.arms)[:5]
    assert len(plan.arms) == 200
    rates = sorted(config.optim.lr_g for config in plan.arms.values())
    assert 1e-5 <= rates[0] < 1e-4 < 1e-2 < rates[-1] <= 1e-1
    assert 10 ** (-3 - 0.5) < rates[100] < 10 ** (-3 + 0.5)  # the middle of the scale
    widths = [config.model.ngf for config in plan.arms.values()]
    assert 20 < sorted(widths)[100] < 50  # the geometric mean of 8 and 128 is 32
    assert {config.objective.loss for config in plan.arms.values()} == {"hinge", "least_squares"}


def test_what_has_no_log_scale_is_drawn_evenly() -> None:
    plan = random("random", BASE, {"objective.label_smoothing": (0.0, 0.5)}, 300, (0,))
    assert sum(config.objective.label_smoothing for config in plan.arms.values()) / 300 == pytest.approx(0.25, abs=0.03)
