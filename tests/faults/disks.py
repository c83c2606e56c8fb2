"""Disks that are full, slow, or cannot be written to."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from gancore.config import ConfigError
from gancore.evaluation.runs import evaluate_run
from gancore.store import Run, RunBusy, RunStore
from gancore.store.archive import pack, unpack
from gancore.store.views import Views
from gancore.sweeps.plan import Plan
from gancore.sweeps.sweeps import Sweeps
from gancore.training.events import Notice, Step
from gancore.training.runner import execute
from tests.faults.fault import Fault, NotHere, Trial, busy, difference, ended, forked, uninterrupted
from tests.saving import often_saved
from ui.messages import describe

NOBODY = 65534


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


class _FillsUp:
    """A watcher that fills the disk at a step."""

    def __init__(self, disk: Path, step: int, left: int) -> None:
        self._disk, self._step, self._left = disk, step, left

    def __call__(self, event: Step | Notice) -> None:
        if isinstance(event, Step) and event.step == self._step:
            fill(self._disk, self._left)

    def close(self) -> None:
        pass


def full_while_it_trains(trial: Trial) -> None:
    """The disk is full at any step, but for any number of bytes, so that each kind of write meets it."""
    config = busy("mlp")
    alone = uninterrupted(config)
    sentences = set[str]()
    with small_disk(trial.folder / "disk") as disk:
        for _ in range(trial.times):
            run = RunStore(disk / "runs").create(config, threads=1)
            step, left = trial.chance.randint(1, 19), 4096 * trial.chance.randint(0, 30)
            with often_saved():
                state = execute(run.path, watchers=[_FillsUp(disk, step, left)])
            said = run.status
            is_said = state == "finished" or (state, said.error_code) == ("failed", "no-space")
            trial.expect(is_said, f"step {step}, {left} bytes left: {state}, {said.error}")
            sentences |= {said.error} if said.error else set()
            (disk / "filler").unlink()
            with often_saved():
                execute(run.path)
            wrong = difference(run, alone)
            trial.expect(not wrong or (state == "finished" and "evaluations" in wrong), f"resumed to another {wrong}")
            subprocess.run(["rm", "-r", str(run.path)], check=True)
    trial.say(" ".join(sorted(sentences)) + " Resumed once there is room: bit for bit.")


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


def read_only(trial: Trial) -> None:
    """A store on a disk that is mounted read-only: it can be read, and whatever writes says so."""
    with small_disk(trial.folder / "disk") as disk:
        run = _stopped(RunStore(disk / "runs"))
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        _try_writes(trial, RunStore(disk / "runs"), run, trial.folder, "not writable")
        _expect_readable(trial, Run(run.path))
    trial.say("“the runs folder is not writable”; all can be read")


def without_permission(trial: Trial) -> None:
    """A store of somebody else, as a user who may only read it."""
    if os.geteuid() != 0:
        raise NotHere("another user needs root")
    store = trial.store()
    run = _stopped(store)
    outside = trial.folder / "outside"
    outside.mkdir()
    outside.chmod(0o777)
    for folder in (trial.folder, *trial.folder.parents):
        if folder.stat().st_uid == 0 and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    report = trial.folder / "outside" / "report"

    def act() -> None:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        inner = Trial(outside, 1)
        _try_writes(inner, store, run, outside, "not writable")
        _expect_readable(inner, Run(run.path))
        report.write_text("\n".join((str(inner.tried), *inner.wrong)))

    trial.expect(ended(forked(act)) == 0, "an error of ours")
    if report.exists():
        tried, *wrong = report.read_text().splitlines()
        trial.tried += int(tried)
        trial.wrong += wrong
    trial.say("“the runs folder is not writable”; all can be read")


def _expect_readable(trial: Trial, run: Run) -> None:
    trial.expect(len(run.scalars()) == 10 and run.samples() and run.checkpoints(), "it cannot be read")
    trial.expect(run.state == "stopped", run.state)


def slow(trial: Trial) -> None:
    """A disk that takes a quarter of a second for each write that is waited for: training does not wait for beats."""
    config = busy("mlp", {"train.keep_epochs": 0, "train.evaluate_every": 0})
    alone = uninterrupted(config)
    original = os.fsync

    def crawl(descriptor: int) -> None:
        time.sleep(0.25)
        original(descriptor)

    run = trial.store().create(config, threads=1)
    with mock.patch("os.fsync", crawl), often_saved(10):
        execute(run.path)
    wrong = difference(run, alone)
    trial.expect(not wrong, f"another {wrong}")
    trial.say("slower, and the same bit for bit")


FAULTS: dict[str, Fault] = {
    "disk full while it trains": full_while_it_trains,
    "disk full at every button": full_for_whoever_asks,
    "read-only store": read_only,
    "no permission": without_permission,
    "slow disk": slow,
}
