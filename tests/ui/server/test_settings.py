"""Settings of the server that a page's cost hangs on."""

import tomllib
from pathlib import Path

from streamlit import config
from streamlit.testing.v1 import AppTest

SETTINGS = tomllib.loads((Path(__file__).parents[3] / ".streamlit" / "config.toml").read_text())


def test_a_redraw_does_not_look_for_garbage_in_the_whole_process():
    """It took two thirds of what a tab cost the server, holding the interpreter's lock."""
    assert SETTINGS["runner"]["postScriptGC"] is False


def test_an_error_that_nobody_caught_shows_nothing_of_the_inside():
    def page() -> None:
        raise ValueError("/home/somebody/secret")

    (shown,) = AppTest.from_function(page).run().exception
    assert SETTINGS["client"]["showErrorDetails"] == "none"
    assert "secret" not in shown.message
    assert not shown.stack_trace


def test_every_setting_is_one_that_streamlit_knows():
    known = set(config._config_options_template)
    for section, settings in SETTINGS.items():
        for name, value in settings.items():
            assert isinstance(value, dict) or f"{section}.{name}" in known
