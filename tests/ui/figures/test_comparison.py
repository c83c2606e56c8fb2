"""Curves of many runs, as the browser takes them."""

from __future__ import annotations

import base64

import numpy as np
import pandas as pd
import pytest

from gancore.config import RunConfig
from gancore.store.evaluations import Evaluation
from ui.figures.comparison import Averaged, Shown, Style, curves_data
from ui.figures.curves import Mark

CONFIG = RunConfig()


def rows(count: int = 40) -> pd.DataFrame:
    steps = np.arange(1.0, count + 1)
    return pd.DataFrame({"step": steps, "epoch": steps / 70, "time": steps / 10, "loss_d": np.sin(steps)})


def evaluation(step: int, fid: float, **changes: object) -> Evaluation:
    facts = {
        "step": step, "weights": "raw", "size": "cheap", "samples": 1_000, "reference": "mnist-5k",
        "reference_count": 4_500, "extractor": "mnist-cnn-v1", "seconds": 1.0, "values": {"fid": fid},
    }  # fmt: skip
    return Evaluation.model_validate(facts | changes)


def shown(run: str = "a", **changes: object) -> Shown:
    facts = {"id": run, "name": run, "color": "#000000", "dash": "", "config": CONFIG, "rows": rows()}
    return Shown(**(facts | changes))  # type: ignore[arg-type]


def numbers(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<f4")


def test_charts_come_in_the_order_that_was_chosen():
    run = shown(evaluations=[evaluation(20, 9.0), evaluation(40, 5.0)])
    data = curves_data([run], ["fid", "loss_d", "nothing"], {"loss_d": "D loss"}, Style())
    assert [chart["key"] for chart in data["charts"]] == ["fid", "loss_d"]
    fid, loss = data["charts"]
    assert fid["series"][0]["points"] == [[20.0, 9.0], [40.0, 5.0]]
    assert fid["log"]
    assert not loss["log"]
    np.testing.assert_allclose(numbers(loss["series"][0]["mean"]), rows()["loss_d"], rtol=1e-6)
    assert "low" not in loss["series"][0]  # each row is there


def test_a_long_curve_brings_its_extremes():
    frame = rows(25_000)
    frame.loc[7_000, "loss_d"] = 4_800.0
    (chart,) = curves_data([shown(rows=frame)], ["loss_d"], {"loss_d": "D loss"}, Style())["charts"]
    assert numbers(chart["series"][0]["high"]).max() == 4_800.0
    assert len(numbers(chart["series"][0]["mean"])) == 600


@pytest.mark.parametrize(
    ("axis", "last"), [("step", 40), ("epoch", 40 / 70), ("time", 4), ("images", 40 * CONFIG.images_per_step)]
)
def test_curves_and_marks_stand_on_each_axis(axis, last):
    run = shown(evaluations=[evaluation(40, 5.0)], marks=[Mark(40, "fork")])
    data = curves_data([run], ["loss_d", "fid"], {"loss_d": "D loss"}, Style(axis=axis))
    assert numbers(data["xs"][0]["x"])[-1] == pytest.approx(last)
    assert [chart["marks"][0]["x"] for chart in data["charts"]] == pytest.approx([last, last])
    assert data["charts"][1]["series"][0]["points"][0][0] == pytest.approx(last)


def test_points_that_runs_share_are_sent_once():
    runs = [shown("a"), shown("b"), shown("c", rows=rows(30))]
    data = curves_data(runs, ["loss_d"], {"loss_d": "D loss"}, Style())
    assert [each["runs"] for each in data["xs"]] == [["a", "b"], ["c"]]
    assert [len(numbers(each["x"])) for each in data["xs"]] == [40, 30]


def test_full_evaluations_are_diamonds_beside_the_line():
    run = shown(evaluations=[evaluation(20, 9.0), evaluation(40, 5.0, size="full", samples=10_000)])
    (chart,) = curves_data([run], ["fid"], {}, Style())["charts"]
    assert chart["series"][0]["points"] == [[20.0, 9.0]]
    assert chart["series"][0]["ends"] == [{"x": 40.0, "y": 5.0}]
    assert "Diamonds" in chart["caption"]


def test_groups_have_neither_marks_nor_diamonds():
    runs = [shown(each, marks=[Mark(4, "fork")], evaluations=[evaluation(20, 9.0)]) for each in "ab"]
    style = Style(groups=[Averaged("both", "#111111", ["a", "b"])])
    data = curves_data(runs, ["loss_d", "fid"], {"loss_d": "D loss"}, style)
    assert data["groups"] == [{"name": "both", "color": "#111111", "runs": ["a", "b"], "count": "2 runs"}]
    assert not any(chart["marks"] for chart in data["charts"])


def test_students_quantiles():
    assert curves_data([], [], {}, Style())["quantiles"][2:5] == pytest.approx([12.706, 4.303, 3.182], abs=1e-3)


def test_a_run_without_a_curve_leaves_the_others_theirs():
    data = curves_data([shown("a", rows=pd.DataFrame()), shown("b")], ["loss_d"], {"loss_d": "D loss"}, Style())
    assert [series["run"] for series in data["charts"][0]["series"]] == ["b"]


@pytest.mark.parametrize(("axis", "apart"), [("step", 1.0), ("epoch", 0.5), ("time", None)])
def test_a_chart_knows_where_a_run_that_trains_goes_on(axis: str, apart: float | None) -> None:
    rows = pd.DataFrame({"step": [1.0, 2.0, 4.0], "epoch": [0.5, 1.0, 2.0], "time": [1.0, 2.0, 3.0], "loss_d": 0.5})
    run = Shown("a", "a", "#000", "", RunConfig(), rows, live=True)
    look = curves_data([run], ["loss_d"], {"loss_d": "D loss"}, Style(axis=axis))["runs"]["a"]
    assert (look["live"], look["last"], look["apart"]) == (True, 4.0, apart)


def test_a_run_without_rows_is_waited_for() -> None:
    run = Shown("a", "a", "#000", "", RunConfig(), pd.DataFrame(), live=True)
    looks = [curves_data([run], [], {}, Style(axis=axis))["runs"]["a"] for axis in ("step", "images", "epoch")]
    assert [(look["last"], look["apart"]) for look in looks] == [
        (0.0, 1.0),
        (0.0, RunConfig().images_per_step),
        (0.0, None),
    ]
