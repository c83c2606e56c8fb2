"""Runs beside each other, as a notebook shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from gancore.colors import lines
from gancore.comparison.groups import varying
from gancore.comparison.wording import sentences
from gancore.config import SETTINGS
from gancore.evaluation.measures import MAIN, MEASURES
from gancore.export.markup import Markup, table, tag
from gancore.notebook.html import newest, page
from gancore.notebook.store import frame
from gancore.query.fields import values
from gancore.store import Run
from gancore.store.labels import named
from gancore.store.naming import value_text

if TYPE_CHECKING:
    from gancore.notebook.plot import Plot

MOST_MEASURES = 4  # columns of the table


def compare(*runs: Run) -> Comparison:
    """Runs beside each other: what differs, what was measured, samples. Raises `ValueError` for fewer than two."""
    return Comparison(runs)


class Comparison:
    """Two runs or more that can be read, in the order in which they were given."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = [run for run in runs if not run.damage]
        if len(self.runs) < 2:
            raise ValueError("a comparison takes two runs that can be read")
        self.names = dict(named(self.runs).labels)

    def __repr__(self) -> str:
        return f"<Comparison of {', '.join(self.names[run.id] for run in self.runs)}>"

    def _repr_html_(self) -> str:
        said = [tag("p", sentence) for sentence in sentences(self.runs, self.names)]
        return page(*said, self._table())

    def _table(self) -> Markup:
        """The settings in which they differ, the main measures, and samples: a row for each run."""
        paths = varying(self.runs)
        measured = {run.id: values(run.evaluations()) for run in self.runs}
        keys = [key for key in MAIN if any(key in found for found in measured.values())][:MOST_MEASURES]
        body = []
        for run in self.runs:
            config, found = run.config_now, measured[run.id]
            settings = [value_text(path, config.flat[path]) if config.uses(path) else "–" for path in paths]
            numbers = [f"{found[key]:{MEASURES[key].digits}}" if key in found else "–" for key in keys]
            body.append([self.names[run.id], *settings, *numbers, newest(run)])
        head = ["run", *(SETTINGS[path].label for path in paths), *(MEASURES[key].label for key in keys), "samples"]
        return table(head, body)

    def frame(self) -> pd.DataFrame:
        """A row for each run, with the settings in which they differ and all results."""
        whole = frame(self.runs)
        same = set(SETTINGS) - set(varying(self.runs))
        return whole.drop(columns=[name for name in whole if name in same])

    def plot(self, *columns: str) -> Plot:
        """Curves of all runs in one chart each: by default of the losses; see `Run.scalars` for others.

        Raises `ValueError` where no run has a curve of that name.
        """
        from gancore.notebook.plot import Chart, curve, plot

        rows = {run.id: run.scalars() for run in self.runs}
        known = {str(name) for table in rows.values() for name in table} - {"step"}
        wanted = columns or tuple(name for name in ("loss_d", "loss_g", "loss") if name in known)
        if unknown := [name for name in wanted if name not in known]:
            raise ValueError(f"there is no curve {unknown[0]!r}: choose among {', '.join(sorted(known))}")
        colors = lines([run.meta.color for run in self.runs])
        drawn = [(run, line.color) for run, line in zip(self.runs, colors, strict=True)]
        return plot(
            [
                Chart(
                    name,
                    name,
                    [
                        curve(self.names[run.id], color, rows[run.id], name)
                        for run, color in drawn
                        if name in rows[run.id]
                    ],
                )
                for name in wanted
            ]
        )
