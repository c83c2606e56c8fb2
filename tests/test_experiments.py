from __future__ import annotations

import math

import pytest

from gancore.config import RunConfig
from gancore.experiments import EXPERIMENTS, Experiment

everyone = pytest.mark.parametrize("entry", list(EXPERIMENTS.values()), ids=list(EXPERIMENTS))


def settings(experiment: str, path: str) -> list[object]:
    return [config.flat[path] for config in EXPERIMENTS[experiment].runs()]


@everyone
def test_every_run_is_valid_and_different_at_both_scales(entry: Experiment) -> None:
    for scale in ("full", "quick"):
        runs = entry.runs(scale)
        assert len(runs) == len(entry.arms) * len(entry.seeds)
        assert len(set(runs)) == len(runs)
        assert all(isinstance(config, RunConfig) and config.total_steps > 0 for config in runs)


@everyone
def test_every_entry_says_what_it_is(entry: Experiment) -> None:
    assert entry.title
    assert entry.source
    assert entry.question.endswith("?")
    assert EXPERIMENTS[entry.id] is entry


@everyone
def test_the_quick_scale_asks_the_same_question_without_a_download(entry: Experiment) -> None:
    for name in entry.arms:
        full, quick = entry.arm(name), entry.arm(name, "quick")
        assert quick.data.name == "mnist-5k"
        assert quick.total_steps * quick.train.batch_size <= full.total_steps * full.train.batch_size
        changed = set(full.differences(quick))
        assert changed <= {"data.name", "data.limit", "train.epochs"}
        assert not changed & set(entry.arms[name])


@everyone
def test_arms_differ_only_in_what_they_say(entry: Experiment) -> None:
    for name, changes in entry.arms.items():
        assert set(entry.base.differences(entry.arm(name))) <= set(changes)


def test_runs_are_every_arm_with_every_seed_arms_first() -> None:
    entry = EXPERIMENTS["dcgan-nz"]
    runs = entry.runs(seeds=(3, 4))
    assert [(config.model.nz, config.seed) for config in runs] == [
        *((10, 3), (100, 3), (1000, 3)),
        *((10, 4), (100, 4), (1000, 4)),
    ]
    assert entry.runs() == entry.runs(seeds=(0,))


def test_quickstart_comes_first_and_is_the_default() -> None:
    assert next(iter(EXPERIMENTS)) == "quickstart"
    assert EXPERIMENTS["quickstart"].runs() == [RunConfig()]
    config = RunConfig()
    assert (config.data.name, config.model.kind, config.model.ngf, config.model.ndf) == ("mnist-5k", "dcgan", 32, 32)
    assert (config.train.batch_size, config.train.epochs) == (64, 15)


def test_the_baseline_is_the_one_of_report_002() -> None:
    config = EXPERIMENTS["dcgan-baseline"].arm("batch 12 (report)")
    expected = {
        "data.name": "mnist",
        "data.limit": None,
        "data.image_size": 32,
        "model.kind": "dcgan",
        "model.ngf": 32,
        "model.ndf": 32,
        "model.nz": 100,
        "model.nc": 1,
        "model.init": "custom",
        "model.prior": "normal",
        "objective.loss": "nonsaturating",
        "objective.order": "d_first",
        "objective.noise": "same",
        "optim.lr_g": 5e-4,
        "optim.lr_d": 2e-4,
        "optim.beta1": 0.5,
        "optim.beta2": 0.999,
        "train.epochs": 5,
        "train.batch_size": 12,
    }
    assert {path: config.flat[path] for path in expected} == expected
    assert config.total_steps == 25_000
    assert EXPERIMENTS["dcgan-baseline"].arm("batch 128 (hand-out)").total_steps == 5 * 468


def test_the_fully_connected_pair_is_the_one_of_report_004() -> None:
    vanilla, least_squares = EXPERIMENTS["mnist-mlp"].runs()
    expected = {
        "data.limit": 50_000,
        "data.image_size": 28,
        "data.shuffle": False,
        "model.nz": 96,
        "model.prior": "uniform",
        "model.init": "default",
        "model.g_hidden": (1024, 1024),
        "model.d_hidden": (256, 256),
        "model.g_leak": 0.0,
        "model.d_leak": 0.01,
        "model.dropout": 0.0,
        "objective.noise": "fresh",
        "optim.lr_g": 1e-3,
        "optim.lr_d": 1e-3,
        "optim.beta1": 0.5,
        "train.batch_size": 128,
    }
    assert {path: vanilla.flat[path] for path in expected} == expected
    assert vanilla.total_steps == 10 * math.floor(50_000 / 128)
    assert vanilla.differences(least_squares) == {"objective.loss": ("nonsaturating", "least_squares")}


@pytest.mark.parametrize(
    ("experiment", "path", "values"),
    [
        ("dcgan-ngf", "model.ngf", [32, 64, 128, 256]),
        ("dcgan-ndf", "model.ndf", [32, 64, 128, 256]),
        ("dcgan-capacity-drop", "model.ngf", [32, 4, 8, 32, 32]),
        ("dcgan-capacity-drop", "model.ndf", [32, 32, 32, 4, 8]),
        ("dcgan-lr", "optim.lr_d", [2e-4, 0.1, 2e-4, 0.1]),
        ("dcgan-lr", "optim.lr_g", [5e-4, 5e-4, 0.1, 0.1]),
        ("dcgan-epochs", "train.epochs", [5, 30, 100]),
        ("dcgan-nz", "model.nz", [10, 100, 1000]),
        ("dcgan-init", "model.init", ["custom", "default"]),
        ("dcgan-loss", "objective.loss", ["nonsaturating", "minimax"]),
    ],
)
def test_an_experiment_varies_what_the_report_varied(experiment: str, path: str, values: list[object]) -> None:
    assert settings(experiment, path) == values


def test_the_claim_about_step_3000_is_tested_at_the_batch_size_that_it_fits() -> None:
    """Step 3000 in epoch 6.4 of 30 is batch 128."""
    config = EXPERIMENTS["dcgan-epochs"].runs()[1]
    assert 3_000 / (config.total_steps / config.train.epochs) == pytest.approx(6.4, abs=0.02)
