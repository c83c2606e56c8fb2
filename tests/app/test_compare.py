"""The Compare page: which runs it shows, what the address says of them, and the curves over each other."""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gancore.config import SETTINGS
from gancore.training.runner import execute
from ui import state
from ui.colors import run_color
from ui.compare import curves, table
from ui.frontend import comparing, plots


class Shown:
    """What the page's own components were given last, by the component's key."""

    def __init__(self) -> None:
        self.data: dict[str, dict[str, Any]] = {}
        self.heard: dict[str, Any] = {}

    def keep(self, _component: object, key: str, data: Mapping[str, Any], heard: Any) -> None:
        self.data[key], self.heard[key] = dict(data), heard

    @property
    def chips(self) -> dict[str, dict[str, Any]]:
        return {chip["name"]: chip for chip in self.data["compare-chips"]["chips"]}

    @property
    def films(self) -> dict[str, dict[str, Any]]:
        return {film["title"]: film for film in self.data["compare-films"]["films"]}

    def charts(self, key: str) -> dict[str, dict[str, Any]]:
        return {chart["y"]: chart for chart in self.data[key]["charts"]}


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    found = Shown()
    monkeypatch.setattr(comparing, "exchange", found.keep)
    monkeypatch.setattr(
        plots, "curves", lambda data, *, key, identity, low: found.keep((identity, low), key, data, None)
    )
    return found


def compare(open_page, *runs, **query: str) -> AppTest:
    app = open_page("compare", runs=",".join(run.id for run in runs), **query)
    assert not app.exception
    assert not app.error
    return app


def steps(shown: Shown, chart: str) -> dict[str, tuple[float, ...]]:
    """The steps of each run's curve, by the run's name."""
    data = shown.data["compare-curves"]
    xs = {run: np.frombuffer(base64.b64decode(sent["x"]), "<f4") for sent in data["xs"] for run in sent["runs"]}
    return {
        data["runs"][each["run"]]["name"]: tuple(xs[each["run"]].tolist())
        for each in shown.charts("compare-curves")[chart]["series"]
    }


# --- which runs -----------------------------------------------------------------------------------------------------


def test_nothing_to_compare_says_what_to_do(open_page, monkeypatch):
    monkeypatch.setattr("ui.state.reference", list)
    assert "Comparing takes two runs" in open_page("compare").info[0].value


def test_a_single_run_asks_for_another(open_page, finished, shown):
    run = finished("one")
    app = compare(open_page, run)
    assert "Add two or more runs" in app.info[0].value
    assert list(shown.chips) == ["one"]


def test_the_address_names_the_runs_in_order(open_page, finished, shown):
    first, second, third = (finished(name, {"seed": seed}) for seed, name in enumerate("abc"))
    compare(open_page, third, first)
    assert list(shown.chips) == list(shown.films) == ["c", "a"]
    assert second.id not in {chip["id"] for chip in shown.chips.values()}


@pytest.mark.parametrize("more", ["../../etc/passwd", "nothing", "", "%00", "a" * 5_000])
def test_what_is_no_run_is_left_out_of_an_address(open_page, finished, shown, more):
    first, second = finished("a"), finished("b")
    app = open_page("compare", runs=f"{first.id},{more},{second.id},{first.id}")
    assert not app.exception
    assert [chip["id"] for chip in shown.chips.values()] == [first.id, second.id]


def test_a_hidden_run_has_a_chip_and_no_film_and_renames_nobody(open_page, finished, shown):
    runs = [finished("a"), finished("a"), finished("b")]
    compare(open_page, *runs, hidden="1")
    assert [(name, chip["hidden"]) for name, chip in shown.chips.items()] == [
        ("a #1", True), ("a #2", False), ("b", False),
    ]  # fmt: skip
    assert list(shown.films) == ["a #2", "b"]
    assert [run["name"] for run in shown.data["compare-losses"]["runs"].values()] == ["a #2", "b"]


def test_all_can_be_hidden(open_page, finished, shown):
    app = compare(open_page, finished("a"), finished("b"), hidden="1,2")
    assert "All of these runs are hidden" in app.info[0].value
    assert len(shown.chips) == 2


def test_runs_have_one_colour_on_all_of_the_page(open_page, finished, shown):
    first, second = finished("a"), finished("b")
    second.edit_meta(color=first.meta.color)
    compare(open_page, first, second)
    colors = {name: chip["color"] for name, chip in shown.chips.items()}
    assert colors["a"] == run_color(first) != colors["b"]
    assert {name: film["color"] for name, film in shown.films.items()} == colors
    for key in ("compare-losses", "compare-curves"):
        assert {run["name"]: run["color"] for run in shown.data[key]["runs"].values()} == colors


def test_reference_runs_can_be_compared(open_page, finished, shown):
    theirs, mine = state.reference()[0], finished("mine")
    compare(open_page, theirs, mine)
    assert [chip["reference"] for chip in shown.chips.values()] == [True, False]


# --- controls -------------------------------------------------------------------------------------------------------


def test_an_address_says_how_curves_are_drawn(open_page, finished, shown):
    runs = [finished("a"), finished("b", {"model.ngf": 64})]
    compare(open_page, *runs, axis="epoch", smoothing="0.5", log="1", group="model.ngf", band="error")
    values = shown.data["compare-bar"]["values"]
    assert values == {"axis": "epoch", "smoothing": 0.5, "log": True, "group": "model.ngf", "band": "error"}
    losses = shown.data["compare-losses"]
    assert (losses["axis"], losses["smoothing"], losses["band"], len(losses["groups"])) == ("epoch", 0.5, "error", 2)
    assert all(chart["log"] for chart in losses["charts"])


def test_groups_are_offered_by_what_differs(open_page, finished, shown):
    compare(open_page, finished("a", {"seed": 1}), finished("b", {"model.ngf": 64}))
    assert [name for name, _ in shown.data["compare-bar"]["groups"]] == ["", "seeds", "model.ngf"]
    compare(open_page, finished("c"), finished("d"), group="optim.lr_d")  # which an address may ask for all the same
    assert [name for name, _ in shown.data["compare-bar"]["groups"]] == ["", "seeds", "optim.lr_d"]


def test_an_address_names_the_charts(open_page, finished, shown):
    app = compare(open_page, finished("a"), finished("b"), columns="loss_g,nonsense,loss_d")
    assert app.get_by_key("compare-charts").value == ["loss_g", "loss_d"]
    app.get_by_key("compare-charts").set_value(["d_real"]).run()
    assert app.query_params["columns"] in ("d_real", ["d_real"])
    assert list(shown.charts("compare-curves")) == ["D(x)"]


def test_films_stand_where_the_address_says(open_page, finished, shown):
    runs = [finished("a"), finished("b")]
    compare(open_page, *runs, step="5")
    assert shown.data["compare-films"]["step"] == 5
    compare(open_page, *runs, step="-5")
    assert shown.data["compare-films"]["step"] is None


def test_many_films_have_fewer_grids_each(open_page, finished, shown):
    runs = [finished(name) for name in "ab"]
    for run in runs:
        content = next(iter(run.samples().values())).read_bytes()
        for step in range(300):
            (run.path / "samples" / f"{step:06d}.png").write_bytes(content)
    compare(open_page, *runs)
    assert [len(film["frames"]) for film in shown.films.values()] == [39, 39]  # each eighth and the last, of at most 48
    others = [finished(f"{number}") for number in range(38)]
    compare(open_page, *runs, *others)
    assert len(shown.films["a"]["frames"]) == 11  # of at most 12


def test_only_a_run_that_may_go_on_is_called_live(open_page, finished, shown):
    ended, waiting = finished("ended"), finished("waiting")
    waiting.enqueue()
    compare(open_page, ended, waiting)
    assert {name: film["live"] for name, film in shown.films.items()} == {"ended": False, "waiting": True}


def test_a_view_is_saved_opened_deleted_and_brought_back(open_page, finished, shown):
    first, second, third = finished("a"), finished("b"), finished("c")
    app = compare(open_page, first, second, axis="time", hidden="2")
    app.text_input(key="view-name").set_value("my view")
    app.button(key="save-view").click().run()
    app = compare(open_page, first, third)
    app.button(key="open-my view").click().run()
    assert (list(shown.chips), shown.data["compare-bar"]["values"]["axis"]) == (["a", "b"], "time")
    assert app.query_params["hidden"] in ("2", ["2"])
    app.button(key="delete-my view").click().run()
    assert not any(button.key == "open-my view" for button in app.button)
    app.button(key="undo-view").click().run()
    assert any(button.key == "open-my view" for button in app.button)
    links = [link.label for link in open_page("home").get("page_link")]
    assert "my view" in links


def test_runs_of_other_seeds_are_drawn_from_the_noise_that_most_have(open_page, stopped, runs, shown):
    config = stopped("a").config
    other = runs.create(config.replace({"seed": 1}), name="b")
    assert execute(other.path, max_steps=5) == "stopped"
    wide = runs.create(config.replace({"model.nz": 7}), name="c")
    app = compare(open_page, *runs.list()[::-1])
    while (job := state.drawer().draw(other, 0)) is not None:
        assert job.over.wait(60)
        assert not job.problem
    app.run()
    assert "noise of seed 0, from checkpoints" in shown.films["b"]["note"]
    assert [frame["step"] for frame in shown.films["b"]["frames"]] == [5]
    assert all(frame["src"].startswith(f"drawn/{other.id}/0/") for frame in shown.films["b"]["frames"])
    assert shown.films["a"]["note"] == "noise of seed 0"
    assert f"nz {wide.config.model.nz}" in shown.films["c"]["note"]
    assert shown.data["compare-films"]["line"].startswith("Not all grids are of the same noise")


def test_a_run_without_a_checkpoint_is_said_to_have_its_own_noise(open_page, finished, shown):
    compare(open_page, finished("a"), finished("b"), finished("c", {"seed": 1}))
    assert shown.films["c"]["note"] == "noise of its own seed, 1"
    assert "some runs have no checkpoint" in shown.data["compare-films"]["line"]


# --- below ----------------------------------------------------------------------------------------------------------


def test_a_forks_curves_begin_where_its_parents_did(open_page, runs, stopped, shown):
    parent = stopped("parent")
    fork = runs.fork(parent, "000005", parent.config.replace({"optim.lr_d": 1e-3}), name="fork")
    assert execute(fork.path, max_steps=3) == "stopped"
    app = compare(open_page, parent, fork)
    app.get_by_key("compare-charts").set_value(["loss_d"]).run()
    assert steps(shown, "D loss") == {"parent": tuple(range(1, 13)), "fork": tuple(range(1, 9))}
    (mark,) = shown.charts("compare-curves")["D loss"]["marks"]
    assert (mark["x"], mark["text"]) == (5, "fork")
    app.toggle(key="compare-join").set_value(False).run()
    assert steps(shown, "D loss") == {"parent": tuple(range(1, 13)), "fork": (6, 7, 8)}


def test_live_changes_are_marked_in_the_runs_colour(open_page, stopped, shown):
    first, second = stopped("a"), stopped("b")
    first.steer({"optim.lr_d": 1e-3})
    first.record_change(first.changes()[0], 7)
    app = compare(open_page, first, second)
    (mark,) = shown.charts("compare-losses")["G loss"]["marks"]
    assert (mark["x"], mark["text"], mark["color"]) == (7, "lr_d 1e-3", run_color(first))
    assert not any(toggle.key == "compare-join" for toggle in app.toggle)  # there is no fork


def test_families_side_by_side(open_page, stopped, shown):
    runs = [stopped(kind, kind) for kind in ("dcgan", "vae", "semi", "translator")]
    compare(open_page, *runs)
    charts = shown.charts("compare-losses")
    assert set(charts) == {"D loss", "G loss", "loss"}
    assert [each["run"] for each in charts["loss"]["series"]] == [runs[1].id]
    assert {each["run"] for each in charts["D loss"]["series"]} == {runs[0].id, runs[2].id, runs[3].id}


def test_probabilities_and_scores_are_not_compared_without_a_word(open_page, finished):
    score = {"objective.loss": "wasserstein"}

    def warned(*changes) -> bool:
        app = compare(open_page, *(finished(f"{number}", each) for number, each in enumerate(changes)))
        app.get_by_key("compare-charts").set_value(["d_real"]).run()
        return any("levels are not comparable" in caption.value for caption in app.caption)

    assert warned({}, score)
    assert not warned({}, {"model.kind": "mlp"})
    assert not warned(score, {"model.kind": "vae", "data.range": "0..1"})  # which has no D at all


def test_a_drawing_is_told_by_the_number_of_its_points(finished):
    toy = {"data.name": "drawn", "model.kind": "mlp", "model.g_output": "linear"}
    drawn = [finished(f"{count}", toy | {"data.points": ((0.1, 0.2),) * count}) for count in (3, 900)]
    found = table.table(drawn)
    assert SETTINGS["data.points"].label in [each["label"] for each in found["settings"]]


def test_a_curve_that_a_fork_has_from_its_parent_alone_is_offered(finished):
    """What is declared comes first, by its name, and what the fork's own settings know nothing of by its column."""
    run = finished("fork")
    (read,) = curves.read([run])
    read.rows["loss_pixel"] = 1.0
    named = curves.names_of([read])
    assert next(iter(named)) == "loss_d"
    assert named["loss_pixel"] == "loss pixel"
