"""The draft and its picker: what fills the form, and that nothing which comes late empties it again."""

from __future__ import annotations

from typing import Any

import pytest
import streamlit as st

from gancore.config import RunConfig
from gancore.experiments import EXPERIMENTS
from gancore.store.naming import Title
from tests.app.test_train import experiments, start, unfold, widget
from ui.forms import draft, picker


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    found: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", found)
    return found


@pytest.mark.usefixtures("session")
def test_a_fork_that_is_prepared_is_not_untouched():
    config = RunConfig()
    start = draft.Origin(config, Title("good"))
    draft.start_from(start)
    assert draft.is_untouched(config)
    draft.put({"model.ngf": 64})
    assert not draft.is_untouched(config)
    draft.start_from(draft.Origin(config, Title("fork of good"), fork=draft.Fork("good", "last")))
    assert not draft.is_untouched(config)


def test_a_late_word_from_a_replaced_picker_is_ignored(session):
    first = draft.picker_key()
    session[first] = "dcgan-ngf"
    draft.start_from(draft.Origin(RunConfig(), Title("good"), fork=draft.Fork("good", "last")))
    assert draft.picker_key() != first
    picker._take_experiment(first)
    picker._take_run(EXPERIMENTS["dcgan-ngf"])
    assert draft.origin().fork == draft.Fork("good", "last")


def test_the_picker_keeps_its_place_while_it_is_used(session):
    key = draft.picker_key()
    session[key] = "dcgan-ngf"
    picker._take_experiment(key)
    assert draft.origin().experiment == "dcgan-ngf"
    assert draft.picker_key() == key


def test_a_new_runs_title_is_recorded_beside_its_name(open_page, runs):
    app = open_page("train")
    widget(app, "model.ngf", "s").set_value(64).run()
    start(app)
    start(app)
    first, second = sorted(runs.list(), key=lambda run: run.name)
    assert (first.name, second.name) == ("quickstart, ngf 64", "quickstart, ngf 64 #2")
    assert first.meta.naming.start == second.meta.naming.start == "quickstart"
    assert second.meta.naming.changed == ("model.ngf",)


@pytest.mark.parametrize("page", ["train", "runs"])
def test_settings_of_a_run_are_those_in_effect(open_page, finished, runs_table, page):
    run = finished("steered")
    run.write_status(run.status.model_copy(update={"state": "stopped"}))
    run.steer({"optim.lr_d": 1e-3})
    run.record_change(run.changes()[0], 10)
    if page == "train":
        app = open_page("train", run=run.id)
        app.button(key=f"use-view-{run.id}").click().run()
    else:
        app = runs_table.act(runs_table.tick(open_page("runs"), run), "use")
        app.switch_page("../pages/train.py").run()
    unfold(app)
    assert widget(app, "optim.lr_d", "s").value == 1e-3
    assert experiments(app).options[0] == "Settings of steered"
    assert any(caption.value == "steered, unchanged" for caption in app.caption)


def test_a_browser_that_missed_a_pass_gets_every_value_as_its_widgets_default(open_page):
    """A value that is set besides reaches it in one message, which a pass that is cut short takes with it."""
    app = open_page("train")
    for element in app.text_input:
        if element.key and element.key.startswith("t:"):
            assert (element.proto.default, element.proto.set_value) == (element.value, False)
    for element in app.slider:
        if element.key and element.key.startswith("w:"):
            assert (list(element.proto.default), element.proto.set_value) == ([element.value], False)
    for element in app.selectbox:
        if element.key and element.key.startswith("w:"):
            assert not element.proto.set_value
            assert element.proto.default == list(element.options).index(element.format_func(element.value))
    assert any(element.key and element.key.startswith("t:") for element in app.text_input)
