from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from gancore.config import RunConfig
from gancore.store import Run, RunStore
from gancore.store.records import Status
from gancore.training import heartbeat as pulse_module
from gancore.training.heartbeat import Pulse

WaitUntil = Callable[..., None]


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse_module, "PERIOD", 0.01)


@pytest.fixture
def run(store: RunStore, dcgan: RunConfig) -> Run:
    return store.create(dcgan)


def make(run: Run, **status: object) -> Pulse:
    return Pulse(run, Status(state="running", attempt=2, total_steps=1_000, **status), images_per_step=8)


def test_it_writes_at_once_and_then_again_and_again(run: Run, wait_until: WaitUntil) -> None:
    pulse = make(run)
    pulse.start()
    assert (run.status.state, run.status.attempt) == ("running", 2)
    started = run.status.heartbeat
    wait_until(lambda: run.status.heartbeat > started)
    pulse.update(step=7, phase="loading data")
    wait_until(lambda: run.status.step == 7)
    assert run.status.phase == "loading data"
    assert run.status.heartbeat == pytest.approx(time.time(), abs=600)
    pulse.stop()


def test_the_last_word_has_the_state_and_nothing_that_still_runs(run: Run) -> None:
    pulse = make(run, phase="loading data", remaining=3.0)
    pulse.start()
    pulse.update(step=9)
    pulse.end("failed", "it broke.")
    status = run.status
    assert (status.state, status.error, status.step) == ("failed", "it broke.", 9)
    assert (status.remaining, status.phase) == (None, "")
    heartbeat = status.heartbeat
    assert not pulse._thread.is_alive()
    assert run.status.heartbeat == heartbeat


def test_stopping_without_a_last_word_leaves_the_run_as_it_was(run: Run) -> None:
    pulse = make(run)
    pulse.start()
    pulse.stop()
    assert run.status.state == "running"


def test_it_falls_silent_when_a_later_attempt_took_over(run: Run) -> None:
    pulse = make(run)
    pulse.start()
    later = Status(state="running", attempt=3, step=500)
    with pulse._lock:  # as on another machine: between two of this one's writes
        run.write_status(later)
    assert pulse.lost.wait(60)
    pulse.update(step=9)
    pulse.end("finished")
    assert run.status == later


def test_an_equal_or_earlier_attempt_is_its_own(run: Run) -> None:
    pulse = make(run)
    run.write_status(Status(state="stopped", attempt=2))
    pulse.start()
    pulse.end("finished")
    assert not pulse.lost.is_set()
    assert run.status.state == "finished"


def test_speed_and_time_left_follow_from_the_last_seconds(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    pulse, now = make(run), iter([10.0, 12.0])
    monkeypatch.setattr(pulse_module.time, "monotonic", lambda: next(now))
    pulse.update(step=100)
    pulse._measure()
    assert pulse._status.rate is None  # one point is no speed
    pulse.update(step=140)
    pulse._measure()
    assert pulse._status.rate == pytest.approx(20 * 8)  # 20 steps a second of 8 images
    assert pulse._status.remaining == pytest.approx((1_000 - 140) / 20)


def test_a_folder_that_is_gone_does_not_kill_it(run: Run, store: RunStore, wait_until: WaitUntil) -> None:
    pulse = make(run)
    pulse.start()
    moved = run.path.with_name("moved")
    run.path.rename(moved)
    pulse.update(step=5)
    pulse._write()
    assert pulse._thread.is_alive()
    moved.rename(run.path)
    wait_until(lambda: store.open(run.id).status.step == 5)
    pulse.end("stopped")
