"""Handing results on: a run in another format, a report of experiments, or a comparison of runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from gancore.cli import interrupts
from gancore.cli.options import RUNS, BadInput, Quiet, RunsDir, find
from gancore.colors import lines
from gancore.experiments import Scale
from gancore.export.formats import FORMATS, CannotExport, Format, FormatName
from gancore.files import write_atomic
from gancore.store import Run, RunStore
from gancore.sweeps.predictions import Predictions
from gancore.sweeps.sweeps import SweepNotFound, Sweeps


def export(
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="A run's id, or `latest`.")] = None,
    out: Annotated[Path | None, typer.Option(help="The file to write (default, of a run: one named after it).")] = None,
    format: Annotated[FormatName | None, typer.Option(help="What a run becomes (default: script).")] = None,
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
    """Take a run along as a plain PyTorch script, weights, curves or a film; or write a lab report of experiments and
    sweeps, or a comparison of runs, as one HTML file that opens offline and prints."""
    if run is not None:
        if report or sweep or compare:
            raise BadInput("a run is a file of its own: leave out --report, --sweep and --compare")
        _export_run(find(run, runs_dir), FORMATS[format or "script"], out, quiet)
        return
    if format is not None:
        raise BadInput("say which run to export: its id, or latest")
    if not report and not sweep and not compare:
        words = "a RUN, --report EXPERIMENT, --sweep ID or --compare RUN, and again for further ones"
        raise BadInput(f"say what to export: {words}")
    if compare and (report or sweep):
        raise BadInput("a comparison is a file of its own: leave out --report and --sweep")
    if out is None:
        raise BadInput("say where to write it: --out FILE")
    from gancore.export.report import ReportError, lab_report  # here, as matplotlib takes a while to import

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
    _write(out, content, quiet)


def _export_run(run: Run, chosen: Format, out: Path | None, quiet: bool) -> None:
    out = out or Path(chosen.name(run))
    if chosen is FORMATS["tensorboard"] and "tfevents" not in out.name:
        raise BadInput(f"TensorBoard reads files with tfevents in their name, such as {chosen.name(run)}")
    if run.damage:
        raise BadInput(run.damage)
    try:
        with interrupts.ending_at_once():
            content = chosen.make(run)
    except CannotExport as problem:
        raise BadInput(str(problem)) from None
    _write(out, content, quiet)


def _write(out: Path, content: bytes, quiet: bool) -> None:
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
