"""Pages of a class, without a browser: each person sees what is theirs, and the teacher what is everybody's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from gancore.config import RunConfig
from gancore.executors.executor import Executor
from gancore.store import Run, RunStore
from gancore.store.records import Status
from tests.app.opening import opened
from tests.classes import class_of
from ui.classroom import gallery
from ui.classroom.people import Person
from ui.classroom.room import Room
from ui.run import turn

OpenAs = Callable[..., AppTest]


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    monkeypatch.setattr(Executor, "ensure_worker", lambda _: None)
    turn._turns.cache_clear()
    return class_of(tmp_path, monkeypatch, runs=2)


@pytest.fixture
def open_as(room: Room, monkeypatch: pytest.MonkeyPatch) -> OpenAs:
    """Open a page in the browser of somebody, or of nobody."""

    def page(person: Person | None, name: str = "home", **query: str) -> AppTest:
        monkeypatch.setattr(Room, "who", lambda *_: person)
        return opened(name, **query)

    assert room
    return page


def run_of(person: Person, name: str) -> Run:
    run = RunStore(person.root).create(RunConfig(), name=name)
    run.write_status(Status(state="finished", step=500, total_steps=500))
    return run


def text(app: AppTest) -> str:
    parts = (app.title, app.subheader, app.markdown, app.caption, app.info, app.error)
    return "\n".join(str(element.value) for kind in parts for element in kind)


def test_nobody_sees_a_page(room: Room, open_as: OpenAs) -> None:
    run_of(room.people.enter("Ann", "secret-1"), "hers")
    app = open_as(None)
    assert "You are signed out" in text(app)
    assert "hers" not in text(app)
    assert not app.button


def test_each_sees_their_own_runs(room: Room, open_as: OpenAs) -> None:
    ann, bo = room.people.enter("Ann", "secret-1"), room.people.enter("Bo", "secret-1")
    hers = run_of(ann, "a run of Ann")
    assert "a run of Ann" in text(open_as(ann, "train", run=hers.id))
    his = open_as(bo, "train", run=hers.id)
    assert "a run of Ann" not in text(his)
    assert "Nothing trained yet" in text(his)


def test_start_leads_to_ones_own_store_and_ends_with_the_quota(room: Room, open_as: OpenAs) -> None:
    ann = room.people.enter("Ann", "secret-1")
    app = open_as(ann)
    app.button[0].click().run()
    assert not app.exception
    store = RunStore(ann.root)
    (run,) = store.list()
    assert run.state == "queued"
    assert not RunStore(room.folder.parent / "runs").list()
    run_of(ann, "another")
    full = open_as(ann, "train")
    assert full.button(key="start").disabled
    assert "You may keep 2 runs and have 2" in text(full)


def test_one_sees_what_is_left_and_whose_turn_it_is(room: Room, open_as: OpenAs) -> None:
    ann, bo = room.people.enter("Ann", "secret-1"), room.people.enter("Bo", "secret-1")
    for person, when in ((ann, 1.0), (bo, 2.0)):
        RunStore(person.root).create(RunConfig(), name=f"of {person.name}", queued_at=when)
    app = open_as(bo, "me")
    assert app.title[0].value == "Bo"
    assert "of Bo** · 2nd in the queue" in text(app)
    assert "of Ann" not in text(app)


def test_a_student_is_no_teacher(room: Room, open_as: OpenAs, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = room.people.enter("Ann", "secret-1")
    open_as(ann)

    def teachers_page() -> None:
        from ui.teaching import view

        view.page()

    app = AppTest.from_function(teachers_page, default_timeout=60).run()
    assert [each.value for each in app.info] == ["This page is for the teacher of a class."]
    assert "swan-4821" not in text(app)
    monkeypatch.setattr(Room, "who", lambda *_: room.people.known("teachers", "Teacher"))
    assert "swan-4821" in text(app.run())


def test_the_teacher_sees_how_one_joins_and_then_who_did(room: Room, open_as: OpenAs) -> None:
    teacher = room.people.known("teachers", "Teacher")
    empty = open_as(teacher, "classroom")
    assert "swan-4821" in text(empty)
    assert "Nobody is here yet" in text(empty)
    ann = room.people.enter("Ann", "secret-1")
    run = run_of(ann, "a run of Ann")
    RunStore(ann.root).create(RunConfig(), name="waits", queued_at=1.0)
    app = open_as(teacher, "classroom")
    assert "**Ann**" in text(app)
    assert "waits" in text(app)
    app.button(key=f"publish-{ann.id}-{run.id}").click().run()
    assert not app.exception
    bo = room.people.enter("Bo", "secret-1")
    home = open_as(bo)
    assert "Shown by your teacher" in text(home)


@pytest.mark.parametrize("published", [False, True])
def test_what_is_anothers_is_read_only(room: Room, open_as: OpenAs, published: bool) -> None:
    teacher, bo = room.people.known("teachers", "Teacher"), room.people.enter("Bo", "secret-1")
    ann = room.people.enter("Ann", "secret-1")
    run = run_of(ann, "a run of Ann")
    run.write_status(Status(state="stopped", step=400, total_steps=500))
    if published:
        gallery.publish(run, room.gallery)
    mine = {button.label for button in open_as(ann, "train", run=run.id).button}
    theirs = {button.label for button in open_as(bo if published else teacher, "train", run=run.id).button}
    assert {"Resume", "Fork"} <= mine
    assert "Use settings" in theirs
    assert not theirs & {"Resume", "Fork", "Pause", "Stop"}


def test_the_teacher_resets_a_personal_code(room: Room, open_as: OpenAs) -> None:
    ann = room.people.enter("Ann", "secret-1")
    app = open_as(room.people.known("teachers", "Teacher"), "classroom")
    app.button(key=f"reset-{ann.id}").click().run()
    assert not app.exception
    assert room.people.enter("Ann", "secret-2").generation == ann.generation + 1


def test_another_person_in_the_same_tab_finds_nothing_of_the_first(
    room: Room, open_as: OpenAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, bo = room.people.enter("Ann", "secret-1"), room.people.enter("Bo", "secret-1")
    app = open_as(ann)
    app.session_state["watched"] = "a run of Ann"
    monkeypatch.setattr(Room, "who", lambda *_: bo)
    app.run()
    assert "watched" not in app.session_state


def test_without_a_class_nothing_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GANCORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(Executor, "ensure_worker", lambda _: None)
    app = opened()
    assert "Train my first GAN" in [button.label for button in app.button]
