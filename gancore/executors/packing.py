"""How many runs at once pay on this machine: measured, since nobody can tell from the settings alone.

A step of small batches hardly gains from a second thread, so two one-threaded runs side by side can be done long before
two two-threaded ones after each other. What wins depends on the networks, the batch and the machine. So a few steps
are timed either way, in processes of their own, by turns: whatever else the machine does falls on all alike.
"""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from statistics import median
from typing import Any

from gancore import machine
from gancore.config import RunConfig
from gancore.config.arithmetic import neutral
from gancore.data.roots import cache_root
from gancore.executors.processes import environment
from gancore.files import write_json
from gancore.store.records import read_json

SECONDS, ROUNDS = 0.5, 3  # of one way to train, and how often each has its turn
GAIN = 1.05  # that more runs at once must bring, as each of them takes longer to be seen
FILE = "packing.json"  # in the cache

_MOST_KNOWN = 500  # shapes that are kept


class NotMeasured(RuntimeError):
    """The processes that were to time steps could not; the message is one sentence."""


@dataclass(frozen=True)
class Packing:
    """What so many runs at once bring, together, on so many cores."""

    jobs: int
    threads: int  # of each
    rates: tuple[float, ...]  # steps a second of all runs together, by round

    @property
    def rate(self) -> float:
        """In the median of the rounds."""
        return median(self.rates)


def jobs_that_pay(config: RunConfig, cores: int | None = None) -> int:
    """How many runs like this one should train at once, each with its share of the cores: what makes most steps.

    Measured once for a shape on a machine, which takes some seconds, and kept in the cache. 1 where it cannot be
    measured, and on a graphics card.
    """
    cores = cores or machine.threads()
    if cores == 1:
        return 1
    key, path = _key(config, cores), cache_root() / FILE
    known = read_json(path)
    known = known if isinstance(known, dict) else {}
    found = known.get(key)
    if type(found) is int and 1 <= found <= cores:
        return found
    try:
        jobs = choose(measure(config, cores))
    except NotMeasured:
        return 1
    newest = list(known.items())[-_MOST_KNOWN:]
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, dict(newest) | {key: jobs})
    return jobs


def threads_that_pay(config: RunConfig, cores: int | None = None) -> int:
    """Threads for each of many runs like this one, so that as many as pay train at once."""
    cores = cores or machine.threads()
    return max(1, cores // jobs_that_pay(config, cores))


def choose(packings: Sequence[Packing]) -> int:
    """The number of runs at once that makes most steps; the smaller one of two that are nearly alike."""
    best = packings[0]
    for packing in packings[1:]:
        if packing.rate > GAIN * best.rate:
            best = packing
    return best.jobs


def measure(config: RunConfig, cores: int, seconds: float = SECONDS, rounds: int = ROUNDS) -> list[Packing]:
    """Time one run on all cores, then 2, 4, ... side by side with fewer threads each, in turns of so many seconds.

    As many as memory allows. Only one run on a graphics card. Raises `NotMeasured`.
    """
    with ExitStack() as stack:
        alone = stack.enter_context(_timer(config, cores))
        facts = alone.facts()
        counts = [1] if facts["gpu"] else [*_divisions(cores, _room(float(facts["bytes"])))]
        teams = {count: [alone] for count in counts[:1]}
        for count in counts[1:]:
            teams[count] = [stack.enter_context(_timer(config, cores // count)) for _ in range(count)]
            for timer in teams[count]:
                timer.facts()
        rates: dict[int, list[float]] = {count: [] for count in counts}
        for _ in range(rounds):
            for count, team in teams.items():
                for timer in team:
                    timer.ask(seconds)
                rates[count].append(sum(timer.rate() for timer in team))
    return [Packing(count, cores // count, tuple(rates[count])) for count in counts]


class _Timer:
    """A process that times steps."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def facts(self) -> dict[str, Any]:
        found = self._answer()
        if not isinstance(found, dict):
            raise NotMeasured("the processes that were to time steps said something else")
        return found

    def ask(self, seconds: float) -> None:
        self.tell(str(seconds))

    def rate(self) -> float:
        return float(self._answer())

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
        except OSError:
            with suppress(OSError):  # what it did not take is tried once more
                self._process.stdin.close()
            raise NotMeasured("a process that was to time steps has ended") from None

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise NotMeasured("a process that was to time steps has ended")
        return json.loads(line)


@contextmanager
def _timer(config: RunConfig, threads: int) -> Iterator[_Timer]:
    """A process that times steps of this config, with so many threads. Raises `NotMeasured`."""
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "gancore.executors.timing", str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment(threads),
        )
    except OSError as problem:
        raise NotMeasured(f"no process can be started to time steps: {problem.strerror}") from problem
    with process:
        try:
            timer = _Timer(process)
            timer.tell(config.model_dump_json())
            yield timer
        finally:
            process.kill()


def _divisions(cores: int, most: int) -> Iterator[int]:
    """1, 2, 4, ... and the number of cores, none of them above `most`."""
    count = 1
    while count < min(cores, most):
        yield count
        count *= 2
    yield max(1, min(cores, most))


def _room(need: float) -> int:
    """Runs of so many bytes that fit into the memory that nobody uses now."""
    here = machine.memory()
    free = None if here is None else here.free if here.free is not None else here.total
    return 1_000 if free is None else max(1, int(free // need))


def _key(config: RunConfig, cores: int) -> str:
    """Of all that decides which way is faster: the machine, the versions, and the arithmetic of a step."""
    facts = (platform.node(), platform.machine(), cores, machine.versions().get("torch"), neutral(config).flat)
    return hashlib.blake2b(repr(facts).encode(), digest_size=12).hexdigest()
