"""Handing results on: a report of experiments."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gancore.cli.options import RUNS, BadInput, Quiet, RunsDir
from gancore.experiments import Scale
from gancore.files import write_atomic
from gancore.store import RunStore
from gancore.sweeps.predictions import Predictions
from gancore.sweeps.sweeps import SweepNotFound, Sweeps


def export(
    out: Annotated[Path, typer.Option(help="The file to write.")],
    report: Annotated[
        list[str] | None, typer.Option(help="An experiment's id: it and its verdicts as one HTML page. Repeatable.")
    ] = None,
    sweep: Annotated[list[str] | None, typer.Option(help="A sweep's id, to be reported, too. Repeatable.")] = None,
    title: Annotated[str, typer.Option(help="Of the report (default: that of its experiment).")] = "",
    author: Annotated[str, typer.Option(help="Who hands it in.")] = "",
    scale: Annotated[
        Scale | None, typer.Option(help="Report the runs of this scale (default: where more are).")
    ] = None,
    runs_dir: RunsDir = RUNS,
    quiet: Quiet = False,
) -> None:
    """Write a lab report of experiments and sweeps that were run: one HTML file that opens offline, and prints."""
    from gancore.export.report import ReportError, lab_report  # here, as matplotlib takes a while to import

    if not report and not sweep:
        raise BadInput("say what to export: --report EXPERIMENT or --sweep ID, and again for further ones")
    store = RunStore(runs_dir)
    try:
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
