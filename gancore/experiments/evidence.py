"""Which runs count for which arm of an experiment. Nothing is judged here, and no run is known by its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from gancore.config import RunConfig
from gancore.experiments.catalogue import EXPERIMENTS
from gancore.experiments.experiment import Experiment, Scale
from gancore.store import Run, RunStore
from gancore.store.index import Snapshot, index_of

# Why a run failed that says nothing of its settings: it has no outcome, like one that was stopped.
NOT_ITS_FAULT = frozenset({"no-data", "other-data", "bad-checkpoint", "bad-file", "no-device", "no-space", "no-memory"})

Counted = Mapping[str, Mapping[int, Run]]  # by arm and seed
_Everything = dict[tuple[str, str], dict[str, dict[int, Run]]]  # by experiment and scale


class Runs(Protocol):
    """Something that has runs: a store, or own and reference runs together."""

    def list(self) -> Sequence[Run]:
        """All of them."""
        ...


Source = Runs | Sequence[Run]


def counted(runs: Iterable[Run], experiment: Experiment, scale: Scale) -> Counted:
    """The runs that count for the arms of an experiment, by arm and seed; arms in their order, those without runs, too.

    A run says itself what it was made for, and has that arm's settings, never changed while it trained. It finished, or
    it failed by its own settings. Of several with one seed the newest that finished counts, or else the newest.
    """
    of_scale = Evidence(runs).of(experiment.id, scale)
    return {arm: of_scale.get(arm, {}) for arm in experiment.arms_at(scale)}


class Evidence:
    """The runs of a source that count, each looked at once."""

    def __init__(self, source: Source | Iterable[Run]) -> None:
        self._counted: _Everything = {}
        for run in _runs(source):
            if (home := _home(run)) is not None:
                experiment, scale, arm, seed = home
                seeds = self._counted.setdefault((experiment, scale), {}).setdefault(arm, {})
                if seed not in seeds or _rank(seeds[seed]) < _rank(run):
                    seeds[seed] = run

    def of(self, experiment: str, scale: Scale) -> Counted:
        """By arm and seed; arms without runs are left out."""
        return self._counted.get((experiment, scale), {})


def failed(run: Run) -> bool:
    """Whether it came to nothing by its own settings: then it counts as the worst that can come of a run."""
    return run.status.state == "failed" and run.status.error_code not in NOT_ITS_FAULT


def _runs(source: Source | Iterable[Run]) -> Iterable[Run]:
    """Those of a store come from its index, which reads a folder again only where something changed."""
    if isinstance(source, RunStore):
        return index_of(source.root).runs()
    return source.list() if hasattr(source, "list") else source


def _home(run: Run) -> tuple[str, str, str, int] | None:
    """Experiment, scale, arm and seed of a run that counts."""
    if run.experiment not in EXPERIMENTS or run.scale not in ("quick", "full"):
        return None
    if not (run.status.state == "finished" or failed(run)):
        return None
    return run.once("home", lambda: _look_at(run)) if isinstance(run, Snapshot) else _look_at(run)


def _look_at(run: Run) -> tuple[str, str, str, int] | None:
    experiment, scale, arm = EXPERIMENTS[run.experiment or ""], run.scale or "", run.arm or ""
    if run.damage or run.changes() or not _is_arm(experiment, run.config, arm, scale):
        return None
    return experiment.id, scale, arm, run.config.seed


def _is_arm(experiment: Experiment, config: RunConfig, arm: str, scale: str) -> bool:
    return experiment.is_arm(config, arm, "quick" if scale == "quick" else "full")


def _rank(run: Run) -> tuple[bool, float, str]:
    return run.status.state == "finished", run.created, run.id
