"""How far a sweep is: its runs by state, the share of steps that are done, and how long the rest takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from gancore.store import Run
from gancore.store.records import Status
from gancore.sweeps.sweep import Cell

ACTIVE = ("queued", "running")
ENDED = ("finished", "pruned")


@dataclass(frozen=True)
class Progress:
    """How far a sweep is."""

    counts: Mapping[str, int]  # runs by `Run.state`, `missing` if their folder is gone, or `pruned`; no zeros
    total: int  # runs in all, those that may yet be planned included
    share: float  # of all steps that are done, 0 to 1; each run counts alike
    seconds_left: float | None  # of those that wait or train, as fast as so far; None: nothing was measured yet

    @property
    def finished(self) -> int:
        """Runs that came to their end."""
        return self.counts.get("finished", 0)

    @property
    def active(self) -> int:
        """Runs that wait or train."""
        return sum(self.counts.get(state, 0) for state in ACTIVE)


def measure(runs: Sequence[tuple[Cell, Run | None]], planned: int = 0) -> Progress:
    """How far these runs of a sweep are, which is to have as many as `planned`, if those are more."""
    states = {cell.run: _state(cell, run) for cell, run in runs}
    there = [(cell, run) for cell, run in runs if run is not None]
    counts = Counter(states.values())
    total = max(len(runs), planned)
    done = sum(1.0 if states[cell.run] in ENDED else _share(run) for cell, run in there)
    waiting = [(cell, run) for cell, run in there if states[cell.run] in ACTIVE]
    seconds = _step_seconds(there)
    left = _seconds_left(
        waiting, seconds, _at_once([each for each in waiting if states[each[0].run] == "running"], seconds)
    )
    if left and total > len(runs):
        left *= 1 + (total - len(runs)) / sum(1 - _share(run) for _, run in waiting)
    return Progress(dict(counts), total, done / total if total else 0.0, left)


def _state(cell: Cell, run: Run | None) -> str:
    if run is None:
        return "missing"
    return "pruned" if cell.pruned and run.state == "stopped" else run.state


def _share(run: Run) -> float:
    status = run.status
    return min(status.step / status.total_steps, 1.0) if status.total_steps else 0.0


def _step_seconds(runs: Sequence[tuple[Cell, Run]]) -> dict[str, float]:
    """Seconds a step, measured, by arm."""
    measured: dict[str, list[float]] = {}
    for cell, run in runs:
        status = run.status
        if status.step and status.seconds:
            measured.setdefault(cell.arm, []).append(status.seconds / status.step)
    return {arm: median(values) for arm, values in measured.items()}


def _at_once(running: Sequence[tuple[Cell, Run]], seconds: Mapping[str, float]) -> float:
    """How many seconds of training pass in a second, at least 1: those of a run that trains beside others are seconds,
    those of one that shares them with others a part of them."""
    return max(1.0, sum(_pace(run.status, seconds.get(cell.arm)) for cell, run in running))


def _pace(status: Status, seconds: float | None) -> float:
    """Seconds of its training that pass in a second, at most 1, from what it has left in either."""
    left = (status.total_steps - status.step) * seconds if seconds else 0.0
    return min(left / status.remaining, 1.0) if left and status.remaining else 1.0


def _seconds_left(waiting: Sequence[tuple[Cell, Run]], seconds: Mapping[str, float], at_once: float) -> float | None:
    """An arm of which nothing was measured is taken to be like the mean of the others."""
    if not waiting:
        return 0.0
    if not seconds:
        return None
    typical = fmean(seconds.values())
    each = [max(run.status.total_steps - run.status.step, 0) * seconds.get(cell.arm, typical) for cell, run in waiting]
    return max(sum(each) / at_once, max(each))
