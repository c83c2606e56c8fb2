"""What there is to train on and to ask: data sets, imported ones, and the experiments."""

from __future__ import annotations

from rich.table import Table

from gancore.cli.options import Quiet, print_table
from gancore.config.datasets import DATASETS
from gancore.experiments import EXPERIMENTS


def datasets(quiet: Quiet = False) -> None:
    """The data sets and your imported ones, and whether they are here; with --quiet those that are, by name."""
    from gancore.data import available
    from gancore.data.imported import imported_sets

    named = {name: info for name, info in DATASETS.items() if name not in ("own", "drawn")}
    here = {name: available(name) for name in named}
    if quiet:
        print("\n".join([*(name for name in named if here[name]), *(each.name for each in imported_sets())]))
        return
    table = Table("name", "samples", "classes", "what", "", box=None)
    for name, info in named.items():
        state = "here" if here[name] else f"downloads {info.download}"
        table.add_row(name, f"{sum(info.counts):,}", str(len(info.counts)), info.title, state)
    for each in imported_sets():
        what = f"imported, {each.size} x {each.size} pixels, {each.channels} channels"
        table.add_row(f"own={each.name}", f"{sum(each.counts):,}", str(len(each.counts)), what, "here")
    print_table(table)


def experiments(quiet: Quiet = False) -> None:
    """The catalogue; with --quiet the ids alone."""
    if quiet:
        print("\n".join(EXPERIMENTS))
        return
    table = Table("id", "question", "runs", "source", box=None)
    for entry in EXPERIMENTS.values():
        table.add_row(entry.id, entry.question, str(len(entry.runs())), entry.source)
    print_table(table)
