"""What came of a run, as one number: what was measured of it at its end, and what its curves say.

A claim names outcomes; each says which differences are noise, and what a run counts as that failed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from gancore.store import Run


@dataclass(frozen=True)
class Outcome:
    """One number of a run."""

    label: str
    help: str
    better: Literal["low", "high", ""]  # "": neither
    worst: float  # what a failed run counts as
    resolution: float  # standard deviation of measuring it twice, in the units that are compared; never below that
    ratio: bool  # differences are ratios: values are positive, and compared by their logarithms
    digits: str  # as in a format specification
    read: Callable[[Run], float | None]  # None: it was not measured
