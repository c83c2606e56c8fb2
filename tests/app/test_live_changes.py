"""Changing a run while it trains: the form offers what differs, and the run's folder gets it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from streamlit.testing.v1 import AppTest

from gancore.config import RunConfig
from gancore.store import Run
from gancore.store.records import Status
from tests.app.test_train import start, unfold, widget


@pytest.fixture
def training(runs, held_elsewhere) -> Iterator[Callable[..., Run]]:
    """Make a run that another process seems to train."""
    with ExitStack() as held:

        def make(changes: dict[str, object] | None = None, name: str = "digits") -> Run:
            run = runs.create(RunConfig().replace(changes or {}), name=name)
            held.enter_context(held_elsewhere(run.path / "lock"))
            run.write_status(Status(state="running", step=30, total_steps=1050, attempt=1))
            assert run.state == "running"
            return run

        yield make


def offer(app: AppTest) -> str | None:
    """What the button offers, if it is there."""
    found = [button.label for button in app.button if button.key == "apply"]
    return found[0].removeprefix("Apply now: ") if found else None


def test_nothing_is_offered_where_nothing_trains_or_nothing_differs(open_page, training):
    app = open_page("train")
    widget(app, "optim.lr_d", "t").set_value("1e-3").run()
    assert offer(app) is None
    training()
    app = open_page("train")
    assert offer(app) is None


def test_a_changed_rate_is_applied_with_one_click(open_page, training):
    run = training()
    app = open_page("train")
    widget(app, "optim.lr_d", "t").set_value("5e-4").run()
    assert offer(app) == "lr_d 5e-4"
    app.button(key="apply").click().run()
    (change,) = run.changes()
    assert (change.changes, change.step) == ({"optim.lr_d": 5e-4}, None)
    assert offer(app) is None
    assert any("digits takes the new values at its next step" in toast.value for toast in app.toast)
    assert any("lr_d 5e-4 will take effect at the next step" in caption.value for caption in app.caption)
    app.run()
    assert not app.toast  # said once


def test_the_way_back_is_offered_too(open_page, training):
    run = training()
    app = open_page("train")
    widget(app, "optim.lr_d", "t").set_value("5e-4").run()
    app.button(key="apply").click().run()
    widget(app, "optim.lr_d", "t").set_value("2e-4").run()
    assert offer(app) == "lr_d 2e-4"
    app.button(key="apply").click().run()
    assert [change.changes for change in run.changes()] == [{"optim.lr_d": 5e-4}, {"optim.lr_d": 2e-4}]
    assert run.steered_config == run.config


def test_only_what_can_change_is_offered(open_page, training):
    run = training()
    app = open_page("train")
    widget(app, "model.ngf", "s").set_value(64).run()
    assert offer(app) is None
    widget(app, "optim.lr_g", "t").set_value("1e-3").run()
    assert offer(app) == "lr_g 1e-3"
    app.button(key="apply").click().run()
    assert run.steered_config == run.config.replace({"optim.lr_g": 1e-3})


def test_what_the_run_does_not_use_is_not_offered(open_page, training):
    training()
    app = unfold(open_page("train"))
    widget(app, "objective.penalty").set_value("r1").run()
    widget(app, "objective.penalty_weight", "t").set_value("3").run()
    assert offer(app) is None  # it has no penalty
    widget(app, "objective.penalty").set_value("none").run()
    assert offer(app) is None


def test_settings_of_other_networks_are_no_offer(open_page, training):
    training({"model.kind": "vae", "data.range": "0..1"})
    app = open_page("train")
    widget(app, "optim.lr_d", "t").set_value("1e-3").run()
    assert offer(app) is None
    widget(app, "model.kind").set_value("vae").run()
    widget(app, "optim.lr", "t").set_value("1e-4").run()
    assert offer(app) == "lr 1e-4"


def test_what_does_not_fit_the_run_is_said_in_a_sentence(open_page, training):
    run = training({"data.limit": 100})
    app = unfold(open_page("train"))
    widget(app, "optim.d_steps").set_value(20).run()
    app.button(key="apply").click().run()
    assert not app.exception
    assert any("train.batch_size x optim.d_steps must be at most 100" in toast.value for toast in app.toast)
    assert not run.changes()


def test_nothing_is_offered_while_the_form_is_wrong(open_page, training):
    training()
    app = open_page("train")
    widget(app, "optim.lr_d", "t").set_value("5e-4").run()
    widget(app, "model.ngf", "t").set_value("many").run()
    assert offer(app) is None
    assert app.error


def test_a_run_that_ended_meanwhile_is_not_changed(open_page, training):
    run = training()
    app = open_page("train")
    widget(app, "optim.lr_d", "t").set_value("5e-4").run()
    run.write_status(run.status.model_copy(update={"state": "finished", "step": 1050}))
    app.button(key="apply").click().run()
    assert not app.exception
    assert not run.changes()
    assert offer(app) is None


def test_the_next_run_waits_besides(open_page, training, runs):
    training()
    app = open_page("train")
    assert app.button(key="start").label == "Add to queue"
    widget(app, "optim.lr_d", "t").set_value("5e-4").run()
    start(app)
    (waiting,) = runs.queue()
    assert waiting.config == RunConfig().replace({"optim.lr_d": 5e-4})


def test_the_live_view_shows_the_change_where_it_took_effect(open_page, training):
    from ui.run.view import change_marks

    run = training()
    run.steer({"optim.lr_d": 5e-4, "optim.g_steps": 2})
    assert change_marks(run) == []
    run.record_change(run.changes()[0], 40)
    (mark,) = change_marks(run, "#123456")
    assert (mark.step, mark.text, mark.color) == (40, "lr_d 5e-4, G steps 2", "#123456")
    open_page("train", run=run.id)


def test_a_change_that_came_too_late_says_so(open_page, training):
    run = training()
    run.log("warning", 1050, "lr_d 2e-4 → 5e-4 came after the last step and has no effect", "refused")
    run.write_status(run.status.model_copy(update={"state": "finished", "step": 1050}))
    app = open_page("train", run=run.id)
    (warning,) = app.warning
    assert "came after the last step and has no effect" in warning.value
