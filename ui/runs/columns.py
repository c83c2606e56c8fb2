"""The columns of what was measured, in the table of runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from streamlit.column_config import LineChartColumn, NumberColumn

from gancore.evaluation.measures import CHEAP_SAMPLES, MAIN, MEASURES, at_the_end, best_of, newest, on_the_way
from gancore.store import Run
from gancore.store.evaluations import Evaluation
from gancore.store.index import Snapshot
from ui import colors, state
from ui.boundary import explain
from ui.figures.curves import thin
from ui.figures.evaluations import FROM_ANYWHERE

POINTS = 40  # of a small curve in a cell, at most

When = Literal["last", "best", "end"]
_FIDS: dict[When, tuple[str, str]] = {  # it hangs on the number of samples, which is the same in each column
    "last": ("FID", f"Of {CHEAP_SAMPLES:,} samples, at the last evaluation during training. "),
    "best": ("best FID", f"Of {CHEAP_SAMPLES:,} samples, the lowest during training. "),
    "end": ("final FID", "Of all samples evaluated at the end. "),
}


@dataclass(frozen=True)
class Column:
    """A column of what was measured through one extractor: values through another one do not compare."""

    key: str
    extractor: str | None = None
    when: When = "last"

    @property
    def title(self) -> str:
        """`best FID (mnist-cnn-v1)`."""
        label = MEASURES[self.key].label
        if self.key == "fid":
            label, _ = _FIDS[self.when]
        elif self.when == "best":
            label = f"best {label}"
        return f"{label} ({self.extractor})" if self.extractor else label

    @property
    def look(self) -> Any:
        """What it says and how the table writes it."""
        measure, note = MEASURES[self.key], ""
        if self.key == "fid":
            _, note = _FIDS[self.when]
        elif self.when == "best":
            note = "The best during training. "
        return NumberColumn(help=note + measure.help, format=f"%{measure.digits}")

    @property
    def place(self) -> tuple[int, str, int]:
        """Where it stands among the others: by value, then by extractor."""
        return MAIN.index(self.key), self.extractor or "", list(_FIDS).index(self.when)

    @property
    def is_asked_for(self) -> bool:
        """Whether the table shows it only to those who choose it in its menu: it would get too wide."""
        return self.when == "best" and self.key != "fid"


@dataclass(frozen=True)
class Curve:
    """A run's main value from one evaluation while it trained to the next."""

    key: str
    values: Sequence[float]


@dataclass(frozen=True)
class Measured:
    """What was measured of a run."""

    values: Mapping[Column, float]
    curve: Curve | None = None


class Quality:
    """The columns of what was measured of these runs: those that some run fills, a small curve before them."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self._measured = {run.id: _measured_or_nothing(run) for run in runs}
        known = {column for each in self._measured.values() for column in each.values}
        self._columns = sorted(known, key=lambda column: column.place)
        self._curves = {each.curve.key for each in self._measured.values() if each.curve}

    def cells(self, run: Run) -> dict[str, Any]:
        """What stands in a run's row, by title."""
        own = self._measured[run.id]
        curve = {self._curve_title: own.curve.values if own.curve else None} if self._curves else {}
        return curve | {column.title: own.values.get(column) for column in self._columns}

    @property
    def looks(self) -> dict[str, Any]:
        """What the columns say and how they are written, by title."""
        return {self._curve_title: self._curve_look, **{column.title: column.look for column in self._columns}}

    @property
    def asked_for(self) -> set[str]:
        """Titles that are not shown at first."""
        return {column.title for column in self._columns if column.is_asked_for}

    @property
    def _curve_title(self) -> str:
        """`FID over time`, as long as that is what all of them show."""
        (key, *others) = self._curves or ("fid",)
        return f"{'quality' if others else MEASURES[key].label} over time"

    @property
    def _curve_look(self) -> Any:
        shown = ", or else ".join(MEASURES[key].label for key in MAIN if key in self._curves)
        since_zero = self._curves.isdisjoint(FROM_ANYWHERE)
        least = "0" if since_zero else "its own lowest value"
        note = f"at each evaluation during training; each cell runs from {least} to its own highest value."
        return LineChartColumn(width=150, help=f"{shown}, {note}", y_min=0 if since_zero else None, color=colors.G)


def _measured_or_nothing(run: Run) -> Measured:
    try:
        if run.damage:
            return Measured({})
        return run.once("measured", lambda: measured(run)) if isinstance(run, Snapshot) else measured(run)
    except Exception as error:
        explain(run, error)
        return Measured({})


def measured(run: Run) -> Measured:
    """What was measured of a run's samples: what hangs on their number apart for each, else the last; and the best.

    Looked up again only when something was measured since: a table asks it of all runs at every tick.
    """
    return _measured(run.path, state.stamp(run.path / "evals"), state.stamp(run.path / "summary.json"))


@lru_cache(maxsize=5_000)
def _measured(path: Path, *_stamps: tuple[int, int]) -> Measured:
    run = Run(path)
    evaluations, summary = run.evaluations(), run.summary
    cheap, full = on_the_way(evaluations), at_the_end(evaluations)
    found = {}
    for key in MAIN:
        every: dict[When, Evaluation | None] = {"last": newest(cheap, key), "best": best_of(cheap, key)}
        if key == "fid":
            every["end"] = newest(full, key)
        else:
            every["last"] = newest(full, key) or every["last"]
        for when, evaluation in every.items():
            if evaluation is not None:
                extractor = evaluation.extractor if MEASURES[key].learned else None
                found[Column(key, extractor, when)] = evaluation.values[key]
        if not any(every.values()) and key in summary:  # of runs from before there were evaluations
            found[Column(key)] = summary[key]
    return Measured(found, _curve(cheap))


def _curve(cheap: Sequence[Evaluation]) -> Curve | None:
    """The first of the main values that was measured more than once, in as many points as a cell has room for."""
    for key in MAIN:
        values = np.array([each.values[key] for each in cheap if key in each.values])
        if len(values) > 1:
            return Curve(key, values[thin(np.arange(len(values)), values, POINTS)].tolist())
    return None
