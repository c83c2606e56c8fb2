"""A store of runs, as it is used from a notebook."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import pandas as pd

from gancore import store
from gancore.config import SETTINGS
from gancore.export.markup import tag
from gancore.notebook.run import Run
from gancore.query import parse
from gancore.query.fields import facts_of, state_fact, values
from gancore.text import counted

_OF_RUNS = ("id", "name", "state", "experiment", "arm", "scale")


class RunStore(store.RunStore):
    """A folder of runs, newest first: `store[0]`, `store["its id"]`, `for run in store`, and all of them as a table."""

    def list(self) -> list[store.Run]:
        """All runs, newest first; damaged ones included."""
        return [Run(run.path) for run in super().list()]

    def open(self, run_id: str) -> Run:
        """The run with this id."""
        return Run(super().open(run_id).path)

    def __getitem__(self, which: str | int) -> Run:
        return self.open(which) if isinstance(which, str) else Run(self.list()[which].path)

    def __iter__(self) -> Any:
        return iter(self.list())

    def __len__(self) -> int:
        return len(self.folders())

    def _repr_html_(self) -> str:
        return str(tag("p", f"{counted(len(self), 'run')} in {self.root}"))

    def frame(self, where: str = "") -> pd.DataFrame:
        """A row for each run, newest first: what it is, its settings by their dotted names, and what came of it.

        A setting that has no effect in a run is missing there. Results are `step`, `seconds`, the means of the curves
        over the last 100 steps (`loss_d`, ...), and each measure (`fid`, `coverage`, ...) of the last full evaluation,
        else of the last one; `parent` is the run that it was forked from. `where` is a query, such as
        `lr_d > 0.01 and fid < 20`. Damaged runs are left out. Raises `QueryError`.
        """
        query = parse(where)
        whole = [run for run in self.list() if not run.damage]
        chosen = [run for run in whole if query.matches(facts_of(run) | {"state": state_fact(run.state)})]
        return frame(chosen)


def frame(runs: Iterable[store.Run]) -> pd.DataFrame:
    """The table of some runs, see `RunStore.frame`."""
    table = pd.DataFrame([_row(run) for run in runs])
    settings = [path for path in SETTINGS if path in table and table[path].notna().any()]
    results = [name for name in table if name not in (*_OF_RUNS, *SETTINGS)]
    return table.reindex(columns=[*(name for name in _OF_RUNS if name in table), *settings, *results])


def _row(run: store.Run) -> dict[str, Any]:
    config, status = run.config_now, run.status
    row: dict[str, Any] = {"id": run.id, "name": run.name, "state": run.state}
    row |= {"experiment": run.experiment, "arm": run.arm, "scale": run.scale}
    shown = [path for path, leaf in SETTINGS.items() if not leaf.hidden]
    row |= {path: config.flat[path] if config.uses(path) else None for path in shown}
    results = {"step": status.step, "seconds": status.seconds} | run.summary | values(run.evaluations())
    return row | {"parent": run.meta.parent} | {name: value for name, value in results.items() if math.isfinite(value)}
