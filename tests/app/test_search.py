"""A search in the dashboard: asking for one, and the page of what it found."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from gancore.config import RunConfig
from gancore.store import Run, RunStore
from gancore.sweeps.findings import Findings
from gancore.sweeps.search import Searches, planned
from gancore.sweeps.sweep import Sweep
from gancore.sweeps.sweeps import Sweeps
from tests.app.evaluations import evaluation, full, plant
from tests.miniatures import tiny
from ui import state
from ui.experiments.search import COMPARED, ENOUGH

TRIALS = 12


def fid(config: RunConfig) -> float:
    """Best at a learning rate of 2e-3."""
    return 5.0 + 10.0 * abs(math.log10(config.optim.lr_g / 2e-3)) + abs(config.model.ngf - 3)


def train(run: Run, tend: Callable[[], None]) -> None:
    """As a worker does, measured at half and at the end."""
    total = run.config.total_steps
    for step in (total // 2, total // 2 + 1, total):
        if run.asked == "stop":
            run.write_status(run.status.model_copy(update={"state": "stopped"}))
            return
        run.write_status(run.status.model_copy(update={"state": "running", "step": step, "total_steps": total}))
        if step == total // 2:
            plant(run, [evaluation(step, {"fid": fid(run.config) + 20})])
        tend()
    plant(run, [full(total, {"fid": fid(run.config)})])
    run.write_status(run.status.model_copy(update={"state": "finished"}))


@pytest.fixture
def search(runs: RunStore, monkeypatch: pytest.MonkeyPatch, tmp_path) -> Sweep:
    monkeypatch.setattr(state, "REFERENCE", tmp_path / "reference")
    space = {"optim.lr_g": (1e-5, 1e-1), "model.ngf": [2, 3, 4]}
    return Searches(runs).create("Search of lr_g", tiny("dcgan"), planned(space, "fid", TRIALS))


def work(store: RunStore, runs: int = 1_000) -> None:
    searches = Searches(store)
    while runs and (waiting := store.queue()):
        train(waiting[0], searches.tend)
        searches.tend()
        runs -= 1


def texts(app: AppTest) -> str:
    elements = [*app.markdown, *app.caption, *app.title, *app.subheader, *app.info]
    return "\n".join(element.value for element in elements)


def labelled(app: AppTest, words: str):
    return next(button for button in app.button if button.label == words)


def test_a_search_is_asked_for_and_started(open_page, runs):
    app = open_page("experiments", vary="form")
    app.button_group(key="vary-way").set_value("search").run()
    assert not app.exception
    assert app.selectbox(key="search-measure").value == "fid"
    app.multiselect(key="search-settings").set_value(["optim.lr_g"]).run()
    app.text_input(key="vary-from-optim.lr_g").set_value("1e-5")
    app.text_input(key="vary-to-optim.lr_g").set_value("1e-2")
    app.number_input(key="search-trials").set_value(7)
    app.number_input(key="search-at-once").set_value(2)
    app.button_group(key="search-pruner").set_value("hyperband")
    app.button_group(key="search-seeds").set_value(3).run()
    assert any("**7 trials** of 3 seeds each, at most 21 runs" in each.value for each in app.markdown)
    labelled(app, "Start the search").click().run()
    (sweep,) = Sweeps(runs).list()
    assert app.query_params["sweep"] == sweep.id
    found = Searches(runs).of(sweep)
    assert found is not None
    assert (found.measure, found.trials, found.at_once, found.pruner) == ("fid", 7, 2, "hyperband")
    assert [(each.path, each.low, each.high) for each in found.space] == [("optim.lr_g", 1e-5, 1e-2)]
    assert len(runs.queue()) == 6  # two trials of three seeds
    assert "0 of at most 21 runs finished" in app.get("progress")[0].proto.text


@pytest.mark.parametrize(("low", "high"), [("1e-2", "1e-5"), ("-1", "1e-2"), ("many", "1e-2")])
def test_a_range_that_cannot_be_searched_is_explained(open_page, runs, low, high):
    app = open_page("experiments", vary="form")
    app.button_group(key="vary-way").set_value("search").run()
    app.multiselect(key="search-settings").set_value(["optim.lr_g"]).run()
    app.text_input(key="vary-from-optim.lr_g").set_value(low)
    app.text_input(key="vary-to-optim.lr_g").set_value(high).run()
    assert len(app.error) == 1
    assert labelled(app, "Start the search").disabled
    assert not runs.list()


def test_without_optuna_a_sentence_says_how_to_get_it_and_the_other_ways_work(open_page, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    app = open_page("experiments", vary="form")
    app.button_group(key="vary-way").set_value("search").run()
    assert not app.exception
    assert "pip install" in app.info[0].value
    app.button_group(key="vary-way").set_value("one").run()
    assert not labelled(app, "Start the sweep").disabled


def test_what_it_found_without_optuna_is_a_sentence_too(open_page, search, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    app = open_page("experiments", sweep=search.id)
    assert not app.exception
    assert any("pip install" in each.value for each in app.info)


def test_before_anything_has_finished_it_says_so(open_page, search):
    said = texts(open_page("experiments", sweep=search.id))
    assert "for “FID” to be as low as it gets" in said
    assert "No trial has finished yet" in said
    assert f"it takes {ENOUGH} or more" in said


def test_the_best_trial_comes_first_and_leads_to_compare_and_train(open_page, search, runs):
    work(runs)
    app = open_page("experiments", sweep=search.id)
    assert not app.error
    history = Findings(runs, search).history()
    finished = history[history["state"] == "finished"].sort_values("value")
    best = finished.iloc[0]
    assert next(each.value for each in app.subheader) == "The best trial"
    assert app.metric[0].value == f"{best['value']:.3g}"
    cells = {cell.arm: cell.run for cell in Sweeps(runs).open(search.id).cells}
    run = runs.open(cells[best["arm"]])
    assert f":green-badge[ngf {run.config.model.ngf}]" in texts(app)
    pruned = int((history["state"] == "pruned").sum())
    assert pruned
    assert f"{len(finished)} finished, {pruned} pruned" in texts(app)
    links = [each.proto.query_string for each in app.get("page_link")]
    second = finished.drop_duplicates("arm").iloc[1]
    assert any(run.id in each and cells[second["arm"]] in each for each in links)
    labelled(app, "Use settings").click().run()
    assert app.session_state["draft"]["optim.lr_g"] == run.config.optim.lr_g


def test_it_is_followed_while_it_goes_on_and_can_be_paused(open_page, search, runs):
    work(runs, 3)
    app = open_page("experiments", sweep=search.id)
    assert "The best so far" in texts(app)
    assert app.get("progress")[0].proto.text.startswith(f"3 of at most {TRIALS} runs finished")
    app.button(key=f"pause-own-{search.id}").click().run()
    assert {run.state for run in runs.list()} == {"finished", "paused"}
    app.button(key=f"go-on-own-{search.id}").click().run()
    assert len(runs.queue()) == 1
    work(runs)
    history = Findings(runs, search).history()
    assert len(history) == TRIALS
    bar = open_page("experiments", sweep=search.id).get("progress")[0].proto
    pruned = int((history["state"] == "pruned").sum())
    assert (bar.value, f"{pruned} pruned" in bar.text) == (100, True)


def test_a_search_that_is_over_goes_on_with_more_trials(open_page, search, runs):
    work(runs)
    app = open_page("experiments", sweep=search.id)
    app.number_input(key=f"more-trials-{search.id}").set_value(2).run()
    labelled(app, "Add trials").click().run()
    assert not app.error
    assert len(runs.queue()) == 1
    assert "Add trials" not in [each.label for each in app.button]
    work(runs)
    assert len(Findings(runs, search).history()) == TRIALS + 2


def test_why_a_trial_failed_is_said(open_page, search, runs):
    runs.delete(runs.queue()[0])
    Searches(runs).tend()
    work(runs)
    said = texts(open_page("experiments", sweep=search.id))
    assert "Trial 1 failed: one of its runs was deleted" in said
    assert "1 failed" in said


def test_only_the_best_are_shown_beside_each_other(open_page, search, runs):
    work(runs)
    app = open_page("experiments", sweep=search.id)
    rows = Findings(runs, search).history().query("state == 'finished'").sort_values("value").drop_duplicates("arm")
    from ui.experiments import own

    arms = own.search.best_arms(Sweeps(runs).open(search.id), own.look(Sweeps(runs).open(search.id)))
    assert [arm.name for arm in arms] == list(rows["arm"])[:COMPARED]
    assert not app.error
