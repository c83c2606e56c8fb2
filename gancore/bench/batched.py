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

import torch
from rich.console import Console
from rich.table import Table

from gancore.config import RunConfig
from gancore.experiments import EXPERIMENTS
from gancore.training.stacked import StackedTrainers, build_trainer, same_bits

RUNS = 30
STEPS = 100  # of each, in one round
COMPARED = 20  # steps after which runs are compared
HEAD = (f"{RUNS} toys", "processes", "ms a step of all", "against one process", "against two processes")

Take = Callable[[Sequence[RunConfig], int], float]  # seconds for so many steps of these runs


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
        trainer = build_trainer(config)
        begin = time.perf_counter()
        for _ in range(steps):
            trainer.make_step()
        taken += time.perf_counter() - begin
    return taken


def stacked(configs: Sequence[RunConfig], steps: int) -> float:
    """All runs at once."""
    trainers = StackedTrainers([build_trainer(config) for config in configs])
    begin = time.perf_counter()
    for _ in range(steps):
        trainers.make_step()
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
        return f"After {COMPARED} steps every run has, bit for bit, the curves and weights that it has alone."
    return "On this machine the runs are not bit for bit those that each is alone."


def run_benchmarks(console: Console, rounds: int) -> None:
    """Measure, and print a table."""
    found = find(console, rounds)
    table = Table(*HEAD, box=None, pad_edge=False)
    for row in rows(found.ways):
        table.add_row(*row)
    console.print(table)
    console.print(verdict(found))
