"""Figures as plain data, and that every family's charts show what it records."""

import base64

import numpy as np
import pandas as pd
import pytest

from gancore.algorithms import build_algorithm
from tests.miniatures import KINDS, tiny, train
from ui import colors
from ui.figures.curves import (
    ROLES,
    Mark,
    curve_data,
    curve_names,
    panels,
    run_figure,
    smooth,
    thin,
)

BY_EVERY_RUN = {"step", "epoch", "time", "step_time"}  # written with what a step returns

CASES = [
    *((kind, {}) for kind in KINDS),
    ("dcgan", {"objective.only": "g"}),
    ("dcgan", {"objective.only": "d"}),
    ("dcgan", {"objective.loss": "wasserstein", "objective.penalty": "gradient", "model.d_norm": "none"}),
    ("dcgan", {"objective.penalty": "r1", "objective.only": "g"}),
    ("translator", {"objective.pixel_weight": 1.0}),
    ("translator", {"objective.diversity_weight": 0.0}),
    ("semi", {"objective.feature_matching": False}),
    ("semi", {"objective.unsupervised_weight": 0.0}),
]


def columns(config) -> set[str]:
    return {curve.column for panel in panels(config).values() for curve in panel.curves}


@pytest.mark.parametrize(("kind", "changes"), CASES)
def test_a_familys_charts_show_all_that_it_records_and_nothing_else(kind, changes):
    config = tiny(kind, changes)
    recorded = set(train(build_algorithm(config), config, 2)[-1])
    assert columns(config) == recorded | {"step_time"}
    assert recorded <= set(curve_names([config]))


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_chart_is_the_main_one_and_each_has_its_words(kind):
    found = panels(tiny(kind))
    assert next(iter(found)) == "losses"
    assert len({panel.title for panel in found.values()}) == len(found)
    for panel in found.values():
        assert panel.caption.endswith(".")
        assert panel.y
        assert panel.curves
        assert len({curve.name for curve in panel.curves}) == len(panel.curves)


def test_d_and_g_keep_their_colours():
    found = panels(tiny("dcgan"))
    shown = {curve.column: ROLES[curve.role] for panel in found.values() for curve in panel.curves}
    assert {shown["loss_d"], shown["d_fake"], shown["grad_norm_d"]} == {colors.D}
    assert {shown["loss_g"], shown["d_fake_g"], shown["grad_norm_g"]} == {colors.G}


@pytest.mark.parametrize(
    ("kind", "loss", "word"),
    [
        ("dcgan", "nonsaturating", "probability"),
        ("dcgan", "wasserstein", "raw score"),
        ("semi", "wasserstein", "probability"),
    ],
)
def test_the_axis_says_what_ds_output_is(kind, loss, word):
    assert word in panels(tiny(kind, {"objective.loss": loss}))["outputs"].y


def rows(count: int = 100) -> pd.DataFrame:
    steps = np.arange(1.0, count + 1)
    return pd.DataFrame({"step": steps, "epoch": steps / 10, "time": steps / 100, "loss_d": steps, "loss_g": 1 / steps})


def numbers(array: dict[str, str]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(array["bdata"]), f"<{array['dtype']}")


def test_a_curve_has_a_ghost_of_the_raw_values():
    figure = run_figure(panels(tiny("dcgan"))["losses"], "run", weight=0.9)
    assert [trace.get("name") for trace in figure["data"]] == [None, "D loss", None, "G loss"]
    assert [trace["meta"]["smoothed"] for trace in figure["data"]] == [False, True, False, True]
    assert [trace["meta"]["column"] for trace in figure["data"]] == ["loss_d", "loss_d", "loss_g", "loss_g"]
    assert not figure["data"][0]["showlegend"]
    assert len(run_figure(panels(tiny("dcgan"))["losses"], "run", weight=0.0)["data"]) == 2
    assert list(numbers(curve_data(rows(), ["loss_d"], 0.9)["loss_d"]["raw"]["y"])) == list(range(1, 101))


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame({"step": [1.0]}), rows().head(0)])
def test_curves_that_are_not_there_yet_are_left_out(frame):
    assert curve_data(frame, ["loss"], 0.9) == {}


def test_what_is_not_finite_is_left_out():
    frame = rows(4)
    frame.loc[1, "loss_d"], frame.loc[2, "loss_d"] = np.nan, np.inf
    assert list(numbers(curve_data(frame, ["loss_d"], 0.9)["loss_d"]["raw"]["x"])) == [1, 4]


def test_a_part_of_a_curve_is_finer_and_smoothed_as_in_all_of_it():
    frame = rows(50_000)
    whole = smooth(frame["loss_d"], 0.9)
    part = curve_data(frame, ["loss_d"], 0.9, between=(40_000, 40_500))["loss_d"]
    assert list(numbers(part["raw"]["x"])) == list(range(39_999, 40_502))  # with a point beyond either end
    assert numbers(part["smoothed"]["y"]) == pytest.approx(whole[39_998:40_501])
    assert len(numbers(curve_data(frame, ["loss_d"], 0.9)["loss_d"]["raw"]["x"])) <= 1_500


@pytest.mark.parametrize("gap", [[], [0, 1], [40, 41], [99]])
@pytest.mark.parametrize("weight", [0.0, 0.9, 0.99])
def test_smoothing_can_be_continued_from_where_it_stands(weight, gap):
    values = pd.Series(np.random.default_rng(0).standard_normal(120))
    values[gap] = np.nan
    frame = pd.DataFrame({"step": np.arange(1, 101), "loss_d": values[:100]})
    mean, total = curve_data(frame, ["loss_d"], weight)["loss_d"]["average"] or (0.0, 0.0)
    for value in values[100:]:
        mean, total = (total * weight * mean + value) / (total * weight + 1), total * weight + 1
    assert mean == pytest.approx(smooth(values, weight).iloc[-1])


def test_a_long_curve_keeps_its_peaks():
    y = np.zeros(100_000)
    y[54_321] = 1.0
    chosen = thin(np.arange(100_000.0), y)
    assert len(chosen) <= 1_500
    assert 54_321 in chosen


def test_a_mark_is_a_line_and_a_note():
    figure = run_figure(panels(tiny("dcgan"))["losses"], "run", marks=[Mark(40, "lr_d 5e-4", "#123456")])
    (line,), (note,) = figure["layout"]["shapes"], figure["layout"]["annotations"]
    assert (line["x0"], line["x1"]) == (40, 40)
    assert line["line"]["color"] == "#123456"
    assert (note["x"], note["text"]) == (40, "lr_d 5e-4")


def test_marks_are_no_html():
    bad = '<a href="javascript:alert(1)">x</a>'
    (note,) = run_figure(panels(tiny("dcgan"))["losses"], "run", marks=[Mark(1, bad)])["layout"]["annotations"]
    assert "<" not in note["text"]
    assert "alert(1)" in note["text"]
