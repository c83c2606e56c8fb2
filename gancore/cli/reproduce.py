"""Experiments from nothing to verdicts: their arms with several seeds, and what the runs say of the claims."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from gancore import machine
from gancore.cli import interrupts
from gancore.cli.options import RUNS, BadInput, Quiet, RunsDir
from gancore.cli.verdicts import Json, print_verdicts
from gancore.experiments import CLAIMS, EXPERIMENTS, Scale
from gancore.experiments.evidence import failed
from gancore.store import RunStore
from gancore.sweeps.plan import Plan, of_experiment
from gancore.sweeps.planner import seeds_of
from gancore.sweeps.sweep import Sweep
from gancore.sweeps.sweeps import Sweeps, config_of
from gancore.text import describe_duration, listed

LOOK_SECONDS = 0.5  # between looks at how far the runs are

ExecutorName = Literal["thread", "process", "ray"]


def reproduce(
    experiments: Annotated[list[str], typer.Argument(metavar="EXPERIMENT...", help="Ids of the catalogue.")],
    scale: Annotated[Scale, typer.Option(help="Small, in minutes (quick), or as in the source (full).")] = "quick",
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="Of each arm: three are the least that decide.")] = 3,
    executor: Annotated[
        ExecutorName | None,
        typer.Option(help="One run after another (thread), side by side (process), or on a cluster (ray)."),
    ] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Runs at once (none: as many as pay here).")] = None,
    address: Annotated[str | None, typer.Option(help="Of a Ray cluster (none: one on this machine).")] = None,
    runs_dir: RunsDir = RUNS,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Train all arms of some experiments with several seeds, and judge the claims; what was begun goes on."""
    plans = _plans(experiments, scale, seeds)
    if address is not None and executor != "ray":
        raise BadInput("--address is that of a Ray cluster: add --executor ray")
    store = RunStore(runs_dir)
    at_once = _jobs(plans, executor, jobs)
    sweeps = [_taken_up(Sweeps(store), plan, at_once) for plan in plans]
    with interrupts.stopping() as stop, _working(store, executor, at_once, address, stop):
        _watch(Sweeps(store), sweeps, stop, Console(stderr=True, quiet=quiet))
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


def _jobs(plans: Sequence[Plan], executor: ExecutorName | None, jobs: int | None) -> int:
    """How many runs train at once: as many as are faster so than one after another, if nobody says."""
    if executor == "thread":
        if jobs not in (None, 1):
            raise BadInput("--executor thread trains one run at a time: take process for more")
        return 1
    if jobs is not None or executor == "ray":
        return jobs or machine.threads()
    with interrupts.ending_at_once():
        from gancore.executors.packing import jobs_that_pay

    return min(jobs_that_pay(plan.configs[0][2]) for plan in plans)


def _taken_up(sweeps: Sweeps, plan: Plan, jobs: int) -> Sweep:
    """The sweep of this plan: one that was begun before, or a new one."""
    before = next((sweep for sweep in sweeps.list() if _is_of(sweep, plan)), None)
    if before is None:
        return sweeps.create(plan, threads=max(1, machine.threads() // jobs))
    sweep = sweeps.go_on(before)
    for cell, run in sweeps.runs(sweep):
        if run is None or not (run.state in ("finished", "queued", "running") or failed(run)):
            sweeps.retry(sweep, cell.run)
    return sweeps.open(sweep.id)


def _is_of(sweep: Sweep, plan: Plan) -> bool:
    if (sweep.experiment, sweep.scale) != (plan.experiment, plan.scale):
        return False
    return [(cell.arm, cell.seed, config_of(sweep, cell)) for cell in sweep.cells] == plan.configs


@contextmanager
def _working(
    store: RunStore, executor: ExecutorName | None, jobs: int, address: str | None, stop: threading.Event
) -> Iterator[None]:
    """Have the store's queue worked off meanwhile; afterwards what trains ends with a checkpoint."""
    if executor == "ray":
        from gancore.executors.cluster import RayExecutor

        cluster = RayExecutor(store, address, jobs)
        thread = threading.Thread(target=cluster.drain, args=(stop,), name="ray", daemon=True)
        thread.start()
        try:
            yield
        finally:
            cluster.close()
            thread.join()
        return
    from gancore.executors.executor import Executor

    worker = Executor(store, apart=jobs > 1 or executor == "process", jobs=jobs)
    worker.ensure_worker()
    try:
        yield
    finally:
        worker.close()


def _watch(sweeps: Sweeps, watched: Sequence[Sweep], stop: threading.Event, console: Console) -> None:
    """Show how far the sweeps are until all of their runs have ended, or until `stop` is set."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[words]}"))
    with Progress(*columns, console=console) as progress:
        tasks = {sweep.id: progress.add_task(sweep.experiment or sweep.title, total=1.0, words="") for sweep in watched}
        while not stop.is_set():
            active = [_show(sweeps, sweep, progress, tasks[sweep.id]) for sweep in watched]
            if not any(active):
                return
            stop.wait(LOOK_SECONDS)


def _show(sweeps: Sweeps, sweep: Sweep, progress: Progress, task: TaskID) -> bool:
    """Show one; whether any of its runs waits or trains."""
    found = sweeps.progress(sweep)
    ended = [f"{count} {state}" for state, count in found.counts.items() if state not in ("finished", "queued")]
    left = f"{describe_duration(found.seconds_left)} left" if found.seconds_left else ""
    words = [f"{found.finished} of {found.total} runs", listed(ended), left]
    progress.update(task, completed=found.share, words=" · ".join(filter(None, words)))
    return found.active > 0
