"""Processes that are killed: at any call that writes, and at any moment; and a server that is asked to end."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from gancore.config.kinds import KINDS
from gancore.executors import processes
from gancore.executors.executor import Executor
from gancore.store import Run
from gancore.store.checkpoints import load_checkpoint
from gancore.store.records import read_json
from gancore.training.runner import execute
from tests.faults.fault import Fault, Trial, busy, difference, ended, forked, uninterrupted
from tests.saving import often_saved

FAMILIES = tuple(name for name in KINDS if name not in ("own", "cs231n"))  # the first is code, the second never small
_WRITES = {"open", "os.rename", "os.mkdir", "os.remove"}


def dies_at(call: int, root: Path) -> None:
    """Have this process killed, as by the system, at its n-th call that names a file below `root`."""
    left = [call]

    def count(event: str, args: tuple[object, ...]) -> None:
        path = args[0] if event in _WRITES and args else None
        if isinstance(path, str | bytes | os.PathLike) and os.fsdecode(path).startswith(str(root)):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def _train(run: Run, call: int | None) -> Callable[[], object]:
    def train() -> None:
        if call is not None:
            dies_at(call, run.path)
        with often_saved():
            execute(run.path)

    return train


def killed(trial: Trial) -> None:
    """`kill -9` in runs of every family, half of them at a call that writes, half at any moment."""
    for family in FAMILIES if trial.times > 1 else ("mlp",):
        config = busy(family)
        alone = uninterrupted(config)
        usual = alone.status.heartbeat - alone.events()[0]["time"]
        kills = 0
        while kills < trial.times:
            run = trial.store(family).create(config, threads=1)
            for _ in range(3):
                by_call = kills % 2 == 0
                pid = forked(_train(run, trial.chance.randint(1, 120) if by_call else None))
                if not by_call:
                    time.sleep(trial.chance.uniform(0, usual))
                    os.kill(pid, signal.SIGKILL)
                kills += ended(pid) == -signal.SIGKILL
            ended(forked(_train(run, None)))
            wrong = difference(run, alone)
            trial.expect(not wrong, f"{family}: another {wrong}")
        trial.tried += kills - 1
    trial.say("resumed bit for bit: weights, curves, evaluations, grids, kept checkpoints")


def asked_to_end(trial: Trial) -> None:
    """SIGTERM: whoever works on the store saves a checkpoint and ends within its time."""
    for _ in range(trial.times):
        run = trial.store().create(busy("mlp", {"train.steps": 1_000_000}), threads=1)
        run.enqueue()

        def serve() -> None:
            done = threading.Event()
            signal.signal(signal.SIGTERM, lambda *_: done.set())
            executor = Executor(trial.store(), apart=False)
            executor.ensure_worker()
            done.wait()
            executor.close(20.0)

        pid = forked(serve)
        while run.status.step < 10:
            time.sleep(0.02)
        begin = time.monotonic()
        os.kill(pid, signal.SIGTERM)
        status = ended(pid)
        took = time.monotonic() - begin
        trial.expect(status == 0 and took < 20, f"it ended with {status} after {took:.1f} s")
        saved = load_checkpoint(run.checkpoint_path("last")).step
        trial.expect(run.state == "stopped" and saved == run.status.step, f"{run.state}, checkpoint of step {saved}")
    trial.say("a checkpoint of the last step within 20 s")


def out_of_memory_of_a_process(trial: Trial) -> None:
    """The process of a run is killed, as the system does when memory runs out: the run goes on, and at the end is
    given up with a sentence if that happens twice at the same step."""
    run = trial.store().create(busy("mlp"), threads=1)
    run.enqueue()
    executor = Executor(trial.store(), apart=True, cores=2)
    executor.ensure_worker()
    deadline = time.monotonic() + 120
    kills = 0
    while run.status.state not in ("failed", "finished") and time.monotonic() < deadline:
        said = read_json(processes.identity_of(run))
        if isinstance(said, dict) and run.status.state == "running":
            with suppress(ProcessLookupError):
                os.kill(int(said["pid"]), signal.SIGKILL)
                kills += 1
            time.sleep(0.3)
        time.sleep(0.02)
    executor.close()
    status = run.status
    trial.expect(
        status.state == "finished" or (status.error_code == "killed" and "memory" in (status.error or "")),
        f"{status.state}: {status.error}",
    )
    trial.say(f"after {kills} kills: {status.error or status.state}")


FAULTS: dict[str, Fault] = {
    "kill -9": killed,
    "SIGTERM": asked_to_end,
    "a run's process killed for memory": out_of_memory_of_a_process,
}
