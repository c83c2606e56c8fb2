"""What runs are called before somebody names them: values put into words, never words taken apart."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gancore.config import RunConfig
from gancore.store import Run, RunStore
from gancore.store.naming import Title, naming, title_of
from gancore.store.records import Naming

BEFORE = RunConfig().replace({"optim.lr_d": 0.1, "data.limit": 500})


@pytest.fixture
def named(store: RunStore) -> Callable[..., Run]:
    """Make a run as the form does, with a name made from its title."""

    def make(title: Title, config: RunConfig = BEFORE, number: str = "") -> Run:
        run = store.create(config, name=title.text(config) + number)
        run.edit_meta(naming=naming(run.name, title))
        return run

    return make


@pytest.mark.parametrize(
    ("title", "change", "text"),
    [
        (Title("quickstart", ("optim.lr_d",)), {"optim.lr_d": 1e-3}, "quickstart, lr_d 1e-3"),
        (Title("quickstart", ("optim.lr_d",)), {"model.ngf": 64}, "quickstart, ngf 64, lr_d 0.1"),
        (Title("quickstart"), {"optim.lr_d": 1e-3}, "quickstart, lr_d 1e-3"),
        (Title("quickstart"), {}, "quickstart"),
        (Title("mylr_d 0.1"), {"optim.lr_d": 1e-3}, "mylr_d 0.1, lr_d 1e-3"),
        (Title("lr_d 0.1"), {"optim.lr_d": 1e-3}, "lr_d 0.1, lr_d 1e-3"),  # what a person wrote stays
        (Title("labelled images 500"), {"data.limit": None}, "labelled images 500, images all"),
        (Title("a"), {"model.ngf": 4, "model.ndf": 4, "model.nz": 4}, "a, ngf 4, ndf 4, nz 4"),
        (Title("a"), {"model.ngf": 4, "model.ndf": 4, "model.nz": 4, "seed": 4}, "a, ngf 4, ndf 4 and 2 more"),
    ],
)
def test_a_title_mentions_each_changed_setting_once_with_its_value(title, change, text):
    after = BEFORE.replace(change)
    assert title.after(BEFORE, after).text(after) == text


def test_settings_without_an_effect_are_not_mentioned():
    title = Title("a", ("optim.lr_d", "optim.lr"))
    assert title.text(BEFORE) == "a, lr_d 0.1"
    vae = RunConfig().replace({"model.kind": "vae", "data.range": "0..1"})
    assert "lr_d" not in title.text(vae)


def test_what_follows_from_another_setting_is_not_mentioned():
    own = {"data.name": "own", "data.own": "leaves", "data.own_counts": (60, 40)}
    after = RunConfig().replace(own)
    assert "60" not in Title("a").after(RunConfig(), after).text(after)


@pytest.mark.parametrize("number", ["", " #2"])
def test_a_name_made_from_a_title_can_be_made_again_with_other_values(named, number):
    run = named(Title("quickstart", ("optim.lr_d",)), number=number)
    config = run.config.replace({"optim.lr_d": 1e-3})
    assert title_of(run).after(run.config, config).text(config) == "quickstart, lr_d 1e-3"


def test_a_name_that_a_person_gave_is_kept_whole(named):
    run = named(Title("quickstart", ("optim.lr_d",)))
    run.edit_meta(name="my lr_d 0.1")
    assert title_of(run) == Title("my lr_d 0.1")


def test_a_run_from_before_titles_were_recorded_has_its_name(store):
    assert title_of(store.create(BEFORE, name="quickstart lr_d 0.1")) == Title("quickstart lr_d 0.1")


def test_a_change_made_while_a_run_trained_is_part_of_its_title(named):
    run = named(Title("quickstart"))
    run.steer({"optim.lr_g": 1e-3})
    assert title_of(run) == Title("quickstart")
    run.record_change(run.changes()[0], 0)
    assert title_of(run) == Title("quickstart", ("optim.lr_g",))


def test_settings_that_this_version_does_not_know_are_not_mentioned(named):
    run = named(Title("quickstart"))
    run.edit_meta(naming=Naming(name=run.name, start="quickstart", changed=("optim.momentum_of_tomorrow", "seed")))
    assert title_of(run).text(run.config) == "quickstart, seed 0"


@pytest.mark.parametrize(
    ("changes", "facts", "name"),
    [
        ({}, {}, "dcgan"),
        ({"model.ngf": 64, "seed": 1}, {}, "dcgan, ngf 64, seed 1"),
        ({"data.name": "fashion-mnist"}, {}, "dcgan on fashion-mnist"),
        ({"data.name": "ring", "model.kind": "mlp", "model.g_output": "linear"}, {}, "mlp on ring, G output linear"),
        ({"model.kind": "vae", "data.range": "0..1"}, {}, "vae"),  # what its kind needs is not mentioned
        ({"optim.lr_d": 1e-3}, {"experiment": "quickstart"}, "quickstart, lr_d 1e-3"),
        ({"model.nz": 10, "seed": 2}, {"experiment": "dcgan-nz", "arm": "nz 10"}, "dcgan-nz nz 10, seed 2"),
    ],
)
def test_a_run_without_a_name_is_called_what_it_is(store, changes, facts, name):
    run = store.create(RunConfig().replace(changes), **facts)
    assert run.meta.name == ""  # it is derived when it is read, not written
    assert run.name == name
