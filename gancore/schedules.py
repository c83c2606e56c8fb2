"""How a learning rate falls over a run: functions of the share of the run that is done, so a resume needs no state."""

from __future__ import annotations

import math
from collections.abc import Callable

from gancore.config.optim import ScheduleName

Schedule = Callable[[float, float], float]  # (share done in [0, 1], factor at the end) -> factor of the starting rate


def _constant(_done: float, _end: float) -> float:
    return 1.0


def _step(done: float, end: float) -> float:
    """Two drops of the same ratio, at one half and at three quarters."""
    return 1.0 if done < 0.5 else math.sqrt(end) if done < 0.75 else end


def _linear(done: float, end: float) -> float:
    return 1.0 + (end - 1.0) * done


def _exponential(done: float, end: float) -> float:
    """The same ratio from every step to the next."""
    return float(end**done)


def _cosine(done: float, end: float) -> float:
    """Half a cosine (Loshchilov and Hutter 2017, without restarts)."""
    return end + (1.0 - end) * (1.0 + math.cos(math.pi * done)) / 2


SCHEDULES: dict[ScheduleName, Schedule] = {
    "constant": _constant,
    "step": _step,
    "linear": _linear,
    "exponential": _exponential,
    "cosine": _cosine,
}
