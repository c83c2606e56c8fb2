"""What steps cost as tables: on the terminal, as JSON, and as docs/speed.md."""

from __future__ import annotations

import os
import textwrap
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from gancore import machine
from gancore.bench import batched
from gancore.bench.limit import ALL_PARTS, Result, cases, measure
from gancore.files import write_atomic, write_json
from gancore.text import describe_bytes

BUSY = 0.25  # of the cores in use when it began: figures of a machine that did something else besides
WIDTH = 110  # of a line of text

HEAD = ("networks", "batch", "precision", "images/s", "plain loop", "ratio", "GFLOP/s", "limit", "reached", "memory")


def run_benchmarks(
    seconds: float, rounds: int, console: Console, *, wide: bool = False, json: Path | None, page: Path | None
) -> None:
    """Measure, print both tables, and write what was asked for."""
    about = conditions(rounds)
    results = measure(cases(wide=wide), seconds, rounds, console)
    together = batched.find(console, rounds) if page is not None else None
    for head, rows in ((HEAD, _rates(results)), (_HEAD_OF_PARTS, _parts(results))):
        table = Table(*head, box=None, pad_edge=False)
        for row in rows:
            table.add_row(*row)
        console.print(table)
    console.print("\n".join(_conditions(about)), highlight=False)
    if json is not None:
        write_json(json, about | {"results": [asdict(result) for result in results]})
    if page is not None and together is not None:
        write_atomic(page, ("\n".join(speed_page(about, results, together)) + "\n").encode())


def conditions(rounds: int) -> dict[str, Any]:
    """Of a measurement that begins now: the machine, the versions, the day, and how busy the machine is."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return {
        "machine": machine.describe(),
        "threads": machine.threads(),
        "versions": machine.versions(),
        "day": time.strftime("%Y-%m-%d"),
        "load": load,
        "rounds": rounds,
    }


def speed_page(about: dict[str, Any], results: Sequence[Result], together: batched.Found) -> Iterator[str]:
    """docs/speed.md, line by line."""
    yield "# What a step costs"
    yield ""
    yield "    python -m gancore bench limit --page docs/speed.md"
    yield ""
    yield from _conditions(about)
    yield from ("", "## Steps, against a plain loop and against the machine", "")
    yield from textwrap.wrap(
        "A step is one update of every network, with its batch and its random numbers, without the run folder, which "
        "`python -m gancore bench` measures. The plain loop is a tutorial's: the same networks in fp32, a DataLoader "
        "of PIL images, D's gradients gathered in G's step, too, and the losses read each step. The limit is the rate "
        "of a product of two 1024 x 1024 matrices in the same precision, on as many threads, measured in turn with "
        "the steps. Operations are counted from the layers, forward and backward, two for a multiply-add; "
        "normalisation, activations and the optimiser count for nothing. A layer that suits the processor better than "
        "a square product may exceed the limit. Memory is the most that these steps hold, the data set included, "
        "beyond Python and torch themselves.",
        WIDTH,
    )
    yield ""
    yield from _markdown(HEAD, _rates(results))
    if not any(result.precision == "bf16" for result in results):
        yield ""
        yield "There are no rows of bf16: this processor does not compute in it, and torch's substitute is far slower."
    yield from ("", "## Where the time goes", "")
    yield from textwrap.wrap(
        "Draws as they were timed, batches included; all else as torch's profiler sees a few steps, which it makes a "
        "little slower: most of all what lies between operations, Python and the dispatcher.",
        WIDTH,
    )
    yield ""
    yield from _markdown(_HEAD_OF_PARTS, _parts(results))
    yield from ("", "## Many small runs at once", "")
    yield from textwrap.wrap(
        "Runs of `toy-collapse` that differ in their seed alone, each process with one thread: one after another, and "
        "as one computation, whose weights are stacked and whose products are batched. Everything random is drawn for "
        f"each run as ever. {batched.verdict(together)} `python -m gancore bench batched` measures this part alone.",
        WIDTH,
    )
    yield ""
    yield from _markdown(batched.HEAD, iter(batched.rows(together.ways)))
    yield from ("", "With all that their folders, processes and evaluations take besides:", "")
    yield from _markdown(batched.HEAD_OF_SWEEPS, iter(batched.rows_of_sweeps(together.sweeps)))


_HEAD_OF_PARTS = ("networks", "batch", "precision", *ALL_PARTS)


def _rates(results: Sequence[Result]) -> Iterator[tuple[str, ...]]:
    for each in results:
        yield (
            *_case(each),
            f"{each.images:,.0f}",
            f"{each.plain:,.0f}",
            f"{each.speed_up:.2f}",
            _giga(each.rate),
            _giga(each.limit),
            f"{each.share:.0%}",
            "" if each.memory is None else describe_bytes(each.memory),
        )


def _parts(results: Sequence[Result]) -> Iterator[tuple[str, ...]]:
    for each in results:
        yield (*_case(each), *(f"{each.parts[part]:.0%}" for part in ALL_PARTS))


def _case(result: Result) -> tuple[str, str, str]:
    return result.what, str(result.batch_size), result.precision


def _giga(rate: float) -> str:
    return f"{rate / 1e9:.3g}"


def _conditions(about: dict[str, Any]) -> Iterator[str]:
    """What the figures hold for."""
    here, versions = about["machine"], about["versions"]
    yield from textwrap.wrap(
        f"Measured on {about['day']}: {here['processor']}, {about['threads']} threads, torch {versions['torch']}; "
        f"medians of {about['rounds']} rounds.",
        WIDTH,
    )
    if about["load"] > BUSY * here["cores"]:
        yield f"The machine was busy with something else (load {about['load']:.1f} on {here['cores']} cores): ratios"
        yield "mean something, rates do not."


def _markdown(head: Sequence[str], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "| --- | " + "---: | " * (len(head) - 1)
    for row in rows:
        yield f"| {' | '.join(row)} |"
