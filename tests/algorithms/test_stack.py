"""A stack of GANs: its layers, and what its GANs have of it. What it computes is compared in `tests/training`."""

from __future__ import annotations

import pytest
import torch

from gancore.algorithms import GAN, build_algorithm
from gancore.algorithms.stack import Stack, _StackedLinear, stack_key
from gancore.config.run import Settings
from gancore.data import BatchStream, load
from gancore.rng import StepRng
from tests.miniatures import equal, tiny, toy


def build(*changes: Settings) -> list[GAN]:
    return [build_algorithm(toy({"seed": seed} | dict(each))) for seed, each in enumerate(changes)]  # type: ignore[misc]


def stream(gan: GAN) -> BatchStream:
    return BatchStream(load(gan.config), gan.config.train.batch_size, gan.config.seed)


def step_all(stack: Stack, steps: range) -> None:
    streams = [stream(gan) for gan in stack.gans]
    for step in steps:
        pairs = zip(stack.gans, streams, strict=True)
        stack.update_all([gan.draw(batches.next, StepRng(gan.config.seed, step)) for gan, batches in pairs])


@pytest.mark.parametrize("outputs", [1, 2, 5])
def test_a_layer_of_all_runs_has_each_ones_gradients(outputs: int) -> None:
    layers = [torch.nn.Linear(6, outputs, dtype=torch.float64) for _ in range(3)]
    x = torch.randn(3, 4, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64, requires_grad=True)
    stacked = _StackedLinear(layers)
    expected = torch.stack([layer(each) for layer, each in zip(layers, x, strict=True)])
    torch.testing.assert_close(stacked(x), expected)
    assert torch.autograd.gradcheck(stacked, (x,))
    (mine,) = torch.autograd.grad(stacked(x).square().sum(), x)
    (theirs,) = torch.autograd.grad(expected.square().sum(), x)
    torch.testing.assert_close(mine, theirs)


def test_what_is_seen_of_a_gan_is_what_the_stack_has_made_of_it() -> None:
    gans = build({}, {}, {})
    before = [each.detach().clone() for each in gans[0].generator.parameters()]
    stack = Stack(gans)
    step_all(stack, range(1, 4))
    for old, new in zip(before, gans[0].generator.parameters(), strict=True):
        assert not torch.equal(old, new)
    assert [int(state["step"]) for state in gans[1].state_dict()["optimizer_d"]["state"].values()] == [3] * 6


def test_parted_gans_have_their_own_again() -> None:
    gans = build({}, {}, {})
    stack = Stack(gans)
    step_all(stack, range(1, 3))
    stack.part()
    kept = gans[1].state_dict()
    kept = {name: {**part} for name, part in kept.items()}
    batches = stream(gans[0])
    gans[0].step(batches.next, StepRng(0, 3))
    assert equal(kept["generator"], gans[1].state_dict()["generator"])
    assert [int(state["step"]) for state in gans[0].state_dict()["optimizer_g"]["state"].values()] == [3] * 6
    assert [int(state["step"]) for state in gans[1].state_dict()["optimizer_g"]["state"].values()] == [2] * 6
    storage = next(gans[0].generator.parameters()).untyped_storage()
    assert storage.nbytes() == next(gans[0].generator.parameters()).nbytes


@pytest.mark.parametrize(
    ("changes", "alike"),
    [
        ({"seed": 5, "data.name": "grid", "objective.loss": "hinge", "train.evaluate_every": 7}, True),
        ({"optim.lr_g": 0.5}, False),
        ({"optim.beta1": 0.9}, False),
        ({"model.g_hidden": (32,)}, False),
        ({"train.steps": 77}, False),
        ({"optim.ema": 0.9}, None),
        ({"optim.optimizer": "sgd"}, None),
        ({"train.batch_size": 40}, None),
        ({"objective.penalty": "dragan"}, None),
    ],
)
def test_which_can_be_stacked(changes: Settings, alike: bool | None) -> None:
    one, other = build({}, changes)
    assert (None if stack_key(other) is None else stack_key(one) == stack_key(other)) == alike


def test_others_than_toys_and_other_histories_are_not_stacked() -> None:
    assert stack_key(build_algorithm(tiny("dcgan"))) is None
    one, other = build({}, {})
    batches = stream(one)
    one.step(batches.next, StepRng(0, 1))
    assert stack_key(one) != stack_key(other)  # Adam has made a step
