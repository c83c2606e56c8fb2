"""Doing something at a step of a run that trains."""

from __future__ import annotations

from collections.abc import Callable

from gancore.training.events import Notice, Step


class At:
    """A watcher that does something at a step."""

    def __init__(self, step: int, do: Callable[[], object]) -> None:
        self._step, self._do = step, do

    def __call__(self, event: Step | Notice) -> None:
        if isinstance(event, Step) and event.step == self._step:
            self._do()

    def close(self) -> None:
        pass
