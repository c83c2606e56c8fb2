"""What whoever works off a queue does beside it: nothing of a sweep is lost, and searches go on."""

from __future__ import annotations

from typing import Protocol

from gancore.store import RunStore
from gancore.sweeps.search import Searches
from gancore.sweeps.sweeps import Sweeps
from gancore.training.control import Every
from gancore.training.events import Notice, Step

SEARCH_SECONDS = 3.0  # between looks at whether a run that trains is one of the worse ones of a search


class Tends(Protocol):
    """Looks after sweeps and searches while others train, as a sink of a run also from within."""

    def all(self) -> None:
        """See to it that nothing is lost."""

    def searches(self, *, at_once: bool = False) -> None:
        """See to it that searches go on."""

    def __call__(self, event: Step | Notice) -> None:
        """At a step."""

    def close(self) -> None:
        """At the end."""


class Tending:
    """Looks after the sweeps and searches of a store. As a sink of a run, it does so while that trains."""

    def __init__(self, store: RunStore) -> None:
        self._sweeps, self._searches = Sweeps(store), Searches(store)
        self._due = Every(SEARCH_SECONDS)

    def all(self) -> None:
        """See to it that no run of a sweep is lost, and that searches go on: at the begin, and when runs have ended."""
        self._sweeps.tend()
        self._searches.tend()

    def searches(self, *, at_once: bool = False) -> None:
        """See to it that searches go on, now and then or `at_once`."""
        if self._due() or at_once:
            self._searches.tend()

    def __call__(self, event: Step | Notice) -> None:  # noqa: ARG002 (a sink's)
        self.searches()

    def close(self) -> None:
        """Nothing is left to do."""
