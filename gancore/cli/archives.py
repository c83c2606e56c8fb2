"""Handing runs on in a zip, taking them in, and what they take on the disk."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from gancore.cli.options import RUNS, BadInput, Quiet, RunsDir, Where, find, print_table, select
from gancore.files import open_regular, replace, temporary_name
from gancore.store import RunStore
from gancore.store.archive import BadArchive, pack, unpack
from gancore.store.storage import Keep, free_all, freeable, last_used, unused_since, usage
from gancore.text import counted, describe_bytes


def export_runs(
    out: Annotated[Path, typer.Option(help="The zip file to write.")],
    runs: Annotated[list[str] | None, typer.Argument(metavar="[RUN]...", help="Ids of runs, or `latest`.")] = None,
    where: Where = "",
    runs_dir: RunsDir = RUNS,
    quiet: Quiet = False,
) -> None:
    """Write runs into a zip file, without their checkpoints: those that are named, or all that --where finds."""
    store = RunStore(runs_dir)
    if not runs and not where:
        raise BadInput("say which runs to export: their ids, or --where QUERY")
    chosen = select([find(each, runs_dir) for each in runs] if runs else store.list(), where)
    whole = [run for run in chosen if not run.damage]
    if not whole:
        raise BadInput("there is no run to export")
    temporary = temporary_name(out)
    try:
        with temporary.open("wb") as target:
            pack(whole, target)
        replace(temporary, out)
    except OSError as problem:
        raise BadInput(f"{out} cannot be written: {problem.strerror}") from None
    finally:
        temporary.unlink(missing_ok=True)
    print(
        out
        if quiet
        else f"{counted(len(whole), 'run')} in {out} ({describe_bytes(out.stat().st_size)}), without checkpoints"
    )


def import_runs(
    path: Annotated[Path, typer.Argument(help="A zip file that export-runs or the Runs page wrote.")],
    runs_dir: RunsDir = RUNS,
    quiet: Quiet = False,
) -> None:
    """Take the runs of a zip file into the store, marked as imported; prints their ids. 1 if some were left out."""
    try:
        with open_regular(path) as source:
            made = unpack(RunStore(runs_dir), source)
    except BadArchive as problem:
        raise BadInput(f"{path}: {problem}") from None
    for run in made.runs:
        print(run.id)
    for sentence in made.problems:
        typer.echo(sentence, err=True)
    if made.checkpoints and not quiet:
        typer.echo(f"{counted(made.checkpoints, 'checkpoint')} left out, as that could be code", err=True)
    if made.problems:
        raise typer.Exit(1)


def clean(
    where: Where = "",
    days: Annotated[float, typer.Option(min=0, help="Only runs that nobody opened for so many days.")] = 30.0,
    keep: Annotated[Keep, typer.Option(help="`last`: runs can still go on; `none`: every checkpoint goes.")] = "last",
    yes: Annotated[bool, typer.Option("--yes", help="Delete; without it, only what would be freed is said.")] = False,
    runs_dir: RunsDir = RUNS,
    quiet: Quiet = False,
) -> None:
    """Delete checkpoints of runs that nobody opened for long, for good; never of those that train or wait."""
    old = [run for run in select(unused_since(RunStore(runs_dir).list(), days), where) if freeable(run, keep)]
    total = sum(freeable(run, keep) for run in old)
    if not quiet and old:
        table = Table("run", "takes", "freed", "last used", box=None)
        for run in old:
            when = datetime.fromtimestamp(last_used(run)).strftime("%Y-%m-%d")
            table.add_row(run.id, describe_bytes(usage(run).total), describe_bytes(freeable(run, keep)), when)
        print_table(table)
    if not yes:
        print(f"{describe_bytes(total)} of {counted(len(old), 'run')} would be freed: say --yes to do so")
        return
    freed, problems = free_all(old, keep)
    for problem in problems:
        typer.echo(problem, err=True)
    print(f"{describe_bytes(freed)} of {counted(len(old) - len(problems), 'run')} freed")
