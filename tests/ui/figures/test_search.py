"""Figures of searches against the frames that they are made from."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from gancore.sweeps.study import Dimension
from ui.figures.search import history_figure, importance_figure, parallel_figure

NAN = math.nan
HISTORY = pd.DataFrame(
    [
        (0, "lr_g 1e-3", "finished", 9.0, 9.0, 1.0, ""),
        (1, "lr_g 1e-4", "failed", NAN, 9.0, 0.0, "no"),
        (2, "lr_g <b>", "pruned", 30.0, 9.0, 0.4, ""),
        (3, "lr_g 2e-3", "finished", 4.0, 4.0, 1.0, ""),
        (4, "lr_g 3e-3", "open", NAN, 4.0, 0.1, ""),
    ],
    columns=["trial", "arm", "state", "value", "best", "share", "problem"],
)
SPACE = (
    Dimension(path="optim.lr_g", low=1e-5, high=1e-1, log=True),
    Dimension(path="model.ngf", low=8, high=64, whole=True),
    Dimension(path="objective.loss", choices=("hinge", "minimax")),
)
PARALLEL = pd.DataFrame(
    [
        (0, 1e-3, 16, "hinge", "finished", 10.0),
        (2, 1e-2, 64, "minimax", "pruned", 1.0),
        (3, 1e-4, 8, "minimax", "finished", 100.0),
        (4, 1e-1, 32, "hinge", "finished", 1.5),
    ],
    columns=["trial", "optim.lr_g", "model.ngf", "objective.loss", "state", "value"],
)


def test_each_trial_that_ended_is_a_point_and_the_best_so_far_a_line():
    figure = history_figure(HISTORY, y="FID", digits=".1f", log=True, identity="a", trials=20)
    line, finished, pruned = figure["data"]
    assert (line["x"], line["y"], line["line"]["shape"]) == ([1, 2, 3, 4, 5], [9.0, 9.0, 9.0, 4.0, 4.0], "hv")
    assert (finished["x"], finished["y"], finished["marker"]["symbol"]) == ([1, 4], [9.0, 4.0], "circle")
    assert (pruned["x"], pruned["y"], pruned["marker"]["symbol"]) == ([3], [30.0], "circle-open")
    assert pruned["customdata"] == [["trial 3: lr_g &lt;b&gt;", " at 40% of its length"]]
    assert figure["layout"]["yaxis"]["type"] == "log"
    assert figure["layout"]["xaxis"]["range"] == [0, 21]


def test_a_history_without_trials_has_its_axes():
    figure = history_figure(HISTORY.iloc[:0], y="FID", digits=".1f", log=False, identity="a", trials=20)
    assert [trace["x"] for trace in figure["data"]] == [[], [], []]


def test_the_most_important_setting_is_on_top():
    frame = pd.DataFrame({"setting": ["a", "b"], "label": ["lr_g", "ngf"], "importance": [0.75, 0.25]})
    (bars,) = importance_figure(frame, identity="a")["data"]
    assert (bars["y"], bars["x"], bars["text"]) == (["ngf", "lr_g"], [25.0, 75.0], ["25 %", "75 %"])


@pytest.mark.parametrize("lowest", [True, False])
def test_trials_go_through_their_settings_to_their_value(lowest: bool):
    figure = parallel_figure(PARALLEL, SPACE, y="FID", log=True, lowest=lowest, identity="a")
    (trace,) = figure["data"]
    rate, width, loss, value = trace["dimensions"]
    best_last = [2, 3, 0, 4] if lowest else [2, 4, 0, 3]
    rows = PARALLEL.set_index("trial").loc[best_last]
    assert [10**place for place in rate["values"]] == pytest.approx(list(rows["optim.lr_g"]))
    assert (rate["range"], rate["ticktext"][0], rate["ticktext"][-1]) == ([-5.0, -1.0], "1e-5", "0.1")
    assert (width["values"], width["range"]) == (list(rows["model.ngf"]), [8.0, 64.0])
    assert [loss["ticktext"][int(place)] for place in loss["values"]] == list(rows["objective.loss"])
    assert [10**place for place in value["values"]] == pytest.approx(list(rows["value"]), rel=1e-4)
    low, high = value["range"]
    assert (low > high) is lowest  # its best end is on top
    assert trace["line"]["color"] == [1.0, 1.0, 0.5, 0.0]  # what was pruned is none of the best, whatever its value


def test_values_that_are_all_alike_or_not_positive_have_an_axis():
    same = PARALLEL.assign(value=0.0)
    (trace,) = parallel_figure(same, SPACE, y="modes", log=True, lowest=False, identity="a")["data"]
    low, high = trace["dimensions"][-1]["range"]
    assert low < 0 < high
