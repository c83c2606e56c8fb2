"""Where runs stand among their settings."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ui.figures.space import measure_axis, number_axis, setting_axis, space_data


def test_numbers_that_span_much_stand_by_their_logarithm():
    _, places = number_axis("optim.lr_g", "lr_g", [1e-4, 1e-3, 1e-2])
    assert places[1] == pytest.approx(0.5)
    _, near = number_axis("optim.lr_g", "lr_g", [1.0, 2.0, 3.0])
    assert near[1] == pytest.approx(0.5)


def test_each_of_a_few_values_has_its_tick():
    axis, places = setting_axis("model.ngf", "ngf", [8, 64, 8, None], ["8", "64", "8", "–"])
    assert [(tick["text"]) for tick in axis["ticks"]] == ["8", "64"]
    assert places[0] == places[2] == axis["ticks"][0]["place"]
    assert places[3] is None  # it has no effect there


def test_choices_are_spread_in_their_order():
    _, places = setting_axis("objective.loss", "loss", ["b", "a", "c"], ["b", "a", "c"])
    assert places == [0.5, 0.0, 1.0]


@pytest.mark.parametrize(("key", "best"), [("fid", 0), ("coverage", 1)])
def test_the_best_is_on_top(key, best):
    _, places = measure_axis(key, [0.2, 0.9])
    assert places[best] == max(place for place in places if place is not None)


def test_ticks_lie_within_the_axis_and_apart():
    for values in ([4.6, 5.6], [4.6, 500.0], [0.1, 0.1], [1e-5, 1e-4]):
        axis, _ = number_axis("fid", "FID", list(values), log=True)
        places = [tick["place"] for tick in axis["ticks"]]
        assert all(0 <= place <= 1 for place in places)
        assert all(after - before >= 0.055 for before, after in pairwise(places))


def test_each_run_has_its_places():
    axes = [setting_axis("model.ngf", "ngf", [8, 64], ["8", "64"]), measure_axis("fid", [9.0, 5.0])]
    data = space_data([{"id": "a"}, {"id": "b"}], axes, {"model.ngf": ["8", "64"], "fid": ["9", "5"]})
    assert [axis["key"] for axis in data["axes"]] == ["model.ngf", "fid"]
    assert data["runs"][1]["texts"] == {"model.ngf": "64", "fid": "5"}
    assert data["runs"][1]["places"]["fid"] > data["runs"][0]["places"]["fid"]
