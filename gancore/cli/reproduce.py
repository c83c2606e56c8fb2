"""Experiments from nothing to verdicts: their arms with several seeds, and what the runs say of the claims."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from gancore.cli import interrupts
from gancore.cli.options import RUNS, BadInput, Quiet, RunsDir
from gancore.cli.verdicts import Json, print_verdicts
from gancore.cli.working import Address, ExecutorName, Jobs, jobs_at_once, threads_each, watch, working
from gancore.experiments import CLAIMS, EXPERIMENTS, Scale
from gancore.experiments.evidence import failed
from gancore.store import RunStore
from gancore.sweeps.plan import Plan, of_experiment
from gancore.sweeps.planner import seeds_of
from gancore.sweeps.sweep import Sweep
from gancore.sweeps.sweeps import Sweeps, config_of


def reproduce(
    experiments: Annotated[list[str], typer.Argument(metavar="EXPERIMENT...", help="Ids of the catalogue.")],
    scale: Annotated[Scale, typer.Option(help="Small, in minutes (quick), or as in the source (full).")] = "quick",
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="Of each arm: three are the least that decide.")] = 3,
    executor: ExecutorName = None,
    jobs: Jobs = None,
    address: Address = None,
    runs_dir: RunsDir = RUNS,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Train all arms of some experiments with several seeds, and judge the claims; what was begun goes on."""
    plans = _plans(experiments, scale, seeds)
    store = RunStore(runs_dir)
    at_once = jobs_at_once([plan.configs[0][2] for plan in plans], executor, jobs)
    with working(store, executor, at_once, address) as worker, interrupts.stopping() as stop:
        sweeps = [_taken_up(Sweeps(store), plan, threads_each(at_once)) for plan in plans]
        watch(Sweeps(store), sweeps, worker, stop, Console(stderr=True, quiet=quiet))
    if stop.is_set():
        print("stopped: the same command goes on with it", file=sys.stderr)
        return 128 + stop.number
    print_verdicts(store, [claim.id for claim in CLAIMS.values() if claim.experiment in experiments], scale, as_json)
    return 0


def _plans(experiments: Sequence[str], scale: Scale, seeds: int) -> list[Plan]:
    for name in experiments:
        if name not in EXPERIMENTS:
            raise BadInput(f"unknown experiment {name!r}: choose some of {', '.join(EXPERIMENTS)}")
    chosen = [EXPERIMENTS[name] for name in dict.fromkeys(experiments)]
    return [of_experiment(entry.id, scale, seeds_of(entry, seeds)) for entry in chosen]


def _taken_up(sweeps: Sweeps, plan: Plan, threads: int) -> Sweep:
    """The sweep of this plan: one that was begun before, or a new one."""
    before = next((sweep for sweep in sweeps.list() if _is_of(sweep, plan)), None)
    if before is None:
        return sweeps.create(plan, threads=threads)
    sweep = sweeps.go_on(before)
    for cell, run in sweeps.runs(sweep):
        if run is None or not (run.state in ("finished", "queued", "running") or failed(run)):
            sweeps.retry(sweep, cell.run)
    return sweeps.open(sweep.id)


def _is_of(sweep: Sweep, plan: Plan) -> bool:
    if (sweep.experiment, sweep.scale) != (plan.experiment, plan.scale):
        return False
    return [(cell.arm, cell.seed, config_of(sweep, cell)) for cell in sweep.cells] == plan.configs
