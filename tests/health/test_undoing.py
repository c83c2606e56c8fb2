"""What follows a live change is first of all to be undone; and no all-clear for samples that are like nothing."""

from __future__ import annotations

import pytest

from gancore.config import RunConfig
from gancore.health import judged, observe
from gancore.store import Run, RunStore
from gancore.store.records import Status
from gancore.store.scalars import ScalarWriter
from tests.health.test_diagnosis import curves, evaluation


@pytest.fixture
def spoiled(store: RunStore) -> Run:
    """A run whose lr_d was raised at step 700, and whose D has been sure ever since."""
    run = store.create(RunConfig().replace({"train.steps": 2_000}))
    run.steer({"optim.lr_d": 0.1})
    run.record_change(run.changes()[0], 700)
    rows = curves(1_200)
    rows.loc[700:, "loss_d"] = 1e-4
    writer = ScalarWriter(run.path / "scalars.arrow")
    writer.append({str(name): rows[name].to_numpy() for name in rows})
    writer.close()
    run.write_status(Status(step=1_200, total_steps=2_000))
    (run.path / "checkpoints").mkdir()
    (run.path / "checkpoints" / "last.pt").touch()
    return run


def test_the_first_remedy_is_to_undo_the_change(spoiled: Run) -> None:
    finding = observe(spoiled)[0]
    assert finding.step >= 700
    steer, fork, *_ = finding.remedies
    assert (steer.steer, steer.changes) == (True, {"optim.lr_d": 2e-4})
    assert (fork.fork, fork.checkpoint, fork.changes) == (True, "last", {"optim.lr_d": 2e-4})
    (spoiled.path / "checkpoints" / "000700.pt").touch()
    fork = observe(spoiled)[0].remedies[1]
    assert (fork.fork, fork.checkpoint) == (True, "000700")
    assert "before the change" in fork.text


def test_what_was_there_before_the_change_has_other_remedies(spoiled: Run) -> None:
    change = spoiled.changes()[0]
    spoiled.record_change(change, 1_190)
    finding = observe(spoiled)[0]
    assert finding.step < 1_190
    assert not any(remedy.steer for remedy in finding.remedies)


def test_a_change_is_judged_once_there_are_steps_enough_after_it(spoiled: Run) -> None:
    assert judged(spoiled).curves
    spoiled.record_change(spoiled.changes()[0], 1_100)
    assert not judged(spoiled).curves


@pytest.mark.parametrize(("fid", "poor"), [(6.0, False), (97.0, False), (131.0, True)])
def test_no_all_clear_for_samples_worse_than_one_image(store: RunStore, fid: float, poor: bool) -> None:
    run = store.create(RunConfig())
    run.add_evaluation(evaluation(300, fid=fid))
    found = observe(run)
    assert [finding.code for finding in found] == ["poor_samples"] * poor
    assert not any(finding.certain for finding in found)


@pytest.mark.parametrize(("modes", "poor"), [(0, True), (4, True), (5, False)])
def test_no_all_clear_for_a_toy_that_lacks_its_modes(store: RunStore, modes: int, poor: bool) -> None:
    run = store.create(RunConfig().replace({"data.name": "ring", "model.kind": "mlp", "model.g_output": "linear"}))
    run.add_evaluation(evaluation(300, modes=modes).model_copy(update={"extractor": None}))
    found = observe(run)
    assert [finding.code for finding in found] == ["poor_samples"] * poor
    assert all(f"{modes} of 8 modes" in finding.observation for finding in found)


def test_the_newest_samples_count(store: RunStore) -> None:
    run = store.create(RunConfig())
    for step, fid in ((200, 150.0), (600, 20.0)):
        run.add_evaluation(evaluation(step, fid=fid))
    assert observe(run) == []
