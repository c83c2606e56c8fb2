"""What a store costs: listing and filtering many runs, and following a curve that grows."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from gancore.config import RunConfig
from gancore.pictures.grids import encode_png
from gancore.store import Run, RunStore
from gancore.store.index import Index
from gancore.store.records import Status
from gancore.store.scalars import ScalarWriter, read_scalars
from gancore.store.tails import follow

STORES, CURVES = (200, 2_000), (25_000, 140_000)
PORTION = 120  # rows of a curve that are written, and read, at a time
TIMES = 7  # that each is measured; medians are shown
_NAMES = ("loss_d", "loss_g", "d_real", "d_fake", "d_fake_g", "grad_norm_d", "grad_norm_g", "step_time")


def run_benchmarks(console: Console) -> None:
    """Measure synthetic stores and curves, and print what each costs."""
    with tempfile.TemporaryDirectory() as folder:
        table = Table("runs", "list, new process", "list again", "filter", box=None, pad_edge=False)
        for count in STORES:
            with console.status(f"a store of {count:,} runs"):
                table.add_row(f"{count:,}", *map(_milliseconds, _store_costs(Path(folder) / str(count), count)))
        console.print(table)
        table = Table("rows of a curve", "all", "what is new", box=None, pad_edge=False)
        for count in CURVES:
            with console.status(f"a curve of {count:,} rows"):
                path = Path(folder) / f"{count}.arrow"
                table.add_row(f"{count:,}", *map(_milliseconds, _curve_costs(path, count)))
        console.print(table)


def make_store(root: Path, count: int, steps: int = 1_050) -> RunStore:
    """A store of finished runs of so many steps that differ in two settings, without training any."""
    store = RunStore(root)
    first = store.create(RunConfig(), name="run 0")
    _finish(first, steps)
    envelope = json.loads((first.path / "config.json").read_text())
    for number in range(1, count):
        folder = root / f"run-{number:05d}"
        shutil.copytree(first.path, folder)
        config = envelope["config"]
        model, optim = {"ngf": (16, 32, 64)[number % 3]}, {"lr_g": (1e-3, 2e-4)[number % 2]}
        changed = config | {"seed": number, "model": config["model"] | model, "optim": config["optim"] | optim}
        created = envelope["created"] - number
        (folder / "config.json").write_text(json.dumps(envelope | {"created": created, "config": changed}))
        (folder / "meta.json").write_text(json.dumps({"name": f"run {number}", "color": number}))
    return store


def _finish(run: Run, steps: int) -> None:
    """Give a run what training would have left: curves, grids, a status and a summary."""
    writer = ScalarWriter(run.path / "scalars.arrow")
    writer.append(_rows(1, steps))
    writer.close()
    (run.path / "samples").mkdir()
    grid = (np.arange(274 * 274) ** 2 % 251).astype(np.uint8).reshape(274, 274)  # does not compress well
    for step in range(0, steps, max(50, steps // 100)):
        (run.path / "samples" / f"{step:06d}.png").write_bytes(encode_png(Image.fromarray(grid)))
    (run.path / "summary.json").write_text('{"loss_d": 0.5, "loss_g": 1.5}')
    run.write_status(Status(state="finished", step=steps, total_steps=steps, seconds=80, attempt=1))


def _store_costs(root: Path, count: int) -> tuple[float, float, float]:
    """Seconds to list a store for the first time, to list it again, and to find some of its runs."""
    make_store(root, count)
    time.sleep(0.2)  # what was written a moment ago is read again

    def shown(index: Index) -> list[tuple[str, str, float]]:
        return [(run.name, run.state, run.config_now.optim.lr_g) for run in index.runs() if run.samples()]

    def found(index: Index) -> list[Run]:
        return [run for run in index.runs() if run.config_now.model.ngf == 64 and run.state == "finished"]

    new = _seconds(lambda: shown(Index(root)), times=1)
    index = Index(root)
    shown(index)
    return new, _seconds(lambda: shown(index)), _seconds(lambda: found(index))


def _curve_costs(path: Path, count: int) -> tuple[float, float]:
    """Seconds to read all of a curve, and to read what a second of training added to it."""
    writer = ScalarWriter(path)
    for first in range(1, count + 1, PORTION):
        writer.append(_rows(first, first + PORTION - 1))
    whole = _seconds(lambda: read_scalars(path))
    follow(path)
    times = []
    for turn in range(TIMES):
        writer.append(_rows(count + turn * PORTION, count + (turn + 1) * PORTION - 1))
        times.append(_seconds(lambda: follow(path), times=1))
    writer.close()
    return whole, median(times)


def _rows(first: int, last: int) -> dict[str, np.ndarray]:
    steps = np.arange(first, last + 1, dtype=np.float64)
    return {"step": steps, "epoch": steps / 70, "time": steps / 10} | dict.fromkeys(_NAMES, np.sin(steps))


def _seconds(work: Callable[[], object], times: int = TIMES) -> float:
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return median(taken)


def _milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:,.1f} ms"
