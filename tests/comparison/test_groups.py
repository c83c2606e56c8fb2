"""Which runs repeat each other."""

from __future__ import annotations

from gancore.comparison.groups import by_setting, over_seeds, varying
from gancore.config import RunConfig
from gancore.store import Run, RunStore


def make(store: RunStore, name: str, **changes: object) -> Run:
    settings = {path.replace("__", "."): value for path, value in changes.items()}
    return store.create(RunConfig().replace(settings), name=name)


def names(runs: list[Run]) -> dict[str, str]:
    return {run.id: run.name for run in runs}


def test_runs_that_differ_in_the_seed_alone_are_one_group(store):
    runs = [
        make(store, "a", model__ngf=64, seed=0),
        make(store, "b", model__ngf=32, seed=0),
        make(store, "c", model__ngf=64, seed=1),
    ]
    groups = over_seeds(runs, names(runs))
    assert [(group.name, [run.name for run in group.runs]) for group in groups] == [
        ("ngf 64", ["a", "c"]),
        ("b", ["b"]),
    ]
    assert groups[0].seeds == (0, 1)


def test_a_setting_without_effect_divides_nothing(store):
    """A VAE has no D: its ndf is not looked at."""
    vae = {"model__kind": "vae", "data__range": "0..1"}
    runs = [make(store, "a", **vae, model__ndf=8), make(store, "b", **vae, model__ndf=64, seed=1)]
    assert len(over_seeds(runs, names(runs))) == 1
    assert varying(runs) == ("seed",)


def test_runs_that_were_steered_or_forked_repeat_nothing(store):
    runs = [make(store, name, seed=seed) for seed, name in enumerate("abc")]
    runs[1].steer({"optim.lr_d": 1e-3})
    runs[1].record_change(runs[1].changes()[0], 7)
    runs[2].edit_meta(parent=runs[0].id, parent_step=100)
    assert [group.name for group in over_seeds(runs, names(runs))] == ["a", "b", "c"]


def test_groups_of_a_setting_come_in_its_order(store):
    runs = [
        make(store, "a", model__ngf=64),
        make(store, "b", model__ngf=8),
        make(store, "c", model__kind="vae", data__range="0..1"),
        make(store, "d", model__ngf=8, seed=1),
    ]
    found = [(group.name, len(group.runs)) for group in by_setting(runs, "model.ngf")]
    if not runs[2].config.uses("model.ngf"):
        assert found == [("ngf 8", 2), ("ngf 64", 1), ("without ngf", 1)]
    else:
        assert found[0] == ("ngf 8", 2)
