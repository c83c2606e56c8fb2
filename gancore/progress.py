"""Long work: what it says of its progress, and whether it is still wanted. A caller gives the two apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[str], object]  # receives what is done next, in a few words
Count = Callable[[str, int, int], object]  # receives what is done, to how many things so far, and how many there are


class Cancelled(Exception):
    """The work was ended because nobody wants it any more."""


def silent(_doing: str) -> None:
    """Progress that nobody watches."""


def uncounted(_doing: str, _done: int, _total: int) -> None:
    """Counts that nobody watches."""


def never() -> bool:
    """Work that nobody cancels."""
    return False


@dataclass(frozen=True)
class Work:
    """Something that takes a while, done in stages."""

    progress: Progress = silent
    cancelled: Callable[[], bool] = never  # such as the `is_set` of an event; asked before each stage

    def begin(self, doing: str) -> None:
        """Say which stage is next. Raises `Cancelled` instead if the work is no longer wanted."""
        if self.cancelled():
            raise Cancelled
        self.progress(doing)


UNWATCHED = Work()
