"""A doctor for training: problems found in a run's curves and evaluations, and what to change. No torch here.

`SIGNS` are what it knows. Each is detected in the `Evidence` and described; what counts as too much stands in
`LIMITS`, set on some of the recorded runs of tests/recordings.py and tested on the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from gancore.config import RunConfig
from gancore.health import floor, remedies
from gancore.health.evidence import Detection, Evidence, Past
from gancore.health.floor import below_floor
from gancore.health.limits import LIMITS
from gancore.health.remedies import Remedy
from gancore.health.signs import SIGNS
from gancore.store import Run, RunStore
from gancore.store.evaluations import Evaluation


@dataclass(frozen=True)
class Finding:
    """Something that goes wrong in a run."""

    code: str  # which of `SIGNS`, or that of `floor`
    title: str  # "D is too strong"
    step: int  # at which it first showed
    observation: str  # the numbers, in a sentence
    means: str  # what that does to the training
    source: str  # the report or paper it is known from
    remedies: tuple[Remedy, ...] = field(default=())
    certain: bool = True  # else it may pass by itself, or be chance


def examine(run: Run) -> list[Finding]:
    """What goes wrong in a run, the gravest first; nothing in a folder that cannot be read."""
    return [finding for finding in observe(run) if finding.certain]


def observe(run: Run) -> list[Finding]:
    """The same with what is not certain yet."""
    if run.damage:
        return []
    status = run.status
    divergence = status.error if status.error_code == "diverged" else None
    config, past, evaluations = run.config_now, past_of(run), run.evaluations()
    found = diagnose(config, run.scalars(), evaluations, divergence, past)
    if not found:
        lacking = below_floor(Evidence(config, pd.DataFrame(), evaluations, None, past))
        found = [_poor(lacking)] if lacking else []
    found = [_with_undoing(run, finding) for finding in found]
    return found if run.checkpoints() else [_from_scratch(finding) for finding in found]


def _poor(lacking: Detection) -> Finding:
    return Finding(
        floor.CODE, floor.TITLE, lacking.step, lacking.observation, floor.MEANS, floor.SOURCE, certain=lacking.certain
    )


def _with_undoing(run: Run, finding: Finding) -> Finding:
    """What follows a live change is first of all to be undone."""
    first = remedies.undoing(run, finding.step)
    known = [remedy.changes for remedy in first]
    rest = tuple(remedy for remedy in finding.remedies if remedy.changes not in known)
    return replace(finding, remedies=(*first, *rest))


_LOOKED_AT = {"diversity", "modes", "precision", "closer_to_training"}  # values of samples that signs ask for


class Judged(NamedTuple):
    """What of a run can be judged yet."""

    curves: bool
    samples: bool


def judged(run: Run) -> Judged:
    """Whether there are steps enough of its own, and since its last live change, for its curves to have levels, and
    evaluations enough of samples."""
    begin = max([run.meta.parent_step or 0, *(change.step or 0 for change in run.changes())])
    curves = run.status.step - begin >= LIMITS.block * LIMITS.window and (run.path / "scalars.arrow").exists()
    evidence = Evidence(run.config, pd.DataFrame(), run.evaluations(), None, Past(begin))
    grown = [each for each in evidence.evaluations if each.step >= LIMITS.grown and _LOOKED_AT & set(each.values)]
    return Judged(curves, len({each.step for each in grown}) > 1 or any(each.size == "full" for each in grown))


def past_of(run: Run) -> Past:
    """What a run was forked from; ancestors that are gone, or cannot be read, are left out."""
    meta = run.meta
    if not meta.parent:
        return Past()
    store = RunStore(run.path.parent)
    evaluations, until = list[Evaluation](), meta.parent_step or 0
    for ancestor in reversed(store.lineage(run)[:-1]):
        begin = ancestor.meta.parent_step or 0
        evaluations += [each for each in ancestor.evaluations() if begin <= each.step <= until]
        until = min(until, begin)
    return Past(meta.parent_step or 0, store.joined_scalars(run).head(1), evaluations)


def _from_scratch(finding: Finding) -> Finding:
    """The same, where there is no checkpoint to go on from."""
    return replace(finding, remedies=tuple(replace(remedy, fork=False) for remedy in finding.remedies))


def diagnose(
    config: RunConfig,
    rows: pd.DataFrame,
    evaluations: Sequence[Evaluation],
    divergence: str | None = None,
    past: Past | None = None,
) -> list[Finding]:
    """What `observe` finds in a run's own curves and evaluations, how it diverged and what it was forked from.

    Problems that have passed are left out.
    """
    evidence = Evidence(config, rows, evaluations, divergence, past or Past())
    with np.errstate(invalid="ignore", over="ignore"):  # a last row may be infinite
        detected = {code: detection for code, sign in SIGNS.items() if (detection := sign.detect(evidence))}
    implied = {other for code, detection in detected.items() if detection.certain for other in SIGNS[code].implies}
    reported = [(code, SIGNS[code], detection) for code, detection in detected.items() if code not in implied]
    return [
        Finding(
            *(code, sign.title, detection.step, detection.observation, sign.means, sign.source),
            remedies.fitting(sign.ideas, config, evidence.step),
            detection.certain,
        )
        for code, sign, detection in reported
    ]
