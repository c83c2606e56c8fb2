"""Disks that are full."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gancore.config import ConfigError
from gancore.evaluation.runs import evaluate_run
from gancore.store import Run, RunBusy, RunStore
from gancore.store.archive import pack, unpack
from gancore.store.views import Views
from gancore.sweeps.plan import Plan
from gancore.sweeps.sweeps import Sweeps
from gancore.training.runner import execute
from tests.faults.fault import Fault, NotHere, Trial, busy
from ui.messages import describe


@contextmanager
def small_disk(folder: Path, kilobytes: int = 6_000) -> Iterator[Path]:
    """A disk of so many kilobytes, in memory. Raises `NotHere` where none can be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={kilobytes}k"
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, check=False
    )
    if made.returncode:
        raise NotHere("a small disk needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path, left: int) -> Path:
    """Fill a disk but for so many bytes; returns what fills it."""
    facts = os.statvfs(disk)
    filler = disk / "filler"
    with filler.open("wb") as file:
        file.write(b"x" * max(0, facts.f_bavail * facts.f_frsize - left))
    return filler


def _tree(root: Path) -> dict[str, bytes]:
    """All that is kept in a folder: what locks and caches hold does not count."""
    kept = (path for path in root.rglob("*") if path.is_file() and "lock" not in path.name and path.name[0] != ".")
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in kept}


def _writes(run: Run, store: RunStore, outside: Path) -> dict[str, Callable[[], object]]:
    """Everything that somebody may ask of a store besides training."""
    plan = Plan("sweep", {"a": busy("mlp")}, (0, 1))
    packed = outside / "packed.zip"
    with packed.open("wb") as file:
        pack([run], file)

    def export() -> None:
        with (store.root / "export.zip").open("wb") as file:
            pack([run], file)

    def take_in() -> None:
        with packed.open("rb") as file:
            unpack(store, file)

    return {
        "make": lambda: store.create(busy("mlp")),
        "rename": lambda: run.edit_meta(name="another", notes="n" * 10_000),
        "queue": run.enqueue,
        "steer": lambda: run.steer({"optim.lr_g": 2e-3}),
        "measure": lambda: evaluate_run(run, size="cheap", samples=20),
        "fork": lambda: store.fork(run, "last", run.config),
        "sweep": lambda: Sweeps(store).create(plan, threads=1),
        "save a view": lambda: Views(store.root).save("view", {"runs": run.id}),
        "export": export,
        "import": take_in,
        "delete": lambda: store.delete(run),
    }


def _try_writes(trial: Trial, store: RunStore, run: Run, outside: Path, words: str) -> None:
    """Each fails with a sentence, or works; whatever it says, nothing that was there is lost."""
    for name, write in _writes(run, store, outside).items():
        before = _tree(store.root)
        try:
            write()
        except (OSError, RunBusy, ConfigError, RuntimeError) as problem:
            sentence = describe(problem)
            trial.expect(words in sentence, f"{name}: {sentence}")
        except Exception as problem:
            trial.expect(False, f"{name}: {type(problem).__name__}: {problem}")
        else:
            trial.tried += 1
            if name == "delete":
                store.restore(run.id)
            continue
        after = _tree(store.root)
        lost = {path for path, content in before.items() if after.get(path) != content}
        trial.expect(not lost, f"{name} lost {sorted(lost)[:3]}")


def _stopped(store: RunStore) -> Run:
    run = store.create(busy("mlp", {"train.steps": 40}), run_id="run", threads=1)
    execute(run.path, max_steps=10)
    return run


def full_for_whoever_asks(trial: Trial) -> None:
    """Everything that can be asked of a store on a full disk."""
    with small_disk(trial.folder / "disk") as disk:
        run = _stopped(RunStore(disk / "runs"))
        filler = fill(disk, 0)
        _try_writes(trial, RunStore(disk / "runs"), run, trial.folder, "the disk is full")
        filler.unlink()
        run.edit_meta(name="room again")
        trial.expect(run.name == "room again" and not list(disk.rglob("*.tmp")), "it did not work afterwards")
    trial.say("“the disk is full. Free some space and try again”; nothing that was there changed")


FAULTS: dict[str, Fault] = {"disk full at every button": full_for_whoever_asks}
