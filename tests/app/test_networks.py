"""The view of the networks that the form describes. That it follows the sliders by itself is seen in a browser."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.test_train import widget, with_torch
from ui.forms import networks


@pytest.fixture
def shown(open_page) -> AppTest:
    app = with_torch(open_page("train"))
    assert not app.dataframe
    app.toggle(key="networks").set_value(True).run()
    return app


def layers(app: AppTest, network: str = "G"):
    table = app.dataframe[0].value
    return table[table["network"] == network]


def line(app: AppTest) -> str:
    (found,) = [caption.value for caption in app.caption if "parameters (" in caption.value]
    return found


def test_the_switch_shows_every_layer_of_both_networks(shown):
    table = layers(shown)
    assert list(table["layer"])[:4] == ["input (z)", "ConvTranspose2d 4×4", "BatchNorm2d", "ReLU"]
    assert list(table["output"])[:2] == ["100", "128×4×4"]
    assert table["parameters"].sum() == 369_600
    assert table["share"].sum() == pytest.approx(100)
    assert layers(shown, "D")["parameters"].sum() == 166_848
    assert line(shown).endswith("G 369,600 · D 166,848 parameters (D has 0.45 × G's)")
    shown.toggle(key="networks").set_value(False).run()
    assert not shown.dataframe


def test_the_table_follows_the_form(shown):
    widget(shown, "model.ngf", "s").set_value(64).run()
    assert list(layers(shown)["output"])[1] == "256×4×4"
    widget(shown, "model.kind", "w").set_value("vae").run()
    assert set(shown.dataframe[0].value["network"]) == {"encoder", "decoder"}


def test_settings_that_cannot_be_leave_the_last_networks_and_say_why(shown):
    widget(shown, "model.ngf", "s").set_value(64).run()
    widget(shown, "model.ngf", "t").set_value("5000").run()
    assert any("must be a whole number from 1 to 1024" in caption.value for caption in shown.caption)
    assert list(layers(shown)["output"])[1] == "256×4×4"


def test_before_any_networks_could_be_drawn_those_of_the_starting_point_are(open_page):
    app = with_torch(open_page("train"))
    widget(app, "model.ngf", "t").set_value("many").run()
    app.toggle(key="networks").set_value(True).run()
    assert list(layers(app)["output"])[1] == "128×4×4"
    assert not app.exception


def test_the_switch_keeps_its_place_when_another_page_is_shown(shown):
    shown.switch_page("../pages/runs.py").run()
    shown.switch_page("../pages/train.py").run()
    assert shown.toggle(key="networks").value
    assert shown.dataframe


def test_networks_wait_until_torch_is_there(shown, monkeypatch):
    monkeypatch.setattr(networks.state, "torch_ready", lambda: False)
    shown.run()
    assert not shown.dataframe
    assert not shown.exception


def test_totals_of_other_than_two_networks_are_not_compared():
    assert networks.totals({"generator": []}) == "G 0 parameters"
