"""A loss of one's own in the form: expressions, the chart of what they ask for, and what is wrong with them."""

from __future__ import annotations

import pytest

from gancore.config.losses import EXPRESSIONS
from tests.app.test_train import start, widget
from ui.forms import own_loss


@pytest.fixture
def charts(monkeypatch):
    """Figures that the page showed, the last one last."""
    shown = []
    monkeypatch.setattr(own_loss, "chart", lambda figure, **_: shown.append(figure))
    return shown


@pytest.fixture
def form(open_page, charts):
    app = open_page("train")
    assert not charts
    widget(app, "objective.loss").set_value("own").run()
    assert not app.exception
    return app


def lines(figure) -> list[tuple[str, str]]:
    return [(trace["name"], trace["yaxis"]) for trace in figure["data"]]


def chooser(app):
    (found,) = [box for box in app.selectbox if box.label == "Start from" and box.key.startswith("own-loss")]
    return found


def asked(app) -> tuple[str, str]:
    return widget(app, "objective.own_d").value, widget(app, "objective.own_g").value


def test_expressions_are_shown_and_trained(form, charts, runs):
    every = ("G", "D fake", "D real")
    assert lines(charts[-1]) == [(name, axis) for name in every for axis in ("y", "y2")]
    assert asked(form) == EXPRESSIONS["nonsaturating"]
    widget(form, "objective.own_g").set_value("-fake - 0.1 * tanh(fake)").run()
    start(form)
    (run,) = runs.list()
    assert (run.config.objective.loss, run.config.objective.own_g) == ("own", "-fake - 0.1 * tanh(fake)")
    assert "-fake - 0.1 * tanh(fake)" in run.name


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_a_known_loss_is_where_to_start_from(form, name):
    widget(form, "objective.own_d").set_value("2 * fake - real").run()
    assert chooser(form).value is None
    chooser(form).set_value(name).run()
    assert not form.exception
    assert asked(form) == EXPRESSIONS[name]
    assert chooser(form).value == name


def test_what_is_no_loss_is_said_below_it_and_not_started(form, charts):
    widget(form, "objective.own_d").set_value("softplus(-reel) + softplus(fake)").run()
    sentence = "unknown name 'reel' at 11: use real or fake"
    assert any(sentence in caption.value for caption in form.caption)
    assert any(sentence in error.value for error in form.error)
    assert form.button(key="start").disabled
    assert [name for name, _ in lines(charts[-1])] == ["G", "G"]
    widget(form, "objective.own_d").set_value("softplus(-real) + softplus(fake)").run()
    assert not form.button(key="start").disabled
    assert not form.error


def test_networks_without_a_game_have_none(form, charts):
    count = len(charts)
    widget(form, "model.kind").set_value("vae").run()
    assert not form.exception
    assert len(charts) == count
    with pytest.raises(AssertionError):
        widget(form, "objective.own_d")
