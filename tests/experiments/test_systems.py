"""What the reports, and the hand-outs that they answer, say of each system, written down once more by hand."""

from __future__ import annotations

from typing import Any

import pytest

from gancore.config import SETTINGS, RunConfig
from gancore.experiments import EXPERIMENTS, systems
from gancore.experiments.systems import System, decayed, risen, settings_of, sources_of

SYSTEMS: dict[str, System] = {
    name: getattr(systems, name) for name in dir(systems) if name[0] == "S" and name[1].isdigit()
}

S1 = {
    "data.name": "mnist",
    "data.limit": 50_000,
    "data.image_size": 28,
    "data.range": "0..1",
    "model.kind": "mlp",
    "model.nz": 100,
    "model.prior": "uniform",
    "model.g_hidden": (1200, 1200),
    "model.g_leak": 0.0,
    "model.g_output": "sigmoid",
    "model.d_hidden": (240, 240),
    "model.maxout": 5,
    "model.input_dropout": 0.2,  # keeps 0.8 of the input
    "model.dropout": 0.5,
    "objective.loss": "nonsaturating",
    "optim.optimizer": "sgd",
    "optim.lr_g": 0.1,
    "optim.lr_d": 0.1,
    "optim.schedule_g": "exponential",
    "optim.schedule_d": "exponential",
    "optim.momentum": 0.5,
    "optim.momentum_end": 0.58,  # 0.7 is reached at epoch 250
    "train.batch_size": 100,
}
S2 = {
    "data.name": "mnist",
    "data.limit": None,
    "data.image_size": 32,
    "data.range": "-1..1",
    "model.kind": "dcgan",
    "model.ngf": 32,
    "model.ndf": 32,
    "model.nz": 100,
    "model.nc": 1,
    "model.init": "custom",
    "model.prior": "normal",
    "objective.loss": "nonsaturating",
    "objective.only": "both",
    "objective.order": "d_first",
    "objective.noise": "same",
    "optim.optimizer": "adam",
    "optim.lr_g": 5e-4,
    "optim.lr_d": 2e-4,
    "optim.beta1": 0.5,
    "optim.beta2": 0.999,
    "optim.schedule_g": "constant",
    "optim.schedule_d": "constant",
    "train.epochs": 5,
    "train.batch_size": 128,
    "train.preview_every": 200,
}
S3 = S2 | {"model.kind": "cdcgan", "model.y_in_d": True}
S4 = {
    "data.image_size": 28,
    "data.range": "0..1",
    "model.kind": "vae",
    "model.hidden": (400,),
    "model.nz": 20,
    "model.init": "default",
    "optim.optimizer": "adam",
    "optim.lr": 1e-3,
    "optim.beta1": 0.9,
    "optim.beta2": 0.999,
    "train.epochs": 10,
    "train.batch_size": 128,
    "train.preview_every": 469,
    "data.last_batch": "keep",
    "seed": 1,
}
S5 = {
    "data.name": "fashion-mnist",
    "data.limit": None,
    "data.image_size": 28,
    "data.range": "0..1",  # although G ends in Tanh
    "model.kind": "mlp",
    "model.nz": 100,
    "model.prior": "normal",
    "model.init": "default",
    "model.g_hidden": (256, 512, 1024),
    "model.g_leak": 0.2,
    "model.g_output": "tanh",
    "model.d_hidden": (1024, 512, 256),
    "model.d_leak": 0.2,
    "model.dropout": 0.3,
    "objective.loss": "nonsaturating",
    "objective.cross_entropy": "probabilities",  # BCELoss after a sigmoid
    "objective.order": "g_first",
    "objective.noise": "fresh",
    "data.last_batch": "keep",
    "optim.optimizer": "adam",
    "optim.lr_g": 2e-4,
    "optim.lr_d": 2e-4,
    "optim.beta1": 0.9,
    "optim.beta2": 0.999,
    "train.epochs": 24,
    "train.batch_size": 64,
}
S6 = {
    "data.name": "mnist",
    "data.limit": 50_000,
    "data.image_size": 28,
    "data.range": "-1..1",
    "data.shuffle": False,
    "model.kind": "mlp",
    "model.nz": 96,
    "model.prior": "uniform",
    "model.init": "default",
    "model.g_hidden": (1024, 1024),
    "model.g_leak": 0.0,
    "model.g_output": "tanh",
    "model.d_hidden": (256, 256),
    "model.d_leak": 0.01,
    "model.dropout": 0.0,
    "objective.loss": "nonsaturating",
    "objective.order": "d_first",
    "objective.noise": "fresh",
    "optim.optimizer": "adam",
    "optim.lr_g": 1e-3,
    "optim.lr_d": 1e-3,
    "optim.beta1": 0.5,
    "optim.beta2": 0.999,
    "train.epochs": 10,
    "train.batch_size": 128,
}
S7 = {
    "data.name": "mnist",
    "data.classes": (1,),
    "data.pairs": "thickened",
    "data.image_size": 28,
    "data.range": "0..1",
    "model.kind": "translator",
    "model.prior": "normal",
    "objective.adversarial_weight": 1.0,
    "optim.d_steps": 1,
    "optim.g_steps": 3,
}
S8 = {"data.name": "ring", "model.kind": "mlp", "model.nz": 2, "model.g_output": "linear"}
S9 = {
    "data.name": "mnist",
    "model.kind": "semi",
    "model.prior": "uniform",
    "data.image_size": 32,
    "objective.feature_matching": True,
    "objective.unsupervised_weight": 0.5,
}


@pytest.mark.parametrize(
    ("experiment", "arm", "expected", "steps"),
    [
        ("goodfellow", "MNIST", S1, 100 * 500),
        ("dcgan-baseline", "batch 128 (hand-out)", S2, 5 * 468),
        ("dcgan-baseline", "batch 12 (report)", S2 | {"train.batch_size": 12}, 25_000),
        ("cdcgan-baseline", "conditional", S3, 5 * 468),
        ("cdcgan-baseline", "unconditional", S2, 5 * 468),
        ("vae-mnist", "", S4 | {"data.name": "mnist"}, 10 * 469),
        ("vae-fashion", "", S4 | {"data.name": "fashion-mnist"}, 10 * 469),
        ("vae-vs-gan", "VAE", S4 | {"data.name": "fashion-mnist", "seed": 0}, 10 * 469),
        ("gan-fashion-lr", "equal", S5, 24 * 938),
        ("gan-fashion-lr", "equal, pixels -1..1", S5 | {"data.range": "-1..1"}, 24 * 938),
        ("cgan-fashion", "GAN, pixels 0..1 (hand-out)", S5, 24 * 938),
        ("cgan-fashion", "CGAN, pixels 0..1 (hand-out)", S5 | {"model.kind": "cmlp", "model.y_in_d": True}, 24 * 938),
        ("mnist-three", "vanilla", S6, 10 * 390),
        ("mnist-three", "least squares", S6 | {"objective.loss": "least_squares"}, 10 * 390),
        (
            "mnist-three",
            "DCGAN",
            S6 | {"model.kind": "cs231n", "model.init": "xavier", "train.epochs": 5},
            5 * 390,
        ),
        ("bold-ones", "G 3x, pixel weight 30", S7, 20 * 105),
        ("toy-collapse", "ring, nonsaturating", S8, 3_000),
        ("toy-optimal-d", "D 1x", S8 | {"data.name": "grid"}, 50 * 78),
        ("semi-supervised", "labels 100", S9 | {"data.labels": 100}, 10 * 600),
    ],
)
def test_a_system_is_set_as_its_report_says(experiment: str, arm: str, expected: dict[str, Any], steps: int) -> None:
    config = EXPERIMENTS[experiment].arm(arm)
    assert {path: config.flat[path] for path in expected} == expected
    assert config.total_steps == steps


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_setting_of_a_system_is_known_used_and_has_one_source(name: str) -> None:
    system = SYSTEMS[name]
    assert settings_of(system).keys() == sources_of(system).keys()
    assert settings_of(system).keys() <= SETTINGS.keys()
    assert all(RunConfig().replace(settings_of(system)).uses(path) for path in settings_of(system))
    assert all(source == source.strip() != "" for source, _ in system)
    if name != "S3_CDCGAN":  # it takes over another's, and changes its kind
        assert sum(len(settings) for _, settings in system) == len(settings_of(system))


def test_there_are_nine_systems() -> None:
    assert [name[:2] for name in sorted(SYSTEMS)] == [f"S{number}" for number in range(1, 10)]


def test_of_a_setting_that_comes_twice_the_later_counts() -> None:
    system: System = (("one", {"seed": 1, "model.nz": 2}), ("two", {"seed": 3}))
    assert settings_of(system) == {"seed": 3, "model.nz": 2}
    assert sources_of(system) == {"seed": "two", "model.nz": "one"}


def test_the_first_gans_rates_fall_by_the_same_share_at_each_update() -> None:
    rate = 0.1
    for _ in range(50_000):
        rate /= 1.000004
    assert decayed(50_000) == pytest.approx(rate / 0.1, abs=5e-5)
    for arm in EXPERIMENTS["goodfellow"].arms:
        config = EXPERIMENTS["goodfellow"].arm(arm)
        assert config.optim.lr_end == decayed(config.total_steps), arm


@pytest.mark.parametrize(("updates", "momentum"), [(0, 0.5), (50_000, 0.58), (125_000, 0.7), (200_000, 0.7)])
def test_the_first_gans_momentum_rises_until_epoch_250(updates: int, momentum: float) -> None:
    assert risen(updates) == pytest.approx(momentum)
