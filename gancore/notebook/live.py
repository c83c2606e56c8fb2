"""A run while it trains, in the output of a notebook's cell."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from gancore.notebook.html import card
from gancore.store import Run

if TYPE_CHECKING:
    from gancore.training.events import Notice, Step

SECONDS = 0.5  # between two updates


def in_notebook() -> bool:
    """Whether what is displayed here is seen in a notebook."""
    ipython = sys.modules.get("IPython")
    shell: Any = None if ipython is None else ipython.get_ipython()
    return shell is not None and hasattr(shell, "kernel")


class LiveView:
    """Takes the events of a run, and shows it anew twice a second at most."""

    def __init__(self, run: Run, clock: Callable[[], float] = time.monotonic) -> None:
        self._run, self._clock = run, clock
        self._ipython: Any = import_module("IPython.display")  # which is there wherever there is a notebook
        self._handle: Any = self._ipython.display(self._card(), display_id=True)
        self._shown = clock()

    def __call__(self, event: Step | Notice) -> None:  # noqa: ARG002
        if self._clock() - self._shown >= SECONDS:
            self.show()

    def show(self) -> None:
        """As the run is at this moment."""
        self._shown = self._clock()
        self._handle.update(self._card())

    def _card(self) -> Any:
        return self._ipython.HTML(str(card(self._run)))

    def close(self) -> None:
        """As it ended."""
        self.show()
