"""Files of a run that are damaged, gone, elsewhere, or of another time."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from gancore.config import ConfigError
from gancore.data import DataUnavailable
from gancore.evaluation.runs import evaluate_run
from gancore.export.formats import FORMATS, CannotExport
from gancore.sampling.samples import load_step
from gancore.store import Run, RunStore
from gancore.store.checkpoints import BadCheckpoint
from gancore.store.index import Index
from gancore.store.records import ERRORS
from gancore.training import runner
from gancore.training.runner import execute
from tests.faults.fault import Fault, Trial, busy, difference, uninterrupted
from tests.saving import often_saved

# What reading a folder may raise: each is a sentence for whoever asked.
SENTENCES = (ConfigError, BadCheckpoint, DataUnavailable, CannotExport, OSError)


def _stopped(store: RunStore, **names: str) -> Run:
    run = store.create(busy("mlp"), threads=1, **names)
    with often_saved():
        execute(run.path, max_steps=15)
    run.log("warning", 3, "a line")
    return run


def _readers(run: Run) -> dict[str, Callable[[], object]]:
    """Everything that opens a run."""
    root = run.path.parent

    def listed() -> None:
        for each in Index(root).runs():
            _ = (each.name, each.state, each.status, each.meta, each.summary, each.damage)

    def shown() -> None:
        _ = (run.scalars(), run.growing_scalars(), run.evaluations(), run.samples(), run.events(), run.error_details)

    formats = {f"export as {name}": lambda made=each: made.make(run) for name, each in FORMATS.items()}
    light = {name: make for name, make in formats.items() if name.endswith(("csv", "tables", "script", "archive"))}
    return {
        "list": listed,
        "show": shown,
        "explore": lambda: load_step(run, "last"),
        "fork": lambda: RunStore(root).fork(run, "last", run.config_now),
        "measure": lambda: evaluate_run(run, size="cheap", samples=20),
        **light,
    }


def garbled(trial: Trial) -> None:
    """Each file of a run truncated, emptied, garbled, or another thing in its place; then opened by every reader."""
    whole = _stopped(trial.store("whole"))
    names = sorted(path.relative_to(whole.path).as_posix() for path in whole.path.rglob("*") if path.is_file())
    names = [name for name in names if "lock" not in name]
    damages = some.one_of(
        some.tuples(some.just("cut"), some.floats(0, 1), some.just(b"")),
        some.tuples(some.just("write"), some.floats(0, 1), some.binary(min_size=1, max_size=64)),
        some.tuples(some.sampled_from(["empty", "gone", "folder", "pipe", "link"]), some.just(0.0), some.just(b"")),
    )
    states = set[str]()

    @settings(
        max_examples=10 * trial.times if trial.times > 1 else 4,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(some.sampled_from(names), damages)
    def tries(name: str, damage: tuple[str, float, bytes]) -> None:
        root = trial.folder / "damaged"
        shutil.rmtree(root, ignore_errors=True)
        run = Run(Path(shutil.copytree(whole.path, root / whole.id)))
        _damage(run.path / name, *damage)
        for reader, read in _readers(run).items():
            try:
                read()
            except SENTENCES:
                trial.tried += 1
            except Exception as problem:
                trial.expect(False, f"{name} {damage[0]}: to {reader}: {type(problem).__name__}: {problem}")
            else:
                trial.tried += 1
        try:
            state = execute(run.path, max_steps=2)
        except ConfigError:
            states.add("damaged")
        else:
            said = Run(run.path).status
            states.add(said.error_code or state)
            known = state != "failed" or said.error_code in set(ERRORS) - {"internal"}
            trial.expect(known, f"{name} {damage[0]}: resumed: {said.error}")

    tries()
    trial.say(f"shown, or refused with a sentence; resumed: {', '.join(sorted(states))}")


def _damage(path: Path, kind: str, share: float, content: bytes) -> None:
    before = path.read_bytes()
    place = int(share * len(before))
    if kind == "cut":
        path.write_bytes(before[:place])
    elif kind == "write":
        path.write_bytes(before[:place] + content + before[place + len(content) :])
    elif kind == "empty":
        path.write_bytes(b"")
    else:
        path.unlink()
        if kind == "folder":
            path.mkdir()
        elif kind == "pipe":
            os.mkfifo(path)
        elif kind == "link":
            path.symlink_to("/etc/passwd")


def moved(trial: Trial) -> None:
    """The store is at another place when the run goes on."""
    for _ in range(trial.times):
        alone = uninterrupted(busy("mlp"))
        run = _stopped(trial.store("before"))
        (trial.folder / "elsewhere").mkdir(exist_ok=True)
        shutil.move(run.path.parent, trial.folder / "elsewhere" / "runs")
        there = RunStore(trial.folder / "elsewhere" / "runs").open(run.id)
        with often_saved():
            execute(there.path)
        wrong = difference(there, alone)
        trial.expect(not wrong, f"another {wrong}")
        shutil.rmtree(trial.folder / "elsewhere")
    trial.say("goes on bit for bit")


def without_data(trial: Trial) -> None:
    """The data set is gone when the run goes on, and then there again."""
    alone = uninterrupted(busy("mlp"))
    run = _stopped(trial.store())

    def gone(*_: object, **__: object) -> None:
        raise DataUnavailable("mnist is not on this machine and could not be downloaded")

    with mock.patch.object(runner, "load", gone):
        execute(run.path)
    said = run.status
    trial.expect((said.state, said.error_code) == ("failed", "no-data"), f"{said.state}: {said.error}")
    with often_saved():
        execute(run.path)
    wrong = difference(run, alone)
    trial.expect(not wrong, f"another {wrong}")
    trial.say(f"“{said.error}” Once it is there again, the run goes on bit for bit")


_JUMPS = (-1.7e9, 2.4e9, -60.0, 3600.0)  # seconds


def clocks(trial: Trial) -> None:
    """The clock jumps to 1971 or to 2100 while a run trains, and what is written says so."""
    alone = uninterrupted(busy("mlp"))
    real = time.time
    for jump in _JUMPS if trial.times > 1 else _JUMPS[:1]:
        run = trial.store().create(busy("mlp"), threads=1)
        with often_saved():
            execute(run.path, max_steps=7)
            with mock.patch("time.time", lambda jump=jump: real() + jump):
                trial.expect(execute(run.path, max_steps=6) == "stopped", f"{jump:+.0f} s: it did not train")
                run.enqueue()
                trial.expect(run.state == "queued", f"{jump:+.0f} s: it cannot be queued")
            run.command("stop")
            trial.expect(run.state == "stopped", f"{jump:+.0f} s: it cannot be taken out of the queue")
            trial.expect([each.id for each in Index(run.path.parent).runs()], "it is not listed")
            execute(run.path)
        wrong = difference(run, alone)
        trial.expect(not wrong, f"{jump:+.0f} s: another {wrong}")
    trial.say("trains, queues and stops as ever; resumed bit for bit")


FAULTS: dict[str, Fault] = {
    "damaged files": garbled,
    "store moved": moved,
    "data set gone": without_data,
    "clock jumps": clocks,
}
