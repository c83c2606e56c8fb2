"""What the workbench costs: a run folder against bare steps, and our step against a plain training loop.

Both sides of a comparison run in one process, with the same number of threads, in fp32, on mnist-5k at 32x32 and with
the networks of report 002. They take turns every few steps: whatever else the machine does then falls on both alike,
so their ratio means something even where a time alone does not.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

import torch
from rich.console import Console
from rich.table import Table

from gancore import machine
from gancore.algorithms import build_algorithm
from gancore.bench.plain import plain_steps
from gancore.config import RunConfig
from gancore.data import BatchStream, available, load
from gancore.evaluation.evaluator import Evaluator
from gancore.rng import StepRng
from gancore.store import RunStore
from gancore.store.evaluations import Size
from gancore.training.events import Notice, Step
from gancore.training.runner import execute, pick_device

TURN = 5  # steps of one side before the other side's turn

Times = tuple[float, float]  # seconds of ours and of theirs, for as many steps each


@dataclass(frozen=True)
class Comparison:
    """Two ways of taking the same steps, and how their times should relate."""

    what: str
    batch_size: int
    steps: int  # of each side in one measurement
    measure: Callable[[int], Times]
    target: float
    speed_up: bool  # whether the ratio is theirs / ours, the more the better, or ours / theirs

    def ratio(self, times: Times) -> float:
        """How the two times of one measurement compare."""
        ours, theirs = times
        return theirs / ours if self.speed_up else ours / theirs

    def is_met(self, ratio: float) -> bool:
        """Whether a ratio is on the right side of the target."""
        return ratio >= self.target if self.speed_up else ratio <= self.target


def run_benchmarks(steps: int, pairs: int, console: Console) -> None:
    """Measure every comparison `pairs` times, about `steps` steps of each side, and print a table of medians.

    The start and the end of a run count as its folder's cost, and weigh the more the fewer steps there are.
    """
    table = Table("what", "batch", "ours", "theirs", "ratio", "all pairs", "target", box=None, pad_edge=False)
    with tempfile.TemporaryDirectory() as folder:
        for comparison in _comparisons(RunStore(folder), steps):
            with console.status(f"{comparison.what}, batch {comparison.batch_size}: {pairs} pairs"):
                comparison.measure(TURN)  # warms up: the first steps choose kernels and allocate memory
                times = [comparison.measure(comparison.steps) for _ in range(pairs)]
            table.add_row(*_row(comparison, times))
    console.print(table)
    conditions = f"fp32, {pick_device()}, {torch.get_num_threads()} threads"
    console.print(f"Milliseconds a step, medians of {pairs} interleaved pairs; {conditions}.", highlight=False)
    console.print(_evaluations(pairs))
    with console.status("beside a busy process"):
        console.print(_sharing(steps))


def _sharing(steps: int) -> Table:
    """What a step takes alone and beside a process that keeps a core busy, each measured in a process of its own."""
    table = Table("threads wait", "alone", "beside a busy process", box=None, pad_edge=False)
    with tempfile.TemporaryDirectory() as folder:
        for what, spins in (("as OpenMP does", "300000"), ("as in the dashboard", machine.SPINS)):
            alone = _median_step(folder, steps, spins)
            with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
                try:
                    shared = _median_step(folder, steps, spins)
                finally:
                    busy.kill()
            table.add_row(what, *(f"{1000 * seconds:.0f} ms" for seconds in (alone, shared)))
    return table


def _median_step(folder: str, steps: int, spins: str) -> float:
    """Seconds a step of a new run that is trained in a process of its own."""
    command = [sys.executable, "-m", "gancore", "train", "--set", "train.evaluate_every=0", "--quiet"]
    command += ["--max-steps", str(steps), "--runs-dir", folder]
    environment = os.environ | {"GOMP_SPINCOUNT": spins}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return float(RunStore(folder).open(done.stdout.strip()).scalars()["step_time"].median())


def _comparisons(store: RunStore, steps: int) -> list[Comparison]:
    large, small = _settings(128), _settings(12)
    torch.set_num_threads(int(store.create(large).envelope["threads"]))  # as `execute` will
    return [
        Comparison(
            "run folder / bare step",
            large.train.batch_size,
            _whole_turns(steps),
            lambda count: _run_against_bare(store, large, count),
            target=1.05,
            speed_up=False,
        ),
        _against_plain(large, steps // 2, target=1.3),
        _against_plain(small, steps, target=1.0),
    ]


def _evaluations(times: int) -> Table:
    """What it takes to measure samples of the quickstart's generator, against MNIST where it is there."""
    table = Table("evaluation", "samples", "seconds", "all", "target", box=None, pad_edge=False)
    config = RunConfig().replace({"data.name": "mnist" if available("mnist") else "mnist-5k"})
    evaluator, algorithm = Evaluator(config), build_algorithm(config)
    targets: dict[Size, float] = {"cheap": 2.0, "full": 60.0}
    for size, target in targets.items():
        made = [evaluator.evaluate(algorithm, 0, size) for _ in range(times + 1)][1:]  # the first looks at real images
        seconds = [each.seconds for each in made]
        verdict = "met" if median(seconds) <= target else "missed"
        spread = f"{min(seconds):.2f}..{max(seconds):.2f}"
        row = (f"{size}, on {config.data.name}", f"{made[0].samples:,}", f"{median(seconds):.2f}", spread)
        table.add_row(*row, f"<= {target:g} {verdict}")
    return table


def _settings(batch_size: int) -> RunConfig:
    """Report 002's networks and rates; epochs enough for any number of steps."""
    return RunConfig().replace({"train.batch_size": batch_size, "train.epochs": 10_000})


def _whole_turns(steps: int) -> int:
    return max(steps // TURN, 1) * TURN


def _against_plain(config: RunConfig, steps: int, target: float) -> Comparison:
    return Comparison(
        "plain loop / our step",
        config.train.batch_size,
        _whole_turns(steps),
        lambda count: _bare_against_plain(config, count),
        target,
        speed_up=True,
    )


def _row(comparison: Comparison, times: list[Times]) -> tuple[str, ...]:
    ratios = [comparison.ratio(pair) for pair in times]
    verdict = "met" if comparison.is_met(median(ratios)) else "missed"
    return (
        comparison.what,
        str(comparison.batch_size),
        *(f"{1000 * median(side) / comparison.steps:.1f}" for side in zip(*times, strict=True)),
        f"{median(ratios):.3f}",
        f"{min(ratios):.2f}..{max(ratios):.2f}",
        f"{'>=' if comparison.speed_up else '<='} {comparison.target:g} {verdict}",
    )


class _Turns:
    """Steps in any loop, timed; the first one, which builds the networks, is not. Also a sink that lets a run wait."""

    def __init__(self, steps: Iterator[object]) -> None:
        self.seconds = 0.0
        self._steps = steps
        next(steps)

    def take(self) -> None:
        """One turn."""
        _wait_for_device()
        begin = time.perf_counter()
        for _ in range(TURN):
            next(self._steps)
        _wait_for_device()
        self.seconds += time.perf_counter() - begin

    def __call__(self, event: Step | Notice) -> None:
        if isinstance(event, Step) and event.step % TURN == 0:
            self.take()

    def close(self) -> None:
        """Nothing is held."""


def _run_against_bare(store: RunStore, config: RunConfig, steps: int) -> Times:
    """A run as the dashboard trains it, start, previews, checkpoints, sinks and end, against the same bare steps."""
    run, bare = store.create(config), _Turns(_bare_steps(config))
    begin = time.perf_counter()
    if execute(run.path, watchers=[bare], max_steps=steps) != "stopped":
        raise RuntimeError(f"the measured run failed: {run.status.error}")
    return time.perf_counter() - begin - bare.seconds, bare.seconds


def _bare_against_plain(config: RunConfig, steps: int) -> Times:
    """Our step, data included, against the loop of tutorials, data included."""
    bare, plain = _Turns(_bare_steps(config)), _Turns(plain_steps(config))
    for turn in range(steps // TURN):
        for side in (bare, plain) if turn % 2 else (plain, bare):
            side.take()
    return bare.seconds, plain.seconds


def _wait_for_device() -> None:
    if pick_device().type == "cuda":
        torch.cuda.synchronize()


def _bare_steps(config: RunConfig) -> Iterator[object]:
    """The steps of a run and nothing else: no file, no event, no number read."""
    algorithm = build_algorithm(config, pick_device())
    stream = BatchStream(load(config), config.train.batch_size, config.seed, device=pick_device())
    for step in itertools.count(1):
        yield algorithm.step(stream.next, StepRng(config.seed, step))
