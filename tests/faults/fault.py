"""What a fault is, and what is needed to try one: runs in miniature, and whether two of them are the same."""

from __future__ import annotations

import os
import random
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gancore.config import RunConfig
from gancore.config.kinds import ModelKind
from gancore.store import Run, RunStore
from gancore.store.checkpoints import load_checkpoint
from gancore.training.runner import execute
from tests.miniatures import equal, tiny
from tests.saving import often_saved

STEPS = 20
BUSY: Mapping[str, Any] = {  # everything is written often
    "train.steps": STEPS,
    "train.preview_every": 10,
    "train.keep_epochs": 1,
    "train.evaluate_every": 10,
    "train.evaluate_share": 1.0,
    "train.final_samples": 0,
}


@dataclass
class Trial:
    """One fault being tried: where, how often, and what was seen."""

    folder: Path  # its own, empty
    times: int
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    tried: int = 0
    seen: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def expect(self, holds: object, otherwise: str) -> None:
        """Count one thing that was tried, and what is wrong if it does not hold."""
        self.tried += 1
        if not holds:
            self.wrong.append(otherwise)

    def say(self, what: str) -> None:
        """What came of it, in words, once."""
        if what not in self.seen:
            self.seen.append(what)

    def store(self, name: str = "runs") -> RunStore:
        """A store in the trial's folder."""
        return RunStore(self.folder / name)


class NotHere(Exception):
    """The fault cannot be tried on this machine; the message says why."""


Fault = Callable[[Trial], None]


def busy(kind: ModelKind = "mlp", changes: Mapping[str, Any] | None = None) -> RunConfig:
    """A run in miniature that writes all there is to write."""
    return tiny(kind, {**BUSY, **(changes or {})})


_ALONE: dict[str, Run] = {}  # by its settings
_PLACE = tempfile.TemporaryDirectory(prefix="alone-")


def uninterrupted(config: RunConfig) -> Run:
    """The same run, left alone; trained once however many faults ask for it."""
    key = config.model_dump_json()
    if key not in _ALONE:
        run = RunStore(Path(_PLACE.name)).create(config, threads=1)
        with often_saved():
            execute(run.path)
        _ALONE[key] = run
    return _ALONE[key]


def difference(run: Run, alone: Run) -> str:
    """In what a run differs from one that was left alone; empty if it is the same, bit for bit."""
    if run.state != "finished":
        return f"it is {run.state}: {run.status.error or 'no error'}"
    ours, theirs = (load_checkpoint(each.checkpoint_path("last")) for each in (run, alone))
    curves = [each.scalars().drop(columns=["time", "step_time"]) for each in (run, alone)]
    measured = [[(each.file, each.values) for each in one.evaluations()] for one in (run, alone)]
    pictures = [{step: path.read_bytes() for step, path in each.samples().items()} for each in (run, alone)]
    checks = {
        "step": (ours.step, ours.drawn) == (theirs.step, theirs.drawn),
        "weights": equal(ours.algorithm, theirs.algorithm),
        "curves": curves[0].equals(curves[1]),
        "evaluations": measured[0] == measured[1],
        "sample grids": all(pictures[0].get(step) == content for step, content in pictures[1].items()),
        "kept checkpoints": run.checkpoints().keys() == alone.checkpoints().keys(),
    }
    return ", ".join(name for name, same in checks.items() if not same)


def forked(act: Callable[[], object]) -> int:
    """Do something in a process of its own, which has torch already; the number of that process."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        act()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def ended(pid: int) -> int:
    """How a process ended: its status, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
