from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from gancore.config import RunConfig
from gancore.store import Run, RunStore
from gancore.store.records import Status
from gancore.training import heartbeat
from gancore.training.heartbeat import Heartbeat

WaitUntil = Callable[..., None]


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "PERIOD", 0.01)


@pytest.fixture
def run(store: RunStore, dcgan: RunConfig) -> Run:
    return store.create(dcgan)


def make(run: Run, **status: object) -> Heartbeat:
    return Heartbeat(
        run, Status(state="running", attempt=2, token="mine", total_steps=1_000, **status), images_per_step=8
    )


def test_it_writes_at_once_and_then_again_and_again(run: Run, wait_until: WaitUntil) -> None:
    beating = make(run)
    beating.start()
    assert (run.status.state, run.status.attempt) == ("running", 2)
    started = run.status.heartbeat
    wait_until(lambda: run.status.heartbeat > started)
    beating.update(step=7, phase="loading data")
    wait_until(lambda: run.status.step == 7)
    assert run.status.phase == "loading data"
    assert run.status.heartbeat == pytest.approx(time.time(), abs=600)
    beating.stop()


def test_the_last_word_has_the_state_and_nothing_that_still_runs(run: Run) -> None:
    beating = make(run, phase="loading data", remaining=3.0)
    beating.start()
    beating.update(step=9)
    beating.end("failed", "it broke.")
    status = run.status
    assert (status.state, status.error, status.step) == ("failed", "it broke.", 9)
    assert (status.remaining, status.phase) == (None, "")
    assert not beating._thread.is_alive()
    assert run.status.heartbeat == status.heartbeat


def test_stopping_without_a_last_word_leaves_the_run_as_it_was(run: Run) -> None:
    beating = make(run)
    beating.start()
    beating.stop()
    assert run.status.state == "running"


def test_it_falls_silent_when_a_later_attempt_took_over(run: Run) -> None:
    beating = make(run)
    beating.start()
    later = Status(state="running", attempt=3, token="another", heartbeat=time.time(), step=500)
    with beating._lock:  # as on another machine: between two of this one's writes
        run.write_status(later)
    assert beating.lost.wait(60)
    beating.update(step=9)
    beating.end("finished")
    assert run.status == later


@pytest.mark.parametrize(("token", "age"), [("mine", 0), ("", 0), ("another", 3600)])
def test_its_own_token_none_or_that_of_a_dead_attempt_does_not_stop_it(run: Run, token: str, age: float) -> None:
    beating = make(run)
    beating.start()
    with beating._lock:
        run.write_status(Status(state="running", attempt=2, token=token, heartbeat=time.time() - age))
    beating.end("finished")
    assert not beating.lost.is_set()
    assert run.status.state == "finished"


def test_two_attempts_with_the_same_number_are_told_apart(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both read the same attempt number before either wrote: on a file system without locks nothing stopped them."""
    monkeypatch.setattr(heartbeat, "PERIOD", 3600.0)  # no beat comes between the two starts
    first, second = make(run), Heartbeat(run, Status(state="running", attempt=2, token="another"), images_per_step=8)
    first.start()
    second.start()  # takes the run over
    first.end("finished")
    assert first.lost.is_set()
    assert (run.status.state, run.status.token) == ("running", "another")
    second.end("stopped")
    assert (run.status.state, run.status.token) == ("stopped", "another")


def test_the_last_word_is_said_on_a_full_disk_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing new can be written, only over what is there."""
    beating = make(run)
    beating.start()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gancore.store.run.write_atomic", full)
    beating.end("failed", "The disk is full.", "no-space")
    assert (run.status.state, run.status.error, run.status.error_code) == ("failed", "The disk is full.", "no-space")
    assert (run.status.token, run.status.attempt) == ("mine", 2)


def test_speed_and_time_left_follow_from_the_last_seconds(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    beating, now = make(run), iter([10.0, 12.0])
    monkeypatch.setattr(heartbeat.time, "monotonic", lambda: next(now))
    beating.update(step=100)
    beating._measure()
    assert beating._status.rate is None  # one point is no speed
    beating.update(step=140)
    beating._measure()
    assert beating._status.rate == pytest.approx(20 * 8)  # 20 steps a second of 8 images
    assert beating._status.remaining == pytest.approx((1_000 - 140) / 20)


def test_a_folder_that_is_gone_does_not_kill_it(run: Run, store: RunStore, wait_until: WaitUntil) -> None:
    beating = make(run)
    beating.start()
    moved = run.path.with_name("moved")
    run.path.rename(moved)
    beating.update(step=5)
    beating._write()
    assert beating._thread.is_alive()
    moved.rename(run.path)
    wait_until(lambda: store.open(run.id).status.step == 5)
    beating.end("stopped")
