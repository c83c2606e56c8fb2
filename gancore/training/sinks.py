"""What becomes of events: files, or lines on a terminal. A sink is called with each event and closed at the end."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import torch

from gancore.store import Run
from gancore.store.scalars import ScalarWriter
from gancore.training.events import Notice, Step

FLUSH_SECONDS = (0.2, 1.0)  # between two portions of rows: at first, and after hours
FLUSH_SHARE = 1 / 5_000  # of the time trained so far: nobody sees less on a curve, and portions cost room and time
FLUSH_COST = 0.02  # of the time that a run trains, to be flushed in: one of many that share a processor has less
MEAN_SECONDS = 1.0  # over which the losses of a status are averaged


class Sink(Protocol):
    """Anything that takes events."""

    def __call__(self, event: Step | Notice) -> None:
        """Take one event."""
        ...

    def close(self) -> None:
        """No more events come."""
        ...


class Diverged(RuntimeError):
    """A number of the run is no longer finite."""

    def __init__(self, step: int, what: str, value: float) -> None:
        self.step = step
        shown = "not a number" if math.isnan(value) else "infinite"
        super().__init__(f"the run diverged: {what} is {shown} at step {step:,}")


class ScalarSink:
    """Steps to the curve file, about once a second: until then the scalars stay tensors and nobody waits for them.

    Raises `Diverged` at the first row that is not finite, after writing it; `latest` are the means of the last flush.
    """

    def __init__(self, writer: ScalarWriter, clock: Callable[[], float] = time.monotonic) -> None:
        self.latest: dict[str, float | None] = {}
        self._writer = writer
        self._clock = clock
        self._flushed = clock()
        self._trained, self._cost = 0.0, 0.0  # seconds of training at the last flush, and those that it took
        self._pending: list[Step] = []
        self._recent: deque[tuple[float, np.ndarray, int]] = deque()  # when, sums and numbers of rows

    def __call__(self, event: Step | Notice) -> None:
        if isinstance(event, Step):
            self._pending.append(event)
            soon, late = FLUSH_SECONDS
            due = self._clock() - self._flushed >= min(max(soon, FLUSH_SHARE * event.time), late)
            if due and FLUSH_COST * (event.time - self._trained) >= self._cost:
                self.flush()
                self._trained, self._cost = event.time, self._clock() - self._flushed

    def flush(self) -> None:
        """Write what is pending."""
        pending, self._pending = self._pending, []
        self._flushed = self._clock()
        if not pending:
            return
        names = list(pending[0].scalars)
        values = torch.stack([torch.stack([event.scalars[name] for name in names]) for event in pending])
        table = values.float().cpu().numpy().astype(np.float64)  # (rows, names)
        bad = np.argwhere(~np.isfinite(table))
        rows = len(table) if len(bad) == 0 else bad[0][0] + 1
        columns = {
            name: np.array([getattr(event, name) for event in pending[:rows]])
            for name in ("step", "epoch", "time", "step_time")
        }
        self._writer.append(columns | {name: table[:rows, i] for i, name in enumerate(names)})
        self._average(names, table[:rows])
        if len(bad):
            row, column = bad[0]
            raise Diverged(pending[row].step, names[column], float(table[row, column]))

    def _average(self, names: Sequence[str], table: np.ndarray) -> None:
        """Say what the losses were over the last second."""
        self._recent.append((self._flushed, table.sum(axis=0), len(table)))
        while self._flushed - self._recent[0][0] >= MEAN_SECONDS:
            self._recent.popleft()
        means = np.sum([total for _, total, _ in self._recent], axis=0) / sum(rows for _, _, rows in self._recent)
        self.latest = {
            name: float(mean) if np.isfinite(mean) else None for name, mean in zip(names, means, strict=True)
        }

    def sync(self) -> None:
        """Write what is pending, and wait until it is on the disk."""
        self.flush()
        self._writer.sync()

    def abandon(self) -> None:
        """Write nothing more, not even what is pending."""
        self._writer.abandon()

    def close(self) -> None:
        """Write the rest and compact the file."""
        try:
            self.flush()
        finally:
            self._writer.close()


class HistorySink:
    """Notices to the run's history."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __call__(self, event: Step | Notice) -> None:
        if isinstance(event, Notice):
            self._run.log(event.kind, event.step, event.message, event.code)

    def close(self) -> None:
        """Every line is on its way already."""
