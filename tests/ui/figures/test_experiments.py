"""Figures of experiments against what they are made from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ui.figures.experiments import Strand, band, band_figure, curve, setting_figure


def strand(name: str, values: dict[int, float], x: float | None = None) -> Strand:
    mean = float(np.mean(list(values.values())))
    interval = (mean - 1, mean + 2) if len(values) > 1 else None
    return Strand(name, "#009E73", values, mean, interval, x)


def draw(own, reference=(), **changes):
    return setting_figure(own, reference, **{"x": "ngf", "y": "FID", "digits": ".3g", "identity": "a"} | changes)


def of_mode(figure, symbol: str) -> list[dict]:
    return [trace for trace in figure["data"] if trace.get("marker", {}).get("symbol") == symbol]


def test_each_seed_is_a_point_and_the_mean_has_its_interval():
    figure = draw([strand("ngf 32", {0: 5.0, 1: 7.0}, 32), strand("ngf 64", {0: 4.0}, 64)], log_x=True)
    points = of_mode(figure, "circle")
    assert [trace["y"] for trace in points] == [[5.0, 7.0], [4.0]]
    assert points[0]["customdata"] == ["ngf 32, seed 0", "ngf 32, seed 1"]
    (bar,) = of_mode(figure, "line-ew-open")  # one seed has no mean of several
    assert bar["y"] == [6.0]
    assert (bar["error_y"]["array"], bar["error_y"]["arrayminus"]) == ([2.0], [1.0])
    assert figure["layout"]["xaxis"]["type"] == "log"
    assert figure["layout"]["xaxis"]["tickvals"] == [32.0, 64.0]
    assert np.exp(np.mean(np.log(points[0]["x"]))) == pytest.approx(32)
    low, high = figure["layout"]["xaxis"]["range"]
    assert low < np.log10(32) < np.log10(64) < high


def test_arms_without_a_number_stand_side_by_side_in_their_order():
    figure = draw([strand("ring", {0: 8.0}), strand("a <b>grid</b>", {0: 20.0})])
    axis = figure["layout"]["xaxis"]
    assert axis["tickvals"] == [0.0, 1.0]
    assert axis["ticktext"] == ["ring", "a &lt;b&gt;grid&lt;/b&gt;"]
    assert not [trace for trace in figure["data"] if trace["mode"] == "lines"]  # nothing leads from one to the other


def test_own_runs_and_the_references_stand_beside_each_other():
    own, reference = strand("ngf 32", {0: 5.0}, 32), strand("ngf 32", {0: 6.0}, 32)
    figure = draw([own, strand("ngf 64", {0: 1.0}, 64)], [reference], log_x=True)
    (mine, _), (theirs,) = of_mode(figure, "circle"), of_mode(figure, "diamond-open")
    assert mine["x"][0] < 32 < theirs["x"][0]
    assert theirs["customdata"] == ["ngf 32, reference, seed 0"]


def test_a_zero_setting_is_not_put_on_a_log_axis():
    figure = draw([strand("weight 0", {0: 1.0}, 0), strand("weight 10", {0: 2.0}, 10)], log_x=True)
    assert figure["layout"]["xaxis"]["type"] == "linear"


def test_what_is_not_finite_is_not_drawn():
    figure = draw([strand("a", {0: 1e300}), strand("b", {0: 1.0})])
    assert [trace["y"] for trace in of_mode(figure, "circle")] == [[1.0]]


def test_a_band_reaches_from_the_lowest_seed_to_the_highest():
    steps = np.arange(0.0, 101.0)
    made = band("arm", "#009E73", [(steps, steps), (steps, 3 * steps), (steps, 2 * steps)])
    assert made is not None
    assert made.count == 3
    assert made.low == pytest.approx(made.x)
    assert made.high == pytest.approx(3 * made.x)
    assert made.mean == pytest.approx(2 * made.x)


def test_where_one_seed_ends_the_others_go_on():
    made = band(
        "arm", "#009E73", [(np.array([0.0, 10.0]), np.array([1.0, 1.0])), (np.array([0.0, 20.0]), np.full(2, 3.0))]
    )
    assert made is not None
    assert made.mean[0] == 2
    assert made.mean[-1] == 3
    assert made.x[-1] == 20


def test_no_curve_makes_no_band():
    assert band("arm", "#009E73", [(np.array([]), np.array([]))]) is None
    assert curve(pd.DataFrame({"step": [1.0]}), "step", "loss_g", 0.0)[0].size == 0


def test_a_band_of_one_seed_is_a_line_alone():
    steps = np.arange(0.0, 11.0)
    alone = band("one", "#009E73", [(steps, steps)])
    several = band("two", "#CC79A7", [(steps, steps), (steps, steps + 1)])
    assert alone is not None
    assert several is not None
    figure = band_figure([alone, several], axis="step", y="loss", identity="a")
    assert [("name" in trace, trace.get("fill")) for trace in figure["data"]] == [
        (True, None),
        (False, "toself"),
        (True, None),
    ]
    assert figure["data"][1]["fillcolor"] == "rgba(204,121,167,0.18)"
