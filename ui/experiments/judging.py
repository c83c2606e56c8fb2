"""Verdicts on claims as pages need them: each judged once, and again only when runs that it hangs on have changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from gancore.experiments import CLAIMS, Claim, Verdict, judge
from gancore.experiments.evidence import Evidence
from gancore.experiments.verdicts import arms_of
from gancore.store.index import Snapshot, Stamp

ENDED = ("finished", "failed")
LOOK_SECONDS = 0.4  # for which claims are judged before a page is drawn

_Key = tuple[tuple[str, Stamp], ...]
_known: dict[tuple[Path, str], tuple[_Key, Verdict]] = {}  # by the store of the runs, and claim
_judging = threading.Lock()  # a class that opens the page at once waits for one judge, in place of thirty


def claims_of(experiment: str) -> list[Claim]:
    """What is claimed of an experiment."""
    return list(_by_experiment().get(experiment, ()))


@lru_cache(maxsize=1)
def _by_experiment() -> Mapping[str, Sequence[Claim]]:
    found: dict[str, list[Claim]] = {}
    for claim in CLAIMS.values():
        found.setdefault(claim.experiment, []).append(claim)
    return found


class Docket:
    """The claims, and the runs that decide them: one's own, or those that ship with the workbench."""

    def __init__(self, runs: Sequence[Snapshot]) -> None:
        self._runs: dict[str, list[Snapshot]] = {}
        for run in runs:
            if run.experiment is not None and run.status.state in ENDED:
                self._runs.setdefault(run.experiment, []).append(run)

    def verdict(self, claim: Claim, deadline: float | None = None) -> Verdict | None:
        """The verdict; None if there are no runs of it, or after the deadline (of `time.monotonic`) if it is unknown.

        A claim without runs is not judged: there is nothing to say of it.
        """
        runs = [run for experiment in _experiments(claim) for run in self._runs.get(experiment, ())]
        if not runs:
            return None
        place, key = (runs[0].path.parent, claim.id), tuple((run.id, run.stamp) for run in runs)
        if (known := _known.get(place)) is not None and known[0] == key:
            return known[1]
        left = -1.0 if deadline is None else deadline - time.monotonic()
        if (deadline is not None and left < 0) or not _judging.acquire(timeout=left):
            return None
        try:
            if (known := _known.get(place)) is None or known[0] != key:  # nobody has judged it meanwhile
                known = _known[place] = key, judge(claim, Evidence(runs))
        finally:
            _judging.release()
        return known[1]

    def has_runs(self, claim: Claim) -> bool:
        """Whether any run that ended bears on it."""
        return any(self._runs.get(experiment) for experiment in _experiments(claim))


def _experiments(claim: Claim) -> list[str]:
    """Those whose arms its rules compare."""
    others = (arm.experiment or claim.experiment for rule in claim.rules for arm in arms_of(rule))
    return list(dict.fromkeys((claim.experiment, *others)))
