"""What was measured of samples, on every page that shows it."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gancore.config import RunConfig
from gancore.evaluation import runs
from gancore.evaluation.measures import MEASURES
from gancore.progress import Work
from gancore.query import parse
from gancore.store.records import Status
from gancore.store.scalars import ScalarWriter
from tests.app.evaluations import RING, evaluation, full, plant
from ui import state
from ui.colors import REAL, G
from ui.compare import quality as comparing_quality
from ui.figures import evaluations
from ui.figures.curves import Mark
from ui.figures.evaluations import Series, class_bars, class_map, of_a_run, value_figure, with_classes, with_companions
from ui.run import quality
from ui.runs import facts


def show(app: AppTest, run) -> AppTest:
    """The details of a run, at what was measured."""
    app.get_by_key(f"details-{run.id}").set_value("quality").run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    return " ".join(element.value for kind in (app.markdown, app.caption, app.info) for element in kind)


@pytest.fixture
def charts(monkeypatch) -> dict[str, dict]:
    """The figures shown, by what a screen reader says of them."""
    shown: dict[str, dict] = {}
    monkeypatch.setattr(quality, "chart", lambda figure, *, alt, **_: shown.update({alt: figure}))
    return shown


# --- figures --------------------------------------------------------------------------------------------------------


def test_every_value_is_in_one_group_or_beside_another():
    grouped = [key for keys in quality.GROUPS.values() for key in keys]
    assert sorted([*grouped, *evaluations._ERRORS]) == sorted(MEASURES)


def test_a_line_through_the_small_evaluations_and_a_diamond_for_the_full_one():
    found = [evaluation(100), evaluation(200), full(200, {"fid": 4.0})]
    figure = value_figure(of_a_run(found, "fid"), "fid", identity="run")
    line, diamond = figure["data"]
    assert (line["x"], line["y"], line["mode"]) == ([100, 200], [10.0, 5.0], "lines+markers")
    assert (diamond["x"], diamond["marker"]["symbol"]) == ([200], "diamond")
    assert [line["showlegend"], diamond["showlegend"]] == [True, False]
    assert diamond["customdata"] == ["10,000 samples"]
    assert figure["layout"]["yaxis"]["title"]["text"] == "FID (mnist-cnn-v1)"
    assert figure["layout"]["yaxis"]["type"] == "log"


def test_the_average_of_g_has_gs_colour_and_g_itself_is_grey_beside_it():
    found = [evaluation(100), evaluation(100, weights="ema")]
    assert [(one.name, one.color) for one in of_a_run(found, "fid")] == [("raw G", REAL), ("EMA of G", G)]
    assert [(one.name, one.color) for one in of_a_run(found[:1], "fid")] == [("G", G)]
    assert of_a_run(found, "modes") == []


@pytest.mark.parametrize(("lowest", "ticks"), [(1, [0.5, 1, 2, 5, 10, 20, 50, 100, 200]), (90, None)])
def test_a_log_axis_has_ticks_that_people_read(lowest, ticks):
    found = [evaluation(100, {"fid": 100}), evaluation(200, {"fid": lowest})]
    axis = value_figure(of_a_run(found, "fid"), "fid", identity="run")["layout"]["yaxis"]
    assert axis.get("tickvals") == ticks


@pytest.mark.parametrize("tiny", [0.0, 5e-324, -1.0])
def test_what_a_log_axis_cannot_show_is_a_gap(tiny):
    found = [evaluation(100, {"fid": 100}), evaluation(200, {"fid": tiny}), evaluation(300, {"fid": 1})]
    figure = value_figure(of_a_run(found, "fid"), "fid", identity="run")
    assert figure["data"][0]["y"] == [100, None, 1]
    assert figure["layout"]["yaxis"]["tickvals"][0] == 0.5


@pytest.mark.parametrize("value", [0.0, 5e-324, 1e12])
def test_any_value_alone_has_an_axis(value):
    axis = value_figure(of_a_run([evaluation(1, {"fid": value})], "fid"), "fid", identity="")["layout"]["yaxis"]
    assert "tickvals" not in axis


def test_values_that_hardly_differ_look_like_it():
    found = [evaluation(100, {"fid": 146.0}), evaluation(200, {"fid": 146.1})]
    low, high = value_figure(of_a_run(found, "fid"), "fid", identity="")["layout"]["yaxis"]["range"]
    assert 10**low < 100 < 200 < 10**high


def test_an_axis_over_many_decades_leaves_its_ticks_to_plotly():
    found = [evaluation(1, {"fid": 1e12}), evaluation(2, {"fid": 1e-8})]
    assert "tickvals" not in value_figure(of_a_run(found, "fid"), "fid", identity="")["layout"]["yaxis"]


def test_small_evaluations_of_another_number_of_samples_stand_beside_the_line():
    found = [evaluation(100), evaluation(200, samples=40), full(300)]
    line, circles, diamonds = value_figure(of_a_run(found, "fid"), "fid", identity="run")["data"]
    assert [trace["x"] for trace in (line, circles, diamonds)] == [[100], [200], [300]]
    assert (circles["mode"], circles["marker"]["symbol"]) == ("markers", "circle-open")
    assert [trace["showlegend"] for trace in (line, circles, diamonds)] == [True, False, False]


def test_an_axis_names_every_extractor_and_none_is_html():
    odd = evaluation(100, extractor="<b>x</b>")
    series = [Series("a", "#000000", [evaluation(100)]), Series("b", "#000000", [odd])]
    title = value_figure(series, "fid", identity="")["layout"]["yaxis"]["title"]["text"]
    assert title == "FID (&lt;b&gt;x&lt;/b&gt;, mnist-cnn-v1)"


def test_classes_without_a_name_have_a_number():
    """As of a file that counts more classes than the data have."""
    odd = evaluation(100, histogram=(0, *(10**9,) * 11), expected=(10**9,) * 12)
    (cells,) = class_map([odd], "0123456789", "run")["data"]
    assert cells["y"][9:] == ["9", "class 10", "class 11"]
    assert class_bars(odd, "0123456789", "run")["data"][0]["x"] == cells["y"]
    assert evaluations.classes_line(odd, ()) == "missing: class 0"
    assert evaluations.highest_share([odd]) == pytest.approx(108 / 11)


@pytest.mark.parametrize(("key", "level"), [("closer_to_training", 0.5), ("sharpness", 1.0), ("coverage", None)])
def test_a_dotted_line_says_what_real_images_would_give(key, level):
    found = [evaluation(100, {key: 0.7})]
    figure = value_figure(of_a_run(found, key), key, identity="run", level=quality.level(key, RunConfig()))
    assert [shape["y0"] for shape in figure["layout"]["shapes"]] == ([] if level is None else [level])
    assert len(figure["layout"]["annotations"]) == len(figure["layout"]["shapes"])


@pytest.mark.parametrize(
    ("changes", "level"),
    [({}, 10), ({"data.classes": (8, 9)}, 2), (RING, 8)],
)
def test_modes_are_held_against_the_number_of_classes_in_the_data(changes, level):
    assert all(quality.level(key, RunConfig().replace(changes)) == level for key in ("classes", "modes"))


def test_a_value_with_an_error_has_error_bars_and_says_it():
    values = {"kid": 0.012, "kid_error": 0.002}
    (trace,) = value_figure(of_a_run([evaluation(100, values)], "kid"), "kid", identity="run")["data"]
    assert trace["error_y"]["array"] == [0.002]
    assert evaluations.as_text(values, "kid") == "0.012 ± 0.002"


def test_precision_and_recall_stand_beside_coverage():
    found = [evaluation(100)]
    figure = value_figure(of_a_run(found, "coverage"), "coverage", identity="run")
    names = [trace["name"] for trace in with_companions(figure, found, "coverage")["data"]]
    assert names == ["G", "precision", "recall"]
    assert "rangemode" in figure["layout"]["yaxis"]


def test_names_are_no_html_and_marks_stand_at_steps_alone():
    series = [Series("<b>x</b>", "#000000", [evaluation(100)], [1.5])]
    marks = [Mark(50, "fork")]
    figure = value_figure(series, "fid", identity="", axis="epoch", marks=marks)
    assert figure["data"][0]["name"] == "&lt;b&gt;x&lt;/b&gt;"
    assert figure["data"][0]["x"] == [1.5]
    assert figure["layout"]["shapes"] == []
    assert len(value_figure(series, "fid", identity="", marks=marks)["layout"]["shapes"]) == 1


def test_a_class_that_never_comes_up_is_marked_in_words_too():
    uneven = (0, 300, *(100,) * 7, 0)
    found = [evaluation(100), evaluation(200, histogram=uneven, expected=(*(100,) * 9, 0))]
    (cells,) = class_map(found, "0123456789", "run")["data"]
    assert [row[1] for row in cells["z"]][:3] == [0.0, 2.0, pytest.approx(0.9, abs=0.01)]
    assert cells["z"][9][1] is None  # the data have none either
    assert [row[1] for row in cells["text"]] == [evaluations.NEVER, *[""] * 9]
    assert "33.3% of the samples" not in cells["customdata"][0][1]
    bars, dashes = class_bars(found[-1], "0123456789", "run")["data"]
    assert bars["text"][0] == evaluations.NEVER
    assert bars["text"][9] == ""
    assert dashes["y"][9] == 0
    assert evaluations.missing_classes(found[-1], "0123456789") == ["0"]


def test_classes_that_hardly_come_up_are_named():
    line = evaluations.classes_line
    assert line(evaluation(1, histogram=(0, 9, *(120,) * 8)), "0123456789") == "missing: 0; rare: 1"
    assert line(evaluation(1), "0123456789") == "all classes appear"
    assert line(evaluation(1, histogram=(1, 1, *(0,) * 8)), "0123456789") == "missing: 2, 3, 4, 5, 6, 7, 8, 9"
    assert line(evaluation(1, histogram=(1, *(0,) * 9)), "0123456789") == "only 0"
    assert line(evaluation(1, histogram=(9, *(0,) * 9), expected=(9, *(0,) * 9)), "0123456789") == "all classes appear"


def test_rough_samples_are_of_no_class():
    rough = evaluation(100, {"precision": 0.02}, histogram=(*(0,) * 8, 1000, 0))
    (cells,) = class_map([rough, evaluation(200)], "0123456789", "run")["data"]
    assert [row[0] for row in cells["z"]] == [None] * 10
    assert None not in [row[1] for row in cells["z"]]
    assert {row[0] for row in cells["text"]} == {""}
    bars, _ = class_bars(rough, "0123456789", "run")["data"]
    assert bars["name"].endswith("too rough to classify")
    assert evaluations.classes_line(rough, "0123456789") == "too rough to classify (precision 2%)"
    assert "Empty" in quality.map_key([rough])
    assert "Empty" not in quality.map_key([evaluation(200)])


def test_a_long_class_map_has_a_few_steps_named_the_last_among_them():
    figure = class_map([evaluation(step) for step in range(100, 5_000, 100)], "0123456789", "run")
    ticks = figure["layout"]["xaxis"]["tickvals"]
    assert len(ticks) <= 6
    assert ticks[-1] == "4,900"


def test_nothing_known_of_the_data_means_equal_shares():
    one = evaluation(100, histogram=(0, 0), expected=())
    assert list(evaluations.expected_shares(one)) == [0.5, 0.5]
    assert list(evaluations.shares(one)) == [0, 0]


def test_classes_are_taken_once_a_step_from_the_larger_count():
    found = [evaluation(100), full(100), evaluation(50), evaluation(100, histogram=())]
    assert [(each.step, each.size) for each in with_classes(found)] == [(50, "cheap"), (100, "full")]


def test_a_class_map_leaves_out_what_has_other_classes():
    (cells,) = class_map([evaluation(100, histogram=(1, 1), expected=()), evaluation(200)], "01", "run")["data"]
    assert cells["x"] == ["200"]
    assert cells["y"][-1] == "class 9"


# --- the Train page -------------------------------------------------------------------------------------------------


def test_a_run_shows_its_values_its_classes_and_the_last_full_evaluation(open_page, finished, charts):
    run = finished("good")
    plant(run, [evaluation(100), evaluation(1050, histogram=(0, *(111,) * 9)), full(1050, {"fid": 4.25, "kid": 0.01})])
    app = show(open_page("train", run=run.id), run)
    assert app.multiselect(key=f"quality-{run.id}").value == ["fid", "coverage"]
    assert {"FID of good", "coverage of good", "classes among the last samples of good"} <= set(charts)
    text = words(app)
    assert "10,000 samples; reference: 4,500 of mnist-5k, training images; features: mnist-cnn-v1" in text
    assert ":small[FID ↓ **4.25**]" in text
    assert "Each evaluation of 1,000 samples took 0.8 s; all 2 together 2.0 % of the training time." in text
    app.multiselect(key=f"quality-{run.id}").set_value(["kid"]).run()
    assert "KID of good" in charts
    assert not app.exception


def test_classes_that_are_missing_are_named(open_page, finished):
    run = finished("poor", {"data.name": "fashion-mnist"})
    plant(run, [evaluation(100, histogram=(0, *(111,) * 9))])
    assert "At step 100, 1,000 samples: missing: T-shirt." in words(show(open_page("train", run=run.id), run))


@pytest.mark.parametrize(
    ("changes", "values", "first"),
    [
        ({}, {"diversity": 1, "sharpness": 1, "fid": 3, "coverage": 1}, ["fid", "coverage"]),
        ({}, {"sharpness": 1, "diversity": 1, "contrast": 1}, ["diversity", "sharpness"]),
        ({}, {"thickness": 1}, ["thickness"]),
        ({"model.kind": "vae", "data.range": "0..1"}, {"test_elbo": -100, "fid": 3}, ["fid", "test_elbo"]),
        (
            RING,
            {"coverage": 1, "modes": 8, "near_modes": 0.9},
            ["modes", "near_modes"],
        ),
    ],
)  # fmt: skip
def test_what_is_shown_first_fits_the_kind_of_run(open_page, finished, changes, values, first):
    run = plant(finished("some", changes), [evaluation(100, values, extractor=None, histogram=(), expected=())])
    app = show(open_page("train", run=run.id), run)
    assert app.multiselect(key=f"quality-{run.id}").value == first


def test_why_the_fid_is_missing_is_said(open_page, finished):
    run = finished("photographs", {"data.name": "cifar10", "model.nc": 3})
    plant(run, [full(1050, {"diversity": 1.0}, extractor=None, missing="There is no *network* for cifar10.")])
    assert r"no \*network\* for cifar10" in words(show(open_page("train", run=run.id), run))


@pytest.fixture(autouse=True)
def _nothing_is_measured_on():
    yield
    state.measurer().close()


def measure(app, run):
    """Press the button, and wait until it is measured."""
    app.button(key=f"measure-{run.id}").click().run()
    assert state.measurer().latest(run).over.wait(60)
    app.run()


def test_nothing_measured_yet_says_so_and_offers_to(open_page, finished, stopped):
    bare = finished("no checkpoint")
    app = show(open_page("train", run=bare.id), bare)
    assert "no checkpoint" in words(app)
    assert not [button for button in app.button if (button.key or "").startswith("measure-")]
    run = stopped("old")
    app = show(open_page("train", run=run.id), run)
    assert "Not evaluated yet" in words(app)
    assert app.button(key=f"measure-{run.id}").label.startswith("Evaluate ")
    run.write_status(Status(state="queued", step=12, total_steps=20))
    app = show(open_page("train", run=run.id), run)
    assert "Not evaluated during training" in words(app)
    assert not [button for button in app.button if (button.key or "").startswith("measure-")]


def test_a_saved_run_is_measured_at_the_press_of_a_button(open_page, stopped):
    run = stopped("old", changes={"train.final_samples": 300, "train.evaluate_every": 0})
    app = show(open_page("train", run=run.id), run)
    measure(app, run)
    assert not app.exception
    assert not app.error
    (made,) = run.evaluations()
    assert (made.step, made.size, made.samples) == (12, "full", 300)
    assert "Last full evaluation" in words(app)
    assert not [button for button in app.button if (button.key or "").startswith("measure-")]


def test_a_checkpoint_that_cannot_be_read_is_said_in_a_sentence(open_page, stopped):
    run = stopped("old")
    run.checkpoint_path("last").write_bytes(b"nonsense")
    app = show(open_page("train", run=run.id), run)
    measure(app, run)
    assert not app.exception
    (problem,) = app.error
    assert "cannot be read" in problem.value


def test_a_measurement_that_is_under_way_can_be_followed_and_cancelled(open_page, stopped, monkeypatch):
    run, begun = stopped("old"), threading.Event()

    def never_ends(_run, progress, cancelled):
        while True:
            Work(progress, cancelled).begin("*features*")
            begun.set()

    monkeypatch.setattr(runs, "evaluate_run", never_ends)
    app = show(open_page("train", run=run.id), run)
    app.button(key=f"measure-{run.id}").click().run()
    assert begun.wait(60)
    app.run()
    assert r"**Evaluating** · \*features\* …" in words(app)
    assert "Nothing measured" not in words(app)
    assert f"measure-{run.id}" not in [button.key for button in app.button]
    app.button(key=f"cancel-{run.id}").click().run()
    assert state.measurer().latest(run).over.wait(60)
    app.run()
    assert app.button(key=f"measure-{run.id}")
    assert not app.error


def test_nothing_is_measured_while_another_run_trains(open_page, stopped, finished):
    run, other = stopped("old"), finished("*other*")
    other.write_status(Status(state="running", step=1, total_steps=20, attempt=1))
    with other.lock():
        app = show(open_page("train", run=run.id), run)
        assert app.button(key=f"measure-{run.id}").disabled
        assert r"\*other\* is training" in words(app)
    app.run()
    assert not app.button(key=f"measure-{run.id}").disabled


def test_a_forks_evaluations_are_held_against_its_own_training_time(open_page, finished):
    run = finished("fork")
    run.edit_meta(parent="gone", parent_step=10)
    (run.path / "scalars.arrow").unlink()
    writer = ScalarWriter(run.path / "scalars.arrow")
    writer.append({"step": np.array([11.0, 12.0]), "time": np.array([61.0, 80.0]), "step_time": np.array([1.0, 1.0])})
    writer.close()
    plant(run, [evaluation(20, seconds=1.0)])
    text = words(show(open_page("train", run=run.id), run))
    assert "Each evaluation of 1,000 samples took 1 s: 5.0 % of the training time." in text


def test_what_both_networks_took_is_counted(open_page, finished):
    """Of a run of 80 s: 3 s at each of two steps."""
    run = finished("averaged")
    for step in (100, 200):
        plant(run, [evaluation(step, seconds=1.0), evaluation(step, seconds=2.0, weights="ema")])
    plant(run, [full(200)])
    text = words(show(open_page("train", run=run.id), run))
    assert "1,000 samples of G, and as many of its EMA, took 3 s; all 2 together 7.5 % of the training time" in text


# --- tables of runs -------------------------------------------------------------------------------------------------


def test_the_headline_is_the_last_full_value_else_the_last_one(open_page, finished, runs_table):
    good = [evaluation(100), evaluation(200, {"fid": 5.0, "coverage": 0.7}), evaluation(400, {"fid": 4.99})]
    plant(finished("measured at the end"), [*good, full(300, {"fid": 2.5, "coverage": 0.5})])
    plant(finished("on its way"), good)
    plant(finished("toy", RING), [evaluation(100, {"modes": 7}), full(100, {"modes": 8, "coverage": 0.5})])
    finished("never measured")
    app = open_page("runs")
    shown = {name: runs_table.cells(name)["headline"] for name in runs_table.names}
    assert [shown[name] and (shown[name]["text"], shown[name]["line"]) for name in runs_table.names] == [
        None,
        ("modes found 8", "step 100"),
        ("FID 4.99", "step 400"),  # which `fid < 5` finds
        ("FID 2.5", "step 300"),
    ]
    assert shown["on its way"]["help"] == "FID (mnist-cnn-v1) of 1,000 samples at step 400, during training"
    runs_table.ask(app, "sort", by="headline")
    assert runs_table.names == ["measured at the end", "on its way", "toy", "never measured"]
    runs_table.ask(app, "columns", columns=["fid", "coverage"])
    assert runs_table.cells("measured at the end") == {"fid": "2.5", "coverage": "0.50"}
    assert runs_table.cells("never measured") == {"fid": None, "coverage": None}


def test_a_small_curve_says_how_the_headline_went(open_page, finished, runs_table):
    plant(finished("good"), [evaluation(100), evaluation(200), evaluation(400, {"fid": 8.0}), full(400, {"fid": 2.5})])
    plant(finished("measured once"), [evaluation(100)])
    found = [evaluation(step, {"fid": 9.0 if step == 501 else 1.0}) for step in range(1, 1_000, 5)]
    plant(finished("long"), found)
    vae = {"model.kind": "vae", "data.range": "0..1"}
    plant(finished("vae", vae), [evaluation(step, {"test_elbo": -100.0 - step}) for step in (1, 2)])
    (finished("broken").path / "config.json").write_text("{")
    runs_table.ask(open_page("runs"), "columns", columns=["curve"])
    curves = {name: runs_table.cells(name)["curve"] for name in runs_table.names if not name.startswith("broken")}
    assert curves["good"]["points"] == [10, 5, 8]
    assert curves["measured once"] is None
    assert curves["vae"]["points"] == [-101, -102]
    assert 20 <= len(curves["long"]["points"]) <= 30
    assert max(curves["long"]["points"]) == 9


def test_what_old_runs_measured_of_themselves_can_still_be_found(finished):
    run = finished("vae")
    (run.path / "summary.json").write_text('{"test_elbo": -105.6}')
    (found,) = state.runs()
    assert facts.facts(found)["test_elbo"] == -105.6
    assert parse("test_elbo < -100").matches(facts.facts(found))


def test_a_card_says_the_main_value(open_page, finished):
    plant(finished("good"), [evaluation(100)])
    plant(finished("toy", RING), [evaluation(100, {"modes": 7}), full(100, {"modes": 8, "coverage": 0.5})])
    captions = [caption.value for caption in open_page("home").caption if caption.value.startswith("step ")]
    assert [each.partition("\n")[2] for each in captions] == ["modes found 8", "FID (mnist-cnn-v1) 10"]


# --- comparing ------------------------------------------------------------------------------------------------------


def test_a_fork_goes_on_with_the_values_of_its_parent(open_page, runs, stopped):
    parent = plant(stopped("parent"), [evaluation(5), evaluation(10)])
    fork = runs.fork(parent, "000005", parent.config, name="fork")
    plant(fork, [evaluation(15)])
    open_page("home")
    assert [each.step for each in comparing_quality.evaluations(fork, join=True)] == [5, 15]
    assert [each.step for each in comparing_quality.evaluations(fork, join=False)] == [15]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"extractor": "fashion-cnn-v1"}, "Different features"),
        ({"reference": "mnist"}, "Different references"),
        ({"reference_count": 60_000}, "Different references"),
        ({"samples": 500}, "(500 and 1,000)"),
    ],
)
def test_what_does_not_compare_is_said(changes, word):
    same, other = evaluation(100), evaluation(100, **changes)
    assert comparing_quality.differences([same, same]) == []
    (sentence,) = comparing_quality.differences([same, other])
    assert word in sentence
