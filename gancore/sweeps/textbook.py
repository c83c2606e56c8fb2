"""The textbook cases that ship with the project, `gancore.experiments.textbook`, trained and copied with their films.

`python -m gancore.sweeps.textbook` makes those that are missing, some minutes on one core.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from gancore.experiments.textbook import CASES, TAG, Case
from gancore.store import Run, RunStore
from gancore.store.store import new_id
from gancore.sweeps.reference import PROJECT, reference_store
from gancore.sweeps.thinned import copy_thinned

ROWS, GRIDS = 2_000, 25  # every row, as findings hang on how far apart they are


def shipped(store: RunStore) -> dict[str, Run]:
    """The run of each case that is in a store, with the settings that the case has today."""
    runs = [run for run in store.folders() if not run.damage and TAG in run.meta.tags]
    return {
        name: run for name, case in CASES.items() for run in runs if name in run.meta.tags and run.config == case.config
    }


def make(name: str, case: Case, work: RunStore, store: RunStore) -> Run:
    """Train a case and publish it; what was interrupted goes on from its checkpoint."""
    from gancore.training.runner import execute

    known = (run for run in work.folders() if not run.damage and name in run.meta.tags and run.config == case.config)
    run = next(known, None)
    if run is None:
        run = work.create(case.config, name=case.title)
        run.edit_meta(tags=(TAG, name))
    if run.status.state != "finished":
        execute(run.path)
    target = store.root / new_id(case.title, datetime.now())
    return copy_thinned(run, target, rows=ROWS, grids=GRIDS, from_start=True)


def main(
    runs: Annotated[Path, typer.Option(help="Folder with reference/ and .reference/ in it.")] = PROJECT / "runs",
) -> None:
    """Make the textbook cases that are missing, one after another."""
    store, work = reference_store(runs), RunStore(runs / ".reference")
    there = shipped(store)
    for name, case in CASES.items():
        if name not in there:
            print(f"{case.title}: {make(name, case, work, store).id}", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    typer.run(main)
