"""The Runs page: what it shows and what it does, as the browser asks for it."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

import pytest

from gancore.store.index import index_of
from tests.app.evaluations import RING
from tests.store.test_index import settle
from ui import navigation, state
from ui.run import health
from ui.runs import columns, facts, looking, view
from ui.runs.view import DEFAULT_COLUMNS, View


def test_an_empty_store_says_what_to_do_next(open_page):
    app = open_page("runs")
    assert "No runs yet" in app.info[0].value


def test_every_run_is_a_row_with_the_settings_that_vary(open_page, finished, runs_table):
    finished("wide", {"model.ngf": 64}, loss_g=1.25)
    finished("narrow", {"model.ngf": 8}, loss_g=4.5)
    app = open_page("runs")
    assert runs_table.names == ["narrow", "wide"]
    assert [runs_table.cells(name)["ngf"] for name in ("wide", "narrow")] == ["64", "8"]
    assert "ndf" not in runs_table.cells("wide")
    assert runs_table.cells("wide")["state"]["word"] == "finished"
    for line in runs_table.data["lines"]:
        assert re.fullmatch(r"pictures/(narrow|wide)-[^/]+/40\.png\?v=\S+&small=1", line["picture"])
    runs_table.ask(app, "columns", columns=["loss_g", "state"])
    assert runs_table.cells("wide") == {"loss_g": "1.25", "state": runs_table.cells("wide")["state"]}


def test_rates_and_seeds_are_not_pushed_out_by_settings_of_toys(finished):
    for number, layers in enumerate(((64,), (128,), (64, 64), (32,))):
        hidden = {"model.g_hidden": layers, "model.d_hidden": layers}
        finished(f"toy {number}", {**RING, **hidden, "model.g_leak": number / 10})
    for seed in range(4):
        for rate in (1e-3, 2e-4):
            finished(f"gan {seed} {rate}", {"seed": seed, "optim.lr_g": rate})
    varying = columns.varying([facts.facts(run) for run in state.runs()])
    assert {"lr_g", "seed"} <= set(varying)
    assert len(varying) == columns.MOST_VARYING


def test_a_setting_without_effect_does_not_vary(finished):
    for rate in (0.1, 0.2):
        finished(f"a {rate}", {"optim.momentum": rate})  # Adam uses none
    assert columns.varying([facts.facts(run) for run in state.runs()]) == []


def test_a_run_that_was_killed_keeps_its_losses_when_it_is_measured(open_page, finished, runs_table):
    run = finished("killed")
    run.write_status(run.status.model_copy(update={"scalars": {"loss_d": 0.75, "loss_g": 2.5, "d_real": None}}))
    (run.path / "summary.json").write_text('{"fid (mnist-cnn-v1)": 9.5}')
    app = runs_table.ask(open_page("runs"), "columns", columns=["loss_d", "loss_g"])
    assert runs_table.cells("killed") == {"loss_d": "0.75", "loss_g": "2.5"}
    (run.path / "summary.json").write_text('{"loss_d": 0.5, "loss_g": 2.0}')  # means over more steps
    app.run()
    assert runs_table.cells("killed") == {"loss_d": "0.5", "loss_g": "2"}


@pytest.mark.parametrize(
    ("by", "first", "then"),
    [
        ("ngf", ["narrow", "wide", "toy"], ["wide", "narrow", "toy"]),  # the toy has none: last in both directions
        ("name", ["narrow", "toy", "wide"], ["wide", "toy", "narrow"]),
        ("when", ["wide", "narrow", "toy"], ["toy", "narrow", "wide"]),
    ],
)
def test_runs_are_sorted_on_the_server(open_page, finished, runs_table, by, first, then):
    finished("wide", {"model.ngf": 64})
    finished("narrow", {"model.ngf": 8})
    finished("toy", RING)
    app = open_page("runs")
    assert runs_table.names == ["toy", "narrow", "wide"]
    runs_table.ask(app, "sort", by=by)
    assert runs_table.names == first
    runs_table.ask(app, "sort", by=by)
    assert runs_table.names == then


def test_ticks_stay_with_their_runs_whatever_moves(open_page, finished, runs_table, runs):
    first, second = finished("first"), finished("second", {"seed": 5})
    app = runs_table.tick(open_page("runs"), first)
    runs_table.ask(app, "sort", by="seed")
    finished("third")
    app.run()
    assert {line["name"]: line["ticked"] for line in runs_table.data["lines"]} == {
        "first": True,
        "second": False,
        "third": False,
    }
    runs_table.act(app, "delete")
    assert {run.name for run in runs.list()} == {"second", "third"}
    assert second.id in {run.id for run in runs.list()}


def test_ticks_last_beyond_pages_and_queries(open_page, finished, runs_table):
    for number in range(30):
        finished(f"run {number}", {"seed": number})
    app = runs_table.ask(open_page("runs"), "size", to=25)
    assert (len(runs_table.names), runs_table.data["pages"]) == (25, 2)
    runs_table.ask(app, "tick-found", on=True)
    assert runs_table.data["ticked"] == 30
    runs_table.ask(app, "where", text="seed < 3", cursor=8)
    assert sorted(runs_table.names) == ["run 0", "run 1", "run 2"]
    assert runs_table.data["ticked"] == 30
    runs_table.ask(app, "tick-found", on=False)
    assert runs_table.data["ticked"] == 0


def test_the_query_stands_in_the_address_and_comes_from_it(open_page, finished, runs_table):
    finished("wide", {"model.ngf": 64})
    finished("narrow", {"model.ngf": 8})
    app = runs_table.ask(open_page("runs"), "where", text="ngf = 64", cursor=8)
    assert runs_table.names == ["wide"]
    assert app.query_params["where"] == "ngf = 64"
    app.query_params["where"] = "ngf < 64"
    app.run()
    assert runs_table.names == ["narrow"]
    assert runs_table.data["search"]["text"] == "ngf < 64"


def test_the_order_stands_in_the_address_and_comes_from_it(open_page, finished, runs_table):
    for seed in (2, 3, 1):
        finished(f"seed {seed}", {"seed": seed})
    app = runs_table.ask(open_page("runs"), "sort", by="seed")
    assert runs_table.names == ["seed 1", "seed 2", "seed 3"]
    assert app.query_params["order"] == "seed"
    app.query_params["order"] = "-seed"
    app.run()
    assert runs_table.names == ["seed 3", "seed 2", "seed 1"]
    app.query_params["order"] = "../x"
    app.run()
    assert runs_table.names == ["seed 3", "seed 2", "seed 1"]
    assert app.query_params["order"] == "-seed"


def test_what_cannot_be_read_is_said_at_its_place_and_changes_nothing(open_page, finished, runs_table):
    finished("wide", {"model.ngf": 64})
    finished("narrow", {"model.ngf": 8})
    app = runs_table.ask(open_page("runs"), "where", text="ngf = 64", cursor=8)
    runs_table.ask(app, "where", text="ngf = 64 and lozz", cursor=17)
    assert runs_table.names == []  # a word that no run has
    runs_table.ask(app, "where", text="ngf = sixty", cursor=11)
    assert runs_table.data["search"]["error"] == {"message": "ngf is a number, not sixty", "start": 6, "end": 11}
    assert runs_table.data["search"]["text"] == "ngf = sixty"


def test_values_are_offered(open_page, finished, runs_table):
    finished("wide")
    app = runs_table.ask(open_page("runs"), "where", text="experiment = qu", cursor=15)
    assert [each["text"] for each in runs_table.data["search"]["offers"]] == ["quickstart"]
    runs_table.ask(app, "where", text="ng", cursor=2)
    assert runs_table.data["search"]["offers"][0]["text"] == "ngf"


def test_facets_count_and_write_the_query(open_page, finished, runs_table):
    for name, changes in (("a", {}), ("b", {}), ("toy", RING)):
        finished(name, changes)
    stopped = finished("c")
    stopped.write_status(stopped.status.model_copy(update={"state": "stopped"}))
    app = open_page("runs")

    def facet(name):
        return next(dict(each["values"]) for each in runs_table.data["facets"] if each["name"] == name)

    assert (facet("state"), facet("data")) == ({"finished": 3, "stopped": 1}, {"mnist-5k": 3, "ring": 1})
    runs_table.ask(app, "facet", name="state", values=["finished"])
    assert runs_table.data["search"]["text"] == "state = finished"
    assert (facet("state"), facet("data")) == ({"finished": 3, "stopped": 1}, {"mnist-5k": 2, "ring": 1})
    runs_table.ask(app, "facet", name="data", values=["ring"])
    assert runs_table.names == ["toy"]
    runs_table.ask(app, "facet", name="state", values=[])
    assert runs_table.data["search"]["text"] == "data = ring"


def test_groups_are_folded(open_page, finished, runs_table):
    finished("a")
    finished("toy", RING)
    finished("b")
    app = runs_table.ask(open_page("runs"), "group", by="data")
    assert [line.get("group") or line["name"] for line in runs_table.data["lines"]] == [
        "mnist-5k",
        "b",
        "a",
        "ring",
        "toy",
    ]
    runs_table.ask(app, "fold", group="mnist-5k", on=True)
    assert [line.get("group") or line["name"] for line in runs_table.data["lines"]] == ["mnist-5k", "ring", "toy"]
    runs_table.ask(app, "tick-found", group="mnist-5k", on=True)
    assert runs_table.data["lines"][0]["ticked"] == 2
    assert runs_table.data["ticked"] == 2


def lines(runs_table):
    return [line.get("group") or line["name"] for line in runs_table.data["lines"]]


def test_stars_tags_notes_and_names_are_edited_in_place(open_page, finished, runs_table):
    run = finished("mine")
    app = open_page("runs")
    runs_table.ask(app, "star", id=run.id, on=True)
    runs_table.ask(app, "tags", id=run.id, tags=["  home   work ", "b", "b", ""])
    runs_table.ask(app, "notes", id=run.id, text="a long\nthought")
    runs_table.ask(app, "rename", id=run.id, text=" another  name ")
    meta = run.meta
    assert (meta.starred, meta.tags, meta.notes, meta.name) == (
        True,
        ("home work", "b"),
        "a long\nthought",
        "another name",
    )
    assert runs_table.names == ["another name"]


@pytest.mark.parametrize(
    "request_",
    [
        {"what": "tags", "tags": "abc"},
        {"what": "tags", "tags": [1, None, {}]},
        {"what": "star", "id": "../x", "on": True},
        {"what": "open", "id": "nowhere"},
        {"what": "sort", "by": "../x"},
        {"what": "page", "to": -(10**30)},
        {"what": "page", "to": 10**30},
        {"what": "size", "to": 10**9},
        {"what": "columns", "columns": ["x"] * 5_000},
        {"what": "facet", "name": "nothing", "values": ["x"]},
        {"what": "where", "text": 5, "cursor": "x"},
        {"what": "where", "text": "(" * 5_000, "cursor": 10**30},
        {"what": "act", "name": "__init__"},
        {"what": "nothing"},
        {"what": ["a"]},
    ],
)
def test_what_makes_no_sense_is_dropped(open_page, finished, runs_table, request_):
    run = finished("mine")
    details = {"id": run.id, **request_}
    app = runs_table.ask(open_page("runs"), details.pop("what"), **details)
    assert not app.exception
    assert runs_table.data["total"] == 1
    assert run.meta.tags == ()
    assert not run.meta.starred
    assert [column["id"] for column in runs_table.data["chosen"]] == list(DEFAULT_COLUMNS)


def test_what_was_done_is_not_done_again(open_page, finished, runs_table):
    """A pass that is cut short has the browser ask again."""
    run = finished("mine")
    app = runs_table.tick(open_page("runs"), run)
    done = runs_table.data["done"]
    runs_table.ask(app, "tick", ids=[run.id], on=False, number=done)
    runs_table.ask(app, "tick", ids=[run.id], on=False, session="of another tab")
    assert (runs_table.data["ticked"], runs_table.data["done"]) == (1, done)
    runs_table.ask(app, "tick", ids=[run.id], on=False)
    assert runs_table.data["ticked"] == 0


def test_what_a_browser_remembers_is_followed_as_far_as_it_makes_sense():
    mine = View()
    mine.sort("seed")
    mine.group, mine.size, mine.columns = "data", 100, ("fid", "state")
    cookie, other = mine.remembered, View()
    other.remember(cookie)
    assert (other.by, other.descending, other.group, other.size) == ("seed", False, "data", 100)
    assert other.columns == ("fid", "state")
    assert not set(cookie) & set('; ",')
    for nonsense in ("", "x", "[]", "%7B%7D", quote(json.dumps({"by": [], "group": {}, "size": [], "columns": 5}))):
        fresh = View()
        fresh.remember(nonsense)
        assert fresh == View()
    half = View()
    half.remember(quote(json.dumps({"by": "x", "group": "x", "size": 7, "columns": ["x", "fid", "fid"]})))
    assert (half.by, half.group, half.size, half.columns) == ("when", "", 50, ("fid",))


def test_every_column_has_a_title_and_a_cell(open_page, finished, runs_table):
    finished("mine")
    app = open_page("runs")
    for name in view.COLUMNS:
        if name != "varying":
            runs_table.ask(app, "columns", columns=[name])
            assert runs_table.data["columns"][0]["title"]
            runs_table.ask(app, "sort", by=name)
            assert not app.exception
            assert runs_table.names == ["mine"]


def test_the_search_finds_what_goes_wrong_and_nothing_else_of_health(open_page, finished, runs_table, monkeypatch):
    sick = finished("sick")
    finished("well")
    monkeypatch.setattr(health, "titles", lambda run: ["Mode collapse"] if run.id == sick.id else [])
    monkeypatch.setattr(health, "word", lambda _run: "no trouble found")
    app = open_page("runs")
    for words, found in (("mode collapse", ["sick"]), ('problem = "mode collapse"', ["sick"]), ("trouble", [])):
        runs_table.ask(app, "where", text=words, cursor=len(words))
        assert runs_table.names == found, words


def test_health_that_is_not_known_yet_is_looked_at_while_the_page_is_there(
    open_page, finished, runs_table, monkeypatch
):
    """A page is drawn before all of a large store was looked at."""
    for number in range(4):
        finished(f"run {number}")
    monkeypatch.setattr(health, "titles", lambda _run: ["Something"])
    monkeypatch.setattr(health, "word", lambda _run: "something")
    monkeypatch.setattr(looking, "BEFORE", 60.0)
    with monkeypatch.context() as patch:
        patch.setattr(looking, "BEFORE", -1.0)
        app = open_page("runs")
        assert [runs_table.cells(name)["state"]["line"] for name in runs_table.names] == [None] * 4
    app.run()
    assert all(runs_table.cells(name)["state"]["line"] for name in runs_table.names)


def test_of_many_the_page_comes_first_and_their_health_part_by_part(open_page, finished, runs_table, monkeypatch):
    for number in range(4):
        finished(f"run {number}")
    monkeypatch.setattr(health, "titles", lambda _run: ["Something"])
    monkeypatch.setattr(health, "word", lambda _run: "something")
    monkeypatch.setattr(looking, "FEW", 1)
    app = open_page("runs")
    assert [runs_table.cells(name)["state"]["line"] for name in runs_table.names] == [None] * 4
    drawn_anew, left, first = [], list(state.runs()), [True]
    with monkeypatch.context() as patch:
        patch.setattr(looking.st, "rerun", lambda: drawn_anew.append(True))
        patch.setattr(looking, "PART", -1.0)
        for _ in range(2):  # while the page is being drawn, and then in no time at all
            looking._part(left, first)
            assert (len(left), drawn_anew) == (4, [])
        patch.setattr(looking, "PART", 60.0)
        looking._part(left, first)
        assert (left, drawn_anew) == ([], [True])
    app.run()
    assert all(runs_table.cells(name)["state"]["line"] for name in runs_table.names)


def test_opening_and_comparing_leave_the_page(open_page, finished, runs_table, monkeypatch):
    first, second = finished("first"), finished("second")
    asked = []
    monkeypatch.setattr(navigation, "go", lambda page, query: asked.append((page.stem, dict(query))))
    app = runs_table.ask(open_page("runs"), "open", id=first.id)
    runs_table.tick(app, first)
    runs_table.act(app, "compare")  # one is not enough
    runs_table.tick(app, second)
    runs_table.act(app, "compare")
    assert asked == [("train", {"run": first.id}), ("compare", {"runs": f"{first.id},{second.id}"})]


def test_more_runs_than_compare_takes_are_not_cut_silently(open_page, finished, runs_table, monkeypatch):
    monkeypatch.setattr(navigation, "MOST_COMPARED", 2)
    made = [finished(f"run {number}") for number in range(3)]
    app = runs_table.act(runs_table.tick(open_page("runs"), *made), "compare")
    assert "up to 2 runs" in app.toast[0].value


def test_a_deletion_can_be_undone(open_page, finished, runs_table, runs):
    kept, gone = finished("kept"), finished("gone")
    app = runs_table.act(runs_table.tick(open_page("runs"), gone), "delete")
    assert runs_table.names == ["kept"]
    assert runs_table.data["deleted"] == ["gone"]
    runs_table.ask(app, "undo")
    assert sorted(runs_table.names) == ["gone", "kept"]
    assert {run.id for run in runs.list()} == {kept.id, gone.id}


def test_the_last_run_can_be_brought_back(open_page, finished, runs_table, runs):
    app = runs_table.act(runs_table.tick(open_page("runs"), finished("only")), "delete")
    assert "No runs yet" in app.info[0].value
    app.button(key="undo").click().run()
    assert [run.name for run in runs.list()] == ["only"]


def test_what_was_deleted_long_ago_can_be_restored_from_the_trash(open_page, finished, runs):
    gone = finished("gone")
    runs.delete(gone)
    app = open_page("runs")
    app.button(key="trash").click().run()
    app.button(key=f"restore-{gone.id}").click().run()
    assert runs.open(gone.id).name == "gone"


def test_damaged_pictures_and_numbers_do_not_break_a_page(open_page, finished):
    run = finished("odd")
    (run.path / "samples" / "000040.png").write_bytes(b"")
    (run.path / "samples" / "².png").write_bytes(b"")
    (run.path / "status.json").write_text('{"state": "finished", "step": -5, "seconds": NaN}')
    for page in ("home", "train", "runs", "compare"):
        assert not open_page(page).exception


@pytest.mark.usefixtures("runs")
def test_a_new_server_reads_no_folder_again(finished, monkeypatch):
    """What is known of runs is kept in the store's index."""
    settle(*(finished(f"run {number}") for number in range(3)))
    for run in state.runs():
        facts.known(run)
    state.index().save(now=True)
    index_of.cache_clear()
    monkeypatch.setattr("gancore.store.run.parse_config", lambda _: pytest.fail("a config was read"))
    again = state.runs()
    assert [facts.known(run).facts["name"] for run in again] == ["run 2", "run 1", "run 0"]
    assert [run.state for run in again] == ["finished"] * 3
