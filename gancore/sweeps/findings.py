"""What a search has found, as plain frames: the data of its plots."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from gancore.config import SETTINGS
from gancore.store import RunStore
from gancore.sweeps.search import Searches
from gancore.sweeps.study import MARKS, NoSearch, Search, chosen, importances_of, read_study
from gancore.sweeps.sweep import Sweep

STATES = {"COMPLETE": "finished", "PRUNED": "pruned", "FAIL": "failed"}  # of trials; all others are open


class Findings:
    """What the search of a sweep has found so far. Raises `NoSearch` if there is none that can be read."""

    def __init__(self, store: RunStore, sweep: Sweep) -> None:
        searches = Searches(store)
        search = searches.of(sweep)
        if search is None:
            raise NoSearch(f"{sweep.title} is no search")
        self.search: Search = search
        self._study = read_study(searches.folder(sweep), sweep.id)
        self._trials: list[Any] = self._study.get_trials(deepcopy=False)

    def history(self) -> pd.DataFrame:
        """A row for each trial: `trial`, `arm`, `state` (finished, pruned, failed, open), `value`, `best` so far,
        `share`, the part of a run's length that it was compared at last, and `problem`, why it failed."""
        rows, best = [], math.nan
        for trial in self._trials:
            state = STATES.get(trial.state.name, "open")
            value = _value(trial)
            if state == "finished":
                best = value if math.isnan(best) else self._better(best, value)
            share = 1.0 if state == "finished" else max(trial.intermediate_values, default=0) / MARKS
            arm, problem = (str(trial.user_attrs.get(key, "")) for key in ("arm", "problem"))
            rows.append((trial.number, arm, state, value, best, share, problem))
        return pd.DataFrame(rows, columns=["trial", "arm", "state", "value", "best", "share", "problem"])

    def on_the_way(self) -> pd.DataFrame:
        """A row for each value on the way: `trial`, `share` of a run's length, and `value`."""
        rows = [
            (trial.number, mark / MARKS, float(value))
            for trial in self._trials
            for mark, value in sorted(trial.intermediate_values.items())
        ]
        return pd.DataFrame(rows, columns=["trial", "share", "value"])

    def importances(self) -> pd.DataFrame:
        """A row for each setting, the most important first: `setting` (its path), `label`, and `importance`, the share
        of the variance of the value that it explains (fANOVA, Hutter et al. 2014). No rows before two trials have
        finished with different values."""
        found = importances_of(self._study)
        rows = [(path, SETTINGS[path].label, share) for path, share in found.items() if path in SETTINGS]
        return pd.DataFrame(rows, columns=["setting", "label", "importance"])

    def parallel(self) -> pd.DataFrame:
        """A row for each trial that ended with a value: `trial`, each setting that is searched by its path, `state` and
        `value`."""
        paths = [each.path for each in self.search.space]
        rows = []
        for trial in self._trials:
            value, state = _value(trial), STATES.get(trial.state.name, "open")
            if state in ("finished", "pruned") and not math.isnan(value):
                settings = chosen(self.search, trial.params)
                rows.append((trial.number, *(settings.get(path) for path in paths), state, value))
        return pd.DataFrame(rows, columns=["trial", *paths, "state", "value"])

    def _better(self, one: float, other: float) -> float:
        return min(one, other) if self.search.direction == "minimize" else max(one, other)


def _value(trial: Any) -> float:
    """What a trial ended with; not a number if nothing."""
    return math.nan if trial.value is None else float(trial.value)
