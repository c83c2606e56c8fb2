"""The Compare page: what differs, curves over each other, tables."""

import base64

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from gancore.training.runner import execute
from ui.colors import run_color
from ui.compare import view


def test_fewer_than_two_runs_say_what_to_do(open_page, finished):
    assert "Comparing takes two runs" in open_page("compare").info[0].value
    finished("one")
    finished("two")
    assert "Choose two or more runs" in open_page("compare").info[0].value


def test_only_the_settings_that_differ_are_listed(open_page, finished):
    wide = finished("wide", {"model.ngf": 64})
    small = finished("mlp", {"model.kind": "mlp", "model.d_hidden": (64,)})
    app = open_page("compare", runs=f"{wide.id},{small.id}")
    table = app.dataframe[0].value.set_index("setting")
    assert list(table.columns) == ["wide", "mlp"]
    assert dict(table.loc["ngf"]) == {"wide": "64", "mlp": "–"}
    assert dict(table.loc["networks"]) == {"wide": "dcgan", "mlp": "mlp"}
    assert set(table.index) == {"networks", "ngf", "D layers"}


def test_the_address_bar_names_the_runs(open_page, finished):
    first, second, third = (finished(name, {"seed": seed}) for seed, name in enumerate(("a", "b", "c")))
    app = open_page("compare", runs=f"{first.id},{second.id}")
    assert app.multiselect(key="compared").value == [first.id, second.id]
    app.multiselect(key="compared").set_value([first.id, second.id, third.id]).run()
    assert app.query_params["runs"] == f"{first.id},{second.id},{third.id}"
    assert len(app.dataframe[-1].value) == 3


def test_unknown_runs_in_a_link_are_ignored(open_page, finished):
    first, second = finished("a"), finished("b")
    app = open_page("compare", runs=f"{first.id},../../etc/passwd,{second.id},nothing")
    assert app.multiselect(key="compared").value == [first.id, second.id]


def test_one_seed_is_said_to_prove_nothing(open_page, finished):
    runs = [finished("a"), finished("b", {"model.ngf": 64})]
    app = open_page("compare", runs=",".join(run.id for run in runs))
    assert any("due to chance" in caption.value for caption in app.caption)
    runs.append(finished("c", {"seed": 1}))
    app = open_page("compare", runs=",".join(run.id for run in runs))
    assert not any("due to chance" in caption.value for caption in app.caption)


def test_runs_of_the_same_name_keep_their_columns(open_page, finished):
    runs = [finished("same", {"model.ngf": 64}), finished("same", {"model.ngf": 8}), finished("setting")]
    table = open_page("compare", runs=",".join(run.id for run in runs)).dataframe[0].value
    assert list(table.iloc[0]) == ["ngf", "64", "8", "32"]
    assert list(table.columns)[3].startswith("setting #")


@pytest.fixture
def charts(monkeypatch) -> dict[str, dict]:
    """The figures that were shown last, by their axis."""
    shown: dict[str, dict] = {}

    def show(figure, **_) -> None:
        shown[figure["layout"]["yaxis"]["title"]["text"]] = figure

    monkeypatch.setattr(view, "chart", show)
    return shown


def lines(figure: dict) -> dict[str, tuple[float, ...]]:
    """The steps of each run's curve, by its name."""
    named = [trace for trace in figure["data"] if "name" in trace]
    return {trace["name"]: tuple(np.frombuffer(base64.b64decode(trace["x"]["bdata"]), "<f4")) for trace in named}


def open_comparison(open_page, *runs) -> AppTest:
    app = open_page("compare", runs=",".join(run.id for run in runs))
    assert not app.exception
    return app


def test_a_forks_curves_begin_where_its_parents_did(open_page, runs, stopped, charts):
    parent = stopped("parent")
    fork = runs.fork(parent, "000005", parent.config.replace({"optim.lr_d": 1e-3}), name="fork")
    assert execute(fork.path, max_steps=3) == "stopped"
    app = open_comparison(open_page, parent, fork)
    assert lines(charts["D loss"]) == {"parent": tuple(range(1, 13)), "fork": tuple(range(1, 9))}
    (note,) = charts["D loss"]["layout"]["annotations"]
    assert (note["x"], note["text"]) == (5, "fork")
    app.toggle(key="compare-join").set_value(False).run()
    assert lines(charts["D loss"]) == {"parent": tuple(range(1, 13)), "fork": (6, 7, 8)}
    runs.delete(parent)
    other = stopped("other")
    open_comparison(open_page, other, fork)
    assert lines(charts["D loss"])["fork"] == (6, 7, 8)


def test_live_changes_are_marked_in_the_runs_colour(open_page, stopped, charts):
    first, second = stopped("a"), stopped("b")
    first.steer({"optim.lr_d": 1e-3})
    first.record_change(first.changes()[0], 7)
    app = open_comparison(open_page, first, second)
    (note,), (line,) = charts["G loss"]["layout"]["annotations"], charts["G loss"]["layout"]["shapes"]
    assert (note["x"], note["text"], line["line"]["color"]) == (7, "lr_d 1e-3", run_color(first))
    app.get_by_key("compare-axis").set_value("epoch").run()
    assert not charts["G loss"]["layout"]["annotations"]
    assert not any(toggle.key == "compare-join" for toggle in app.toggle)  # there is no fork


def test_families_side_by_side(open_page, stopped, charts):
    runs = [stopped(kind, kind) for kind in ("dcgan", "vae", "semi", "translator")]
    runs[0].steer({"optim.lr_d": 1e-3})
    runs[0].record_change(runs[0].changes()[0], 7)
    app = open_comparison(open_page, *runs)
    assert set(charts) == {"D loss", "G loss", "loss"}
    assert set(lines(charts["loss"])) == {"vae"}
    assert [note["text"] for note in charts["D loss"]["layout"]["annotations"]] == ["lr_d 1e-3"]
    assert not charts["loss"]["layout"]["annotations"]  # a VAE has nothing to do with it
    assert set(lines(charts["D loss"])) == {"dcgan", "semi", "translator"}
    settings, results = (element.value for element in app.dataframe)
    settings = settings.set_index("setting")
    assert dict(settings.loc["networks"]) == {run.name: run.name for run in runs}
    assert list(results["run"]) == [run.name for run in runs]
    assert results.set_index("run")["loss"].notna().to_dict() == {
        "dcgan": False, "vae": True, "semi": False, "translator": False,
    }  # fmt: skip
    pills = next(group for group in app.button_group if group.key and group.key.startswith("compare-metrics"))
    pills.set_value(["kl", "accuracy", "diversity", "d_real"]).run()
    assert not app.exception
    assert set(lines(charts["KL"])) == {"vae"}
    assert set(lines(charts["accuracy"])) == {"semi"}
    assert not any("levels are not comparable" in caption.value for caption in app.caption)


def test_probabilities_and_scores_are_not_compared_without_a_word(open_page, finished):
    score = {"objective.loss": "wasserstein"}

    def warned(*changes) -> bool:
        app = open_comparison(open_page, *(finished(f"{number}", each) for number, each in enumerate(changes)))
        pills = next(group for group in app.button_group if group.key and group.key.startswith("compare-metrics"))
        pills.set_value(["d_real"]).run()
        return any("levels are not comparable" in caption.value for caption in app.caption)

    assert warned({}, score)
    assert not warned({}, {"model.kind": "mlp"})
    assert not warned(score, {"model.kind": "vae", "data.range": "0..1"})  # which has no D at all
    assert not warned({}, {"model.kind": "semi"} | score)


def test_a_drawing_is_told_by_the_number_of_its_points(open_page, finished):
    toy = {"data.name": "drawn", "model.kind": "mlp", "model.g_output": "linear"}
    drawn = [finished(f"{count}", toy | {"data.points": ((0.1, 0.2),) * count}) for count in (3, 900)]
    table = open_comparison(open_page, *drawn).dataframe[0].value.set_index("setting")
    assert dict(table.loc["drawn points"]) == {"3": "3", "900": "900"}


def test_a_curve_that_a_fork_has_from_its_parent_alone_is_offered(finished):
    """What is declared comes first, by its name, and what the fork's own settings know nothing of by its column."""
    run = finished("fork")
    rows = {run.id: pd.DataFrame({"step": [1.0], "loss_pixel": [1.0], "loss_g": [1.0], "loss_d": [1.0]})}
    assert list(view._named([run], rows).items()) == [
        ("loss_d", "D loss"),
        ("loss_g", "G loss"),
        ("loss_pixel", "loss pixel"),
    ]
