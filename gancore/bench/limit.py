"""How near a training step comes to what the machine can do, and to what a plain loop makes of it.

The limit is the rate of a matrix product in the same precision, on as many threads. It, our steps and those of a plain
loop take turns in one process, so that whatever else the machine does falls on all of them alike; what is told is the
median of the rounds, of ratios the median of each round's own. Each case has a process to itself, in which our
steps in fp32 come first, so that their peak of memory can be told.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import median
from typing import Any, Literal

import torch
from rich.console import Console
from torch.profiler import ProfilerActivity, profile

from gancore import machine
from gancore.algorithms import build_algorithm
from gancore.bench.plain import plain_steps
from gancore.config import RunConfig
from gancore.data import BatchStream, load
from gancore.experiments import EXPERIMENTS
from gancore.rng import StepRng
from gancore.training.cost import operations

Precision = Literal["fp32", "bf16"]

BATCHES = (12, 64, 128)
SIDE, SMALL_SIDE = 1024, 256  # of square matrices; the small ones tell whether there is bf16 at all
TIMES = 3  # that a product is computed; the fastest counts
WARM_UP, LEAST, PROFILED = 1, 1, 3  # steps: before anything is timed, in a turn at least, and under the profiler
EMULATED = 0.25  # of the rate in fp32: slower than that, bf16 is not computed but imitated

# What torch's operations belong to, by words in their names: the first that fits.
PARTS: Mapping[str, Sequence[str]] = {
    "products": ("conv", "mm", "addmv", "linear", "matmul"),
    "normalisation": ("batch_norm", "layer_norm", "group_norm"),
    "optimiser": ("_fused_adam", "_foreach_add", "Optimizer."),
}
OTHER = "other operations"  # activations, losses, curves, casts
DRAWS = "draws"  # batches and random numbers
BETWEEN = "between them"  # Python, autograd and the dispatcher
ALL_PARTS = (*PARTS, OTHER, DRAWS, BETWEEN)


@dataclass(frozen=True)
class Case:
    """Networks and a batch size."""

    what: str
    config: RunConfig

    @property
    def batch_size(self) -> int:
        """Images of a step."""
        return self.config.train.batch_size

    @property
    def threads(self) -> int:
        """Those that our run trains with; a plain loop takes what there is."""
        return 1 if self.config.is_points else machine.threads()


@dataclass(frozen=True)
class Result:
    """A case in one precision: medians of all rounds."""

    what: str
    batch_size: int
    precision: Precision
    operations: float  # of a step, two for a multiply-add
    images: float  # a second
    plain: float  # images a second of the plain loop, in fp32
    speed_up: float  # ours over the plain loop's
    limit: float  # operations a second of a matrix product
    share: float  # of the limit
    parts: Mapping[str, float]  # shares of a step's time
    memory: float | None  # bytes at the peak of these steps, beyond those of a process that has torch loaded

    @property
    def rate(self) -> float:
        """Operations a second."""
        return self.operations * self.images / self.batch_size


def cases(*, wide: bool = False) -> list[Case]:
    """Each family with the batches of `BATCHES`, as the reports have it; `wide` adds DCGANs of twice the width."""
    families = {"DCGAN": "dcgan-baseline", "cDCGAN": "cdcgan-baseline", "MLP GAN": "mnist-three", "VAE": "vae-mnist"}
    found = [Case(what, _of(name, batch)) for what, name in families.items() for batch in BATCHES]
    if wide:
        width = {"model.ngf": 64, "model.ndf": 64}
        found += [Case("DCGAN, width 64", _of("dcgan-baseline", batch, width)) for batch in BATCHES]
    return [*found, Case("toy", EXPERIMENTS["toy-collapse"].base)]


def _of(experiment: str, batch: int, changes: Mapping[str, Any] | None = None) -> RunConfig:
    base = EXPERIMENTS[experiment].base
    fixed = {"data.name": "mnist-5k", "train.batch_size": batch, "train.epochs": 10_000, "train.device": "cpu"}
    return base.replace(fixed | dict(changes or {}))


def measure(chosen: Sequence[Case], seconds: float, rounds: int, console: Console) -> list[Result]:
    """Every case in every precision that this machine computes in, about so many seconds a turn."""
    results: list[Result] = []
    os.environ.setdefault("KINETO_LOG_LEVEL", "9")  # the profiler of a machine without a graphics card complains of it
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as pool:
        for case in chosen:
            with console.status(f"{case.what}, batch {case.batch_size}"):
                results += pool.submit(measure_case, case, seconds, rounds).result()
    return results


def measure_case(case: Case, seconds: float, rounds: int) -> list[Result]:
    """One case, in this process."""
    loaded = machine.peak_memory()
    ours: dict[Precision, _Ours] = {"fp32": _Ours(case, "fp32")}
    memory = None if loaded is None else (machine.peak_memory() or 0.0) - loaded
    if computes_bf16():
        ours["bf16"] = _Ours(case, "bf16")
    plain = _Plain(case)
    made = [_take_turns(case.threads, seconds, ours, plain) for _ in range(rounds)]
    work = operations(case.config)
    return [
        Result(
            what=case.what,
            batch_size=case.batch_size,
            precision=precision,
            operations=work,
            images=median(case.batch_size / each.ours[precision] for each in made),
            plain=median(case.batch_size / each.plain for each in made),
            speed_up=median(each.plain / each.ours[precision] for each in made),
            limit=median(each.limits[precision] for each in made),
            share=median(work / each.ours[precision] / each.limits[precision] for each in made),
            parts=steps.parts(),
            memory=memory if precision == "fp32" else None,
        )
        for precision, steps in ours.items()
    ]


@dataclass(frozen=True)
class _Round:
    """A turn of everything: seconds a step, and operations a second of a matrix product."""

    ours: Mapping[Precision, float]
    plain: float
    limits: Mapping[Precision, float]


def _take_turns(threads: int, seconds: float, ours: Mapping[Precision, _Ours], plain: _Plain) -> _Round:
    limits = {}
    with _threads(threads):
        for precision in ours:
            limits[precision] = matrix_rate(precision)
    theirs = plain.take(seconds)
    return _Round({precision: steps.take(seconds) for precision, steps in ours.items()}, theirs, limits)


class _Ours:
    """Steps of a run without its folder."""

    def __init__(self, case: Case, precision: Precision) -> None:
        config = case.config.replace({"train.precision": precision})
        self._threads = case.threads
        self._algorithm = build_algorithm(config)
        self._stream = BatchStream(load(config), config.train.batch_size, config.seed, scale=config.data.range)
        self._seed, self._step = config.seed, 0
        self._drawing = self._updating = 0.0
        with _threads(self._threads):
            for _ in range(WARM_UP):
                self._take()
        self._drawing = self._updating = 0.0

    def take(self, seconds: float) -> float:
        """Seconds a step, of as many as fit."""
        with _threads(self._threads):
            return _seconds_each(self._take, seconds)

    def _take(self) -> None:
        self._step += 1
        begin = time.perf_counter()
        draws = self._algorithm.draw(self._stream.next, StepRng(self._seed, self._step))
        drawn = time.perf_counter()
        self._algorithm.update(draws)
        self._drawing += drawn - begin
        self._updating += time.perf_counter() - drawn

    def parts(self) -> dict[str, float]:
        """Shares of a step's time: of drawing as it was timed, and of what is computed then, as a profiler sees it."""
        draws = self._drawing / (self._drawing + self._updating)
        with _threads(self._threads):
            shares = _profile(self._algorithm.update, [self._draw() for _ in range(PROFILED)])
        return {part: share * (1 - draws) for part, share in shares.items()} | {DRAWS: draws}

    def _draw(self) -> Any:
        self._step += 1
        return self._algorithm.draw(self._stream.next, StepRng(self._seed, self._step))


class _Plain:
    """Steps of a plain loop."""

    def __init__(self, case: Case) -> None:
        self._steps: Iterator[object] = plain_steps(case.config)
        for _ in range(WARM_UP):
            next(self._steps)

    def take(self, seconds: float) -> float:
        """Seconds a step, of as many as fit."""
        return _seconds_each(lambda: next(self._steps), seconds)


def _profile(update: Callable[[Any], object], drawn: Sequence[Any]) -> dict[str, float]:
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        begin = time.perf_counter()
        for draws in drawn:
            update(draws)
        took = time.perf_counter() - begin
    shares = dict.fromkeys((*PARTS, OTHER), 0.0)
    for event in profiler.key_averages():
        if (part := part_of(event.key)) is not None:
            shares[part] += event.self_cpu_time_total / 1e6 / took
    return shares | {BETWEEN: max(1 - sum(shares.values()), 0.0)}


def part_of(operation: str) -> str | None:
    """What one of the profiler's events belongs to; None: it is none of torch's operations."""
    for part, words in PARTS.items():
        if any(word in operation for word in words) and not operation.startswith("autograd::"):
            return part
    return OTHER if operation.startswith("aten::") else None


def matrix_rate(precision: Precision, side: int = SIDE) -> float:
    """Operations a second of the product of two square matrices: the best of a few."""
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    source = torch.Generator().manual_seed(0)
    left, right = (torch.randn(side, side, generator=source).to(kind) for _ in range(2))
    return 2 * side**3 / min(_seconds_each(lambda: torch.mm(left, right), 0.0, least=1) for _ in range(TIMES))


def computes_bf16() -> bool:
    """Whether this processor has bf16, or lets fp32 stand in for it at a tolerable rate; else a step takes minutes."""
    with _threads(1):
        return matrix_rate("bf16", SMALL_SIDE) >= EMULATED * matrix_rate("fp32", SMALL_SIDE)


def _seconds_each(work: Callable[[], object], seconds: float, least: int = LEAST) -> float:
    begin, count = time.perf_counter(), 0
    while count < least or time.perf_counter() - begin < seconds:
        work()
        count += 1
    return (time.perf_counter() - begin) / count


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
