"""Forking a run from the Train page, and what is said of a fork afterwards."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from gancore.config import SETTINGS
from gancore.config.kinds import KINDS
from gancore.store import Run
from tests.app.test_train import experiments, start, unfold, widget
from ui.run import forking


def choose(app: AppTest, run: Run, checkpoint: str = "last") -> AppTest:
    """Take the settings of a checkpoint from the popover."""
    app.selectbox(key=f"fork-from-{run.id}").set_value(checkpoint).run()
    return app.button(key=f"fork-go-{run.id}").click().run()


def test_a_run_without_checkpoints_cannot_be_forked_yet(open_page, finished):
    run = finished("new")
    app = open_page("train", run=run.id)
    (button,) = [button for button in app.button if button.label == "Fork"]
    assert button.disabled


def test_the_newest_and_the_kept_checkpoints_are_offered(open_page, stopped):
    run = stopped("parent")
    (run.path / "checkpoints" / "copy of last.pt").write_bytes(b"somebody's")
    app = open_page("train", run=run.id)
    assert app.selectbox(key=f"fork-from-{run.id}").options == ["the last checkpoint", "step 5", "step 10"]
    assert not app.exception


def test_the_last_checkpoint_is_chosen_as_soon_as_there_is_one(open_page, stopped):
    run = stopped("parent")
    last = run.path / "checkpoints" / "last.pt"
    content = last.read_bytes()
    last.unlink()
    app = open_page("train", run=run.id)
    assert app.selectbox(key=f"fork-from-{run.id}-kept").value == "000005"
    last.write_bytes(content)
    app.run()
    assert app.selectbox(key=f"fork-from-{run.id}").value == "last"


def test_a_fork_goes_on_with_what_was_changed(open_page, stopped, runs):
    parent = stopped("parent")
    app = choose(open_page("train", run=parent.id), parent)
    assert app.button(key="start").label == "Start as a fork"
    assert any(caption.value == "fork of parent, unchanged" for caption in app.caption)
    assert experiments(app).options[0] == "fork of parent"
    widget(app, "optim.lr_d", "t").set_value("1e-3").run()
    start(app)
    (fork,) = runs.queue()
    assert (fork.meta.parent, fork.meta.parent_step) == (parent.id, 12)
    assert fork.config == parent.config.replace({"optim.lr_d": 1e-3})
    assert fork.name == "fork of parent, lr_d 1e-3"
    assert fork.status.step == 12
    assert app.query_params["run"] == fork.id


def test_a_kept_checkpoint_brings_the_settings_that_held_there(open_page, stopped, runs):
    parent = stopped("parent")
    for step, rate in ((3, 1e-3), (7, 2e-3)):
        parent.steer({"optim.lr_g": rate})
        parent.record_change(parent.changes()[-1], step)
    app = open_page("train", run=parent.id)
    choose(app, parent, "000005")
    assert widget(app, "optim.lr_g", "s").value == 1e-3
    assert any("fork of parent at step 5, unchanged" in caption.value for caption in app.caption)
    choose(app, parent)
    assert widget(app, "optim.lr_g", "s").value == 2e-3
    choose(app, parent, "000005")
    start(app)
    (fork,) = runs.queue()
    assert fork.meta.parent_step == 5
    assert fork.config.optim.lr_g == 1e-3


def test_a_change_after_the_last_checkpoint_is_not_of_it(open_page, stopped):
    parent = stopped("parent")
    parent.steer({"optim.lr_g": 1e-3})
    parent.record_change(parent.changes()[-1], 15)
    parent.write_status(parent.status.model_copy(update={"step": 18}))
    app = choose(open_page("train", run=parent.id), parent)
    assert widget(app, "optim.lr_g", "s").value == parent.config.optim.lr_g


@pytest.mark.parametrize("kind", ["dcgan", "mlp", "vae"])
def test_what_the_checkpoint_decides_cannot_be_changed(open_page, stopped, kind):
    parent = stopped("parent", kind)
    app = unfold(choose(open_page("train", run=parent.id), parent))
    fixed = {
        *(path for path in SETTINGS if path.startswith("model.")),
        "data.image_size",
        "optim.optimizer",
    }
    for path in SETTINGS:
        if parent.config.uses(path) and not SETTINGS[path].hidden:
            found = widget(app, path)
            assert found.disabled == (path in fixed), path
            if path in fixed and SETTINGS[path].scale != "log":
                assert "part of the checkpoint" in found.help


def test_a_fork_keeps_its_networks_whatever_else_is_chosen(open_page, stopped, runs):
    parent = stopped("parent", "dcgan")
    app = choose(open_page("train", run=parent.id), parent)
    widget(app, "data.name").set_value("ring").run()
    (problem,) = app.error
    assert "must be mlp" in problem.value
    assert app.button(key="start").disabled
    widget(app, "data.name").set_value("digits-8x8").run()
    start(app)
    (fork,) = runs.queue()
    assert fork.config == parent.config.replace({"data.name": "digits-8x8"})


def test_a_fork_that_would_be_over_at_once_is_refused_in_a_sentence(open_page, stopped, runs):
    parent = stopped("parent")
    app = choose(open_page("train", run=parent.id), parent)
    widget(app, "train.epochs", "t").set_value("2").run()
    start(app)
    assert not app.exception
    (problem,) = app.error
    assert problem.value == "train.epochs must be at least 3: the fork starts at step 12"
    assert [run.id for run in runs.list()] == [parent.id]
    widget(app, "train.epochs", "t").set_value("3").run()
    start(app)
    assert len(runs.list()) == 2


def test_a_parent_that_is_gone_is_said_in_a_sentence(open_page, stopped, runs):
    parent = stopped("parent")
    app = choose(open_page("train", run=parent.id), parent)
    runs.delete(parent)
    app.run()
    start(app)
    assert not app.exception
    (problem,) = app.error
    assert "no longer exists" in problem.value
    assert str(runs.root) not in problem.value
    assert not runs.list()


@pytest.mark.parametrize("content", [None, b"nonsense"])
def test_a_checkpoint_that_is_gone_or_damaged_is_said_in_a_sentence(open_page, stopped, runs, content):
    parent = stopped("parent")
    app = choose(open_page("train", run=parent.id), parent)
    path = parent.checkpoint_path("last")
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    start(app)
    assert not app.exception
    assert "checkpoint" in app.error[0].value
    assert [run.id for run in runs.list()] == [parent.id]


def test_a_damaged_checkpoint_of_a_changed_run_does_not_break_the_choice(open_page, stopped):
    parent = stopped("parent")
    parent.steer({"optim.lr_g": 1e-3})
    parent.checkpoint_path("last").write_bytes(b"nonsense")
    app = choose(open_page("train", run=parent.id), parent)
    assert not app.exception
    assert any("cannot be read" in toast.value for toast in app.toast)
    assert app.button(key="start").label == "Start"


def test_another_start_is_no_fork(open_page, stopped):
    parent = stopped("parent")
    app = choose(open_page("train", run=parent.id), parent)
    next(button for button in app.button if button.label == "Use settings").click().run()
    assert app.button(key="start").label == "Start"
    assert not widget(app, "model.kind").disabled
    choose(app, parent)
    experiments(app).set_value("quickstart").run()
    assert app.button(key="start").label == "Start"


def test_reset_keeps_the_fork(open_page, stopped):
    parent = stopped("parent")
    app = choose(open_page("train", run=parent.id), parent)
    widget(app, "optim.lr_d", "t").set_value("1e-3").run()
    next(button for button in app.button if button.label == "Reset").click().run()
    assert app.button(key="start").label == "Start as a fork"
    assert widget(app, "optim.lr_d", "s").value == parent.config.optim.lr_d


def test_a_fork_says_where_it_comes_from_and_leads_there(open_page, stopped, runs):
    parent = stopped("pa*rent")
    fork = runs.fork(parent, "000005", parent.config, name="fork")
    app = open_page("train", run=fork.id)
    assert any("Forked at step 5 from" in element.value for element in app.markdown)
    links = {link.label for link in app.get("page_link")}
    assert {r"pa\*rent", "Compare the two"} <= links
    assert not any("Forked at" in element.value for element in open_page("train", run=parent.id).markdown)
    runs.delete(parent)
    app = open_page("train", run=fork.id)
    assert any("a run that no longer exists" in element.value for element in app.markdown)
    assert "Compare the two" not in {link.label for link in app.get("page_link")}


@pytest.mark.parametrize("kind", KINDS)
def test_every_family_can_be_forked(open_page, stopped, runs, kind):
    parent = stopped("parent", kind)
    app = choose(open_page("train", run=parent.id), parent)
    widget(app, "train.epochs", "t").set_value("5").run()
    start(app)
    (fork,) = runs.queue()
    assert fork.config == parent.config.replace({"train.epochs": 5})
    assert not app.exception


def clicked(app: AppTest, run: Run, step: int) -> AppTest:
    """As a click on a curve leaves it: what happens in the chart itself is tested in a browser."""
    app.session_state["fork-clicked"] = run.id, step
    return app.run()


@pytest.mark.parametrize(
    ("step", "nearest"), [(4, None), (5, "000005"), (9, "000005"), (11, "000010"), (12, "last"), (999, "last")]
)
def test_a_click_takes_the_nearest_checkpoint_at_or_before_it(stopped, step, nearest):
    assert forking.nearest(stopped("parent"), step) == nearest


def test_a_click_on_a_curve_is_forked_there(open_page, stopped, runs):
    parent = stopped("parent")
    app = clicked(open_page("train", run=parent.id), parent, 8)
    assert any("near step 8: **step 5** is the nearest" in element.value for element in app.markdown)
    app.button(key="fork-here-go").click().run()
    assert app.button(key="start").label == "Start as a fork"
    assert not any("near step 8" in element.value for element in app.markdown)
    start(app)
    (fork,) = runs.queue()
    assert fork.meta.parent_step == 5
    app = clicked(app, parent, 3)  # another run is shown
    assert not any("near step" in element.value for element in app.markdown)


def test_a_click_before_the_first_checkpoint_says_so(open_page, stopped):
    parent = stopped("parent")
    app = clicked(open_page("train", run=parent.id), parent, 3)
    assert any("at or before step 3; the first is of step 5" in element.value for element in app.markdown)
    app.button(key="fork-here-close").click().run()
    assert not any("step 3" in element.value for element in app.markdown)


def test_a_checkpoint_before_a_change_has_the_settings_before_it(open_page, stopped):
    parent = stopped("parent")
    parent.steer({"optim.lr_g": 1e-2})
    parent.record_change(parent.changes()[0], 10)
    app = open_page("train", run=parent.id)
    assert "step 10, before lr_g 0.01" in app.selectbox(key=f"fork-from-{parent.id}").options
    choose(app, parent, "000010")
    assert widget(app, "optim.lr_g", "s").value == parent.config.optim.lr_g
