"""A sweep: a file in the store that names its runs, `sweeps/<id>/sweep.json`.

The runs are run folders like any other, and they alone say how far they are. The file is written before them and names
them all, so that whoever is killed on the way leaves a plan that the next one completes: nothing is lost, and nothing
is run twice.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from gancore.store.records import Count, Name, Record, Time

FOLDER = "sweeps"  # in the store
MOST_RUNS = 10_000  # of a sweep

SweepState = Literal["planned", "started", "paused", "cancelled"]


class Cell(Record):
    """One run of a sweep."""

    arm: Name
    seed: Count
    run: Name  # its id
    changes: dict[str, Any] = Field(default_factory=dict)  # from the sweep's base, by path
    pruned: bool = False  # ended by a search as one of the worse ones: it does not go on with the sweep


class Sweep(Record):
    """What was planned, and the runs that it became."""

    id: Name = ""
    title: Name = ""
    created: Time = 0.0
    experiment: Name | None = None  # id in the catalogue; None: one's own
    scale: Literal["quick", "full"] | None = None
    base: dict[str, Any] = Field(default_factory=dict)  # settings that all runs start from
    varies: Annotated[tuple[Name, ...], Field(max_length=100)] = ()  # paths of the settings in which the arms differ
    cells: Annotated[tuple[Cell, ...], Field(max_length=MOST_RUNS)] = ()
    planned: Count = 0  # runs that it has at most in the end, where its cells come one after another, as in a search
    threads: Count = 0  # that each run trains with; 0: as the machine has
    state: SweepState = "planned"  # planned: not all of its runs were written yet
