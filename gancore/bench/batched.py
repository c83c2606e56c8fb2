"""Whether many small runs train faster as one computation: toys that differ in their seed alone, their weights stacked.

Everything random is drawn for each run as it is drawn for it alone. The products are batched ones, and the result is
the same bit for bit, which `same_bits` checks: so nothing but time can be gained or lost. Then the same as sweeps of a
store, with all that their run folders and processes cost.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import torch
from rich.console import Console
from rich.table import Table

from gancore.config import RunConfig
from gancore.executors.executor import Executor
from gancore.experiments import EXPERIMENTS
from gancore.store import Run, RunStore
from gancore.sweeps.plan import Plan
from gancore.sweeps.sweeps import Sweeps
from gancore.training.stacked import StackedTrainers, build_trainer, same_bits

RUNS = 30
STEPS = 100  # of each, in one round
SWEPT = 1_000  # of each, of a sweep
COMPARED = 20  # steps after which runs are compared
HEAD = (f"{RUNS} toys", "processes", "ms a step of all", "against one process", "against two processes")
HEAD_OF_SWEEPS = (f"{RUNS} runs of {SWEPT:,} steps", "seconds", "seconds of processors")

_LOOK = 0.1  # seconds between looks at whether a sweep is done

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


# --- through run folders ----------------------------------------------------------------------------------------------


class EachAlone(Executor):
    """Trains every run in a process of its own."""

    def _team(self, run: Run) -> Sequence[Run]:
        return [run]


@dataclass(frozen=True)
class Sweeping:
    """What a sweep takes."""

    what: str
    seconds: float
    cpu: float  # seconds of processors


def sweep_all(count: int, steps: int) -> list[Sweeping]:
    """A sweep of toys: one after another, two side by side, and as sweeps are trained on two cores."""
    ways: list[tuple[str, type[Executor], int]] = [
        ("one after another", EachAlone, 1),
        ("two side by side", EachAlone, 2),
        ("as one computation on each core", Executor, 2),
    ]
    return [_sweep(what, kind, cores, count, steps) for what, kind, cores in ways]


def _sweep(what: str, kind: type[Executor], cores: int, count: int, steps: int) -> Sweeping:
    with TemporaryDirectory() as folder:
        store = RunStore(Path(folder))
        config = toys(1)[0].replace({"train.steps": steps})
        sweep = Sweeps(store).create(Plan("toys", {"": config}, tuple(range(count))), threads=1)
        executor = kind(store, apart=True, cores=cores)
        begin, cpu = time.perf_counter(), _cpu_of_children()
        executor.ensure_worker()
        while Sweeps(store).progress(sweep).active:
            time.sleep(_LOOK)
        seconds = time.perf_counter() - begin
        executor.close()
        if Sweeps(store).progress(sweep).finished < count:
            raise RuntimeError(f"not all of {count} toys were trained to their end")
        return Sweeping(what, seconds, _cpu_of_children() - cpu)


def _cpu_of_children() -> float:
    """Seconds of processors that processes started here have taken until they ended."""
    used = os.times()
    return used.children_user + used.children_system


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


def rows_of_sweeps(sweeps: Sequence[Sweeping]) -> list[tuple[str, ...]]:
    """A row of a table for each way."""
    return [(each.what, f"{each.seconds:.0f}", f"{each.cpu:.0f}") for each in sweeps]


@dataclass(frozen=True)
class Found:
    """What came of it."""

    ways: Sequence[Way]
    same: bool  # bit for bit
    sweeps: Sequence[Sweeping]


def find(console: Console, rounds: int) -> Found:
    """Measure, and compare weights."""
    ways, same = measure(console, rounds), same_bits(toys(), COMPARED)
    with console.status(f"{RUNS} toys of {SWEPT} steps through run folders"):
        return Found(ways, same, sweep_all(RUNS, SWEPT))


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
    table = Table(*HEAD_OF_SWEEPS, box=None, pad_edge=False)
    for row in rows_of_sweeps(found.sweeps):
        table.add_row(*row)
    console.print(table)
