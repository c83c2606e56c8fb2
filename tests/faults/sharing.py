"""Several at once: two who execute one run, two servers on one store, a long queue."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from gancore.executors.executor import Executor
from gancore.store import RunBusy
from gancore.training.runner import execute
from tests.faults.fault import Fault, Trial, busy, difference, ended, forked, uninterrupted
from tests.saving import often_saved


def two_processes(trial: Trial) -> None:
    """Several processes resume one run in the same moment: one trains it, the others say that it is running."""
    alone = uninterrupted(busy("mlp"))
    for _ in range(trial.times):
        run = trial.store().create(busy("mlp"), threads=1)
        execute(run.path, max_steps=5)
        pids = [forked(lambda path=run.path: _resume(path)) for _ in range(3)]
        for pid in pids:
            trial.expect(ended(pid) == 0, "a process failed")
        wrong = difference(run, alone)
        trial.expect(not wrong, f"another {wrong}")
    trial.say("one trains it, the others say that it is running; the same bit for bit")


def _resume(path: Path) -> None:
    with suppress(RunBusy), often_saved():
        execute(path, expected="stopped")


def two_servers(trial: Trial) -> None:
    """Two servers on one store, with a queue: each run is trained once."""
    count = 10 * trial.times if trial.times > 1 else 4
    _work_off(trial, count, servers=2)
    trial.say(f"{count} runs, each trained once")


def long_queue(trial: Trial) -> None:
    """A queue of 200 runs is worked off in order."""
    count = 200 if trial.times > 1 else 6
    _work_off(trial, count, servers=1)
    trial.say(f"{count} runs in order")


def _work_off(trial: Trial, count: int, servers: int) -> None:
    store = trial.store()
    config = busy("mlp", {"train.steps": 3, "train.evaluate_every": 0})
    runs = [store.create(config.replace({"seed": seed}), threads=1) for seed in range(count)]
    for run in runs:
        run.enqueue()
    pids = [forked(lambda: _serve(trial)) for _ in range(servers)]
    for pid in pids:
        trial.expect(ended(pid) == 0, "a server failed")
    for run in runs:
        begun = [event for event in run.events() if event["kind"] == "started"]
        trial.expect(run.state == "finished" and len(begun) == 1, f"{run.state}, begun {len(begun)} times")
    ends = [run.status.heartbeat for run in runs]
    trial.expect(servers > 1 or ends == sorted(ends), "not in order")


def _serve(trial: Trial) -> None:
    executor = Executor(trial.store(), apart=False)
    executor.ensure_worker()
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and any(run.state in ("queued", "running") for run in trial.store().list()):
        time.sleep(0.05)
        executor.ensure_worker()
    executor.close()


FAULTS: dict[str, Fault] = {
    "two processes, one run": two_processes,
    "two servers, one store": two_servers,
    "a queue of 200": long_queue,
}
