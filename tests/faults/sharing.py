"""Several at once: two who execute one run, two servers on one store, locks that are lost, a long queue."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from unittest import mock

from gancore.executors.executor import Executor
from gancore.store import Run, RunBusy
from gancore.training import heartbeat
from gancore.training.events import Notice, Step
from gancore.training.heartbeat import Superseded
from gancore.training.runner import execute
from tests.faults.fault import Fault, Trial, busy, difference, ended, forked, often_saved, uninterrupted


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


def lost_locks(trial: Trial) -> None:
    """A file system that grants a lock to two at once, as some networks' do: the one who comes later has the run."""
    for _ in range(trial.times):
        run = trial.store().create(busy("mlp", {"train.steps": 1_000_000}), threads=1)
        came, outcome = threading.Event(), list[str]()
        with _no_locks(), mock.patch.object(heartbeat, "PERIOD", 0.05):
            thread = threading.Thread(target=_first, args=(run, came, outcome))
            thread.start()
            came.wait(60)
            state = execute(run.path, max_steps=5)
            token = run.status.token
            thread.join(60)
        trial.expect(outcome == ["superseded"], f"the first one went on: {outcome}")
        trial.expect((state, run.status.token) == ("stopped", token), "the first one wrote after the second")
        steps = run.scalars(["step"])["step"].tolist()
        trial.expect(steps == list(range(1, len(steps) + 1)), "the curves of the two are mixed")
    trial.say("the earlier one sees another's token, says that it was taken over, and writes nothing more")


def _first(run: Run, came: threading.Event, outcome: list[str]) -> None:
    try:
        execute(run.path, watchers=[_Tells(came)])
    except Superseded:
        outcome.append("superseded")


class _Tells:
    def __init__(self, event: threading.Event) -> None:
        self._event = event

    def __call__(self, event: Step | Notice) -> None:
        if isinstance(event, Step) and event.step == 10:
            self._event.set()

    def close(self) -> None:
        pass


@contextmanager
def _no_locks() -> Iterator[None]:
    @contextmanager
    def granted(*_: object, **__: object) -> Iterator[None]:
        yield

    with mock.patch("gancore.store.run.hold", granted):
        yield


FAULTS: dict[str, Fault] = {
    "two processes, one run": two_processes,
    "two servers, one store": two_servers,
    "a queue of 200": long_queue,
    "locks that are lost": lost_locks,
}
