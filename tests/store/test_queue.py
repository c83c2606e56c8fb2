from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from gancore.config import RunConfig
from gancore.store import Run, RunBusy, RunNotFound, RunStore, queue, requests
from gancore.store.records import Command, State
from gancore.store.requests import Request

HeldElsewhere = Callable[[Path], AbstractContextManager[None]]


@pytest.fixture
def waiting(store: RunStore, dcgan: RunConfig) -> list[Run]:
    """Four runs that wait, the first one since the first second of time."""
    return [store.create(dcgan, name=name, queued_at=float(place)) for place, name in enumerate("abcd", 1)]


def names(store: RunStore) -> str:
    return "".join(run.name for run in store.queue())


def be(run: Run, state: State) -> Run:
    run.write_status(run.status.model_copy(update={"state": state, "step": 3, "token": "before"}))
    return run


def test_a_run_can_wait_from_its_first_moment(store: RunStore, waiting: list[Run]) -> None:
    assert names(store) == "abcd"
    assert all(run.status.token for run in waiting)
    assert len({run.status.token for run in waiting}) == 4


def test_a_run_with_its_id_is_made_once(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan, run_id="mine", threads=3)
    be(run, "finished")
    again = store.create(dcgan.replace({"seed": 9}), run_id="mine", queued_at=1.0)
    assert (again.path, again.config.seed, again.state, again.threads) == (run.path, 0, "finished", 3)
    assert len(store.list()) == 1


@pytest.mark.parametrize("name", ["", "..", "a/b", "UPPER", "x" * 200, "sweeps", "reference"])
def test_an_id_that_no_run_can_have_is_refused(store: RunStore, dcgan: RunConfig, name: str) -> None:
    with pytest.raises(ValueError, match="no run can have the id"):
        store.create(dcgan, run_id=name)


@pytest.mark.parametrize(
    ("moved", "before", "order"),
    [
        (3, 0, "dabc"),
        (0, 2, "bacd"),
        (0, None, "bcda"),
        (3, None, "abcd"),
        (1, 1, "abcd"),
        (0, 1, "abcd"),
        (2, 1, "acbd"),
    ],
)
def test_a_run_is_moved_before_another(
    store: RunStore, waiting: list[Run], moved: int, before: int | None, order: str
) -> None:
    store.move(waiting[moved], None if before is None else waiting[before])
    assert names(store) == order


def test_moving_crosses_priorities(store: RunStore, waiting: list[Run]) -> None:
    waiting[2].edit_meta(priority=5)
    assert names(store) == "cabd"
    store.move(waiting[3], waiting[2])
    assert names(store) == "dcab"
    store.move(waiting[2], waiting[1])
    assert names(store) == "dacb"
    store.move(waiting[3], None)
    assert names(store) == "acbd"


def test_there_is_always_room_between_two(store: RunStore, waiting: list[Run]) -> None:
    a, b, c, d = waiting
    for run in (a, b):
        run.edit_meta(queued_at=1.8e9)
    for _ in range(60):  # more often than a number of 64 bits can be halved
        store.move(d, b)
        store.move(c, d)
    assert names(store) == "acdb"


def test_one_that_was_queued_in_the_future_is_last_only_if_it_is(store: RunStore, waiting: list[Run]) -> None:
    waiting[1].edit_meta(queued_at=9e10)
    assert names(store) == "acdb"
    store.move(waiting[0], None)
    assert names(store) == "cdba"


def test_what_waits_no_more_cannot_be_moved(store: RunStore, waiting: list[Run]) -> None:
    be(waiting[0], "finished")
    with pytest.raises(RunNotFound, match="waits no more"):
        store.move(waiting[0], waiting[1])
    with pytest.raises(RunNotFound, match="waits no more"):
        store.move(waiting[1], waiting[0])
    assert names(store) == "bcd"


def test_what_is_put_back_has_its_place_and_a_new_token(store: RunStore, waiting: list[Run]) -> None:
    run = be(waiting[1], "paused")
    assert not queue.put_back(run, "stopped")
    assert queue.put_back(run, "paused", "stopped")
    assert names(store) == "abcd"
    assert run.status.token not in ("", "before")
    assert run.status.step == 3


def test_what_trains_cannot_be_put_back(waiting: list[Run], held_elsewhere: HeldElsewhere) -> None:
    run = be(waiting[0], "running")
    with held_elsewhere(run.path / "lock"):
        with pytest.raises(RunBusy, match="still training"):
            queue.put_back(run, "running", patience=0.1)
        with pytest.raises(RunBusy):
            queue.recover(run)
    assert queue.recover(run)
    assert run.state == "queued"


@pytest.mark.parametrize("state", ["finished", "stopped", "paused", "failed", "queued"])
def test_only_what_was_interrupted_is_recovered(waiting: list[Run], state: State) -> None:
    run = be(waiting[0], state)
    assert not queue.recover(run)
    assert run.status.token == "before"


@pytest.mark.parametrize(("command", "state"), [("pause", "paused"), ("stop", "stopped")])
def test_what_was_asked_before_is_done_instead(waiting: list[Run], command: str, state: State) -> None:
    run = be(waiting[0], "running")
    run.command(command)
    assert queue.recover(run)
    assert run.state == state


@pytest.mark.parametrize(("command", "state"), [("pause", "paused"), ("stop", "stopped")])
def test_what_is_asked_while_a_run_is_queued_again_is_done(
    waiting: list[Run], command: Command, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, write = be(waiting[0], "running"), queue._write_queued

    def asked_meanwhile(found: Run) -> None:
        run.command(command)
        write(found)

    monkeypatch.setattr(queue, "_write_queued", asked_meanwhile)
    assert queue.recover(run)
    assert run.state == state


@pytest.mark.parametrize(("command", "state"), [("pause", "paused"), ("stop", "stopped")])
def test_who_asked_an_interrupted_run_is_heard_after_it_was_queued_again(
    waiting: list[Run], command: Command, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, leave = be(waiting[0], "running"), requests.leave

    def after_it_was_queued(path: Path, request: Request) -> Request:
        queue.recover(run)
        return leave(path, request)

    monkeypatch.setattr(requests, "leave", after_it_was_queued)
    run.command(command)
    assert run.state == state
    assert requests.waiting(run.path) == []
