"""Who writes into a run's folder while somebody else wants something of it: each interleaving is forced."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from gancore.config import RunConfig
from gancore.data import Images
from gancore.evaluation import runs
from gancore.evaluation.runs import evaluate_run
from gancore.store import Run, RunBusy, RunNotFound, RunStore, locks, requests
from gancore.store.evaluations import Evaluation
from gancore.training import heartbeat, runner
from gancore.training.events import Notice, Step
from gancore.training.runner import execute

HeldElsewhere = Callable[[Path], AbstractContextManager[None]]


class Breaks:
    """A watcher that does something at a step, and then fails the run."""

    def __init__(self, step: int, do: Callable[[], object] = lambda: None) -> None:
        self._step, self._do = step, do

    def __call__(self, event: Step | Notice) -> None:
        if isinstance(event, Step) and event.step == self._step:
            self._do()
            raise RuntimeError("it broke")

    def close(self) -> None:
        pass


def heartbeats() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("heartbeat of")]


def refuse(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


# --- a heartbeat ends with its attempt ------------------------------------------------------------------------------


def test_a_heartbeat_ends_though_the_error_cannot_be_written_down(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "PERIOD", 0.01)
    run = store.create(dcgan)
    monkeypatch.setattr(runner, "write_atomic", refuse)  # error.txt
    assert execute(run.path, watchers=[Breaks(3)]) == "failed"
    assert heartbeats() == []
    assert (run.state, run.status.error) == ("failed", "RuntimeError: it broke")


def test_a_heartbeat_ends_though_its_folder_is_gone(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It must not write into a folder that is put back later on."""
    monkeypatch.setattr(heartbeat, "PERIOD", 0.01)
    run = store.create(dcgan)
    moved = run.path.with_name("moved")
    assert execute(run.path, watchers=[Breaks(3, lambda: run.path.rename(moved))]) == "failed"
    assert heartbeats() == []
    assert not run.path.exists()
    before = (moved / "status.json").read_bytes()
    moved.rename(run.path)
    assert (run.path / "status.json").read_bytes() == before
    assert run.state == "interrupted"


def test_a_run_stopped_by_a_full_disk_says_so(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither error.txt, nor the summary, nor a new status file can be written any more."""

    def fill() -> None:
        for name in ("gancore.store.run.write_atomic", "gancore.training.runner.write_atomic"):
            monkeypatch.setattr(name, refuse)
        monkeypatch.setattr("gancore.training.watching.write_json", refuse)
        refuse()

    run = store.create(dcgan)
    assert execute(run.path, watchers=[Breaks(3, fill)]) == "failed"
    status = store.open(run.id).status
    assert (status.state, status.error_code) == ("failed", "no-space")
    assert status.error == "The disk is full: free some space, then resume the run."
    monkeypatch.undo()
    assert execute(run.path, max_steps=3) == "stopped"


# --- deleting and executing -----------------------------------------------------------------------------------------


def test_a_run_that_a_worker_takes_up_while_it_is_deleted_stays(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch, held_elsewhere: HeldElsewhere
) -> None:
    """Whoever deletes has seen that nobody executes it; then somebody begins."""
    run = store.create(dcgan)
    original = Run.hold
    with held_elsewhere_later(held_elsewhere, run) as begin:

        def hold_after_a_worker(self: Run, busy: str, timeout: float = 0.0) -> AbstractContextManager[None]:
            begin()
            return original(self, busy, timeout)

        monkeypatch.setattr(Run, "hold", hold_after_a_worker)
        with pytest.raises(RunBusy, match="stop it before deleting it"):
            store.delete(run)
    assert store.open(run.id).path.exists()
    assert store.trashed() == []


class held_elsewhere_later:
    """Lets a test say when another process takes the lock; it lets go at the end."""

    def __init__(self, held_elsewhere: HeldElsewhere, run: Run) -> None:
        self._holding = held_elsewhere(run.path / "lock")
        self._begun = False

    def __enter__(self) -> Callable[[], None]:
        return self._begin

    def _begin(self) -> None:
        if not self._begun:
            self._holding.__enter__()
            self._begun = True

    def __exit__(self, *_: object) -> None:
        if self._begun:
            self._holding.__exit__(None, None, None)


def test_a_worker_that_waits_while_a_run_is_deleted_finds_it_gone(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its look at the folder and the lock: filelock makes the folder anew, and that must not stay either."""
    run = store.create(dcgan)
    original = locks.FileLock

    def delete_first(path: Path) -> object:
        monkeypatch.setattr(locks, "FileLock", original)
        store.delete(run)
        return original(path)

    monkeypatch.setattr(locks, "FileLock", delete_first)
    with pytest.raises(RunNotFound):
        execute(run.path)
    assert not run.path.exists()
    assert [each.id for each in store.trashed()] == [run.id]
    assert store.restore(run.id).status.attempt == 0


def test_a_run_is_not_restored_over_another(store: RunStore, dcgan: RunConfig) -> None:
    run, other = store.create(dcgan, name="first"), store.create(dcgan, name="second")
    store.delete(run)
    other.path.rename(run.path)
    with pytest.raises(RunBusy, match="there is another run with its id"):
        store.restore(run.id)
    assert store.open(run.id).name == "second"
    assert [each.name for each in store.trashed()] == ["first"]


# --- a queued run that somebody else has -----------------------------------------------------------------------------


def test_a_run_that_finished_elsewhere_is_not_called_running(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker looked at the queue; before it could begin, another process trained the run to its end."""
    from gancore.executors.executor import Executor

    run = store.create(dcgan)
    run.enqueue()
    executor = Executor(store)

    def busy(path: Path, **_: object) -> None:
        monkeypatch.setattr(runner, "execute", execute)
        execute(path)
        raise RunBusy("it was somebody else's")

    monkeypatch.setattr(runner, "execute", busy)
    executor._drain()
    executor.close()
    assert (run.status.state, run.status.attempt) == ("finished", 1)


# --- measuring while it trains --------------------------------------------------------------------------------------


def test_what_is_measured_while_a_run_trains_is_filed_by_the_run(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the summary at the end has both: what the run writes, and what was measured meanwhile."""
    run = store.create(dcgan.replace({"train.checkpoint_seconds": 1.0}))
    execute(run.path, max_steps=3)
    asked: list[Evaluation] = []
    monkeypatch.setattr(runs, "sum_up", lambda _run: pytest.fail("the summary is the run's to write"))
    monkeypatch.setattr(runs, "PATIENCE", 0.0)  # the run waits for this very test
    monkeypatch.setattr(locks, "PATIENCE", 0.0)

    class Measures(Breaks):
        def __call__(self, event: Step | Notice) -> None:
            if isinstance(event, Step) and event.step == 5:
                asked.extend(evaluate_run(run, samples=20))
                assert run.evaluations() == []  # it is not ours to write

    assert execute(run.path, watchers=[Measures(0)]) == "finished"
    assert run.evaluations() == asked
    assert [each.step for each in asked] == [3]
    assert {"loss_g", "fid (mnist-cnn-v1)"} <= run.summary.keys()
    assert requests.waiting(run.path) == []


def test_an_evaluation_that_a_run_has_no_time_to_file_is_filed_by_whoever_made_it(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run looked at what is asked for the last time, and then let go of its lock."""
    run = store.create(dcgan)
    execute(run.path, max_steps=3)
    original, busy = Run.hold, [RunBusy("it trains")]

    def hold(self: Run, sentence: str, timeout: float = 1.0) -> AbstractContextManager[None]:
        if busy:
            raise busy.pop()
        return original(self, sentence, timeout)

    monkeypatch.setattr(Run, "hold", hold)
    assert run.evaluations() == [] != evaluate_run(run, samples=20)
    assert [each.step for each in run.evaluations()] == [3]
    assert requests.waiting(run.path) == []


def test_a_change_in_the_last_moment_of_a_run_does_not_wait_for_ever(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for after the run looked for the last time, and before its status says that it is finished."""
    run = store.create(dcgan)
    original = heartbeat.Heartbeat.end

    def ask_first(self: heartbeat.Heartbeat, *args: str) -> None:
        run.steer({"optim.lr_g": 1e-3})
        original(self, *args)

    monkeypatch.setattr(heartbeat.Heartbeat, "end", ask_first)
    assert execute(run.path) == "finished"
    assert requests.waiting(run.path) == []
    assert [event["code"] for event in run.events()][-1] == "refused"


def test_a_run_is_not_deleted_over_another(store: RunStore, dcgan: RunConfig) -> None:
    first, second = store.create(dcgan, name="first"), store.create(dcgan, name="second")
    store.delete(first)
    second.path.rename(first.path)
    with pytest.raises(RunBusy, match="empty it first"):
        store.delete(store.open(first.id))
    assert store.open(first.id).name == "second"
    assert [each.name for each in store.trashed()] == ["first"]


# --- the data -------------------------------------------------------------------------------------------------------


def test_a_run_does_not_go_on_with_other_images(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create(dcgan)
    execute(run.path, max_steps=3)
    with monkeypatch.context() as patch:
        patch.setattr(Images, "fingerprint", lambda _images: "another")
        assert execute(run.path) == "failed"
    assert run.status.error_code == "other-data"
    assert run.status.error_code == "other-data"
    assert execute(run.path) == "finished"


def test_who_made_a_run_for_what_is_in_its_folder(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan, experiment="dcgan-ngf", arm="ngf 64", scale="quick", sweep="s1")
    found = store.open(run.id)
    assert (found.experiment, found.arm, found.scale, found.sweep) == ("dcgan-ngf", "ngf 64", "quick", "s1")
    assert time.time() - found.created < 600
