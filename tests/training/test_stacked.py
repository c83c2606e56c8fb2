"""Toys as one computation are the runs that each would be alone."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from gancore.config import RunConfig
from gancore.training import stacked
from gancore.training.stacked import StackedTrainers, build_trainer, is_exact, key_of, same_bits
from tests.miniatures import equal, toy

pytestmark = pytest.mark.usefixtures("_exact_stacks")

STEPS = 25
VARIANTS: dict[str, dict[str, Any]] = {
    **{
        name: {"objective.loss": name} for name in ("nonsaturating", "minimax", "least_squares", "wasserstein", "hinge")
    },
    "own": {"objective.loss": "own", "objective.own_g": "softplus(-fake) + 0.1 * square(fake)"},
    "clipped": {"objective.loss": "wasserstein", "objective.clip": 0.05},
    "gradient penalty": {
        "objective.loss": "wasserstein",
        "objective.penalty": "gradient",
        "objective.penalty_weight": 0.1,
        "optim.d_steps": 3,
    },
    "r1": {"objective.penalty": "r1", "objective.penalty_weight": 0.1},
    "G first, twice": {"objective.order": "g_first", "optim.g_steps": 2},
    "fresh noise": {"objective.noise": "fresh", "model.prior": "uniform"},
    "smoothing": {"objective.label_smoothing": 0.1},
    "instance noise": {"objective.instance_noise": 0.2},
    "cosine": {"optim.schedule_g": "cosine", "optim.beta1": 0.9},
    "spirals": {"data.name": "spirals", "train.batch_size": 256, "model.nz": 3},
    "wide": {"model.g_hidden": (128, 128), "model.d_hidden": (48, 32, 16), "model.g_leak": 0.1, "model.d_leak": 0.0},
}


def seeds(config: RunConfig, count: int = 3) -> list[RunConfig]:
    return [config.replace({"seed": seed}) for seed in range(count)]


@pytest.mark.parametrize("name", VARIANTS)
def test_each_run_is_what_it_is_alone_bit_for_bit(name: str) -> None:
    assert same_bits(seeds(toy(VARIANTS[name])), STEPS)


def test_runs_of_several_losses_and_data_are_one_stack() -> None:
    losses = ("hinge", "nonsaturating", "own", "hinge", "least_squares")
    data = ("ring", "grid", "spirals", "ring", "grid")
    configs = [
        toy({"objective.loss": loss, "data.name": name, "seed": seed})
        for seed, (loss, name) in enumerate(zip(losses, data, strict=True))
    ]
    trainers = [build_trainer(config) for config in configs]
    assert len({key_of(trainer) for trainer in trainers}) == 1
    assert same_bits(configs, STEPS)


def test_runs_that_are_parted_go_on_as_if_nothing_had_been() -> None:
    config = toy()
    trainers, alone = ([build_trainer(each) for each in seeds(config)] for _ in range(2))
    for steps in (5, 4):
        together = StackedTrainers(trainers)
        for _ in range(steps):
            together.make_step()
        together.part()
        for trainer in trainers:
            trainer.make_step()
    for mine, other in zip(trainers, alone, strict=True):
        for _ in range(11):
            other.make_step()
        assert equal(mine.algorithm.state_dict(), other.algorithm.state_dict())


def test_what_diverges_does_not_touch_the_others() -> None:
    config = toy()
    trainers, alone = ([build_trainer(each) for each in seeds(config)] for _ in range(2))
    with torch.no_grad():
        next(trainers[1].algorithm.networks["generator"].parameters())[0, 0] = torch.nan
    together = StackedTrainers(trainers)
    for _ in range(5):
        together.make_step()
        for other in alone:
            other.make_step()
    assert not trainers[1].algorithm.is_finite()
    for place in (0, 2):
        assert equal(trainers[place].algorithm.state_dict(), alone[place].algorithm.state_dict())


def test_a_processor_that_computes_other_bits_is_noticed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def nudged(*arguments: Any) -> torch.Tensor:
        return exact(*arguments) + 1e-6

    monkeypatch.setattr(stacked, "_exact", {})
    exact = torch.baddbmm
    with monkeypatch.context() as patch:
        patch.setattr(torch, "baddbmm", nudged)
        assert not is_exact(toy())
    assert not is_exact(toy({"seed": 7}))  # it was found out
    assert is_exact(toy({"optim.lr_g": 1e-4}))
