"""Handing results on: a report of experiments, or a comparison of runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from gancore.cli.options import RUNS, BadInput, Quiet, RunsDir, find
from gancore.colors import lines
from gancore.experiments import Scale
from gancore.files import write_atomic
from gancore.store import Run, RunStore
from gancore.sweeps.predictions import Predictions
from gancore.sweeps.sweeps import SweepNotFound, Sweeps


def export(
    out: Annotated[Path, typer.Option(help="The file to write.")],
    report: Annotated[
        list[str] | None, typer.Option(help="An experiment's id: it and its verdicts as one HTML page. Repeatable.")
    ] = None,
    sweep: Annotated[list[str] | None, typer.Option(help="A sweep's id, to be reported, too. Repeatable.")] = None,
    compare: Annotated[
        list[str] | None, typer.Option(help="A run's id, to be compared with the others given so. Repeatable.")
    ] = None,
    title: Annotated[str, typer.Option(help="Of the report (default: that of its experiment).")] = "",
    author: Annotated[str, typer.Option(help="Who hands it in.")] = "",
    scale: Annotated[
        Scale | None, typer.Option(help="Report the runs of this scale (default: where more are).")
    ] = None,
    runs_dir: RunsDir = RUNS,
    quiet: Quiet = False,
) -> None:
    """Write a lab report of experiments and sweeps that were run, or a comparison of runs: one HTML file that opens
    offline, and prints."""
    from gancore.export.report import ReportError, lab_report  # here, as matplotlib takes a while to import

    if not report and not sweep and not compare:
        words = "--report EXPERIMENT, --sweep ID or --compare RUN, and again for further ones"
        raise BadInput(f"say what to export: {words}")
    if compare and (report or sweep):
        raise BadInput("a comparison is a file of its own: leave out --report and --sweep")
    store = RunStore(runs_dir)
    try:
        if compare:
            content = _comparison([find(each, runs_dir) for each in dict.fromkeys(compare)])
        else:
            sweeps = [Sweeps(store).open(each) for each in sweep or ()]
            content = lab_report(
                store, report or (), sweeps, title=title, author=author, scale=scale, predictions=Predictions(store)
            )
    except (ReportError, SweepNotFound) as problem:
        raise BadInput(str(problem)) from None
    try:
        write_atomic(out, content)
    except OSError as problem:
        raise BadInput(f"{out} cannot be written: {problem.strerror}") from None
    if not quiet:
        print(out)


def _comparison(runs: Sequence[Run]) -> bytes:
    from gancore.export.comparison import NoComparison, comparison

    colors = lines([run.meta.color for run in runs])
    try:
        return comparison(runs, {run.id: line.color for run, line in zip(runs, colors, strict=True)})
    except NoComparison as problem:
        raise BadInput(str(problem)) from None
