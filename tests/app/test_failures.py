"""Buttons on a store that is full or cannot be written to: a sentence says so, and nothing is lost."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from gancore.store import Run, RunBusy
from ui.messages import describe

FULL = "the disk is full"
READ_ONLY = "the runs folder is not writable"


@pytest.fixture
def break_store(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """From then on nothing can be written, made, renamed or removed."""

    def fails_with(number: int) -> None:
        def fail(path: object, *_args: object, **_options: object) -> None:
            raise OSError(number, os.strerror(number), str(path))

        monkeypatch.setattr("gancore.files.temporary_name", fail)
        monkeypatch.setattr(Path, "rename", fail)
        monkeypatch.setattr(Path, "mkdir", fail)
        monkeypatch.setattr(shutil, "rmtree", fail)

    return fails_with


@pytest.fixture
def training(held_elsewhere, finished) -> Iterator[Callable[[str], Run]]:
    """Make a run that says it trains, and is held by another process."""
    with ExitStack() as held:

        def make(name: str) -> Run:
            run = finished(name)
            run.write_status(run.status.model_copy(update={"state": "running", "step": 10}))
            held.enter_context(held_elsewhere(run.path / "lock"))
            return run

        yield make


def toasts(app: AppTest) -> list[str]:
    assert not app.exception, app.exception
    return [toast.value for toast in app.toast]


@pytest.mark.parametrize(
    ("number", "sentence"), [(errno.ENOSPC, FULL), (errno.EROFS, READ_ONLY), (errno.EACCES, READ_ONLY)]
)
@pytest.mark.parametrize("button", ["Pause", "Stop"])
def test_a_run_that_cannot_be_told_to_stop_says_so(open_page, training, break_store, button, number, sentence):
    run = training("busy")
    app = open_page("train", run=run.id)
    break_store(number)
    app.button(key=f"{button.lower()}-view-{run.id}").click().run()
    (toast,) = toasts(app)
    assert sentence in toast
    assert "busy failed" in toast
    assert not app.button(key=f"{button.lower()}-view-{run.id}").disabled  # it can be asked again
    assert run.state == "running"


def test_so_does_the_strip_on_other_pages(open_page, training, break_store):
    run = training("busy")
    app = open_page("home")
    break_store(errno.ENOSPC)
    app.button(key=f"pause-strip-{run.id}").click().run()
    assert FULL in toasts(app)[0]


def test_resuming_on_a_full_disk(open_page, finished, break_store):
    run = finished("half")
    run.write_status(run.status.model_copy(update={"state": "stopped"}))
    app = open_page("train", run=run.id)
    break_store(errno.ENOSPC)
    app.button(key=f"resume-view-{run.id}").click().run()
    assert FULL in toasts(app)[0]
    assert run.state == "stopped"


def test_a_queued_run_that_cannot_be_taken_out_stays(open_page, finished, break_store):
    first, second = finished("first"), finished("second")
    first.enqueue()
    app = open_page("train", run=second.id)
    break_store(errno.EROFS)
    app.button(key=f"dequeue-{first.id}").click().run()
    assert READ_ONLY in toasts(app)[0]
    assert first.state == "queued"


def press(app: AppTest, label: str) -> AppTest:
    (button,) = [button for button in app.button if button.label == label]
    return button.click().run()


def test_deleting_on_a_read_only_disk(open_page, finished, runs, runs_table, break_store):
    first, second = finished("first"), finished("second")
    app = runs_table.tick(open_page("runs"), first, second)
    break_store(errno.EROFS)
    runs_table.act(app, "delete")
    assert [READ_ONLY in toast for toast in toasts(app)] == [True, True]
    assert {run.id for run in runs.list()} == {first.id, second.id}
    assert (runs_table.data["deleted"], runs_table.data["ticked"]) == ([], 2)


def test_what_can_be_deleted_is_deleted_all_the_same(open_page, finished, runs, runs_table, training):
    idle, busy = finished("idle"), training("busy")
    app = runs_table.act(runs_table.tick(open_page("runs"), busy, idle), "delete")
    (toast,) = toasts(app)
    assert "busy is running" in toast
    assert runs_table.data["deleted"] == ["idle"]
    assert app.session_state["deleted"] == [idle.id]
    assert [run.id for run in runs.list()] == [busy.id]


def test_resuming_several_says_which_could_not(open_page, finished, runs_table, monkeypatch):
    stopped = [finished("a"), finished("b")]
    for run in stopped:
        run.write_status(run.status.model_copy(update={"state": "stopped"}))
    whole = Run.enqueue

    def enqueue(run: Run, priority: int = 0) -> None:
        if run.name == "a":
            raise RunBusy("a is running already")
        whole(run, priority)

    monkeypatch.setattr(Run, "enqueue", enqueue)
    app = runs_table.act(runs_table.tick(open_page("runs"), *stopped), "resume")
    assert toasts(app) == ["Resuming a failed: a is running already"]
    assert [run.state for run in stopped] == ["stopped", "queued"]


def test_notes_that_cannot_be_saved_are_said(open_page, finished, runs_table, break_store):
    run = finished("mine")
    app = open_page("runs")
    break_store(errno.ENOSPC)
    runs_table.ask(app, "notes", id=run.id, text="a long thought")
    assert FULL in toasts(app)[0]
    assert run.meta.notes == ""


@pytest.mark.parametrize("key", ["undo", "restore"])
def test_restoring_onto_another_run_of_that_id(open_page, finished, runs, runs_table, key):
    run = finished("mine")
    copy = shutil.copytree(run.path, runs.root.parent / "copy")
    runs.delete(run)
    shutil.move(copy, run.path)
    (run.path / "meta.json").write_text('{"name": "another"}')
    app = open_page("runs")
    if key == "undo":
        app.session_state["deleted"] = [run.id]
        runs_table.ask(app, "undo")
    else:
        app.button(key="trash").click().run()
        app.button(key=f"restore-{run.id}").click().run()
    (toast,) = toasts(app)
    assert toast.startswith("Restoring mine failed: ")
    assert [run.name for run in runs.list()] == ["another"]
    assert [run.name for run in runs.trashed()] == ["mine"]


def test_restoring_and_emptying_on_a_read_only_disk(open_page, finished, runs, break_store):
    run = finished("mine")
    runs.delete(run)
    app = open_page("runs").button(key="trash").click().run()
    break_store(errno.EROFS)
    app.button(key=f"restore-{run.id}").click().run()
    assert READ_ONLY in toasts(app)[0]
    press(app, "Delete for good")
    assert READ_ONLY in toasts(app)[0]
    assert [run.name for run in runs.trashed()] == ["mine"]


def test_a_trash_that_cannot_be_emptied_says_so(open_page, finished, runs, monkeypatch):
    kept, gone = finished("kept"), finished("gone")
    for run in (kept, gone):
        runs.delete(run)
    whole = shutil.rmtree

    def rmtree(path: Path, ignore_errors: bool = False) -> None:
        if kept.id not in path.name:
            whole(path)
        elif not ignore_errors:
            raise PermissionError(errno.EACCES, "x", str(path))

    monkeypatch.setattr(shutil, "rmtree", rmtree)
    app = press(open_page("runs").button(key="trash").click().run(), "Delete for good")
    assert READ_ONLY in toasts(app)[0]
    assert [run.name for run in runs.trashed()] == ["kept"]


def test_starting_on_a_full_disk(open_page, runs, break_store):
    app = open_page("train")
    break_store(errno.ENOSPC)
    app.button(key="start").click().run()
    assert not app.exception
    assert FULL in app.error[0].value
    assert runs.list() == []


def test_a_run_that_is_made_but_cannot_be_queued_says_how_it_goes_on(open_page, runs, monkeypatch):
    def fails(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "no space", "status.json")

    monkeypatch.setattr(Run, "enqueue", fails)
    app = open_page("train")
    app.button(key="start").click().run()
    assert not app.exception
    assert "is not queued yet" in app.error[0].value
    assert FULL in app.error[0].value
    assert len(runs.list()) == 1


def test_forking_on_a_full_disk(open_page, stopped, runs, break_store):
    run = stopped("trained")
    app = open_page("train", run=run.id)
    app.button(key=f"fork-go-{run.id}").click().run()
    break_store(errno.ENOSPC)
    app.button(key="start").click().run()
    assert not app.exception
    assert FULL in app.error[0].value
    assert [found.id for found in runs.list()] == [run.id]


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (
            OSError(errno.ENOSPC, "x", "/a/b/runs/c/status.json"),
            f"{FULL}. Free some space and try again (c/status.json).",
        ),
        (PermissionError(errno.EACCES, "x"), f"{READ_ONLY}. Make it writable, or set GANCORE_RUNS to one that is."),
        (FileExistsError(errno.EEXIST, "x"), "something else is in its place. Move it away and try again."),
        (OSError(errno.EIO, "Input/output error"), "Input/output error."),
        (OSError("odd"), "odd"),
        (TimeoutError(), "TimeoutError"),
        (RunBusy("a is running"), "a is running"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_went_wrong_is_a_sentence(problem, sentence):
    assert describe(problem) == sentence
