"""Makes the run folders beside it, and expected.json: what this version reads from them, and how they go on.

They were made by version 0.1.0, commit f9d433d7c648597e0ef393e29ade4de4267f75e7, and must never be made again: they
stand for the runs that people have. For those of another version, copy this file to `tests/folders/<version>`, change
this paragraph, and run it from the repository root:

    PYTHONPATH=. python tests/folders/<version>/make.py

One family is not there: the layers of cs231n are large whatever the settings say, and so are its checkpoints (92 MB).
What it computes is pinned by a new run only.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from gancore.config import RunConfig, needed
from gancore.store import Run, RunStore
from gancore.training import control, runner
from gancore.training.events import Notice, Step
from tests.miniatures import KINDS, tiny
from tests.test_folders import ended, environment, opened, write_fresh

HERE = Path(__file__).parent
STEPS = 20  # of each run: 4 epochs of 5 batches, 3 images left over

NARROW = {"model.hidden": (8,), "model.g_hidden": (8,), "model.d_hidden": (8,)}
PINNED = {"train.device": "cpu", "train.checkpoint_seconds": 3600.0}  # only those checkpoints that are asked for
LAYERED = ("mlp", "cmlp", "vae")  # can be smaller still, with 8 x 8 pixels, but learn nothing from tiny weights

At = Mapping[int, Callable[[Run], object]]  # what happens to a run after a step


def make(store: RunStore) -> None:
    """All runs, those first from which others are forked."""
    evaluated = {"train.evaluate_every": 6, "train.evaluate_share": 1.0}
    dcgan = start(store, "dcgan", "dcgan", {"train.keep_epochs": 1} | evaluated, name="Tiny DCGAN, ½ done")
    dcgan.edit_meta(tags=("tiny", "digits"), notes="Stopped *midway*.\nA second line.", starred=True)
    train(dcgan, 12, {6: lambda run: run.steer({"optim.lr_g": 1e-3})})
    dcgan.steer({"optim.lr_d": 1e-4, "objective.label_smoothing": 0.1})  # takes effect when it goes on
    dcgan.command("stop")  # to nobody: the attempt is over

    other = dcgan.config_at(5).replace({"optim.lr_g": 2e-3, "train.evaluate_every": 0})
    train(rename(store.fork(dcgan, "5", other, name="A fork"), "fork"), 4)

    fresh_noise = {"model.dropout": 0.3, "model.prior": "uniform", "objective.noise": "fresh", "optim.ema": 0.9}
    mlp = start(store, "mlp", "mlp", fresh_noise | evaluated)
    train(mlp, 15, {12: lambda run: run.command("pause")})

    plane = needed("data.name", "ring") | {"data.name": "ring"}
    ring = start(store, "ring", "mlp", plane | {"train.keep_epochs": 2, "model.dropout": 0.1} | evaluated)
    train(ring, 12)

    wasserstein = {"objective.loss": "wasserstein", "objective.penalty": "gradient", "model.d_norm": "none"}
    train(start(store, "cdcgan", "cdcgan", wasserstein | {"optim.d_steps": 2, "train.steps": STEPS}), 12)
    maxout = {"model.maxout": 2, "model.spectral_norm": True, "objective.loss": "hinge", "optim.optimizer": "sgd"}
    train(start(store, "cmlp", "cmlp", maxout | {"optim.momentum_end": 0.7, "optim.schedule_d": "cosine"}), 12)
    vae = start(store, "vae", "vae", {"optim.schedule": "linear"} | evaluated)
    train(vae, 12, {7: lambda run: run.steer({"optim.lr": 2e-3})})
    train(start(store, "translator", "translator", {"objective.pixel_weight": 0.5}), 12)
    train(start(store, "semi", "semi", {"objective.penalty": "r1", "model.d_norm": "none"}), 12)

    measured = {"train.evaluate_every": 10, "train.final_samples": 50, "optim.ema": 0.9, "train.keep_epochs": 2}
    train(start(store, "finished", "dcgan", measured | {"train.evaluate_share": 1.0}, experiment="quickstart"))

    start(store, "queued", "dcgan", {"objective.loss": "least_squares"}, name="Never started").enqueue(priority=2)

    diverging = {"objective.loss": "wasserstein", "optim.optimizer": "sgd", "optim.lr_g": 1.0}
    failed = start(store, "failed", "mlp", plane | diverging | {"optim.lr_d": 1.0})
    train(failed, 3)
    train(failed)

    interrupted = start(store, "interrupted", "mlp", {"train.keep_epochs": 1, "model.dropout": 0.3} | evaluated)
    train(interrupted, 6)
    process = get_context("spawn").Process(target=train_until_killed, args=(interrupted.path,))
    process.start()
    process.join()


def settings(kind: Any, changes: Mapping[str, Any]) -> RunConfig:
    """Tiny ones of a family."""
    layered = {"data.image_size": 8, "model.init": "default"} if kind in LAYERED else {}
    return tiny(kind, NARROW | PINNED | layered | dict(changes))


def start(store: RunStore, run_id: str, kind: Any, changes: Mapping[str, Any], **said: Any) -> Run:
    """A new run in a folder with a plain name."""
    return rename(store.create(settings(kind, changes), **said), run_id)


def rename(run: Run, run_id: str) -> Run:
    """The same run under another id; before it is forked, since forks name their parent."""
    return Run(run.path.rename(run.path.with_name(run_id)))


class Happens:
    """A watcher that does something to a run after some of its steps."""

    def __init__(self, run: Run, at: At) -> None:
        self._run, self._at = run, at

    def __call__(self, event: Step | Notice) -> None:
        if isinstance(event, Step) and event.step in self._at:
            self._at[event.step](self._run)

    def close(self) -> None:
        pass


def train(run: Run, max_steps: int | None = None, at: At | None = None) -> None:
    """Train with commands and changes looked up after every step, so that they meet the step they are meant for."""
    control.CONTROL_SECONDS = 0.0
    runner.execute(run.path, watchers=[Happens(run, at or {})], max_steps=max_steps)


def train_until_killed(path: Path) -> None:
    """Die at step 14, with a change, an evaluation and a kept checkpoint that `last` does not know of.

    At step 12 there is time for the curves to be flushed and the status to be written; the last row is lost.
    """
    prepare()
    run = Run(path)
    at: At = {
        8: lambda run: run.steer({"optim.lr_d": 1e-3}),
        12: lambda _: time.sleep(1.5),
        14: lambda _: os.kill(os.getpid(), signal.SIGKILL),
    }
    train(run, at=at)


def prepare() -> None:
    """One thread, for this process and for those who go on with its runs."""
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)


def goes_on(run: Run) -> dict[str, Any]:
    """How a copy of a run ends."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Run(shutil.copytree(run.path, Path(folder) / run.id))
        start = copy.checkpoint_step("last") if copy.checkpoints() else 0
        runner.execute(copy.path)
        return ended(copy, start)


def begins(name: str, envelope: dict[str, Any]) -> dict[str, Any]:
    """How a new run ends."""
    with tempfile.TemporaryDirectory() as folder:
        run = write_fresh(Path(folder) / name, envelope)
        runner.execute(run.path)
        return ended(run, 0)


def fresh() -> dict[str, dict[str, Any]]:
    """Settings of new runs, as config.json has them: the quickstart's, and one for each family."""
    quick = {"train.steps": 30, "train.evaluate_every": 0, "train.final_samples": 0}
    configs = {"default": RunConfig().replace(quick | PINNED)}
    configs |= {kind: tiny(kind, PINNED | {"train.steps": STEPS}) for kind in KINDS}
    return {
        name: {"schema": 1, "threads": 1, "config": config.model_dump(mode="json")} for name, config in configs.items()
    }


def twice(make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What is made, if it is the same each time."""
    first, second = make(), make()
    assert first == second, f"not repeatable: {first} and {second}"
    return first


def processor() -> str:
    """Its name, as far as the system says it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if "model name" in line), platform.processor())


def main() -> None:
    """Make the folders, look at them, and go on with copies."""
    prepare()
    store = RunStore(HERE)
    if store.list():
        sys.exit(f"{HERE} has runs already")
    make(store)
    runs = sorted(store.list(), key=lambda run: run.id)
    expected = {
        "environment": environment() | {"threads": "1", "processor": processor()},
        "runs": {
            run.id: {
                "opened": opened(run),
                "ended": None if run.state == "finished" else twice(lambda run=run: goes_on(run)),
            }
            for run in runs
        },
        "fresh": {
            name: {"envelope": envelope, "ended": twice(lambda name=name, envelope=envelope: begins(name, envelope))}
            for name, envelope in fresh().items()
        },
    }
    text = json.dumps(expected, indent=1, ensure_ascii=False, allow_nan=False)
    (HERE / "expected.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
