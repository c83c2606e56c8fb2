"""How long a run of a class has to wait, among those of everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gancore.executors.fair import FairExecutor
from gancore.store import Run, RunStore
from gancore.store.records import Status

_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


@dataclass(frozen=True)
class Turn:
    """A run's place in the queue of all, and the seconds until it begins, as far as one can tell."""

    place: int
    seconds: float | None

    @property
    def ordinal(self) -> str:
        """`3rd`."""
        is_teen = 10 < self.place % 100 < 20
        return f"{self.place}{'th' if is_teen else _ENDINGS.get(self.place % 10, 'th')}"


def turns(worker: FairExecutor, stores: Sequence[RunStore], jobs: int) -> dict[str, Turn]:
    """The turn of every run that waits, by its folder."""
    training = [run.status for store in stores for run in store.running()]
    known = [_seconds_a_step(status) for store in stores for run in store.folders() if (status := run.status).step > 20]
    typical = sorted(known)[len(known) // 2] if known else None
    free = max(jobs - len(training), 0)
    busy = sum(status.remaining or 0.0 for status in training)
    found: dict[str, Turn] = {}
    for number, run in enumerate(worker.waiting(), 1):
        found[str(run.path)] = Turn(number, 0.0 if number <= free else None if typical is None else busy / jobs)
        busy += _left(run, typical)
    return found


def _seconds_a_step(status: Status) -> float:
    return status.seconds / status.step


def _left(run: Run, typical: float | None) -> float:
    """Seconds that a run that waits will train, if it is like most."""
    return max(run.status.total_steps - run.status.step, 0) * (typical or 0.0)
