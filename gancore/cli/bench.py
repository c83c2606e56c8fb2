"""Measuring what things cost."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


class What(StrEnum):
    """What can be measured."""

    STEP = "step"
    STORE = "store"
    PAGE = "page"
    COMPARISON = "comparison"
    JOBS = "jobs"
    EXPLORE = "explore"
    LIMIT = "limit"
    BATCHED = "batched"


def bench(
    what: Annotated[
        What,
        typer.Argument(
            help="A step, a store of many runs, pages beside training, a comparison of many, several runs at once, "
            "a slider of Explore, steps of every family against the machine's limit, or many toys as one computation."
        ),
    ] = What.STEP,
    steps: Annotated[int, typer.Option(min=5, help="Steps per measurement.")] = 100,
    pairs: Annotated[int, typer.Option(min=1, help="Interleaved pairs or rounds; medians are shown.")] = 5,
    seconds: Annotated[float, typer.Option(min=1, help="Seconds per measurement with open tabs.")] = 15.0,
    wide: Annotated[bool, typer.Option(help="With `limit`: DCGANs of width 64, too.")] = False,
    json: Annotated[Path | None, typer.Option(help="With `limit`: a file for the figures.")] = None,
    page: Annotated[Path | None, typer.Option(help="With `limit`: a file for the figures in Markdown.")] = None,
) -> None:
    """Measure what the run folder costs, and the step against a plain training loop; or whatever else is named."""
    console = Console()
    if what is What.STORE:
        from gancore.bench import store

        store.run_benchmarks(console)
    elif what is What.PAGE:
        from gancore.bench import page as pages
        from gancore.cli.dashboard import command

        pages.run_benchmarks(command, seconds, pairs, console)
    elif what is What.COMPARISON:
        from gancore.bench import comparison
        from gancore.cli.dashboard import command

        comparison.run_benchmarks(command, pairs, console)
    elif what is What.JOBS:
        from gancore.bench import jobs

        jobs.run_benchmarks(min(seconds, 5.0), pairs, console)
    elif what is What.EXPLORE:
        from gancore.bench import explore

        explore.run_benchmarks(console)
    elif what is What.LIMIT:
        from gancore.bench import speed

        speed.run_benchmarks(min(seconds, 0.5), pairs, console, wide=wide, json=json, page=page)
    elif what is What.BATCHED:
        from gancore.bench import batched

        batched.run_benchmarks(console, pairs)
    else:
        from gancore.bench import step

        step.run_benchmarks(steps, pairs, console)
