"""Networks of one's own in the form: a file is given, tried and trained; others' files wait for a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from gancore.machine import OWN_NETWORKS
from gancore.models.own import EXAMPLE, is_trusted
from tests.app.test_train import start, widget
from ui.state import _torch_loaded

FILE = EXAMPLE.replace("128", "12")
UNFIT = EXAMPLE.replace("nn.Flatten(), ", "")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is trusted in a test is trusted in it alone."""
    monkeypatch.setenv("GANCORE_CACHE", str(tmp_path / "cache"))
    assert _torch_loaded().wait(60)


@pytest.fixture
def form(open_page):
    app = open_page("train")
    widget(app, "model.kind").set_value("own").run()
    assert not app.exception
    return app


def upload(app, text: str):
    app.file_uploader[0].set_value(("mine.py", text.encode(), "text/x-python")).run()
    return app.button(key="network-use").click().run()


def test_a_file_is_used_for_the_next_run(form, runs):
    app = upload(form, FILE)
    assert not app.exception
    assert any("parameters" in toast.value for toast in app.toast)
    start(app)
    (run,) = runs.list()
    assert (run.config.model.kind, run.config.model.code) == ("own", FILE)
    assert is_trusted(FILE)


def test_a_file_that_does_not_fit_is_said_and_not_used(form):
    app = upload(form, UNFIT)
    assert any("the discriminator" in toast.value for toast in app.toast)
    assert app.session_state["draft"]["model.code"] == ""


def test_somebody_elses_file_waits_until_it_is_trusted(open_page, finished):
    run = finished("theirs", {"model.kind": "own", "model.code": FILE})
    app = open_page("train", run=run.id)
    app.button(key="use-in-sidebar").click().run()
    assert not app.exception
    assert any("came from elsewhere" in warning.value for warning in app.warning)
    assert any("Not yet: its network file" in caption.value for caption in app.caption)
    app.button(key="network-trust").click().run()
    assert is_trusted(FILE)
    assert not any("came from elsewhere" in warning.value for warning in app.warning)


def test_where_others_reach_the_server_there_is_the_example_alone(open_page, monkeypatch):
    monkeypatch.setenv(OWN_NETWORKS, "off")
    app = open_page("train")
    widget(app, "model.kind").set_value("own").run()
    assert not app.file_uploader
    assert any("are off here" in caption.value for caption in app.caption)
