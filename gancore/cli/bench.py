"""Measuring what things cost."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console


def bench(
    steps: Annotated[int, typer.Option(min=5, help="Steps per measurement.")] = 100,
    pairs: Annotated[int, typer.Option(min=1, help="Interleaved pairs; medians are shown.")] = 5,
) -> None:
    """Measure what the run folder costs, and the step against a plain training loop."""
    from gancore.bench.step import run_benchmarks

    run_benchmarks(steps, pairs, Console())
