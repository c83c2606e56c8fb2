"""What a student may use, enforced where runs are made."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from gancore.config import RunConfig
from gancore.executors.fair import FairExecutor
from gancore.store import RunBusy, RunStore, StoreFull
from gancore.store.archive import pack, unpack
from gancore.sweeps.plan import Plan
from gancore.sweeps.sweeps import Sweeps
from ui.classroom.desk import Desk
from ui.classroom.quotas import LimitedStore, Quotas
from ui.classroom.room import Room
from ui.classroom.settings import Settings


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(Settings(folder=str(tmp_path / "class"), runs=2, minutes=1, disk=1, jobs=1))


@pytest.fixture
def ann(room: Room) -> RunStore:
    return room.store(room.people.enter("Ann", "secret-1"))


def plan(runs: int) -> Plan:
    return Plan("widths", {f"{ngf}": RunConfig().replace({"model.ngf": 8 * ngf}) for ngf in range(1, runs + 1)}, (0,))


def test_a_student_may_have_so_many_runs(ann: RunStore) -> None:
    first, _ = ann.create(RunConfig(), name="one"), ann.create(RunConfig(), name="two")
    with pytest.raises(StoreFull, match="You may keep 2 runs and have 2: delete one"):
        ann.create(RunConfig(), name="three")
    ann.delete(first)
    ann.create(RunConfig(), name="three")
    with pytest.raises(StoreFull):
        ann.restore(first.id)


def test_a_sweep_counts_as_its_runs(ann: RunStore) -> None:
    with pytest.raises(StoreFull, match="room for 2 more, not 3"):
        Sweeps(ann).create(plan(3))
    assert not Sweeps(ann).list()
    Sweeps(ann).create(plan(2))
    assert len(ann.list()) == 2


def test_runs_of_a_zip_count(ann: RunStore, tmp_path: Path) -> None:
    other = RunStore(tmp_path / "other")
    for name in ("one", "two", "three"):
        other.create(RunConfig(), name=name)
    packed = io.BytesIO()
    pack(other.list(), packed)
    with pytest.raises(StoreFull):
        unpack(ann, packed)
    assert not ann.list()


def test_whose_minutes_are_used_up_trains_no_more(room: Room, ann: RunStore) -> None:
    run = ann.create(RunConfig(), name="one")
    room.quotas.charge(ann, 59.0)
    assert room.quotas.may_train(ann)
    room.quotas.charge(ann, 2.0)
    assert not room.quotas.may_train(ann)
    with pytest.raises(StoreFull, match="minutes of training are used up"):
        ann.create(RunConfig(), name="two")
    desk = Desk(ann, FairExecutor(room.folder, room.stores, room.quotas, jobs=1))
    with pytest.raises(StoreFull):
        desk.submit(run)
    assert run.state != "queued"
    room.quotas.grant(ann)
    assert room.quotas.may_train(ann)


def test_minutes_outlive_the_server(room: Room, ann: RunStore) -> None:
    room.quotas.charge(ann, 40.0)
    room.quotas.save()
    again = Quotas(room.settings)
    again.charge(ann, 19.0)
    assert again.may_train(ann)
    again.charge(ann, 2.0)
    assert not again.may_train(ann)


def test_disk_counts_the_trash(room: Room, ann: RunStore) -> None:
    run = ann.create(RunConfig(), name="one")
    (run.path / "ballast").write_bytes(bytes(1_100_000))
    ann.delete(run)
    fresh = LimitedStore(ann.root, Quotas(room.settings), 1)
    with pytest.raises(StoreFull, match="empty the trash"):
        fresh.create(RunConfig(), name="two")


def test_a_teacher_has_no_limits(room: Room) -> None:
    store = room.store(room.people.known("teachers", "Teacher"))
    for name in ("one", "two", "three"):
        store.create(RunConfig(), name=name)
    room.quotas.charge(store, 1e6)
    assert room.quotas.may_train(store)


def test_nobody_hands_in_the_run_of_another(room: Room, ann: RunStore) -> None:
    bo = room.store(room.people.enter("Bo", "secret-1"))
    run = bo.create(RunConfig(), name="his")
    desk = Desk(ann, FairExecutor(room.folder, room.stores, room.quotas, jobs=1))
    with pytest.raises((PermissionError, RunBusy), match="somebody else's"):
        desk.submit(run)


def test_threads_are_shared_by_those_who_train_at_once(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.classroom.quotas.threads", lambda: 8)
    person = room.people.enter("Ann", "secret-1")
    assert LimitedStore(person.root, room.quotas, 2).create(RunConfig()).threads == 4
