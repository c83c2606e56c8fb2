"""Looking at runs: all of them in a table, one in full."""

from __future__ import annotations

import itertools
import json
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from gancore.cli.options import RUNS, Quiet, RunId, RunsDir, Where, find, print_table, select
from gancore.evaluation.measures import MAIN, headline
from gancore.health import examine
from gancore.store import Run, RunStore
from gancore.text import describe_duration
from gancore.training.interruption import WHY_INTERRUPTED, how_it_goes_on


def list_runs(where: Where = "", runs_dir: RunsDir = RUNS, quiet: Quiet = False) -> None:
    """All runs, or those that --where finds, newest first; with --quiet their ids alone."""
    runs = select(RunStore(runs_dir).list(), where)
    if where and not runs:
        if not quiet:
            print("No run matches.")
        return
    if quiet:
        print("\n".join(run.id for run in runs))
        return
    if not runs:
        print("No runs yet. Start one: python -m gancore train --experiment quickstart")
        return
    table = Table("run", "state", "step", "loss D", "loss G", "quality", "created", box=None)
    for run in runs:
        status = run.status
        numbers = {name: value for name, value in (status.scalars | run.summary).items() if value is not None}
        created = datetime.fromtimestamp(run.created).strftime("%Y-%m-%d %H:%M") if run.created else ""
        losses = (f"{numbers[key]:.3g}" if key in numbers else "" for key in ("loss_d", "loss_g"))
        quality = headline(run.evaluations(), ("fid", "modes", *MAIN))
        step = f"{status.step:,}/{status.total_steps:,}"
        table.add_row(run.id, run.state, step, *losses, quality, created)
    print_table(table)


def show(run: RunId, runs_dir: RunsDir = RUNS, quiet: Quiet = False) -> None:
    """A run's settings, progress, numbers and history; with --quiet as JSON."""
    found = find(run, runs_dir)
    facts: dict[str, Any] = {"id": found.id, "name": found.name, "state": found.state, "path": str(found.path)}
    if found.damage:
        facts["damage"] = found.damage
    else:
        status, settings = found.status.model_dump(), found.steered_config.flat
        facts |= {"status": status, "summary": found.summary, "settings": settings}
    if found.meta.parent:
        facts["parent"] = {"id": found.meta.parent, "step": found.meta.parent_step}
    if quiet:
        print(json.dumps(facts, indent=1))
        return
    _print_facts(found, facts)


def _print_facts(run: Run, facts: dict[str, Any]) -> None:
    console = Console()
    console.print(f"{facts['name']}  {facts['state']}  {facts['path']}", highlight=False, markup=False)
    if run.damage:
        console.print(run.damage, markup=False)
        return
    if parent := facts.get("parent"):
        console.print(f"forked from {parent['id']} at step {parent['step'] or 0:,}", highlight=False, markup=False)
    status, config = run.status, run.steered_config
    console.print(f"step {status.step:,} of {status.total_steps:,}, trained for {describe_duration(status.seconds)}")
    if status.error:
        console.print(status.error, style="red", markup=False)
    if facts["state"] == "interrupted":
        console.print(f"{WHY_INTERRUPTED} {how_it_goes_on(run)}", style="yellow", highlight=False, markup=False)
    table = Table("setting", "value", "result", "value", box=None)
    settings = [(path, str(value)) for path, value in config.flat.items() if config.uses(path)]
    results = [(name, f"{value:.4g}") for name, value in run.summary.items()]
    for setting, result in itertools.zip_longest(settings, results, fillvalue=("", "")):
        table.add_row(*setting, *result)
    console.print(table)
    for finding in examine(run):
        console.print(f"{finding.title}: {finding.observation}", style="yellow", highlight=False, markup=False)
    for event in run.events():
        when = datetime.fromtimestamp(event.get("time") or 0).strftime("%H:%M:%S")
        console.print(f"{when}  {event.get('kind')}  {event.get('message')}", highlight=False, markup=False)
