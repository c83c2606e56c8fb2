"""Optuna's side of a search: its study, kept as a journal file in the sweep's folder.

Optuna is an optional extra, so it is imported only here, and only when a search is looked at. The journal is appended
to by whoever holds the search; a line that somebody was killed in the middle of is cut off before the next one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Annotated, Any, Literal

from pydantic import Field

from gancore.files import UnfitFile, open_regular
from gancore.store.records import Count, Name, Record

JOURNAL = "optuna.journal"  # in the sweep's folder
MARKS = 20  # of a run's length at which its value on the way is compared with those of others
STARTUP = 5  # trials that nothing is pruned before
WARMUP = 4  # marks before which nothing is pruned
MOST_DIMENSIONS = 20  # settings that are searched at once

_MOST_BYTES = 200_000_000  # of the journal: some hundred thousand trials


class NoSearch(RuntimeError):
    """A search cannot be made or looked at: without Optuna, or of a journal that makes no sense. One sentence."""


class Dimension(Record):
    """A setting that a search chooses: between two numbers, or among choices."""

    path: Name
    low: float | None = None
    high: float | None = None
    log: bool = False  # evenly in the logarithm
    whole: bool = False  # whole numbers only
    choices: Annotated[tuple[Any, ...], Field(max_length=1_000)] = ()

    def suggest(self, trial: Any) -> Any:
        """The value that a trial of Optuna has, or is to have."""
        if self.low is None or self.high is None:
            names = [_named(value) for value in self.choices]
            return self.choices[names.index(trial.suggest_categorical(self.path, names))]
        if self.whole:
            return trial.suggest_int(self.path, int(self.low), int(self.high), log=self.log)
        value = trial.suggest_float(self.path, self.low, self.high, log=self.log)
        return min(max(float(f"{value:.3g}"), self.low), self.high)  # as people write it


class Search(Record):
    """What is searched for, and how: `search.json` in the sweep's folder."""

    measure: Name = ""  # an outcome of runs
    direction: Literal["minimize", "maximize"] = "minimize"
    space: Annotated[tuple[Dimension, ...], Field(max_length=MOST_DIMENSIONS)] = ()
    trials: Count = 0
    at_once: Count = 1  # trials that are under way at one time
    seeds: Annotated[tuple[Count, ...], Field(max_length=1_000)] = (0,)  # of each trial
    pruner: Literal["median", "hyperband", "none"] = "median"
    seed: Count = 0  # of the sampler


def open_study(folder: Path, name: str, search: Search) -> Any:
    """The study of a search, made if there is none: for whoever holds the search. Raises `NoSearch`."""
    optuna = _import_optuna()
    _mend(folder / JOURNAL)
    with _Reading():
        storage = _storage(optuna, folder / JOURNAL)
        if all(study.study_name != name for study in storage.get_all_studies()):
            optuna.create_study(storage=storage, study_name=name, direction=search.direction)
        return optuna.load_study(storage=storage, study_name=name, pruner=_pruner(optuna, search.pruner))


def read_study(folder: Path, name: str) -> Any:
    """The study of a search, to be looked at. Raises `NoSearch`."""
    optuna = _import_optuna()
    if not (folder / JOURNAL).exists():
        raise NoSearch("this search has not begun yet")
    _check_size(folder / JOURNAL)
    with _Reading():
        return optuna.load_study(storage=_storage(optuna, folder / JOURNAL), study_name=name)


def taken_up(study: Any, frozen: Any) -> Any:
    """A trial that was asked for before, to be gone on with."""
    return _import_optuna().trial.Trial(study, frozen._trial_id)  # as Optuna's own integrations do


def suggest(trial: Any, search: Search) -> dict[str, Any]:
    """The values of a trial by path: those that it has, and for the rest new ones.

    What is drawn hangs on the trial's number and the setting, and on the trials before it: who goes on with a search,
    even in the middle of a trial, draws what would have been drawn.
    """
    values = {}
    for each in search.space:
        seed = Random(f"{search.seed}/{trial.number}/{each.path}").getrandbits(32)
        trial.study.sampler = _import_optuna().samplers.TPESampler(seed=seed)
        values[each.path] = each.suggest(trial)
    return values


def tell(study: Any, number: int, state: Literal["finished", "pruned", "failed"], value: float | None = None) -> None:
    """Say how a trial ended; nothing if that is known already."""
    states = _import_optuna().trial.TrialState
    known = {"finished": states.COMPLETE, "pruned": states.PRUNED, "failed": states.FAIL}
    study.tell(number, value, state=known[state], skip_if_finished=True)


def importances_of(study: Any) -> dict[str, float]:
    """Shares of the variance of the value, by path, the largest first; none before they can be told."""
    optuna = _import_optuna()
    values = {trial.value for trial in study.get_trials(deepcopy=False) if trial.state.name == "COMPLETE"}
    if len(values) < 2:
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    with _Reading():
        return {
            path: float(share)
            for path, share in optuna.importance.get_param_importances(study, evaluator=evaluator).items()
        }


def check_optuna() -> None:
    """Raises `NoSearch` where Optuna is missing."""
    _import_optuna()


def _import_optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise NoSearch('optuna is not installed: pip install "optuna>=4.4,<6"') from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def _pruner(optuna: Any, name: str) -> Any:
    if name == "median":
        return optuna.pruners.MedianPruner(n_startup_trials=STARTUP, n_warmup_steps=WARMUP)
    if name == "hyperband":
        return optuna.pruners.HyperbandPruner(min_resource=1, max_resource=MARKS, reduction_factor=3)
    return optuna.pruners.NopPruner()


# --- the journal ------------------------------------------------------------------------------------------------------


class _HeldElsewhere:
    """Optuna's lock on the journal: whoever writes holds the search already, and that lock dies with its holder."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        return


class _Reading:
    """Inside, whatever a journal from elsewhere does to its reader becomes a `NoSearch`."""

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: type[BaseException] | None, problem: BaseException | None, _trace: object) -> None:
        if isinstance(problem, Exception) and not isinstance(problem, OSError | MemoryError):
            raise NoSearch(f"{JOURNAL} cannot be read: {type(problem).__name__}") from None


def _storage(optuna: Any, journal: Path) -> Any:
    backend = optuna.storages.journal.JournalFileBackend(str(journal), lock_obj=_HeldElsewhere())
    return optuna.storages.JournalStorage(backend)


def _check_size(journal: Path) -> int:
    """Its size in bytes. Raises `NoSearch` for what is no journal, and `OSError`."""
    try:
        with open_regular(journal) as file:
            size = os.fstat(file.fileno()).st_size
    except UnfitFile as problem:
        raise NoSearch(f"{JOURNAL} cannot be read: {problem}") from None
    if size > _MOST_BYTES:
        raise NoSearch(f"{JOURNAL} has {size:,} bytes, more than {_MOST_BYTES:,}")
    return size


def _mend(journal: Path) -> None:
    """Cut off a line that somebody was killed in the middle of: the next one would be appended to it."""
    if not os.path.lexists(journal):
        return
    size = _check_size(journal)
    with journal.open("r+b") as file:
        content = file.read(size)
        whole = content.rfind(b"\n") + 1
        if whole < size:
            file.truncate(whole)


def _named(value: Any) -> str | int | float | bool | None:
    """A choice as Optuna can keep it: it takes no lists."""
    return value if value is None or isinstance(value, str | int | float | bool) else json.dumps(value)


def chosen(search: Search, params: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a trial by path, as its settings have them; those that it has."""
    known = {each.path: each for each in search.space}
    return {path: _value(known[path], value) for path, value in params.items() if path in known}


def _value(dimension: Dimension, value: Any) -> Any:
    for choice in dimension.choices:
        if _named(choice) == value and type(_named(choice)) is type(value):
            return choice
    return float(f"{value:.3g}") if isinstance(value, float) else value
