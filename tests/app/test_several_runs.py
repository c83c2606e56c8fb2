"""Several runs may train at once: here, from the command line, on another machine."""

from __future__ import annotations

import contextlib

import pytest

from gancore.store.records import Status
from ui.run import health


@pytest.fixture
def training(finished, held_elsewhere):
    """Make runs that somebody else trains now."""
    with contextlib.ExitStack() as held:

        def make(name):
            run = finished(name)
            held.enter_context(held_elsewhere(run.path / "lock"))
            run.write_status(Status(state="running", step=5, total_steps=1050, attempt=1))
            return run

        yield make


def test_each_run_that_trains_has_its_bar(open_page, training, finished):
    finished("old")
    first, second = training("one"), training("two")
    app = open_page("home")
    assert {button.key for button in app.button if "stop" in (button.key or "")} == {
        f"stop-strip-{first.id}",
        f"stop-strip-{second.id}",
    }


def test_the_run_that_is_shown_in_full_has_no_bar(open_page, training):
    first, second = training("one"), training("two")
    app = open_page("train", run=first.id)
    stops = {button.key for button in app.button if "stop" in (button.key or "")}
    assert stops == {f"stop-view-{first.id}", f"stop-strip-{second.id}"}


def test_a_run_that_begins_elsewhere_does_not_replace_the_one_that_is_watched(open_page, training):
    watched = training("zebra")
    app = open_page("train")
    assert app.subheader[0].value == "zebra"
    other = training("aardvark")  # comes first by name
    app.run()
    assert app.subheader[0].value == "zebra"
    assert f"stop-strip-{other.id}" in {button.key for button in app.button}
    app.switch_page("../pages/runs.py").run()
    app.switch_page("../pages/train.py").run()
    assert app.subheader[0].value == "zebra"
    assert watched.state == "running"


def test_more_than_a_few_are_counted(open_page, training):
    for number in range(5):
        training(f"run {number}")
    app = open_page("home")
    assert len([button for button in app.button if (button.key or "").startswith("stop-strip")]) == 3
    assert any("2 more runs are training" in caption.value for caption in app.caption)


def test_the_health_of_a_run_that_trains_is_in_the_table(open_page, training, runs_table, monkeypatch):
    training("one")
    monkeypatch.setattr(health, "word", lambda _run: "perhaps: something")
    runs_table.ask(open_page("runs"), "columns", columns=["health"])
    assert runs_table.cells("one") == {"health": "perhaps: something"}
