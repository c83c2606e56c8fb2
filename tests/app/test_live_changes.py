"""Changing a run while it trains: the form offers what differs, and the run's folder gets it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from streamlit.testing.v1 import AppTest

from gancore.config import STEERABLE, RunConfig
from gancore.store import Run
from gancore.store.records import Status
from tests.app.test_train import start, widget


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


def rate(app: AppTest, path: str, role: str = "t"):
    """A widget of the run that is shown, by its setting: the box to type into, or its slider (s)."""
    kinds = (app.text_input, app.select_slider)
    (found,) = [each for kind in kinds for each in kind if (each.key or "").startswith(f"steer-{role}:{path}@")]
    return found


def offer(app: AppTest) -> str | None:
    """What the button offers to apply."""
    (button,) = [button for button in app.button if button.key == "apply"]
    return None if button.disabled else button.label.removeprefix("Apply now: ")


def test_what_can_change_stands_in_the_run_s_own_settings(open_page, training):
    run = training()
    app = open_page("train", run=run.id)
    steerable = {box.key.split("@")[0] for box in app.text_input if (box.key or "").startswith("steer-t:")}
    assert steerable == {f"steer-t:{path}" for path in STEERABLE if run.config.uses(path)}
    assert offer(app) is None
    assert any("ngf" in element.value and "32" in element.value for element in app.sidebar.markdown)


def test_a_changed_rate_is_applied_with_one_click(open_page, training):
    run = training()
    app = open_page("train", run=run.id)
    rate(app, "optim.lr_d").set_value("5e-4").run()
    assert rate(app, "optim.lr_d", "s").value == 5e-4  # the slider follows
    assert offer(app) == "lr_d 5e-4"
    app.button(key="apply").click().run()
    (change,) = run.changes()
    assert (change.changes, change.step) == ({"optim.lr_d": 5e-4}, None)
    assert offer(app) is None
    assert rate(app, "optim.lr_d").value == "5e-4"
    assert any("digits takes the new values at its next step" in toast.value for toast in app.toast)
    assert any("lr_d 5e-4 will take effect at the next step" in caption.value for caption in app.caption)
    app.run()
    assert not app.toast  # said once


def test_a_slider_moves_the_box_and_the_way_back_is_no_change(open_page, training):
    run = training()
    app = open_page("train", run=run.id)
    rate(app, "optim.lr_g", "s").set_value(1e-3).run()
    assert rate(app, "optim.lr_g").value == "1e-3"
    assert offer(app) == "lr_g 1e-3"
    rate(app, "optim.lr_g", "s").set_value(run.config.optim.lr_g).run()
    assert offer(app) is None


def test_the_next_run_s_settings_are_another_matter(open_page, training):
    run = training()
    app = open_page("train", run=run.id)
    switch = next(each for each in app.segmented_control if each.key.startswith("sidebar-mode"))
    switch.set_value("next").run()
    widget(app, "optim.lr_d", "t").set_value("5e-4").run()
    assert not [button for button in app.button if button.key == "apply"]
    app.button(key=f"steer-view-{run.id}").click().run()
    assert offer(app) is None
    assert rate(app, "optim.lr_d").value == "2e-4"


def test_what_a_setting_cannot_have_is_explained(open_page, training):
    run = training()
    app = open_page("train", run=run.id)
    rate(app, "optim.lr_d").set_value("fast").run()
    assert "optim.lr_d must be" in app.error[0].value
    assert rate(app, "optim.lr_d").value == "fast"
    assert offer(app) is None
    rate(app, "optim.lr_d").set_value("1e-3").run()
    assert not app.error
    assert offer(app) == "lr_d 1e-3"


def test_what_does_not_fit_the_run_is_said_in_a_sentence(open_page, training):
    run = training({"data.limit": 100})
    app = open_page("train", run=run.id)
    rate(app, "optim.d_steps").set_value("20").run()
    app.button(key="apply").click().run()
    assert not app.exception
    assert any("train.batch_size x optim.d_steps must be at most 100" in toast.value for toast in app.toast)
    assert not run.changes()


def test_a_run_that_ended_meanwhile_is_not_changed(open_page, training):
    run = training()
    app = open_page("train", run=run.id)
    rate(app, "optim.lr_d").set_value("5e-4").run()
    run.write_status(run.status.model_copy(update={"state": "finished", "step": 1050}))
    app.button(key="apply").click().run()
    assert not app.exception
    assert not run.changes()
    assert not [button for button in app.button if button.key == "apply"]


def test_a_run_that_is_over_is_read_only(open_page, finished):
    run = finished("old")
    app = open_page("train", run=run.id)
    assert not [box for box in app.text_input if (box.key or "").startswith("steer-")]
    app.button(key="use-in-sidebar").click().run()
    assert widget(app, "model.ngf", "t").value == "32"


def test_the_next_run_waits_besides(open_page, training, runs):
    training()
    app = open_page("train")
    assert app.button(key="start").label == "Add to queue"
    widget(app, "optim.lr_d", "t").set_value("5e-4").run()
    start(app)
    (waiting,) = runs.queue()
    assert waiting.config == RunConfig().replace({"optim.lr_d": 5e-4})
    assert app.toast[0].value == "quickstart, lr_d 5e-4 waits for digits (training)."
    start(app)
    assert app.toast[0].value.endswith("waits for digits (training) and 1 other.")


def test_what_need_not_wait_is_looked_at_whatever_the_button_said(open_page, training, runs):
    run = training()
    app = open_page("train")
    assert app.button(key="start").label == "Add to queue"
    run.write_status(run.status.model_copy(update={"state": "finished", "step": 1050}))
    start(app)
    (new,) = runs.queue()
    assert app.query_params["run"] == new.id
    assert not app.toast


def test_the_address_names_what_is_seen(open_page, training):
    run = training()
    assert open_page("train").query_params["run"] == run.id


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
