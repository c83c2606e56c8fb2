"""A distribution drawn by hand: what a browser may send, and what becomes of it. The drawing is tested in a browser."""

from __future__ import annotations

import math

import pytest

from tests.app.test_train import start, widget
from ui.forms.drawing import EXAMPLES, LIMIT, read_points


@pytest.mark.parametrize(
    "sent",
    [
        None,
        3,
        "0.1,0.2",
        b"1234",
        {"0": [0, 0]},
        ["ab", "cd"],
        [[0.1]],
        [[0.1, 0.2, 0.3]],
        [[0.1, None]],
        [["0.1", "0.2"]],
        [[True, False]],
        [[math.nan, 0.0]],
        [[math.inf, 0.0]],
        [[0.0, 1.01]],
        [[0.0, -1e300]],
        [[10**400, 0]],
        [[[0.1], [0.2]]],
        [[0.0, 0.0]] * (LIMIT + 1),
        [0.1, 0.2],
    ],
)
def test_what_is_no_drawing_is_refused(sent):
    assert read_points(sent) is None


def test_a_drawing_is_read_as_pairs():
    assert read_points([[0, 1], [-0.5, 0.25]]) == ((0.0, 1.0), (-0.5, 0.25))
    assert read_points([]) == ()
    assert len(read_points([[0.0, 0.0]] * LIMIT)) == LIMIT


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_can_be_trained_on(open_page, runs, name):
    app = open_page("train")
    widget(app, "data.name").set_value("drawn").run()
    assert not app.error  # it is no mistake
    assert any("draw a distribution below" in caption.value for caption in app.caption)
    assert app.button(key="start").disabled
    assert app.button(key="draw-clear").disabled
    app.button(key=f"draw-{name}").click().run()
    points = EXAMPLES[name]()
    assert not app.error
    assert any(caption.value == f"{len(points)} points" for caption in app.caption)
    (line,) = [caption.value for caption in app.caption if "Changed" in caption.value]
    assert f"**drawn points** 0 → {len(points)}" in line
    start(app)
    (run,) = runs.list()
    assert run.config.data.points == points
    assert len(run.name) < 80
    app = open_page("train", run=run.id)
    assert not app.exception


def test_a_drawing_can_be_wiped_and_survives_a_detour(open_page):
    app = open_page("train")
    widget(app, "data.name").set_value("drawn").run()
    app.button(key="draw-Circle").click().run()
    widget(app, "data.name").set_value("ring").run()
    assert not any(button.key == "draw-Circle" for button in app.button)
    widget(app, "data.name").set_value("drawn").run()
    assert any(caption.value == "60 points" for caption in app.caption)
    app.button(key="draw-clear").click().run()
    assert app.session_state["draft"]["data.points"] == ()
    assert app.button(key="start").disabled
    widget(app, "model.nz", "t").set_value("many").run()
    assert "model.nz" in app.error[0].value  # a mistake is said all the same
