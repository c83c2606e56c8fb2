"""Memory, before a run starts and after it ended without a word."""

from __future__ import annotations

import pytest

from gancore.machine import Memory
from gancore.store.records import Status
from ui.state import _torch_loaded


def texts(elements) -> str:
    return " ".join(element.value for element in elements)


@pytest.fixture
def _small_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gancore.machine.memory", lambda *_: Memory(3e8, None))


@pytest.mark.usefixtures("_small_machine")
def test_the_form_warns_of_more_than_the_machine_has(open_page) -> None:
    app = open_page("train")
    assert _torch_loaded().wait(60)
    shown = texts(app.run().caption)
    assert "this machine has 300 MB" in shown
    assert "choose a smaller “batch size” first" in shown


def test_the_form_says_nothing_of_what_fits(open_page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gancore.machine.memory", lambda *_: Memory(64e9, 64e9))
    app = open_page("train")
    assert _torch_loaded().wait(60)
    assert "this machine" not in texts(app.run().caption)


@pytest.mark.usefixtures("_small_machine")
def test_an_interrupted_run_says_what_may_have_happened_and_what_to_lower(open_page, stopped_after) -> None:
    run = stopped_after()
    app = open_page("train", run=run.id)
    assert _torch_loaded().wait(60)
    shown = texts(app.run().warning)
    assert "ended abruptly: it was killed, ran out of memory, or the machine was restarted" in shown
    assert "Resume continues from step 12." in shown
    assert "this machine has 300 MB" in shown
    assert "Start it anew with a smaller" in shown


def test_an_interrupted_run_that_fits_is_not_blamed_on_memory(
    open_page, stopped_after, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gancore.machine.memory", lambda *_: Memory(64e9, 0.0))  # what is free now says nothing of then
    run = stopped_after()
    app = open_page("train", run=run.id)
    assert _torch_loaded().wait(60)
    shown = texts(app.run().warning)
    assert "Resume continues from step 12." in shown
    assert "smaller" not in shown


@pytest.fixture
def stopped_after(open_page, stopped):
    """A run whose process ended after step 12: it still says that it is running."""
    assert open_page  # before there are runs

    def make():
        run = stopped("cut short")
        run.write_status(Status.model_validate(run.status.model_dump() | {"state": "running"}))
        assert run.state == "interrupted"
        return run

    return make
