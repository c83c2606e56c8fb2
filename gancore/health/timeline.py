"""When problems came and went in a run that is over: what its diagnosis would have said while it trained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np

from gancore.health.diagnosis import Finding, diagnose, past_of
from gancore.store import Run

LOOKS = 40  # at a run, evenly over its rows; besides one after each evaluation


class Moment(NamedTuple):
    """Something that a diagnosis began to say of a run after a step, or no longer said."""

    step: int
    what: Literal["came", "went"]
    finding: Finding


def timeline(run: Run) -> list[Moment]:
    """What came and went, in order; nothing in a folder that cannot be read.

    Findings count once they are certain. A run is looked at as often as somebody would who watched it, so a problem is
    told a little after the step at which it first showed, as it was then.
    """
    return [] if run.damage else list(_moments(run))


def _moments(run: Run) -> Iterator[Moment]:
    rows, evaluations, past, status = run.scalars(), run.evaluations(), past_of(run), run.status
    steps = rows["step"].to_numpy() if "step" in rows else np.empty(0)
    known: dict[str, Finding] = {}
    for step in _looks(steps, [each.step for each in evaluations]):
        seen, measured = rows[steps <= step], [each for each in evaluations if each.step <= step]
        ended = status.error if status.error_code == "diverged" and step >= status.step else None
        found = diagnose(run.config_at(step), seen, measured, ended, past)
        certain = {finding.code: finding for finding in found if finding.certain}
        yield from (Moment(step, "went", known[code]) for code in known.keys() - certain.keys())
        yield from (Moment(step, "came", certain[code]) for code in certain.keys() - known.keys())
        known = certain


def _looks(steps: np.ndarray, evaluated: list[int]) -> list[int]:
    """After which steps a run is looked at: the last one is among them."""
    if not len(steps):
        return sorted(set(evaluated))
    places = np.linspace(0, len(steps) - 1, LOOKS + 1)[1:].round().astype(int)
    return sorted({int(step) for step in steps[places]} | set(evaluated))
