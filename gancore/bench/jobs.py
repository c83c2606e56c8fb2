"""What several runs at once bring: one-threaded ones side by side, against one after another with all threads."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from gancore import machine
from gancore.config import RunConfig
from gancore.executors.packing import Packing, choose, measure

BATCHES = (12, 64)  # of report 002, and of the quickstart


def run_benchmarks(seconds: float, rounds: int, console: Console, cores: int | None = None) -> None:
    """Time DCGANs with the batches of `BATCHES`, and print the steps that all runs make together, against one run."""
    cores = cores or machine.threads()
    table = Table(
        "batch", "runs at once", "threads each", "steps/s together", "ratio", "all rounds", box=None, pad_edge=False
    )
    for batch in BATCHES:
        config = RunConfig().replace({"train.batch_size": batch, "train.device": "cpu"})
        with console.status(f"batch {batch}: {rounds} rounds"):
            packings = measure(config, cores, seconds, rounds)
        for packing in packings:
            table.add_row(str(batch), *_row(packing, packings[0]))
        console.print(f"batch {batch}: {choose(packings)} at once pay")
    console.print(table)
    console.print(f"{cores} cores; ratios of rounds that took turns, medians first")


def _row(packing: Packing, alone: Packing) -> list[str]:
    ratios = sorted(rate / one for rate, one in zip(packing.rates, alone.rates, strict=True))
    shown = " ".join(f"{ratio:.2f}" for ratio in ratios)
    middle = ratios[len(ratios) // 2]
    return [str(packing.jobs), str(packing.threads), f"{packing.rate:.1f}", f"{middle:.2f}", shown]
