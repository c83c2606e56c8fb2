"""Importing images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gancore.cli import interrupts
from gancore.cli.options import BadInput, Quiet


def import_set(
    path: Annotated[Path, typer.Argument(help="A folder or a zip file; each folder in it is a class.")],
    name: Annotated[str, typer.Option(help="Name of the set; a number is added if the name is taken.")],
    quiet: Quiet = False,
) -> None:
    """Import images of your own; prints the name to train with (--set data.name=own --set data.own=NAME) last."""
    with interrupts.ending_at_once():
        from gancore.data import BadImages
        from gancore.data.importing import import_images

    try:
        with _line(quiet) as line:
            task = line.add_task("")
            report = import_images(
                *(path, name),
                count=lambda doing, done, total: line.update(task, description=doing, completed=done, total=total),
            )
    except BadImages as problem:
        raise BadInput(str(problem)) from None
    made = report.made
    if not quiet:
        kind, classes = "grey" if made.channels == 1 else "coloured", len(made.classes)
        told = f"{classes} class" if classes == 1 else f"{classes:,} classes"
        print(f"{report.used:,} {kind} images of {told}, {made.size} x {made.size} pixels")
        for sentence in (report.note, *(f"skipped {reason}" for reason in report.reasons)):
            if sentence:
                print(sentence)
        if report.skipped > len(report.reasons):
            print(f"skipped {report.skipped:,} files in all")
    print(made.name)


def _line(quiet: bool) -> Progress:
    """A line on a terminal that moves, and is gone in the end."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal)
