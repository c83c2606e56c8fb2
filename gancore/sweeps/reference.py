"""The runs that ship with the project, `runs/reference/`: what the catalogue's questions are answered with before
anybody has trained anything. `python -m gancore.sweeps.reference --help`.

Whole runs are trained in a store of their own, `runs/.reference/`, and stay there; a small copy of each that is
finished goes into `runs/reference/`. What is there already is not trained again, whichever machine it was made on; what
was interrupted goes on from its checkpoint. Several of these scripts may run side by side, one thread each.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from gancore.config import RunConfig
from gancore.experiments import EXPERIMENTS, Experiment, Scale
from gancore.store import Run, RunBusy, RunStore
from gancore.store.locks import hold
from gancore.store.store import Origin, new_id
from gancore.sweeps.thinned import copy_thinned
from gancore.text import describe_duration

PROJECT = Path(__file__).resolve().parents[2]
MOST_BYTES = 25_000_000  # of all copies
EVERY_GRID = 2  # grids of the first seed of an arm; of the others the last one
MANY_SEEDS = 5  # beyond, a copy is as small as can be: there are enough pictures

# In the order in which they are made: what claims hang on first, what is cheap before what is dear.
QUICK = (
    *("dcgan-nz", "toy-collapse", "dcgan-loss", "dcgan-one-sided", "dcgan-ndf", "dcgan-ngf", "dcgan-lr", "dcgan-init"),
    *("vae-fashion", "vae-mnist", "vae-batch", "vae-epochs", "gan-fashion-lr", "gan-fashion-steps", "cgan-fashion"),
    *("vae-vs-gan", "mnist-three", "cdcgan-baseline", "cdcgan-no-y-in-d", "cdcgan-z-columns", "dcgan-lr-down"),
    *("toy-optimal-d", "dcgan-baseline", "dcgan-interpolate", "dcgan-epochs", "dcgan-capacity-drop", "bold-ones"),
    *("bold-others", "semi-supervised", "goodfellow", "stability"),
)
FULL = (
    "dcgan-nz",
    "dcgan-init",
    "dcgan-loss",
    "dcgan-lr",
    "dcgan-ndf",
    "dcgan-ngf",
)  # one seed each, report 002's sweeps


@dataclass(frozen=True)
class Wanted:
    """One run that there should be."""

    experiment: Experiment
    arm: str
    scale: Scale
    seed: int

    @property
    def config(self) -> RunConfig:
        """Its settings."""
        return self.experiment.arm(self.arm, self.scale, self.seed)

    @property
    def name(self) -> str:
        """Of the run."""
        return f"{self.experiment.id}: {self.arm}, seed {self.seed}".replace(": ,", ",")

    def is_met_by(self, run: Run) -> bool:
        """Whether a run is this one, with the settings that it has today."""
        said = run.experiment, run.arm, run.scale
        return not run.damage and said == (self.experiment.id, self.arm, self.scale) and run.config == self.config

    def __str__(self) -> str:
        return f"{self.experiment.id} ({self.scale}), {self.arm or 'its only arm'}, seed {self.seed}"


def wanted(experiments: Sequence[str] = (), scale: Scale | None = None) -> Iterator[Wanted]:
    """All runs that there should be, or those of some experiments, in that order, or of one scale."""
    each: Scale
    for each, names in (("quick", QUICK), ("full", FULL)):
        for name in experiments or names:
            if name in names and name in EXPERIMENTS and scale in (None, each):
                entry = EXPERIMENTS[name]
                for seed in entry.seeds if each == "quick" else entry.seeds[:1]:
                    yield from (Wanted(entry, arm, each, seed) for arm in entry.arms_at(each))


def reference_store(runs: Path | None = None) -> RunStore:
    """The runs that ship with the project: to be read, never to be written but by this script."""
    return RunStore((runs or PROJECT / "runs") / "reference")


def missing(store: RunStore, experiments: Sequence[str] = (), scale: Scale | None = None) -> list[Wanted]:
    """What should be in the reference store and is not."""
    there = store.folders()
    return [each for each in wanted(experiments, scale) if not any(each.is_met_by(run) for run in there)]


def publish(run: Run, each: Wanted, store: RunStore) -> Run:
    """Copy a finished run into the reference store. Raises `OSError` when that would be too large."""
    other = not each.is_met_by(run)  # of another arm that has the same settings
    first, many = each.seed == each.experiment.seeds[0], each.seed - each.experiment.seeds[0] >= MANY_SEEDS
    grids = EVERY_GRID if first else 0 if many else 1
    copied = copy_thinned(
        run,
        store.root / (new_id(each.name, datetime.now()) if other else run.id),
        rows=60 if many else 300,
        grids=grids,
        origin=Origin(each.experiment.id, each.arm, each.scale) if other else None,
        name=each.name,
    )
    size = sum(path.stat().st_size for path in store.root.rglob("*") if path.is_file())
    if size > MOST_BYTES:
        raise OSError(f"{store.root} has {size:,} bytes, more than {MOST_BYTES:,}: make the copies smaller")
    return copied


def make(each: Wanted, work: RunStore, store: RunStore) -> Run | None:
    """Train a run, or go on with it, and publish it; None if somebody else makes it now, or it did not finish."""
    from gancore.training.runner import execute

    twin = next((run for run in (*work.folders(), *store.folders()) if _is_twin(run, each)), None)
    if twin is not None:
        return publish(twin, each, store)
    run = _taken_up(each, work)
    if run.is_held():
        return None
    if run.status.state != "finished":
        try:
            execute(run.path)
        except RunBusy:
            return None
    if run.status.state not in ("finished", "failed"):
        return None
    return publish(run, each, store)


def _taken_up(each: Wanted, work: RunStore) -> Run:
    """The run in the working store, made if it is not there; two scripts never make the same one twice."""
    work.root.mkdir(parents=True, exist_ok=True)
    with hold(work.root, "another script is looking", timeout=60, name=".making.lock"):
        known = next((run for run in work.folders() if each.is_met_by(run)), None)
        return known or work.create(
            each.config, name=each.name, experiment=each.experiment.id, arm=each.arm, scale=each.scale
        )


def _is_twin(run: Run, each: Wanted) -> bool:
    """Whether a finished run of any arm has the same settings and seed: it would come to the same, bit for bit."""
    return run.status.state == "finished" and not run.damage and not run.changes() and run.config == each.config


def main(
    experiments: Annotated[list[str] | None, typer.Argument(help="Of these experiments alone, in this order.")] = None,
    hours: Annotated[float, typer.Option(help="Begin no run later than after so many hours.")] = 1e6,
    scale: Annotated[Scale | None, typer.Option(help="Of this scale alone.")] = None,
    runs: Annotated[Path, typer.Option(help="Folder with reference/ and .reference/ in it.")] = PROJECT / "runs",
    look: Annotated[bool, typer.Option("--list", help="Only list what is missing.")] = False,
) -> None:
    """Make the reference runs that are missing, one after another, one thread."""
    store, work = reference_store(runs), RunStore(runs / ".reference")
    if look:
        left = missing(store, experiments or (), scale)
        print("\n".join(map(str, left)) or "nothing is missing")
        return
    begun, tried = time.monotonic(), set[str]()
    while time.monotonic() - begun < 3600 * hours:
        each = next((each for each in missing(store, experiments or (), scale) if str(each) not in tried), None)
        if each is None:
            return
        tried.add(str(each))
        start = time.monotonic()
        made = make(each, work, store)
        took = describe_duration(time.monotonic() - start)
        print(f"{each}: {'another script has it' if made is None else f'{made.id}, {took}'}", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    typer.run(main)
