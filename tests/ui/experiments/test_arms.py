"""Which run stands for which arm and seed, and whether what varies is a number."""

from __future__ import annotations

from gancore.experiments import EXPERIMENTS
from gancore.store import RunStore
from gancore.store.index import Index
from gancore.store.records import Status
from gancore.sweeps.plan import grid
from gancore.sweeps.sweeps import Sweeps
from tests.miniatures import tiny
from ui.colors import arm_color
from ui.experiments.arms import is_log, of_experiment, of_sweep, setting_that_varies

NZ = EXPERIMENTS["dcgan-nz"]


def make(store: RunStore, arm: str, seed: int, state: str = "finished", scale: str = "quick") -> str:
    config = NZ.arm(arm, "quick", seed)
    run = store.create(config, experiment=NZ.id, arm=arm, scale=scale)
    run.write_status(Status.model_validate({"state": state, "step": 10, "total_steps": 10}))
    return run.id


def test_of_several_runs_of_a_seed_the_newest_finished_one_stands_for_it(store):
    finished = make(store, "nz 10", 0)
    make(store, "nz 10", 0, "failed")
    only = make(store, "nz 10", 1, "stopped")
    make(store, "nz 10", 2, scale="full")
    arms = {arm.name: arm for arm in of_experiment(NZ, "quick", Index(store.root).runs())}
    assert list(arms) == NZ.arms_at("quick")
    assert {seed: run.id for seed, run in arms["nz 10"].runs.items()} == {0: finished, 1: only}
    assert [arm.x for arm in arms.values()] == [10, 100, 1000]
    assert arms["nz 100"].runs == {}


def test_an_arm_keeps_its_colour_whatever_was_run_or_is_left_out():
    ndf = EXPERIMENTS["dcgan-ndf"]
    for scale in ("quick", "full"):
        arms = of_experiment(ndf, scale, [])
        assert [arm.color for arm in arms] == [arm_color(list(ndf.arms).index(arm.name)) for arm in arms]


def test_a_sweeps_arms_are_in_the_order_of_its_plan(store):
    sweep = Sweeps(store).create(grid("own", tiny("mlp"), {"model.nz": [8, 4]}, (3, 5)))
    runs = Index(store.root).runs()
    arms = of_sweep(sweep, runs)
    assert [(arm.name, list(arm.runs), arm.x) for arm in arms] == [("nz 8", [3, 5], 8), ("nz 4", [3, 5], 4)]
    gone = sweep.cells[0].run
    store.delete(store.open(gone))
    arms = of_sweep(sweep, Index(store.root).runs())
    assert list(arms[0].runs) == [5]


def test_only_one_number_is_an_axis():
    base = tiny("dcgan")
    ngf = {str(value): base.replace({"model.ngf": value}) for value in (2, 4)}
    assert setting_that_varies(ngf) == {"2": 2, "4": 4}
    assert setting_that_varies(ngf | {"both": base.replace({"model.ngf": 8, "model.ndf": 8})}) == {}
    assert setting_that_varies({each: base.replace({"objective.loss": each}) for each in ("minimax", "hinge")}) == {}
    assert setting_that_varies({"one": base}) == {}


def test_a_log_axis_is_for_what_is_set_on_one_or_spans_much():
    assert is_log("model.ngf", [32, 64])
    assert not is_log("model.ngf", [0, 64])
    assert is_log(None, [1, 1000])
    assert not is_log(None, [1, 2])
    assert not is_log(None, [])
