"""The Experiments page: questions as cards, one opened, its runs, verdicts and figures; sweeps of one's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from gancore.experiments import CLAIMS, EXPERIMENTS
from gancore.store import Run, RunStore
from gancore.store.records import Status
from gancore.sweeps.plan import Plan, grid, of_experiment
from gancore.sweeps.planner import seeds_of
from gancore.sweeps.sweeps import Sweeps
from tests.app.evaluations import full, plant
from tests.miniatures import tiny
from ui import state


@pytest.fixture(autouse=True)
def _without_reference(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """The runs that ship with the project change with time; a test makes its own."""
    monkeypatch.setattr(state, "REFERENCE", tmp_path / "reference")


@pytest.fixture
def made(runs: RunStore) -> Callable[..., Run]:
    """Make a run of an arm that finished with these values, or is as the status says."""

    def make(
        experiment: str,
        arm: str,
        seed: int,
        values: dict[str, float] | None = None,
        *,
        store: RunStore = runs,
        status: Status | None = None,
    ) -> Run:
        config = EXPERIMENTS[experiment].arm(arm, "quick", seed)
        run = store.create(config, name=f"{arm}, seed {seed}", experiment=experiment, arm=arm, scale="quick")
        steps = config.total_steps
        run.write_status(status or Status(state="finished", step=steps, total_steps=steps, seconds=60, attempt=1))
        return plant(run, [full(steps, values)]) if values else run

    return make


def texts(app: AppTest) -> str:
    """Everything in words on a page."""
    elements = [*app.markdown, *app.caption, *app.title, *app.subheader, *app.info]
    return "\n".join(element.value for element in elements)


def test_every_question_has_a_card_with_its_source(open_page):
    app = open_page("experiments")
    labels = {button.label for button in app.button}
    for entry in EXPERIMENTS.values():
        assert f"**{entry.title}**" in labels
    assert "not run yet" in texts(app)
    app.button_group(key="reports").set_value(["004"]).run()
    opened = [button.key for button in app.button if (button.key or "").startswith("open-")]
    assert opened == ["open-mnist-three"]


def test_a_card_opens_its_question_and_leads_back(open_page):
    app = open_page("experiments")
    app.button(key="open-dcgan-ndf").click().run()
    assert app.query_params["experiment"] == "dcgan-ndf"
    assert [title.value for title in app.title] == [EXPERIMENTS["dcgan-ndf"].title]
    assert "report 002, question 5" in texts(app)
    app.button(key="back").click().run()
    assert [title.value for title in app.title] == ["Experiments"]


def test_a_link_to_nothing_says_so(open_page):
    for query in ({"experiment": "../../etc/passwd"}, {"sweep": "nothing"}):
        app = open_page("experiments", **query)
        assert "no such experiment" in app.info[0].value


def test_run_makes_a_sweep_of_the_chosen_arms_and_seeds(open_page, runs):
    app = open_page("experiments", experiment="dcgan-ndf")
    app.button_group(key="arms-dcgan-ndf-quick").set_value(["ndf 32", "ndf 64"]).run()
    app.button_group(key="seeds-dcgan-ndf").set_value(5).run()
    (run_button,) = (button for button in app.button if button.key == "run-experiment")
    assert run_button.label == "Run 10 runs"
    run_button.click().run()
    (sweep,) = Sweeps(runs).list()
    assert {(cell.arm, cell.seed) for cell in sweep.cells} == {
        (arm, seed) for arm in ("ndf 32", "ndf 64") for seed in range(5)
    }
    assert len(runs.queue()) == 10
    app.button(key=f"pause-question-{sweep.id}").click().run()
    assert {run.state for run in runs.list()} == {"paused"}
    app.button(key=f"go-on-question-{sweep.id}").click().run()
    assert {run.state for run in runs.list()} == {"queued"}
    app.button(key=f"cancel-question-{sweep.id}").click().run()
    assert {run.state for run in runs.list()} == {"stopped"}


def test_arms_left_to_the_full_scale_are_named(open_page, monkeypatch):
    dear = replace(EXPERIMENTS["dcgan-ndf"], full_only=frozenset({"ndf 256"}))
    monkeypatch.setitem(EXPERIMENTS, "dcgan-ndf", dear)
    app = open_page("experiments", experiment="dcgan-ndf")
    assert "Left to the full scale" in texts(app)
    app.button_group(key="scale-of-dcgan-ndf").set_value("full").run()
    assert "Left to the full scale" not in texts(app)


def test_finished_runs_are_not_run_again(open_page, made):
    for seed in seeds_of(EXPERIMENTS["dcgan-init"], 3):
        made("dcgan-init", "init custom", seed, {"fid": 6.0})
    app = open_page("experiments", experiment="dcgan-init")
    (run_button,) = (button for button in app.button if button.key == "run-experiment")
    assert run_button.label == "Run 3 runs"


def verdict_lines(app: AppTest) -> list[str]:
    return [each.value for each in app.markdown if "-badge[" in each.value and each.value.count("badge[") == 1]


def test_claims_are_judged_by_own_and_by_reference_runs(open_page, made, tmp_path):
    reference = RunStore(tmp_path / "reference")
    for seed in seeds_of(EXPERIMENTS["dcgan-nz"], 3):
        for arm, fid in (("nz 10", 6.0), ("nz 100", 6.1), ("nz 1000", 30.0)):
            values = {"fid": fid + 0.01 * seed, "coverage": 0.9, "precision": 0.8, "recall": 0.7}
            made("dcgan-nz", arm, seed, values)
            made("dcgan-nz", arm, seed, values, store=reference)
    app = open_page("experiments", experiment="dcgan-nz")
    said = texts(app)
    assert "Your runs: 3 seeds, quick" in said
    assert "Reference: 3 seeds, quick" in said
    for claim in CLAIMS.values():
        if claim.experiment == "dcgan-nz":
            assert any(claim.source in caption.value for caption in app.caption)
    assert any("supported" in line for line in verdict_lines(app))
    app = open_page("experiments")
    assert "Your runs: 9 runs, quick" in texts(app)
    assert "Reference: 9 runs, quick" in texts(app)


def test_runs_that_count_for_no_arm_are_left_out_with_a_word(open_page, runs):
    config = EXPERIMENTS["dcgan-nz"].arm("nz 10", "quick", 0).replace({"model.ngf": 4})
    run = runs.create(config, name="other", experiment="dcgan-nz", arm="nz 10", scale="quick")
    plant(run, [full(10, {"fid": 6.0})]).write_status(Status(state="finished", step=10, total_steps=10))
    app = open_page("experiments", experiment="dcgan-nz")
    assert not app.error
    assert "There are no runs of it yet" in texts(app)
    assert "1 run is left out" in texts(app)
    assert "Your runs: 1 run, quick" in texts(open_page("experiments"))


def test_a_damaged_run_costs_its_own_place(open_page, made):
    run = made("dcgan-nz", "nz 10", 0, {"fid": 6.0})
    made("dcgan-nz", "nz 100", 0, {"fid": 6.0})
    (run.path / "config.json").write_text("{")
    for query in ({}, {"experiment": "dcgan-nz"}):
        assert not open_page("experiments", **query).error


def test_a_sweep_of_ones_own_has_a_page(open_page, runs):
    plan = grid("nz of a tiny one", tiny("mlp"), {"model.nz": [4, 8]}, (0, 1))
    sweep = Sweeps(runs).create(plan)
    app = open_page("experiments", sweep=sweep.id)
    assert [title.value for title in app.title] == ["nz of a tiny one"]
    assert "varies nz" in texts(app)
    app = open_page("experiments")
    assert any(button.key == f"open-list-{sweep.id}" for button in app.button)


def test_an_experiments_sweep_is_listed_and_leads_to_its_question(open_page, runs):
    sweep = Sweeps(runs).create(of_experiment("dcgan-nz", "quick", (0,)))
    app = open_page("experiments")
    app.button(key=f"open-list-{sweep.id}").click().run()
    assert app.query_params["experiment"] == "dcgan-nz"


def test_predictions_are_kept_and_shown_beside_the_outcome(open_page, made):
    for seed in range(3):
        for arm in ("nz 10", "nz 100", "nz 1000"):
            made("dcgan-nz", arm, seed, {"fid": 6.0, "coverage": 0.9})
    app = open_page("experiments", experiment="dcgan-nz")
    app.toggle(key="predict-dcgan-nz").set_value(True).run()
    assert "Claims and verdicts" not in texts(app)  # hidden until something was said
    claim = next(claim for claim in CLAIMS.values() if claim.experiment == "dcgan-nz")
    app.button_group(key=f"expected-{claim.id}").set_value("higher")
    app.text_input(key=f"words-{claim.id}").set_value("more noise, more trouble")
    next(button for button in app.button if "Keep" in button.label).click().run()
    assert "You expected **higher** · “more noise, more trouble”" in texts(app)


def test_a_report_is_offered_once_a_run_has_ended(open_page, made):
    assert not open_page("experiments", experiment="dcgan-nz").get("download_button")
    made("dcgan-nz", "nz 10", 0, {"fid": 6.0})
    assert len(open_page("experiments", experiment="dcgan-nz").get("download_button")) == 1


# --- vary this --------------------------------------------------------------------------------------------------------


def planned(app: AppTest) -> str:
    return next(each.value for each in app.markdown if " runs**" in each.value)


def test_vary_this_makes_a_sweep_from_the_form(open_page, runs):
    assert any(link.proto.label == "Vary this" for link in open_page("train").get("page_link"))
    app = open_page("experiments", vary="form")
    app.text_input(key="vary-values-model.ngf").set_value("8, 16, 24").run()
    app.button_group(key="vary-seeds").set_value(3).run()
    assert "**9 runs**: 3 arms, 3 seeds each" in planned(app)
    app.button(key="vary-start").click().run()
    (sweep,) = Sweeps(runs).list()
    assert app.query_params["sweep"] == sweep.id
    assert sweep.varies == ("model.ngf",)
    assert [cell.arm for cell in sweep.cells[:3]] == ["ngf 8", "ngf 16", "ngf 24"]
    assert {run.config.model.ngf for run in runs.list()} == {8, 16, 24}


def test_a_deleted_run_of_a_sweep_is_brought_back_by_retry(open_page, runs):
    sweep = Sweeps(runs).create(Plan("widths", {"a": tiny("dcgan")}, (0, 1)))
    gone, kept = (cell.run for cell in sweep.cells)
    runs.delete(runs.open(gone))
    app = open_page("experiments", sweep=sweep.id)
    app.session_state[f"cells-{sweep.id}-asked"] = ("retry", gone)
    app.run()
    assert not app.exception
    assert {run.id for run in runs.queue()} == {gone, kept}
    other = runs.create(tiny("dcgan"))
    runs.delete(other)
    app.session_state[f"cells-{sweep.id}-asked"] = ("retry", other.id)
    app.run()
    assert any("has no run" in each.value for each in app.toast)
    assert {run.id for run in runs.queue()} == {gone, kept}


def test_two_settings_are_crossed_and_several_drawn(open_page):
    app = open_page("experiments", vary="form")
    app.button_group(key="vary-way").set_value("two").run()
    app.text_input(key="vary-values-model.ngf").set_value("8, 16").run()
    app.text_input(key="vary-values-optim.lr_g").set_value("2e-4, 5e-4, 1e-3").run()
    assert "**6 runs**" in planned(app)
    app.button_group(key="vary-way").set_value("random").run()
    app.number_input(key="vary-count").set_value(5).run()
    assert "**5 runs**" in planned(app)


@pytest.mark.parametrize("typed", ["", "8, 8", "8, many", "-1"])
def test_values_that_cannot_be_run_are_explained(open_page, typed):
    app = open_page("experiments", vary="form")
    app.text_input(key="vary-values-model.ngf").set_value(typed).run()
    assert len(app.error) == 1
    assert app.button(key="vary-start").disabled


def test_a_report_on_several_experiments_is_offered_for_those_that_have_runs(open_page, made, tmp_path):
    assert not [each for each in open_page("experiments").multiselect if each.key == "report-of"]
    made("dcgan-nz", "nz 10", 0, {"fid": 6.0})
    made("dcgan-ndf", "ndf 32", 0, {"fid": 6.0}, store=RunStore(tmp_path / "reference"))
    app = open_page("experiments")
    (offered,) = (each for each in app.multiselect if each.key == "report-of")
    assert offered.options == [EXPERIMENTS["dcgan-ndf"].title, EXPERIMENTS["dcgan-nz"].title]
    assert offered.value == ["dcgan-nz"]  # one's own
    assert len(app.get("download_button")) == 1
