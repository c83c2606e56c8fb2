import re

import pytest

from ui import state
from ui.run import health
from ui.runs import table


def test_an_empty_store_says_what_to_do_next(open_page):
    app = open_page("runs")
    assert "No runs yet" in app.info[0].value


def test_every_run_is_a_row_with_its_numbers_and_the_settings_that_vary(open_page, finished):
    finished("wide", {"model.ngf": 64}, loss_g=1.25)
    finished("narrow", {"model.ngf": 8}, loss_g=4.5)
    table = open_page("runs").dataframe[0].value
    assert list(table["name"]) == ["narrow", "wide"]
    assert list(table["G loss"]) == [4.5, 1.25]
    assert list(table["ngf"]) == ["8", "64"]
    assert "ndf" not in table
    assert all(re.fullmatch(r"pictures/(narrow|wide)-[^/]+/40\.png\?v=\S+&small=1", each) for each in table["samples"])


def test_a_run_that_was_killed_keeps_its_losses_when_it_is_measured(open_page, finished):
    run = finished("killed")
    run.write_status(run.status.model_copy(update={"scalars": {"loss_d": 0.75, "loss_g": 2.5, "d_real": None}}))
    (run.path / "summary.json").write_text('{"fid (mnist-cnn-v1)": 9.5}')
    table = open_page("runs").dataframe[0].value
    assert (table["D loss"][0], table["G loss"][0]) == (0.75, 2.5)
    (run.path / "summary.json").write_text('{"loss_d": 0.5, "loss_g": 2.0}')  # means over more steps
    table = open_page("runs").dataframe[0].value
    assert (table["D loss"][0], table["G loss"][0]) == (0.5, 2.0)


@pytest.mark.parametrize(
    ("words", "found"),
    [("", 2), ("wide", 1), ("finished", 2), ("ngf=64", 1), ("model.ngf=64 finished", 1), ("ngf=6", 0), ("#lab", 1)],
)
def test_the_filter_finds_names_states_tags_and_settings(finished, words, found):
    wide, narrow = finished("wide", {"model.ngf": 64}), finished("narrow", {"model.ngf": 8})
    narrow.edit_meta(tags=("#lab",))
    assert sum(table.matches(run, words) for run in (wide, narrow)) == found


def test_the_filter_finds_what_goes_wrong_and_nothing_else_of_health(finished, monkeypatch):
    sick, healthy = finished("sick"), finished("well")
    monkeypatch.setattr(health, "titles", lambda run: ["Mode collapse"] if run.id == sick.id else [])
    table.look(state.runs())
    assert [table.matches(run, "mode collapse") for run in (sick, healthy)] == [True, False]
    for words in ("trouble", "found", "step", "300"):
        assert not any(table.matches(run, words) for run in (sick, healthy)), words


def test_without_a_filter_nothing_is_examined(finished, monkeypatch):
    run = finished("some")
    monkeypatch.setattr(health, "titles", lambda _run: pytest.fail("it was examined"))
    assert table.matches(run, "  ")


def test_a_filter_that_finds_nothing_says_so(open_page, finished):
    finished("wide")
    app = open_page("runs")
    app.text_input(key="filter").set_value("nonsense").run()
    assert "None of the 1 runs matches" in app.info[0].value


def test_a_deletion_can_be_undone(open_page, finished, runs):
    kept, gone = finished("kept"), finished("gone")
    app = open_page("runs")
    runs.delete(gone)
    app.session_state["deleted"] = [gone.id]
    app.run()
    assert list(app.dataframe[0].value["name"]) == ["kept"]
    app.button(key="undo").click().run()
    assert sorted(app.dataframe[0].value["name"]) == ["gone", "kept"]
    assert {run.id for run in runs.list()} == {kept.id, gone.id}


def test_what_was_deleted_long_ago_can_be_restored_from_the_trash(open_page, finished, runs):
    gone = finished("gone")
    runs.delete(gone)
    app = open_page("runs")
    app.button(key=f"restore-{gone.id}").click().run()
    assert runs.open(gone.id).name == "gone"


def test_ticks_do_not_survive_a_change_of_the_rows(finished):
    """Ticks are row numbers: a new run on top would move them to the wrong run."""
    first = finished("first")
    before = table._table_key([first])
    assert table._table_key([finished("second"), first]) != before
    assert table._table_key([first]) == before


def test_damaged_pictures_and_numbers_do_not_break_a_page(open_page, finished):
    run = finished("odd")
    (run.path / "samples" / "000040.png").write_bytes(b"")
    (run.path / "samples" / "².png").write_bytes(b"")
    (run.path / "status.json").write_text('{"state": "finished", "step": -5, "seconds": NaN}')
    for page in ("home", "train", "runs", "compare"):
        assert not open_page(page).exception
