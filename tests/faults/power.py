"""Power losses: what the disk may hold at any moment of a run, by the order of what was written and waited for.

While a run trains, every call that names, moves, removes or waits for a file is recorded, with what its folder holds
then. A disk keeps names in their order, and what a file holds only once that was waited for: so after a power loss
there are the names up to any moment since the last folder was waited for, and of each file what was waited for, or
nothing, or all. Each such state is laid out and opened as a store.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

from gancore.store import Run, RunStore
from gancore.store.checkpoints import BadCheckpoint, load_checkpoint
from gancore.training.events import Notice, Step
from gancore.training.runner import execute
from tests.faults.fault import Fault, Trial, busy, difference, uninterrupted
from tests.saving import often_saved

Names = dict[str, int]  # paths to files
END_OF_PNG = b"IEND\xaeB`\x82"
_CALLS = ("rename", "replace", "mkdir", "unlink", "remove", "rmdir")


@dataclass(frozen=True)
class Moment:
    """A folder just after a call."""

    names: Names
    folders: frozenset[str]
    written: dict[int, bytes]  # by file: what it holds
    waited: dict[int, bytes]  # what was waited for
    settled: int  # the moment up to which names were waited for
    promised: dict[str, Any]  # what somebody was told is there


class Recorder:
    """What became of a folder, call by call."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.moments: list[Moment] = []
        self.promised: dict[str, Any] = {}
        self._waited: dict[int, bytes] = {}
        self._settled = 0
        self._held: dict[tuple[int, int], int] = {}  # open, so that no number is given to another file

    def look(self) -> None:
        """Remember what there is now."""
        names: Names = {}
        folders, written = set[str](), dict[int, bytes]()
        for parent, below, files in os.walk(self._root):
            folders |= {os.path.relpath(Path(parent, each), self._root) for each in below}
            for name in files:
                path = Path(parent, name)
                with suppress(FileNotFoundError):  # the heartbeat writes, too
                    file, content = self._identity(path), path.read_bytes()
                    names[os.path.relpath(path, self._root)] = file
                    written[file] = content
        moment = Moment(names, frozenset(folders), written, dict(self._waited), self._settled, dict(self.promised))
        self.moments.append(moment)

    def _identity(self, path: Path) -> int:
        facts = path.stat()
        key = facts.st_dev, facts.st_ino
        if key not in self._held:
            self._held[key] = os.open(path, os.O_RDONLY)
        return self._held[key]

    def waited(self, descriptor: int) -> None:
        """A file or a folder was waited for."""
        path = Path(f"/proc/self/fd/{descriptor}").resolve()
        if not path.is_relative_to(self._root):
            return
        if path.is_dir():
            self._settled = len(self.moments)
        else:
            self._waited[self._identity(path)] = path.read_bytes()
        self.look()

    def close(self) -> None:
        for descriptor in self._held.values():
            os.close(descriptor)


@contextmanager
def recorded(root: Path) -> Iterator[Recorder]:
    """Record what happens below a folder."""
    recorder, alone = Recorder(root.resolve()), threading.RLock()
    originals = {name: getattr(os, name) for name in (*_CALLS, "fsync")}

    def seen(call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def act(*args: Any, **options: Any) -> Any:
            with alone:
                recorder.look()  # what was written before
                done = call(*args, **options)
                recorder.look()
                return done

        return act

    def fsync(descriptor: int) -> None:
        with alone:
            originals["fsync"](descriptor)
            recorder.waited(descriptor)

    for name in _CALLS:
        setattr(os, name, seen(originals[name]))
    os.fsync = fsync  # type: ignore[assignment]
    try:
        yield recorder
        recorder.look()
    finally:
        for name, call in originals.items():
            setattr(os, name, call)
        recorder.close()


def states(recorder: Recorder, trial: Trial, most: int) -> Iterator[tuple[int, dict[str, bytes], frozenset[str]]]:
    """What a disk may hold after a power loss: the moment, files and folders; `most` moments, evenly spread."""
    moments, made = recorder.moments, set[int]()
    count = min(most, len(moments))
    for number in range(count):
        place = round(number * (len(moments) - 1) / max(count - 1, 1))
        now = moments[place]
        for known in {now.settled, place, trial.chance.randint(min(now.settled, place), place)}:
            names = moments[min(known, place)]
            for lost in ("all", "nothing", "some"):
                files = {path: _left(trial, now, file, lost) for path, file in names.names.items()}
                if (mark := hash((tuple(sorted(files.items())), names.folders))) not in made:
                    made.add(mark)
                    yield place, files, names.folders


def _left(trial: Trial, now: Moment, file: int, lost: str) -> bytes:
    """What a file holds when all, nothing or some of what was not waited for is lost."""
    waited, written = now.waited.get(file, b""), now.written.get(file)
    if written is None or lost == "all":
        return waited
    if lost == "nothing" or written == waited:
        return written
    kept = len(waited) if written.startswith(waited) else 0  # what was appended since may be half there
    return written[: trial.chance.randint(kept, len(written))] if trial.chance.random() < 0.5 else waited


class _Promises:
    """Tells the recorder what a run has told the world: from then on it must be there."""

    def __init__(self, recorder: Recorder, run: Run) -> None:
        self._recorder, self._run = recorder, run

    def __call__(self, event: Step | Notice) -> None:
        if isinstance(event, Step) and event.step > 5 and event.step % 5 == 1:
            self._recorder.promised["checkpoint"] = event.step - 1

    def close(self) -> None:
        pass


def power_loss(trial: Trial) -> None:
    """A power loss at any moment of a run: made, queued, renamed, trained, measured."""
    alone = uninterrupted(busy("mlp"))
    root = trial.folder / "runs"
    root.mkdir()
    with recorded(root) as recorder, often_saved():
        run = RunStore(root).create(busy("mlp"), run_id="run", threads=1)
        recorder.promised["made"] = True
        run.edit_meta(name="mine", notes="words")
        recorder.promised["name"] = "mine"
        run.enqueue()
        recorder.promised["state"] = "queued"
        execute(run.path, watchers=[_Promises(recorder, run)])
        recorder.promised |= {"state": "finished", "checkpoint": 20}
    last = recorder.moments[-1]
    held = {path: last.written[file] for path, file in last.names.items()}
    there = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert held == there, "something was written that was not recorded"
    resumed = 0
    for place, files, folders in states(recorder, trial, 40 * trial.times):
        again = trial.folder / "again"
        shutil.rmtree(again, ignore_errors=True)
        lay_out(again, files, folders)
        wrong = broken_promise(RunStore(again), recorder.moments[place].promised)
        trial.expect(not wrong, f"at call {place} of {len(recorder.moments)}: {wrong}")
        if trial.chance.random() < 0.03 and (found := RunStore(again).list()):
            resumed += 1
            with often_saved():
                execute(found[0].path)
            wrong = difference(found[0], alone)
            trial.expect(not wrong, f"resumed from call {place}: other {wrong}")
    trial.say(f"{trial.tried - resumed} states of the disk opened, {resumed} of them resumed to the same end")


def lay_out(root: Path, files: dict[str, bytes], folders: frozenset[str]) -> None:
    """Make a folder as a disk would have it."""
    root.mkdir(parents=True)
    for folder in sorted(folders):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def broken_promise(store: RunStore, promised: dict[str, Any]) -> str:
    """What a store lacks that somebody was told is there."""
    runs = store.list()
    if not runs:
        return "the run is gone" if promised else ""
    (run,) = runs
    if run.damage:
        return run.damage
    if "name" in promised and (run.meta.name, run.meta.notes) != ("mine", "words"):
        return "its name and notes are gone"
    if "state" in promised and run.status.state not in ("queued", "running", "finished"):
        return f"it was {promised['state']} and is {run.status.state} now"
    if promised.get("state") == "finished" and run.state != "finished":
        return "it had finished"
    try:
        step = load_checkpoint(run.checkpoint_path("last")).step if "last" in run.checkpoints() else 0
    except BadCheckpoint as problem:
        return str(problem)
    if step < promised.get("checkpoint", 0):
        return f"the checkpoint of step {promised['checkpoint']} is gone"
    rows = run.scalars(["step"])
    if step and list(rows["step"])[:step] != list(range(1, step + 1)):
        return f"there are {len(rows)} rows of curves at a checkpoint of step {step}"
    grids = {at: path.read_bytes() for at, path in run.samples().items() if at < step or run.state == "finished"}
    torn = [at for at, content in grids.items() if not content.endswith(END_OF_PNG)]
    return f"the sample grid of step {torn[0]} is not whole" if torn else ""


FAULTS: dict[str, Fault] = {"power loss": power_loss}
