"""Toys as one computation are the runs that each would be alone."""

from __future__ import annotations

import pytest
import torch
from rich.console import Console
from torch import Tensor

from gancore.bench import batched
from gancore.bench.batched import Found, Stack, Toy, Way

STEPS = 5


def test_each_run_is_what_it_is_alone() -> None:
    """To rounding, on any machine; bit for bit on those where the benchmark says so."""
    configs = batched.toys(3)
    stack, alone = Stack(configs), [Toy(config) for config in configs]
    for step in range(1, STEPS + 1):
        together = stack.step(step)
        for run, toy in enumerate(alone):
            for name, value in toy.step(step).items():
                torch.testing.assert_close(together[name][run], value, rtol=1e-4, atol=1e-5)
    for run, toy in enumerate(alone):
        for mine, theirs in zip(stack.parameters(run), toy.parameters(), strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)
    assert not torch.equal(stack.parameters(0)[0], stack.parameters(1)[0])


@pytest.mark.parametrize("outputs", [1, 2, 5])
def test_a_layer_of_all_runs_has_each_ones_gradients(outputs: int) -> None:
    source = torch.Generator().manual_seed(0)
    shapes = ((3, 4, 6), (3, outputs, 6), (3, outputs))
    inputs = [torch.randn(shape, generator=source, dtype=torch.float64, requires_grad=True) for shape in shapes]
    assert torch.autograd.gradcheck(batched._linear, inputs)
    x, weight, bias = inputs
    expected = torch.stack([torch.nn.functional.linear(*each) for each in zip(x, weight, bias, strict=True)])
    torch.testing.assert_close(batched._linear(x, weight, bias), expected)


def test_other_bits_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def nudged(stack: Stack, run: int) -> list[Tensor]:
        return [value + 1e-3 for value in weights(stack, run)]

    weights = Stack.parameters
    monkeypatch.setattr(Stack, "parameters", nudged)
    assert not batched.same_bits(batched.toys(2), 1)


def test_ways_are_compared_round_by_round() -> None:
    slow, fast = Way("slow", 1, (1.0, 4.0, 2.0)), Way("fast", 1, (0.5, 1.0, 0.4))
    assert fast.against(slow) == 4.0


def test_every_way_is_measured(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    found = batched.measure(Console(), rounds=1, count=2, steps=2)
    assert [(way.what, way.processes) for way in found] == [
        ("one after another", 1),
        ("one after another", 2),
        ("one computation", 1),
        ("one computation", 2),
    ]
    assert all(seconds > 0 for way in found for seconds in way.seconds)
    monkeypatch.setattr(batched, "find", lambda *_: Found(found, same=False))
    batched.run_benchmarks(Console(width=120), 1)
    printed = capsys.readouterr().out
    assert printed.count("one computation") == 2
    assert "not bit for bit" in printed
