"""Images from a checkpoint, and measuring them."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gancore.cli import interrupts
from gancore.cli.options import RUNS, BadInput, Quiet, RunId, RunsDir, find
from gancore.evaluation.measures import MEASURES
from gancore.files import write_atomic
from gancore.progress import silent
from gancore.store.evaluations import Evaluation, Size
from gancore.text import describe_duration


def sample(
    run: RunId,
    out: Annotated[Path, typer.Option(help="The PNG file to write.")],
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=10_000, help="Number of images.")] = 64,
    columns: Annotated[int, typer.Option(min=1, max=100, help="Images per row.")] = 8,
    seed: Annotated[int | None, typer.Option(min=0, help="Noise seed (default: the noise of the previews).")] = None,
    checkpoint: Annotated[str, typer.Option(help="`last`, or a kept step.")] = "last",
    scale: Annotated[int, typer.Option(min=1, max=16, help="Pixels drawn per image pixel, along each side.")] = 2,
    runs_dir: RunsDir = RUNS,
    quiet: Quiet = False,
) -> None:
    """Draw images from a run's checkpoint into a grid."""
    with interrupts.ending_at_once():
        from gancore.data import DataUnavailable
        from gancore.pictures.grids import encode_png
        from gancore.sampling.samples import picture
        from gancore.store.checkpoints import BadCheckpoint

    try:
        drawn = picture(find(run, runs_dir), count, columns, seed, checkpoint)
        write_atomic(out, encode_png(drawn, scale))
    except (BadCheckpoint, DataUnavailable) as problem:
        raise BadInput(str(problem)) from None
    except OSError as problem:
        raise BadInput(f"{out} cannot be written: {problem.strerror}") from None
    if not quiet:
        print(out)


def evaluate(
    run: RunId,
    checkpoint: Annotated[str, typer.Option(help="`last`, or a kept step.")] = "last",
    samples: Annotated[
        int | None, typer.Option(min=10, max=50_000, help="Number of samples (default: 10,000, or 1,000 with --cheap).")
    ] = None,
    cheap: Annotated[
        bool, typer.Option("--cheap", help="Only the metrics computed during training, on 1,000 samples.")
    ] = False,
    runs_dir: RunsDir = RUNS,
    quiet: Quiet = False,
) -> None:
    """Evaluate samples of a run's checkpoint against real images; with --quiet, print JSON."""
    with interrupts.ending_at_once():
        from gancore.data import DataUnavailable
        from gancore.evaluation.runs import evaluate_run
        from gancore.store.checkpoints import BadCheckpoint

    if cheap and samples is not None:
        raise BadInput("give --cheap or --samples, not both: cheap evaluations always use 1,000 samples")
    found, console = find(run, runs_dir), Console(stderr=True)
    try:
        with console.status("evaluating") if not quiet else nullcontext() as shown:
            progress = silent if shown is None else shown.update
            size: Size = "cheap" if cheap else "full"
            made = evaluate_run(found, size=size, checkpoint=checkpoint, samples=samples, progress=progress)
    except (BadCheckpoint, DataUnavailable, ValueError) as problem:  # the last: samples that are not finite
        raise BadInput(f"{found.name} cannot be evaluated: {problem}") from None
    if quiet:
        print(json.dumps([evaluation.model_dump() for evaluation in made], indent=1))
        return
    for evaluation in made:
        _print_evaluation(evaluation)


def _print_evaluation(evaluation: Evaluation) -> None:
    reference = f"{evaluation.reference_count:,} of {evaluation.reference}"
    print(f"{evaluation.samples:,} samples at step {evaluation.step:,} ({evaluation.weights}); reference: {reference}")
    table = Table("value", "", box=None, show_header=False)
    for key, value in evaluation.values.items():
        measure = MEASURES.get(key)
        name, digits = (measure.name(evaluation.extractor), measure.digits) if measure else (key, ".4g")
        table.add_row(name, f"{value:{digits}}")
    console = Console()
    console.print(table)
    if evaluation.missing:
        console.print(f"{evaluation.missing}.", highlight=False, markup=False)
    print(f"evaluated in {describe_duration(evaluation.seconds)}")
