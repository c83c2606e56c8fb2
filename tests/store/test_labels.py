"""Names for runs that stand together."""

from collections.abc import Callable
from typing import Any

import pytest

from gancore.config import RunConfig
from gancore.store import Run, RunStore
from gancore.store.labels import labels, named, numbered
from gancore.store.naming import Title, naming

Make = Callable[..., Run]


@pytest.fixture
def make(store: RunStore) -> Make:
    """A run that nobody named, unless with a `name`."""

    def made(changes: dict[str, Any] | None = None, **facts: Any) -> Run:
        return store.create(RunConfig().replace(changes or {}), **facts)

    return made


def of(runs: list[Run]) -> list[str]:
    return [labels(runs)[run.id] for run in runs]


def test_runs_are_told_apart_by_what_they_differ_in(make):
    two = [make({"model.ngf": 16}), make({"model.ngf": 64})]
    assert of(two) == ["ngf 16", "ngf 64"]
    assert named(two).title == "dcgan, mnist-5k, ngf 16 | 64"


def test_seeds_are_named_only_where_there_are_several(make):
    runs = [make({"model.ngf": ngf, "seed": seed}) for ngf in (16, 64) for seed in (3, 4)]
    assert of(runs) == ["ngf 16, seed 3", "ngf 16, seed 4", "ngf 64, seed 3", "ngf 64, seed 4"]
    assert of([runs[0], runs[2]]) == ["ngf 16", "ngf 64"]
    assert of(runs[:2]) == ["seed 3", "seed 4"]


def test_runs_that_are_all_the_same_get_numbers_the_oldest_first(make):
    first, second, other = make(), make(), make({"model.ngf": 64})
    assert of([second, other, first]) == ["ngf 32 #2", "ngf 64", "ngf 32 #1"]
    assert len(set(of([second, first]))) == 2


def test_of_many_settings_as_few_as_tell_runs_apart_are_named(make):
    paths = ("model.ngf", "model.ndf", "model.nz", "optim.beta1", "optim.lr_d")
    values = [(8, 8, 5, 0.5, 1e-3), (16, 8, 6, 0.6, 2e-3), (32, 16, 5, 0.7, 3e-3)]
    runs = [make(dict(zip(paths, each, strict=True))) for each in values]
    assert of(runs) == ["ngf 8", "ngf 16", "ngf 32"]


def test_what_only_one_of_the_kinds_has_is_not_said(make):
    """An MLP has no ngf: that tells nothing beside its kind."""
    assert of([make(), make({"model.kind": "mlp", "model.g_hidden": (8,)})]) == ["dcgan", "mlp"]


def test_a_name_that_a_person_gave_stays(make):
    mine, other, third = make({"model.ngf": 64}, name="the wide one"), make({"seed": 1}), make({"seed": 2})
    assert of([mine, other, third]) == ["the wide one", "seed 1", "seed 2"]


def test_two_names_that_people_gave_get_numbers_that_no_name_is(make):
    runs = [make(name="a"), make(name="a"), make(name="a #1"), make(name="setting")]
    assert of(runs) == ["a #2", "a #3", "a #1", "setting #1"]


def test_runs_to_choose_from_keep_their_names_and_equal_ones_get_numbers(make):
    runs = [make(name="a"), make({"seed": 2}, name="b"), make(name="a"), make(name="nothing")]
    assert list(numbered(runs, reserved=["nothing"]).values()) == ["a #1", "b", "a #2", "nothing #1"]


def test_runs_of_an_experiment_are_named_by_arm_and_seed(make):
    facts = {"experiment": "dcgan-nz", "scale": "quick"}
    runs = [
        make({"model.nz": nz, "seed": seed}, arm=f"nz {nz}", name=f"dcgan-nz: nz {nz}, seed {seed}", **facts)
        for nz in (5, 6)
        for seed in (0, 1)
    ]
    assert of(runs) == ["nz 5, seed 0", "nz 5, seed 1", "nz 6, seed 0", "nz 6, seed 1"]
    assert named(runs).title == "dcgan-nz, nz 5 | nz 6, seed 0 | 1"
    other = make({"model.nz": 5}, arm="nz 5", **facts | {"scale": "full"})
    assert of([runs[0], other]) == ["quick", "full"]


def test_runs_of_an_arm_are_told_apart_by_what_was_steered(make):
    runs = [make(experiment="dcgan-nz", arm="nz 5") for _ in range(2)]
    runs[1].steer({"optim.lr_d": 1e-3})
    runs[1].record_change(runs[1].changes()[0], 0)
    assert of(runs) == [f"lr_d {value}" for value in ("2e-4", "1e-3")]


def test_a_name_made_from_settings_is_not_one_that_a_person_gave(make):
    runs = [make({"model.ngf": ngf}, name=f"quickstart, ngf {ngf}") for ngf in (16, 64)]
    for run in runs:
        run.edit_meta(naming=naming(run.name, Title("quickstart", ("model.ngf",))))
    assert of(runs) == ["ngf 16", "ngf 64"]


def test_a_run_alone_has_its_whole_name(make):
    (run,) = (make({"model.ngf": 64}),)
    assert of([run]) == [run.name]


def test_a_run_that_cannot_be_read_has_its_id(make):
    good, bad = make(), make()
    (bad.path / "config.json").write_text("{", encoding="utf-8")
    bad = Run(bad.path)
    assert of([good, bad]) == [good.name, bad.id]
