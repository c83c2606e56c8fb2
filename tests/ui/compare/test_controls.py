import pytest

from ui.compare.controls import SEEDS, Controls
from ui.figures.curves import SMOOTHING


@pytest.mark.parametrize(
    "controls",
    [
        Controls(),
        Controls(axis="images", smoothing=0.0, log=True, group="model.ngf", band="interval"),
        Controls(group=SEEDS, smoothing=0.95),
    ],
)
def test_an_address_says_what_it_was_made_from(controls):
    assert Controls.parse(controls.texts()) == controls


def test_what_is_as_always_is_left_out():
    assert Controls().texts() == {}
    assert Controls(band="error").texts() == {}  # which has no effect without groups


@pytest.mark.parametrize(
    ("name", "text"),
    [("axis", "up"), ("smoothing", "nan"), ("smoothing", "much"), ("log", "yes"), ("group", "../x"), ("band", "wide")],
)
def test_what_makes_no_sense_is_as_if_not_there(name, text):
    assert Controls.parse({name: text}) == Controls()


@pytest.mark.parametrize(("text", "weight"), [("-3", 0.0), ("7", 0.99), ("1e400", SMOOTHING), ("0.5", 0.5)])
def test_smoothing_stays_within_its_range(text, weight):
    assert Controls.parse({"smoothing": text}).smoothing == weight
