"""What training says while it runs: small frozen records that sinks write down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Step:
    """One finished iteration. Scalars are detached 0-d tensors, so that nobody waits for a device in the loop."""

    step: int  # 1, 2, ...
    epoch: float  # passes over the images so far
    time: float  # seconds trained so far, over all attempts
    step_time: float  # seconds this iteration took
    scalars: Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should find in the run's history."""

    kind: str  # started, resumed, paused, stopped, finished, failed, changed, forked, measured, warning
    step: int
    message: str
    code: str = ""  # what it is about, for programs: the message can be worded anew at any time
