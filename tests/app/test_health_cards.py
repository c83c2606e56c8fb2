"""What goes wrong in a run, and the buttons that do something about it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gancore.health import Finding
from gancore.health.remedies import Remedy
from gancore.health.signs import SIGNS
from gancore.store import Run, RunStore
from gancore.store.evaluations import Evaluation
from gancore.store.records import Status
from gancore.store.scalars import ScalarWriter
from ui.run import health

SLOWER = Remedy("halve lr_d", {"optim.lr_d": 1e-4})
ON = Remedy("go on with lr_d halved", {"optim.lr_d": 1e-4}, fork=True)
STRONG = Finding(
    "strong", "D is too strong", 300, "D's loss is 0.004.", "G learns *nothing*.", "Arjovsky et al. 2017", (SLOWER, ON)
)
COLLAPSE = Finding("collapse", "mode collapse", 500, "3 of 10 classes.", "G makes few.", "report 002")


@pytest.fixture
def sick(monkeypatch) -> Callable[..., None]:
    """Have every run be found sick in this way."""

    def make(*findings: Finding) -> None:
        monkeypatch.setattr(health, "observe", lambda _: list(findings))

    make(STRONG, COLLAPSE)
    return make


MEASURED = Evaluation(
    step=1000,
    weights="raw",
    size="cheap",
    samples=10,
    reference="ring",
    reference_count=10,
    seconds=1,
    values={"diversity": 1.0},
)


def words(app: AppTest) -> str:
    return " ".join(element.value for kind in (app.markdown, app.caption) for element in kind)


def remedy(app: AppTest, run: Run, place: int = 0) -> object:
    return app.button(key=f"remedy-{run.id}-strong-{place}")


def buttons(app: AppTest) -> list[str]:
    """What the line under the progress bar says."""
    return [block.proto.popover.label for block in app.get("popover")]


def test_a_healthy_run_says_so_and_what_was_looked_for(open_page, finished, monkeypatch):
    monkeypatch.setattr(health, "observe", lambda _: [])
    run = finished("good")
    for step in (800, 1000):
        run.add_evaluation(MEASURED.model_copy(update={"step": step}))
    app = open_page("train", run=run.id)
    assert ":green[:material/check_circle: no problems found]" in buttons(app)
    assert all(f"- {sign.title}" in words(app) for sign in SIGNS.values())
    run.write_status(Status(state="queued", step=1000, total_steps=1050))
    assert ":green[:material/check_circle: no problems so far]" in buttons(open_page("train", run=run.id))
    shutil.rmtree(run.path / "evals")
    run.write_status(Status(state="queued", step=10, total_steps=1050))
    assert ":gray[:material/hourglass_empty: too early to tell]" in buttons(open_page("train", run=run.id))


def test_what_could_not_be_judged_yet_is_said(open_page, finished):
    run = finished("good")
    told = f"no problems in its curves; {NOT_MEASURED}"
    assert (health.word(run), health.sentence(run)) == ("✓ no problems in its curves", told)
    assert f":green[:material/check_circle: {told}]" in buttons(open_page("train", run=run.id))
    run.add_evaluation(MEASURED)  # a single small one
    assert health.sentence(run) == "no problems in its curves; too early to check its samples"
    run.add_evaluation(MEASURED.model_copy(update={"step": 1050, "size": "full"}))
    assert (health.word(run), health.sentence(run)) == ("✓ no problems found", "no problems found")
    (run.path / "scalars.arrow").unlink()
    assert health.word(run) == "✓ no problems in its samples"
    assert f":gray[:material/hourglass_empty: {NOT_READ}]" in buttons(open_page("train", run=run.id))
    shutil.rmtree(run.path / "evals")
    assert (health.word(run), health.sentence(run)) == (None, "too early to tell")


NOT_MEASURED = "its samples were not evaluated"
NOT_READ = "no problems in its samples; too early to check its curves"


def test_samples_of_the_first_steps_are_not_called_healthy(open_page, finished):
    run = finished("young")
    run.write_status(Status(state="stopped", step=83, total_steps=1050))
    run.add_evaluation(MEASURED.model_copy(update={"step": 83, "size": "full", "values": {"diversity": 0.0}}))
    assert (health.word(run), health.sentence(run)) == (None, "too early to tell")
    assert ":gray[:material/hourglass_empty: too early to tell]" in buttons(open_page("train", run=run.id))
    assert "samples after 400" in words(open_page("train", run=run.id))


def test_what_is_doubtful_is_told_as_such(open_page, finished, sick):
    run, doubt = finished("perhaps"), replace(COLLAPSE, certain=False)
    sick(doubt)
    app = open_page("train", run=run.id)
    assert buttons(app)[-1] == f":gray[? {COLLAPSE.title}]"
    assert "Not certain yet" in words(app)
    assert health.word(run) == f"perhaps: {COLLAPSE.title}"
    assert health.sentence(run) == f"perhaps: {COLLAPSE.title} (from step {COLLAPSE.step:,})"
    sick(STRONG, doubt)
    assert health.word(finished("both")) == f"⚠ {STRONG.title}"
    assert len(buttons(open_page("train", run=finished("both").id))) == len(buttons(app)) + 1


def test_a_fork_is_as_young_as_its_own_steps(runs: RunStore, finished):
    parent = finished("good")
    fork = runs.create(parent.config)
    writer = ScalarWriter(fork.path / "scalars.arrow")
    writer.append({"step": np.arange(1051.0, 1061.0), "loss_d": np.ones(10)})
    writer.close()
    fork.edit_meta(parent=parent.id, parent_step=1050)
    fork.write_status(Status(step=1060, total_steps=2000))
    assert (health.word(fork), health.sentence(fork)) == (None, "too early to tell")
    fork.write_status(Status(step=1250, total_steps=2000))
    assert health.word(fork) == "✓ no problems in its curves"


@pytest.mark.usefixtures("sick")
def test_a_finding_says_what_was_seen_what_it_means_and_where_it_is_known_from(open_page, finished):
    run = finished("sick")
    app = open_page("train", run=run.id)
    text = words(app)
    assert "**D is too strong** · from step 300" in text
    assert "D's loss is 0.004." in text
    assert r"**What it means.** G learns \*nothing\*." in text
    assert "Source: Arjovsky et al. 2017" in text
    assert [f":orange[:material/warning: {each.title}]" for each in (STRONG, COLLAPSE)] == buttons(app)[-2:]
    assert remedy(app, run).label == "Start a new run: halve lr_d"
    assert remedy(app, run, 1).disabled  # there is no checkpoint
    assert "keeps its checkpoint" not in text


@pytest.mark.usefixtures("sick")
def test_a_remedy_starts_a_new_run_and_goes_there(open_page, finished, runs):
    run = finished("sick", {"seed": 3})
    app = open_page("train", run=run.id)
    remedy(app, run).click().run()
    assert not app.exception
    (new,) = runs.queue()
    assert new.config == run.config.replace({"optim.lr_d": 1e-4})
    assert (new.name, new.experiment) == ("sick, lr_d 1e-4", "quickstart")
    assert app.query_params["run"] == new.id
    assert run.asked == "run"


@pytest.mark.usefixtures("sick")
@pytest.mark.parametrize("edited", [False, True])
def test_the_form_takes_a_remedy_over_unless_it_holds_something_else(open_page, finished, edited):
    run = finished("sick", {"optim.lr_d": 0.1})
    app = open_page("train", run=run.id)
    app.button(key=f"use-view-{run.id}").click().run()
    if edited:
        app.text_input(key=typed(app, "nz")).set_value("50").run()
    remedy(app, run).click().run()
    assert not app.exception
    assert app.session_state["draft"]["optim.lr_d"] == (0.1 if edited else 1e-4)
    assert app.session_state["origin"].name == ("sick" if edited else "sick, lr_d 1e-4")


def typed(app: AppTest, label: str) -> str:
    """The key of a setting's text box, whichever turn the form is at."""
    return next(box.key for box in app.text_input if box.label == f"{label}, typed")


@pytest.mark.usefixtures("sick")
def test_a_remedy_can_go_on_from_the_last_checkpoint(open_page, stopped, runs):
    run = stopped("sick")
    app = open_page("train", run=run.id)
    remedy(app, run, 1).click().run()
    (new,) = runs.queue()
    assert (new.meta.parent, new.meta.parent_step) == (run.id, 12)
    assert new.config.optim.lr_d == 1e-4
    assert app.query_params["run"] == new.id


@pytest.mark.usefixtures("sick")
def test_a_run_that_still_trains_is_stopped_first(open_page, stopped, runs):
    run, waiting = stopped("sick"), stopped("waiting")
    waiting.enqueue()
    run.write_status(run.status.model_copy(update={"state": "running"}))
    with run.lock():
        app = open_page("train", run=run.id)
        assert remedy(app, run).label.startswith("Stop this run and start a new one: ")
        assert "keeps its checkpoint" in words(app)
        remedy(app, run).click().run()
    assert not app.exception
    assert run.asked == "stop"
    assert [each.name for each in runs.queue()] == ["sick, lr_d 1e-4", "waiting"]
    assert run.checkpoints()


@pytest.mark.usefixtures("sick")
def test_a_run_that_does_not_stop_is_not_forked(open_page, stopped, runs, monkeypatch):
    monkeypatch.setattr(health, "PATIENCE", 0.0)
    run = stopped("sick")
    run.write_status(run.status.model_copy(update={"state": "running"}))
    with run.lock():
        app = open_page("train", run=run.id)
        remedy(app, run, 1).click().run()
    assert not app.exception
    assert app.toast[0].value == "sick has not stopped yet: fork it once it has."
    assert run.asked == "stop"
    assert [each.id for each in runs.list()] == [run.id]


def test_what_cannot_be_started_is_said_and_nothing_is_stopped(open_page, stopped, runs, sick):
    sick(Finding("strong", "D is too strong", 1, "", "", "", (Remedy("nonsense", {"model.ngf": -1}),)))
    run = stopped("sick")
    run.write_status(run.status.model_copy(update={"state": "running"}))
    with run.lock():
        app = open_page("train", run=run.id)
        remedy(app, run).click().run()
    assert not app.exception
    assert "model.ngf" in app.toast[0].value
    assert run.asked == "run"
    assert [each.id for each in runs.list()] == [run.id]


@pytest.mark.usefixtures("sick")
def test_tables_have_the_findings_in_words(open_page, finished, runs_table):
    finished("a")
    finished("b", {"seed": 1})
    open_page("runs")
    assert [runs_table.cells(name)["state"]["line"] for name in ("a", "b")] == ["⚠ D is too strong +1"] * 2


def test_a_run_is_examined_again_only_when_it_went_on(finished, monkeypatch):
    looked = []
    monkeypatch.setattr(health, "observe", lambda run: looked.append(run.status.step) or [])
    run = finished("a")
    assert [health.titles(run), health.titles(run)] == [[], []]
    assert looked == [1050]
    run.write_status(run.status.model_copy(update={"step": 1060}))
    health.titles(run)
    assert looked == [1050, 1060]


def test_a_fork_is_examined_again_when_its_past_changes(runs, finished, monkeypatch):
    looked = []
    monkeypatch.setattr(health, "observe", lambda run: looked.append(run.id) or [])
    oldest, parent, fork = finished("oldest"), finished("parent"), finished("fork")
    parent.edit_meta(parent=oldest.id, parent_step=10)
    fork.edit_meta(parent=parent.id, parent_step=20)

    def is_examined() -> bool:
        looked.clear()
        health.titles(fork)
        return looked == [fork.id]

    assert is_examined()
    assert not is_examined()
    parent.add_evaluation(MEASURED)
    assert is_examined()
    oldest.add_evaluation(MEASURED)
    assert is_examined()
    (oldest.path / "scalars.arrow").unlink()
    assert is_examined()
    runs.delete(oldest)
    assert is_examined()
    runs.delete(parent)
    assert is_examined()
    fork.edit_meta(parent=None)
    assert is_examined()
    assert not is_examined()


def test_a_run_is_examined_again_when_there_is_a_checkpoint_to_go_on_from(finished, monkeypatch):
    monkeypatch.setattr(health, "observe", lambda run: [STRONG] if run.checkpoints() else [])
    run = finished("a")
    assert health.titles(run) == []
    (run.path / "checkpoints").mkdir()
    (run.path / "checkpoints" / "last.pt").write_bytes(b"")
    assert health.titles(run) == [STRONG.title]
    (run.path / "checkpoints" / "last.pt").unlink()
    assert health.titles(run) == []


def test_a_damaged_run_has_no_health(finished):
    run = finished("a")
    (run.path / "config.json").write_text("{}")
    assert health.word(Run(run.path)) is None


UNDO = Remedy("set lr_d to 2e-4 again, as before step 5", {"optim.lr_d": 2e-4}, steer=True)
BEFORE = Remedy("go on from step 5, before the change", {"optim.lr_d": 2e-4}, True, "000005")


@pytest.fixture
def spoiled(sick, stopped) -> Run:
    """A run that was changed at step 5, where a checkpoint was kept, and went wrong."""
    sick(replace(STRONG, remedies=(UNDO, BEFORE)))
    run = stopped("spoiled")
    run.steer({"optim.lr_d": 0.1})
    run.record_change(run.changes()[0], 5)
    return run


def test_a_change_is_undone_in_the_run_with_one_click(open_page, spoiled):
    spoiled.write_status(spoiled.status.model_copy(update={"state": "running"}))
    with spoiled.lock():
        app = open_page("train", run=spoiled.id)
        assert remedy(app, spoiled).label.startswith("Undo the change: ")
        remedy(app, spoiled).click().run()
    assert not app.exception
    assert [change.changes for change in spoiled.changes()] == [{"optim.lr_d": 0.1}, {"optim.lr_d": 2e-4}]
    assert spoiled.asked == "run"  # it goes on


def test_a_run_that_is_over_is_forked_from_before_the_change(open_page, spoiled, runs):
    app = open_page("train", run=spoiled.id)
    assert not any(button.key == f"remedy-{spoiled.id}-strong-0" for button in app.button)
    remedy(app, spoiled, 1).click().run()
    (fork,) = runs.queue()
    assert (fork.meta.parent, fork.meta.parent_step) == (spoiled.id, 5)
    assert fork.config.optim.lr_d == 2e-4
