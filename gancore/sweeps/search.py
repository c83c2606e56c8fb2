"""A search: a sweep whose arms Optuna chooses one after another, each from what came of those before it.

Nothing here waits. Whoever works off the queue calls `tend` now and then, at least whenever a run has ended: what runs
have measured is told to Optuna, the worse ones are stopped, and the next trials' runs are put into the queue.

A trial is an arm of the sweep with a run for each seed, and the arm's name is what both sides know of each other:
Optuna's journal has it with the trial, the sweep's file with the run. It stands in the journal before the cells are
made, and the cells before their runs, so that whoever is killed on the way leaves what the next one completes. Trials
with the same settings share their runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from statistics import fmean
from typing import Any, Literal

from gancore.config import SETTINGS, ConfigError, RunConfig, check_setting, parse_config
from gancore.config.datasets import TOYS
from gancore.evaluation.measures import MEASURES, last, on_the_way
from gancore.experiments import OUTCOMES, outcome
from gancore.experiments.evidence import failed
from gancore.files import write_atomic
from gancore.store import Run, RunNotFound, RunStore
from gancore.store.locks import hold
from gancore.store.records import read_record
from gancore.store.store import new_id
from gancore.sweeps import plan
from gancore.sweeps.study import (
    MARKS,
    MOST_DIMENSIONS,
    Dimension,
    NoSearch,
    Search,
    check_optuna,
    open_study,
    suggest,
    taken_up,
    tell,
)
from gancore.sweeps.sweep import FOLDER, Cell, Sweep
from gancore.sweeps.sweeps import SweepNotFound, Sweeps, new_cell

FILE = "search.json"  # in the sweep's folder
BUSY_SECONDS = 10.0  # that somebody else may take to look after the search

Space = Mapping[str, tuple[float, float] | list[Any]]  # by path: a tuple is a range, a list the choices


class Searches:
    """The searches of a store. A search is known by its sweep."""

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self._sweeps = Sweeps(store)

    def of(self, sweep: Sweep) -> Search | None:
        """What a sweep searches for; None if it is no search."""
        search = read_record(self.folder(sweep) / FILE, Search)
        return search if search.measure in OUTCOMES and search.space else None

    def create(self, title: str, base: RunConfig, search: Search, *, threads: int = 0) -> Sweep:
        """Begin a search that was `planned`; the first runs wait in the queue, each to train with `threads`.

        Raises `NoSearch` without Optuna, `StoreFull`, and `OSError`.
        """
        check_optuna()
        self.store.admit(search.trials * len(search.seeds))
        now = datetime.now()
        sweep = Sweep(
            id=new_id(title, now),
            title=title,
            created=now.timestamp(),
            base=as_measured(base, search.measure).replace({"seed": 0}).model_dump(mode="json"),
            varies=tuple(each.path for each in search.space),
            planned=search.trials * len(search.seeds),
            threads=threads,
            state="started",
        )
        self._sweeps.begin(sweep, {FILE: search})
        return self.advance(sweep)

    def begun(self, base: RunConfig, search: Search) -> Sweep | None:
        """The newest sweep that searches for just that, from just these settings, with however many trials."""
        wanted = as_measured(base, search.measure).replace({"seed": 0}).model_dump(mode="json")
        for sweep in self._sweeps.list():
            found = self.of(sweep) if sweep.base == wanted else None
            if found is not None and _but_for_length(found) == _but_for_length(search):
                return sweep
        return None

    def go_on(self, sweep: Sweep, search: Search) -> Sweep:
        """Go on with a search, with as many trials as `search` has now, in all and at once, and whatever it was.

        Raises `StoreFull`, and as `advance` does.
        """
        known = self.of(sweep)
        more = search.trials - known.trials if known is not None else search.trials
        self.store.admit(max(more, 0) * len(search.seeds))
        with self._held(sweep, BUSY_SECONDS):
            write_atomic(self.folder(sweep) / FILE, search.model_dump_json(indent=1).encode(), durable=True)
        self._sweeps.expect(sweep, search.trials * len(search.seeds))
        return self.advance(self._sweeps.go_on(sweep))

    def advance(self, sweep: Sweep, patience: float = BUSY_SECONDS) -> Sweep:
        """Tell what came of the runs so far, stop the worse ones, and have the next trials' runs wait in the queue.

        Raises `RunBusy` if somebody else does so for longer than `patience` seconds, `SweepNotFound`, `NoSearch`, and
        `OSError`.
        """
        search = self.of(sweep)
        if search is None:
            raise NoSearch(f"{sweep.title} is no search")
        with self._held(sweep, patience):
            return _Search(self, search, self._sweeps.open(sweep.id)).advance()

    def tend(self) -> None:
        """`advance` every search that is under way. Never raises: one that somebody else holds is left to him, and
        one whose files come from elsewhere, which can make Optuna raise anything, is left alone."""
        for sweep in self._sweeps.list():
            if sweep.state == "started" and self.of(sweep) is not None:
                with suppress(Exception):
                    self.advance(sweep, patience=0)

    def folder(self, sweep: Sweep) -> Path:
        """Where its files are."""
        return self.store.root / FOLDER / sweep.id

    @contextmanager
    def _held(self, sweep: Sweep, patience: float) -> Iterator[None]:
        """Hold the search: its journal has one writer. Raises `RunBusy` and `SweepNotFound`."""
        busy = f"{sweep.title} is being looked after elsewhere: try again"
        try:
            with hold(self.folder(sweep), busy, patience, name="search.lock"):
                yield
        except RunNotFound:
            raise SweepNotFound(f"{sweep.title} no longer exists") from None


def _but_for_length(search: Search) -> str:
    return search.model_copy(update={"trials": 0, "at_once": 1}).model_dump_json()


class _Search:
    """A search in the hands of whoever holds it. Raises `RunBusy`, `SweepNotFound`, `NoSearch` and `OSError`."""

    def __init__(self, searches: Searches, search: Search, sweep: Sweep) -> None:
        self.store, self.sweeps = searches.store, searches._sweeps
        self.search, self.sweep = search, sweep
        self.base = parse_config(sweep.base)
        self.study = open_study(searches.folder(sweep), sweep.id, search)

    def advance(self) -> Sweep:
        for frozen in self._open():
            self._look_after(taken_up(self.study, frozen), frozen.user_attrs)
        while self.sweep.state == "started" and self._has_room():
            self._look_after(self.study.ask(), {})
        if not self._open() and len(self.study.get_trials(deepcopy=False)) >= self.search.trials:
            self.sweep = self.sweeps.expect(self.sweep, len(self.sweep.cells))
        return self.sweep

    def _open(self) -> list[Any]:
        return [trial for trial in self.study.get_trials(deepcopy=False) if not trial.state.is_finished()]

    def _has_room(self) -> bool:
        return (
            len(self.study.get_trials(deepcopy=False)) < self.search.trials and len(self._open()) < self.search.at_once
        )

    def _look_after(self, trial: Any, known: Mapping[str, Any]) -> None:
        """Bring one trial as far as it gets now."""
        try:
            arm, config = plan.arm(self.base, suggest(trial, self.search))
        except ConfigError as problem:  # values that do not go together
            trial.set_user_attr("problem", str(problem))
            tell(self.study, trial.number, "failed")
            return
        if known.get("arm") != arm:
            trial.set_user_attr("arm", arm)
        cells = self._cells(arm, config)
        runs = [self._find(cell.run) for cell in cells]
        pruned = "pruned" in known or self._is_worse(trial, runs)
        if pruned:
            self.sweep = self.sweeps.prune(self.sweep, arm)
            cells = [cell.model_copy(update={"pruned": True}) for cell in cells]
        self._conclude(trial, cells, runs)

    def _cells(self, arm: str, config: RunConfig) -> list[Cell]:
        """The cells of an arm, by seed, with their runs in the queue or wherever they are by now."""
        there = {cell.seed: cell for cell in self.sweep.cells if cell.arm == arm}
        now = datetime.now()
        cells = [
            there.get(seed) or new_cell(self.sweep.title, arm, seed, self.base, config, now)
            for seed in self.search.seeds
        ]
        deleted = {run.id for run in self.store.trashed()}
        missing = [cell for cell in cells if cell.run not in deleted and self._find(cell.run) is None]
        if missing and self.sweep.state == "started":
            self.sweep = self.sweeps.extend(self.sweep, missing)
        return cells

    def _is_worse(self, trial: Any, runs: Sequence[Run | None]) -> bool:
        """Report what is new on the way; whether the pruner has seen enough."""
        reported = self.study.get_trials(deepcopy=False)[trial.number].intermediate_values
        for mark, value in _on_the_way(runs, self.search.measure).items():
            if mark not in reported:
                trial.report(value, mark)
                if trial.should_prune():
                    trial.set_user_attr("pruned", mark)
                    return True
        return False

    def _conclude(self, trial: Any, cells: Sequence[Cell], runs: Sequence[Run | None]) -> None:
        """Say how a trial ended, if it did."""
        if all(cell.pruned for cell in cells):
            if not any(run is not None and run.status.state in ("queued", "running") for run in runs):
                tell(self.study, trial.number, "pruned")
            return
        deleted = {run.id for run in self.store.trashed()}
        if any(cell.run in deleted for cell in cells):
            trial.set_user_attr("problem", "one of its runs was deleted")
            tell(self.study, trial.number, "failed")
            return
        if not all(run is not None and (run.status.state == "finished" or failed(run)) for run in runs):
            return  # they wait, train, or were stopped by somebody who may have them go on
        values = [_result(run, self.search.measure) for run in runs if run is not None]
        if (value := _mean(values)) is None:
            trial.set_user_attr("problem", f"{OUTCOMES[self.search.measure].label} was not measured")
            tell(self.study, trial.number, "failed")
        else:
            tell(self.study, trial.number, "finished", value)

    def _find(self, run_id: str) -> Run | None:
        try:
            return self.store.open(run_id)
        except RunNotFound:
            return None


# --- what runs say ----------------------------------------------------------------------------------------------------


def _result(run: Run, measure: str) -> float | None:
    """What came of a run that ended: a failed one counts as the worst."""
    found = outcome(run, measure)
    if found is None and measure in MEASURES:
        on_its_way = last(run.evaluations(), measure)
        found = None if on_its_way is None else on_its_way.values[measure]
    return found


def _on_the_way(runs: Sequence[Run | None], measure: str) -> dict[int, float]:
    """Means over the runs by mark, as far as all of them are behind it."""
    each = [{} if run is None or measure not in MEASURES else marks(run, measure) for run in runs]
    common = set.intersection(*map(set, each)) if each else set()
    means = {mark: _mean([values[mark] for values in each]) for mark in sorted(common)}
    return {mark: value for mark, value in means.items() if value is not None}


def marks(run: Run, measure: str) -> dict[int, float]:
    """The last value on the way up to each mark, 1 to `MARKS`, that the run is behind and that it was measured before.

    Marks are shares of a run's length, so that runs with other batch sizes and epochs can be compared.
    """
    total, status = run.config.total_steps, run.status
    is_over = status.state not in ("queued", "running")
    found: dict[int, float] = {}
    for each in on_the_way(run.evaluations()):
        mark = max(1, math.ceil(each.step * MARKS / total))
        bound = mark * total / MARKS  # at that very step it may still be measured
        if measure in each.values and mark <= MARKS and (status.step > bound or is_over):
            found[mark] = each.values[measure]
    return found


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None and math.isfinite(value)]
    return fmean(known) if known and len(known) == len(values) else None


# --- what can be searched ---------------------------------------------------------------------------------------------


def measures_of(config: RunConfig) -> list[str]:
    """The outcomes that runs of such settings can be optimised for: those that say most of them first.

    All of them are measured on the way, too, so that the worse trials can be pruned.
    """
    if config.data.name in TOYS:
        known = ["modes", "near_modes", "coverage"] if config.data.name in ("ring", "grid") else ["coverage"]
    else:
        own = [key for key in config.kind.headline if key == "test_elbo"]  # what a VAE is trained for
        known = [*own, *config.kind.headline, "kl_to_uniform", "confidence", "background"]
        known += ["conditional_accuracy"] if config.kind.condition == "class" else []
    return [key for key in dict.fromkeys(known) if key in OUTCOMES and OUTCOMES[key].better]


def planned(
    space: Space,
    measure: str,
    trials: int,
    *,
    direction: Literal["minimize", "maximize"] | None = None,
    seeds: Sequence[int] = (0,),
    at_once: int = 1,
    pruner: Literal["median", "hyperband", "none"] = "median",
    seed: int = 0,
) -> Search:
    """A search for the settings with which an outcome is best, as a mean over `seeds`.

    `measure` is one of `OUTCOMES`; which `direction` is better is known of most. `at_once` trials are under way at one
    time, out of `trials` in all; the sampler's draws hang on `seed`. Raises `ConfigError` with one sentence for what
    cannot be searched.
    """
    direction = direction or _direction(measure)
    plan.check_settings(space)
    if len(space) > MOST_DIMENSIONS:
        raise ConfigError(f"a search chooses at most {MOST_DIMENSIONS} settings")
    plan.check_number(trials, seeds)
    if at_once < 1:
        raise ConfigError("at least one trial must be under way at a time")
    return Search(
        measure=measure,
        direction=direction,
        space=tuple(_dimension(path, among) for path, among in space.items()),
        trials=trials,
        at_once=at_once,
        seeds=tuple(seeds),
        pruner=pruner,
        seed=seed,
    )


def _direction(measure: str) -> Literal["minimize", "maximize"]:
    if measure not in OUTCOMES:
        raise ConfigError(f"unknown measure {measure!r}: choose one of {', '.join(OUTCOMES)}")
    better = OUTCOMES[measure].better
    if not better:
        raise ConfigError(f"{OUTCOMES[measure].label} is neither good nor bad: say whether to minimize or maximize it")
    return "minimize" if better == "low" else "maximize"


def _dimension(path: str, among: tuple[float, float] | list[Any]) -> Dimension:
    """Raises `ConfigError`."""
    leaf = SETTINGS[path]
    if isinstance(among, list):
        return Dimension(path=path, choices=tuple(check_setting(path, value) for value in among))
    low, high = plan.check_range(path, among)
    for end in (low, high):
        check_setting(path, int(end) if leaf.kind == "int" else end)
    return Dimension(path=path, low=low, high=high, log=leaf.scale == "log" and low > 0, whole=leaf.kind == "int")


def as_measured(base: RunConfig, measure: str) -> RunConfig:
    """The base with what all its runs must measure: as often as it says, whatever time that takes, or they could not
    be compared on the way."""
    if measure not in MEASURES:
        return base
    every = base.train.evaluate_every or RunConfig().train.evaluate_every
    return base.replace({"train.evaluate_every": every, "train.evaluate_share": 1.0})
