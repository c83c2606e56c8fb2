"""What a move of a slider on the Explore page takes on the server: from the question to the picture, on one core.

The networks are those of the catalogue as they begin, since how long they take does not hang on their weights. Each is
asked alone, and again beside a process that trains with all cores.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from gancore.config import RunConfig
from gancore.experiments import EXPERIMENTS
from gancore.exploring import asking
from gancore.store import Run, RunStore

NETWORKS = ("quickstart", "dcgan-baseline", "cdcgan-baseline", "vae-mnist")
MOVES = 40  # of a slider, each to another place
PART = 16  # images of a grid that are asked for at once
LIMIT = 150  # milliseconds that a move may take
_SEVEN = (-3, -2, -1, 0, 1, 2, 3)

# A training in a process of its own, until it is ended.
_TRAIN = "import sys; from gancore.training.runner import execute; execute(__import__('pathlib').Path(sys.argv[1]))"


def run_benchmarks(console: Console) -> None:
    """Ask each network for what its sliders ask for; print medians and 95th percentiles."""
    from gancore.executors.loading import use_one_core

    table = Table("network", "beside it", "a picture", "all strips", "a part of a grid", box=None, pad_edge=False)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1, initializer=use_one_core) as lane:
        store = RunStore(Path(folder) / "runs")
        runs = {name: lane.submit(_saved, store, EXPERIMENTS[name].base).result() for name in NETWORKS}
        for beside in ("nothing", "a training"):
            with _training(store) if beside != "nothing" else _nothing():
                for name, run in runs.items():
                    with console.status(f"{name} beside {beside}"):
                        found = lane.submit(_measure, run).result()
                    table.add_row(name, beside, *(_said(seconds) for seconds in found.values()))
    console.print(table)
    console.print(f"Medians and 95th percentiles of {MOVES}; a move of a slider may take {LIMIT} ms.")


def _saved(store: RunStore, config: RunConfig) -> Run:
    from gancore.algorithms import build_algorithm
    from gancore.store.checkpoints import Checkpoint

    run = store.create(config)
    Checkpoint(0, 0, 0.0, build_algorithm(config).state_dict()).save(run.path / "checkpoints" / "last.pt")
    return run


def _measure(run: Run) -> dict[str, list[float]]:
    """Seconds of each answer, by what is asked, with checking the question and writing the answer."""
    from gancore.exploring.answers import pictures
    from gancore.exploring.shelf import Shelf

    shelf = Shelf()
    found: dict[str, list[float]] = {}
    shelf.take(run, "last").directions("sefa", raw=False)  # once a checkpoint
    for what, points in _questions().items():
        found[what] = []
        for move in range(-1, MOVES):  # the first one is not counted
            question = json.dumps({"points": points(move / MOVES)}).encode()
            begin = time.perf_counter()
            asked = asking.Pictures.model_validate_json(question)
            json.dumps(pictures(shelf.take(run, asked.checkpoint), asked))
            if move >= 0:
                found[what].append(time.perf_counter() - begin)
    return found


def _questions() -> Mapping[str, Any]:
    def moved(amount: float) -> dict[str, Any]:
        return {"seed": 1, "moves": {"sefa-0": amount, "z-1": -amount}}

    return {
        "picture": lambda amount: [moved(amount)],
        "strips": lambda amount: [
            moved(amount) | {"moves": {f"sefa-{place}": by}} for place in range(8) for by in _SEVEN
        ],
        "grid": lambda amount: [moved(amount) | {"place": place} for place in range(PART)],
    }


@contextmanager
def _training(store: RunStore) -> Iterator[None]:
    run = store.create(EXPERIMENTS["quickstart"].base.replace({"train.epochs": 1_000}))
    with subprocess.Popen([sys.executable, "-c", _TRAIN, str(run.path)]) as process:
        try:
            while run.status.step < 20 and process.poll() is None:
                time.sleep(0.2)
            yield
        finally:
            process.terminate()


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _said(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    return f"{1000 * median(ordered):.0f} ms, {1000 * ordered[int(0.95 * len(ordered))]:.0f} ms"
