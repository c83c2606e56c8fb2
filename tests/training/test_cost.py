from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch

from gancore.config import RunConfig
from gancore.models import count_parameters
from gancore.training import cost
from gancore.training.cost import estimate
from tests.miniatures import KINDS, tiny


def mlp_flops(batch: int, nz: int, hidden: int, pixels: int) -> int:
    """One iteration by hand: a product of (a, b) and (b, c) takes 2abc operations; G and D have one hidden layer.

    Images are generated once. D's update: two passes forward, and backward to its weights and hidden units. G's: one
    pass forward through D and back to the images, then back to G's weights and hidden units.
    """
    g_in, g_out = 2 * batch * nz * hidden, 2 * batch * hidden * pixels
    d_in, d_out = 2 * batch * pixels * hidden, 2 * batch * hidden
    d_update = 2 * ((d_in + d_out) + (d_in + 2 * d_out))
    g_update = (d_in + d_out) + (d_in + d_out) + (g_in + 2 * g_out)
    return (g_in + g_out) + d_update + g_update


@pytest.fixture
def plain_mlp(mlp: RunConfig) -> RunConfig:
    return mlp.replace({"model.dropout": 0.0, "objective.noise": "same"})


@pytest.mark.parametrize(("batch", "nz", "hidden"), [(8, 4, 16), (2, 7, 5), (40, 100, 64)])
def test_the_arithmetic_of_a_step_is_counted_as_by_hand(plain_mlp: RunConfig, batch: int, nz: int, hidden: int) -> None:
    changes = {"train.batch_size": batch, "model.nz": nz, "model.g_hidden": (hidden,), "model.d_hidden": (hidden,)}
    operations, kept = cost._arithmetic(plain_mlp.replace(changes))
    assert operations == mlp_flops(batch, nz, hidden, 28 * 28)
    assert kept > 4 * batch * 28 * 28 * 3  # real images, and the generated ones for both networks


def test_an_estimate_is_steps_times_what_a_step_takes(config: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "_machine", lambda: (0.5, 1e6))
    found = estimate(config)
    assert found.parameters == count_parameters(config)
    assert found.steps == config.total_steps == 20
    assert found.seconds == pytest.approx(20 * (0.5 + cost._arithmetic(config)[0] / 1e6))


def test_larger_costs_more(dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "_machine", lambda: (0.0, 1e9))
    base = estimate(dcgan)
    more = {"model.ngf": 8, "model.ndf": 8, "model.nz": 50, "optim.g_steps": 2, "optim.d_steps": 2, "train.epochs": 40}
    for path, value in more.items():
        steps = {"train.epochs": 8} if path == "optim.d_steps" else {}  # as many iterations
        assert estimate(dcgan.replace({path: value} | steps)).seconds > base.seconds, path
    assert estimate(dcgan.replace({"train.batch_size": 40})).bytes > base.bytes
    wide = estimate(dcgan.replace({"model.ngf": 200}))
    weights = sum(wide.parameters.values()) - sum(base.parameters.values())
    assert wide.bytes > base.bytes + 4 * 4 * weights  # each with its gradient and Adam's two moments


def test_experience_on_this_machine_corrects_the_estimate(
    dcgan: RunConfig, mlp: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three runs took 1, 3 and 10 times what was expected of them: the median counts."""
    monkeypatch.setattr(cost, "_machine", lambda: (0.01, 1e9))
    monkeypatch.setattr(cost, "_TYPICAL", (0.01, 1e9))
    done = [
        (config, times * estimate(config).seconds / config.total_steps) for config, times in ((mlp, 3), (dcgan, 10))
    ]
    assert estimate(dcgan, done[:1]).seconds == pytest.approx(3 * estimate(dcgan).seconds)
    done.append((mlp, done[0][1] / 3))
    assert estimate(dcgan, done).seconds == pytest.approx(3 * estimate(dcgan).seconds)


@pytest.mark.parametrize("kind", KINDS)
def test_a_larger_batch_costs_more_by_as_much_for_each_image(kind: Any) -> None:
    (two, kept_two), (three, kept_three), (many, kept_many) = (
        cost._arithmetic(tiny(kind, {"train.batch_size": size})) for size in (2, 3, 40)
    )
    assert 0 < two < three
    assert many == pytest.approx(two + 38 * (three - two), rel=1e-9)
    assert kept_many == pytest.approx(kept_two + 38 * (kept_three - kept_two), rel=1e-9)


def test_what_is_done_once_a_pass_is_not_counted_for_each_image() -> None:
    """The y branch of the conditional D takes ten planes, however large the batch."""
    small, large = (cost._arithmetic(tiny("cdcgan", {"train.batch_size": size}))[0] for size in (2, 40))
    assert large < 0.9 * 20 * small


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_estimated(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "_machine", lambda: (0.001, 1e9))
    found = estimate(tiny(kind))
    assert found.parameters == count_parameters(tiny(kind))
    assert found.steps == 20
    assert found.seconds > 20 * 0.001


@pytest.mark.parametrize(
    "changes",
    [
        {"objective.penalty": "gradient", "model.d_norm": "none"},
        {"objective.penalty": "r1"},
        {"objective.penalty": "dragan", "model.d_norm": "none"},
        {"model.spectral_norm": True},
        {"optim.ema": 0.9},
        {"optim.optimizer": "sgd", "objective.clip": 0.1},
        {"optim.optimizer": "rmsprop", "objective.instance_noise": 0.1},
        {"objective.only": "d"},
        {"data.name": "ring", "model.kind": "mlp", "model.g_output": "linear"},
        {"data.name": "own", "data.own": "two", "data.own_counts": (1, 1), "train.batch_size": 2},
    ],
    ids=str,
)
def test_every_kind_of_step_can_be_estimated(
    dcgan: RunConfig, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost, "_machine", lambda: (0.001, 1e9))
    found = estimate(dcgan.replace(changes))
    assert found.seconds > 0
    assert found.bytes > 450e6


def test_a_penalty_costs_another_pass_of_d_and_who_does_not_learn_saves_one(dcgan: RunConfig) -> None:
    plain = cost._arithmetic(dcgan)[0]
    assert cost._arithmetic(dcgan.replace({"objective.penalty": "r1"}))[0] > 1.2 * plain
    assert cost._arithmetic(dcgan.replace({"objective.only": "d"}))[0] < 0.8 * plain
    assert cost._arithmetic(dcgan.replace({"objective.only": "g"}))[0] < 0.8 * plain


@pytest.mark.parametrize(
    "changes",
    [
        {"data.limit": 2, "train.batch_size": 2},
        {"data.limit": 40, "train.batch_size": 2, "optim.d_steps": 20},
        {"data.limit": None, "train.batch_size": 4096},
        {"optim.lr_g": 1.0, "train.epochs": 10_000},
        {"train.precision": "bf16"},
    ],
    ids=str,
)
def test_whatever_can_be_trained_can_be_estimated(
    config: RunConfig, changes: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost, "_machine", lambda: (0.001, 1e9))
    found = estimate(config.replace(changes))
    assert found.seconds > 0
    assert found.bytes > 450e6


def test_this_machine_is_measured_once_and_touches_no_global_random_numbers(dcgan: RunConfig) -> None:
    before = torch.random.get_rng_state()
    found = estimate(dcgan)
    assert found.seconds > 0
    assert torch.equal(torch.random.get_rng_state(), before)
    calls = cost._machine.cache_info().misses
    estimate(dcgan.replace({"seed": 3}))
    assert cost._machine.cache_info().misses == calls


def test_who_asks_at_once_waits_for_one_trial(dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    trials, begun, go_on = list[RunConfig](), threading.Event(), threading.Event()

    def time_step(config: RunConfig) -> float:
        trials.append(config)
        begun.set()
        assert go_on.wait(10)
        return 0.01

    monkeypatch.setattr(cost, "_time_step", time_step)
    cost._machine.cache_clear()
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(estimate, dcgan) for _ in range(4)]
        assert begun.wait(10)
        go_on.set()
        assert len({each.result(10).seconds for each in asked}) == 1
    cost._machine.cache_clear()
    assert len(trials) == 2  # the two of one measurement
