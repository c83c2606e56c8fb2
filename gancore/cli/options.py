"""What the commands have in common: options, finding a run, and saying what a user can mend."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gancore.health import examine
from gancore.query import Facts, QueryError, asked, parse
from gancore.query.fields import facts_of, state_fact
from gancore.store import Run, RunNotFound, RunStore


def _printable(name: str) -> str:
    """A name that can be saved and shown: bytes that are no text, and control characters, cannot."""
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
        raise typer.BadParameter("a name must be plain text in UTF-8, without line breaks")
    return name


RunsDir = Annotated[Path, typer.Option("--runs-dir", help="Folder of the run store.", envvar="GANCORE_RUNS")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print only the result.")]
Name = Annotated[str, typer.Option(help="Name of the new run.", callback=_printable)]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or `latest`.")]
Where = Annotated[
    str, typer.Option(help='Only runs that match, such as: --where "lr_d > 0.01 and loss = hinge and fid < 20".')
]
RUNS = Path("runs")


class BadInput(ValueError):
    """Something the user can mend; the message is one sentence."""


def find(run_id: str, runs_dir: Path) -> Run:
    store = RunStore(runs_dir)
    if run_id == "latest":
        runs = store.list()
        if not runs:
            raise RunNotFound(f"there are no runs in {runs_dir}")
        return runs[0]
    return store.open(run_id)


def select(runs: Iterable[Run], where: str) -> list[Run]:
    """The runs that a query finds. Raises `BadInput` with the place of what is wrong with it."""
    try:
        query = parse(where)
    except QueryError as problem:
        place = f"{where[: problem.start]}\N{RIGHTWARDS ARROW}{where[problem.start :]}"
        raise BadInput(f"{problem}: {' '.join(place.split())}") from None
    examined = "problem" in asked(query)
    return [run for run in runs if query.matches(_facts(run, examined=examined))]


def _facts(run: Run, *, examined: bool) -> Facts:
    facts = facts_of(run) | {"state": state_fact(run.state)}
    return facts | {"problem": tuple(each.title for each in examine(run))} if examined and not run.damage else facts


def print_table(table: Table) -> None:
    """As wide as the terminal, or wide enough for a file."""
    Console(width=None if sys.stdout.isatty() else 200).print(table)
