"""The Explore page: which runs it opens, what the address says of it, and what the browser is told."""

from collections.abc import Mapping
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ui import state
from ui.explore import address
from ui.frontend import explore as frontend


class Shown:
    """What the browser was told last, and a way to tell the page what it would."""

    def __init__(self) -> None:
        self.data: dict[str, Any] = {}
        self._change: dict[str, Any] | None = None

    def keep(self, data: Mapping[str, Any], *, heard: Any) -> None:
        self.data = dict(data)
        if self._change is not None:
            change, self._change = self._change, None
            heard(change)

    def tell(self, app: AppTest, **change: Any) -> AppTest:
        self._change = change
        return app.run().run()

    @property
    def run(self) -> dict[str, Any]:
        found: dict[str, Any] = self.data["runs"][0]
        return found


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    found = Shown()
    monkeypatch.setattr(frontend, "explorer", found.keep)
    return found


@pytest.fixture
def _no_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "reference", list)


@pytest.mark.usefixtures("_no_reference")
def test_without_a_checkpoint_it_says_how_to_get_one(open_page, finished):
    finished("no weights")
    app = open_page("explore")
    assert "no trained network here yet" in app.info[0].value
    assert "minute and a half" in app.info[0].value
    assert any("Train the quickstart" in link.label for link in app.get("page_link"))


@pytest.mark.usefixtures("shown")
def test_a_run_that_cannot_be_explored_says_why(open_page, finished, stopped):
    stopped("with weights")
    run = finished("no weights")
    assert "no weights has no checkpoint" in open_page("explore", run=run.id).info[0].value


@pytest.mark.usefixtures("shown")
@pytest.mark.parametrize("run", ["gone-20260101-000000-0000", "..", "<b>"])
def test_a_link_to_a_run_that_is_gone_shows_another_one(run, open_page, stopped):
    stopped("with weights")
    app = open_page("explore", run=run)
    assert not app.error
    assert bool(app.info) == run.startswith("gone")


def test_the_newest_run_with_a_checkpoint_is_shown_at_its_last(open_page, finished, stopped, shown):
    run = stopped("with weights")
    finished("newer, no weights")
    open_page("explore")
    assert shown.run["id"] == run.id
    assert (shown.run["checkpoint"], shown.run["step"]) == ("last", 12)
    assert shown.run["address"] == f"explore/{run.id}/"
    assert shown.run["family"] == "gan"


def test_checkpoints_are_offered_by_their_steps(open_page, stopped, shown):
    run = stopped("with weights")
    app = open_page("explore", run=run.id, checkpoint="5")
    assert shown.run["step"] == 5
    options = app.selectbox(key="explore-checkpoint").options
    assert options == ["step 12 (last)", "step 10", "step 5"]
    app.selectbox(key="explore-checkpoint").select("000010").run()
    assert (shown.run["checkpoint"], shown.run["step"]) == ("000010", 10)
    assert app.query_params["checkpoint"] == "000010"


def test_weights_are_chosen_where_there_is_an_average(open_page, stopped, shown):
    run = stopped("averaged", "dcgan", {"optim.ema": 0.9})
    app = open_page("explore", run=run.id)
    assert (shown.run["raw"], shown.run["sampled"]) == (False, "EMA of G")
    app.segmented_control(key="explore-weights").set_value(True).run()
    assert (shown.run["raw"], shown.run["sampled"]) == (True, "raw G")
    assert app.query_params["weights"] == "raw"


def test_a_second_run_stands_beside(open_page, stopped, shown):
    one, other = stopped("one"), stopped("other", "mlp", {"seed": 4})
    app = open_page("explore", run=one.id)
    app.selectbox(key="explore-beside").select(other.id).run()
    assert [run["name"] for run in shown.data["runs"]] == ["one", "other"]
    assert shown.data["differ"] == ""
    assert app.query_params["beside"] == other.id


def test_of_two_runs_of_one_name_the_chosen_one_is_shown(open_page, stopped, shown):
    older, newer = stopped("twice"), stopped("twice")
    app = open_page("explore", run=newer.id)
    assert app.selectbox(key="explore-run").options == ["twice #2", "twice #1"]
    shown.tell(app, view="nearest")  # a browser sends the titles of what is chosen with it
    assert (shown.run["id"], shown.run["name"]) == (newer.id, "twice #2")
    app.selectbox(key="explore-run").select(older.id).run()
    assert (shown.run["id"], shown.run["name"]) == (older.id, "twice #1")


def test_a_run_stays_chosen_when_another_of_its_name_appears(open_page, stopped, shown):
    stopped("first")
    run = stopped("twice")
    app = open_page("explore", run=run.id)
    assert shown.run["name"] == "twice"
    other = stopped("twice")
    shown.tell(app, view="nearest")  # its title was `twice`, which is no run's any more
    assert (shown.run["id"], shown.run["name"]) == (run.id, "twice #1")
    app.selectbox(key="explore-beside").select(other.id).run()
    assert [each["name"] for each in shown.data["runs"]] == ["twice #1", "twice #2"]


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        ("mlp", {"model.nz": 5}, "4 dimensions"),
        ("mlp", {"model.prior": "uniform"}, "different distributions"),
        ("vae", {}, "different kinds"),
    ],
)
def test_noise_that_is_not_the_same_is_said_so(kind, changes, words, open_page, stopped, shown):
    one, other = stopped("one"), stopped("other", kind, changes)
    open_page("explore", run=one.id, beside=other.id)
    assert words in shown.data["differ"]


@pytest.mark.parametrize(
    ("kind", "changes", "family"),
    [
        ("vae", {}, "vae"),
        ("translator", {}, "translator"),
        ("cmlp", {}, "gan"),
        ("mlp", {"data.name": "ring", "model.g_output": "linear"}, "toy"),
    ],
)
def test_what_can_be_seen_is_a_matter_of_the_family(kind, changes, family, open_page, stopped, shown):
    open_page("explore", run=stopped(kind, kind, changes).id)
    assert shown.run["family"] == family
    assert shown.run["condition"] == ("class" if kind == "cmlp" else "image" if kind == "translator" else "none")


def test_the_address_names_what_is_shown(open_page, stopped, shown):
    run = stopped("one")
    app = open_page("explore", run=run.id, view="between", seed="7", picks="3.5,4.6")
    assert (shown.data["view"], shown.data["seed"], shown.data["picks"]) == ("between", 7, ["3.5", "4.6"])
    shown.tell(app, view="judge", seed=9, picks=["1.2.3"])
    assert (app.query_params["view"], app.query_params["seed"]) == ("judge", "9")
    assert app.query_params["picks"] == "1.2.3"
    assert (shown.data["view"], shown.data["seed"], shown.data["picks"]) == ("judge", 9, ["1.2.3"])


@pytest.mark.parametrize(
    "change",
    [
        {"view": "<script>"},
        {"view": 3},
        {"seed": -1},
        {"seed": "9"},
        {"seed": True},
        {"picks": "3.5"},
        {"picks": [["3.5"], 4, "x"]},
        {},
    ],
)
def test_what_a_browser_may_not_say_is_left_out(change, open_page, stopped, shown):
    run = stopped("one")
    app = open_page("explore", run=run.id, view="between")
    shown.tell(app, **change)
    assert not app.exception
    assert (shown.data["view"], shown.data["seed"], shown.data["picks"]) == ("between", 0, [])


@pytest.mark.parametrize(
    ("said", "view"),
    [
        ({"run": "a-1", "beside": "a-1"}, address.View(run="a-1")),
        ({"run": "../x", "checkpoint": "../x", "view": "x", "weights": "x"}, address.View()),
        ({"seed": "99999999999", "picks": "1,2.3,a.b,1.2.3.4"}, address.View(picks=("2.3",))),
        ({"seed": "٣", "checkpoint": "٣"}, address.View()),
        ({"picks": "1.2,1.3,1.4"}, address.View(picks=("1.2", "1.3"))),
    ],
)
def test_an_address_may_say_anything(said, view):
    assert address.View.parse(said) == view
    assert address.View.parse(view.texts()) == view


def test_a_damaged_checkpoint_is_said_so(open_page, stopped, shown):
    run = stopped("one")
    for path in run.checkpoints().values():
        path.rename(path.with_name(f"{path.stem}.gone"))
    (run.path / "checkpoints" / "last.pt").write_bytes(b"no checkpoint")
    app = open_page("explore", run=run.id)
    assert "None of this run's checkpoints can be read" in app.error[0].value
    assert not shown.data


def test_runs_lead_here_from_train_and_from_compare(open_page, finished, stopped):
    one, other, bare = stopped("one"), stopped("other"), finished("bare")
    assert "Explore" in links(open_page("train", run=one.id))
    assert "Explore" not in links(open_page("train", run=bare.id))
    both = "Explore two of them at the same noise"
    assert both in links(open_page("compare", runs=f"{one.id},{other.id}"))
    assert both not in links(open_page("compare", runs=f"{one.id},{bare.id}"))


def links(app: AppTest) -> set[str]:
    return {link.label for link in app.get("page_link")}


def test_runs_lead_here_from_the_table(open_page, finished, stopped, runs_table, shown):
    one, bare = stopped("one"), finished("bare")
    app = runs_table.tick(open_page("runs"), bare)
    assert "explore" not in runs_table.data["possible"]
    runs_table.tick(app, one)
    assert runs_table.data["possible"]["explore"] == 1
    runs_table.act(app, "explore")
    assert shown.run["id"] == one.id
