"""Whether many small runs train faster as one computation: toys that differ in their seed alone, their weights stacked.

Everything random is drawn for each run as it is drawn for it alone. The products are batched ones, and the result is
the same bit for bit, which `same_bits` checks: so nothing but time can be gained or lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import median
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, linear, relu, softplus

from gancore.algorithms import GAN, build_algorithm
from gancore.config import RunConfig
from gancore.data import BatchStream, load
from gancore.experiments import EXPERIMENTS
from gancore.optimizers import build_optimizer, set_rate
from gancore.rng import StepRng
from gancore.schedules import SCHEDULES

RUNS = 30
STEPS = 100  # of each, in one round
COMPARED = 20  # steps after which weights are compared
VECTOR = 16  # numbers in a processor's vector, at most
HEAD = (f"{RUNS} toys", "processes", "ms a step of all", "against one process", "against two processes")

Take = Callable[[Sequence[RunConfig], int], float]  # seconds for so many steps of these runs


class Toy:
    """One run without its folder."""

    def __init__(self, config: RunConfig) -> None:
        algorithm = build_algorithm(config)
        assert isinstance(algorithm, GAN)
        self.algorithm = algorithm
        self._stream = BatchStream(load(config), config.train.batch_size, config.seed)
        self._seed = config.seed

    def draw(self, step: int) -> tuple[Tensor, Tensor]:
        """The points and the noise of a step."""
        draws = self.algorithm.draw(self._stream.next, StepRng(self._seed, step))
        update = draws.updates[0]
        assert update.z is not None
        return update.batch.images, update.z

    def step(self, step: int) -> dict[str, Tensor]:
        """A step by itself."""
        return self.algorithm.step(self._stream.next, StepRng(self._seed, step))

    def parameters(self) -> list[Tensor]:
        """Of G, then of D."""
        networks = (self.algorithm.generator, self.algorithm.discriminator)
        return [parameter.detach() for network in networks for parameter in network.parameters()]


class Stack:
    """Toys as one computation: each parameter is (runs, ...), and so is each activation.

    They have the usual losses and Adam, and update D and G in turn on the same samples. Parameters that do not fill the
    processor's vectors stay one a run: what is left over is rounded otherwise.
    """

    def __init__(self, configs: Sequence[RunConfig]) -> None:
        self._config = configs[0]
        self._toys = [Toy(config) for config in configs]
        parameters = [_Parameter(each) for each in zip(*(toy.parameters() for toy in self._toys), strict=True)]
        of_g = len(list(self._toys[0].algorithm.generator.parameters()))
        self._g, self._d = parameters[:of_g], parameters[of_g:]
        self._optimizer_g, self._optimizer_d = (
            build_optimizer([nn.ModuleList(each)], self._config.optim) for each in (self._g, self._d)
        )

    def parameters(self, run: int) -> list[Tensor]:
        """Of one run: of G, then of D."""
        return [parameter.value()[run].detach() for parameter in (*self._g, *self._d)]

    def step(self, step: int) -> dict[str, Tensor]:
        """A step of each run; what is recorded has a value for each."""
        real, z = (torch.stack(each) for each in zip(*(toy.draw(step) for toy in self._toys), strict=True))
        optim, done = self._config.optim, (step - 1) / self._config.total_steps
        set_rate(self._optimizer_d, optim.lr_d * SCHEDULES[optim.schedule_d](done, optim.lr_end), optim, done)
        set_rate(self._optimizer_g, optim.lr_g * SCHEDULES[optim.schedule_g](done, optim.lr_end), optim, done)
        fake = self._generate(z)
        real_logits, fake_logits = self._logits(real), self._logits(fake.detach())
        loss_d = softplus(-real_logits).mean(1) + softplus(fake_logits).mean(1)
        norm_d = _descend(loss_d, self._optimizer_d, self._d)
        logits = self._logits(fake)
        loss_g = softplus(-logits).mean(1)
        norm_g = _descend(loss_g, self._optimizer_g, self._g)
        scores = {"d_real": real_logits, "d_fake": fake_logits, "d_fake_g": logits}
        return {
            "loss_d": loss_d.detach(),
            "loss_g": loss_g.detach(),
            "grad_norm_d": norm_d,
            "grad_norm_g": norm_g,
            **{name: torch.sigmoid(each.detach()).mean(1) for name, each in scores.items()},
        }

    def _generate(self, z: Tensor) -> Tensor:
        return _forward(self._g, z, self._config.model.g_leak)

    def _logits(self, samples: Tensor) -> Tensor:
        return _forward(self._d, samples, self._config.model.d_leak).flatten(1)


class _Parameter(nn.Module):
    """One parameter of all runs, (runs, ...)."""

    def __init__(self, values: Sequence[Tensor]) -> None:
        super().__init__()
        self._is_one = values[0].numel() % VECTOR == 0
        self.parts = nn.ParameterList(
            [torch.stack(list(values))] if self._is_one else [value.clone() for value in values]
        )

    def value(self) -> Tensor:
        """As a tensor."""
        return self.parts[0] if self._is_one else torch.stack(list(self.parts))

    def gradient_norms(self) -> Tensor:
        """Of each run, (runs,)."""
        gradients = [part.grad for part in self.parts if part.grad is not None]
        whole = gradients[0] if self._is_one else torch.stack(gradients)
        norms: Tensor = torch.linalg.vector_norm(whole.flatten(1), dim=1)
        return norms


def _forward(parameters: Sequence[_Parameter], x: Tensor, leak: float) -> Tensor:
    values = [parameter.value() for parameter in parameters]
    layers = list(zip(values[::2], values[1::2], strict=True))
    for weight, bias in layers[:-1]:
        x = _linear(x, weight, bias)
        x = leaky_relu(x, leak) if leak else relu(x)
    return _linear(x, *layers[-1])


def _linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """(R, N, inputs), (R, outputs, inputs), (R, outputs) -> (R, N, outputs)."""
    if weight.shape[1] == 1:  # a product with a vector is summed in another order than one with a matrix
        found: Tensor = _Vectors.apply(x, weight, bias)
        return found
    return torch.baddbmm(bias[:, None], x, weight.transpose(1, 2))


class _Vectors(torch.autograd.Function):
    """Products with vectors, one after another, whose gradients are batched products."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return torch.stack([linear(*each) for each in zip(x, weight, bias, strict=True)])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        return gradient.bmm(weight), gradient.transpose(1, 2).bmm(x), gradient.sum(1)


def _descend(losses: Tensor, optimizer: torch.optim.Optimizer, parameters: Sequence[_Parameter]) -> Tensor:
    """One update of all runs, none of which depends on another's loss; returns the norm of each one's gradient."""
    optimizer.zero_grad()
    losses.sum().backward(inputs=optimizer.param_groups[0]["params"])  # type: ignore[no-untyped-call]
    norms = torch.stack([parameter.gradient_norms() for parameter in parameters])
    optimizer.step()
    total: Tensor = torch.linalg.vector_norm(norms, dim=0)
    return total


# --- measuring ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Way:
    """How the runs are trained, and seconds that a step of all of them takes, by round."""

    what: str
    processes: int
    seconds: tuple[float, ...]

    def against(self, other: Way) -> float:
        """How many times as fast as another way, in the median of the rounds."""
        return median(theirs / mine for mine, theirs in zip(self.seconds, other.seconds, strict=True))


def toys(count: int = RUNS) -> list[RunConfig]:
    """Runs of one arm of `toy-collapse`, of different seeds."""
    base = EXPERIMENTS["toy-collapse"].base.replace({"train.device": "cpu"})
    return [base.replace({"seed": seed}) for seed in range(count)]


def same_bits(configs: Sequence[RunConfig], steps: int) -> bool:
    """Whether stacked runs have the weights that each has alone, after so many steps."""
    stack, alone = Stack(configs), [Toy(config) for config in configs]
    for step in range(1, steps + 1):
        stack.step(step)
        for toy in alone:
            toy.step(step)
    pairs = ((toy.parameters(), stack.parameters(run)) for run, toy in enumerate(alone))
    return all(torch.equal(mine, theirs) for pair in pairs for mine, theirs in zip(*pair, strict=True))


def measure(console: Console, rounds: int, count: int = RUNS, steps: int = STEPS) -> list[Way]:
    """One after another and stacked, in one process and in two at once, each with one thread, by turns."""
    ways: list[tuple[str, int, Take]] = [
        (what, processes, take)
        for what, take in (("one after another", one_after_another), ("one computation", stacked))
        for processes in (1, 2)
    ]
    found: list[list[float]] = [[] for _ in ways]
    with (
        console.status(f"{count} toys: {rounds} rounds"),
        ProcessPoolExecutor(2, get_context("spawn"), initializer=torch.set_num_threads, initargs=(1,)) as pool,
    ):
        for turn in range(rounds + 1):
            for (_, processes, take), seconds in zip(ways, found, strict=True):
                shares = [toys(count)[place::processes] for place in range(processes)]
                taken = max(pool.map(take, shares, [steps] * processes))
                if turn:  # the first one warms up
                    seconds.append(taken / steps)
    return [Way(what, processes, tuple(each)) for (what, processes, _), each in zip(ways, found, strict=True)]


def one_after_another(configs: Sequence[RunConfig], steps: int) -> float:
    """Each run to its end, then the next one."""
    taken = 0.0
    for config in configs:
        toy = Toy(config)
        begin = time.perf_counter()
        for step in range(1, steps + 1):
            toy.step(step)
        taken += time.perf_counter() - begin
    return taken


def stacked(configs: Sequence[RunConfig], steps: int) -> float:
    """All runs at once."""
    stack = Stack(configs)
    begin = time.perf_counter()
    for step in range(1, steps + 1):
        stack.step(step)
    return time.perf_counter() - begin


def rows(ways: Sequence[Way]) -> list[tuple[str, ...]]:
    """A row of a table for each way."""
    alone, pair = ways[0], ways[1]
    return [
        (
            way.what,
            str(way.processes),
            f"{1000 * median(way.seconds):.1f}",
            f"{way.against(alone):.1f} x",
            f"{way.against(pair):.1f} x",
        )
        for way in ways
    ]


@dataclass(frozen=True)
class Found:
    """What came of it."""

    ways: Sequence[Way]
    same: bool  # bit for bit


def find(console: Console, rounds: int) -> Found:
    """Measure, and compare weights."""
    return Found(measure(console, rounds), same_bits(toys(), COMPARED))


def verdict(found: Found) -> str:
    """In a sentence."""
    if found.same:
        return f"After {COMPARED} steps the weights of every run are bit for bit those that it has alone."
    return "On this machine the weights are not bit for bit those that each run has alone."


def run_benchmarks(console: Console, rounds: int) -> None:
    """Measure, and print a table."""
    found = find(console, rounds)
    table = Table(*HEAD, box=None, pad_edge=False)
    for row in rows(found.ways):
        table.add_row(*row)
    console.print(table)
    console.print(verdict(found))
