from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from gancore.config import RunConfig
from gancore.experiments import EXPERIMENTS, Experiment, textbook
from gancore.store import RunStore
from gancore.sweeps import reference
from gancore.sweeps.reference import Wanted, make, missing, reference_store, wanted
from gancore.training.runner import execute
from tests.miniatures import TINY

ENTRY = Experiment(
    id="tiny",
    title="Tiny",
    source="a test",
    question="Does it work?",
    system=(("a test", TINY),),
    arms={"a": {}, "b": {"model.nz": 5}},
    seeds=(0, 1),
    quick={},
)


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[RunStore, RunStore]:
    """Where runs are trained, and where copies of them go."""
    monkeypatch.setitem(EXPERIMENTS, "tiny", ENTRY)
    monkeypatch.setattr(reference, "QUICK", ("tiny",))
    monkeypatch.setattr(reference, "FULL", ("tiny",))
    return RunStore(tmp_path / ".reference"), reference_store(tmp_path)


def names(found: list[Wanted]) -> list[tuple[str, str, int]]:
    return [(each.scale, each.arm, each.seed) for each in found]


def test_every_seed_at_the_quick_scale_and_one_at_the_full(stores: tuple[RunStore, RunStore]) -> None:
    quick = [("quick", arm, seed) for seed in (0, 1) for arm in ("a", "b")]
    assert names(missing(stores[1])) == [*quick, ("full", "a", 0), ("full", "b", 0)]
    assert names(missing(stores[1], ["other"])) == []
    assert names(missing(stores[1], scale="full")) == [("full", "a", 0), ("full", "b", 0)]


def test_what_is_made_is_no_longer_missing(stores: tuple[RunStore, RunStore]) -> None:
    work, store = stores
    first, *rest = missing(store)
    copied = make(first, work, store)
    assert copied is not None
    assert copied.path.parent == store.root
    assert (copied.experiment, copied.arm, copied.scale, copied.config.seed) == ("tiny", "a", "quick", 0)
    assert names(missing(store)) == names(rest)


def test_the_script_makes_all_that_is_missing(
    stores: tuple[RunStore, RunStore], capsys: pytest.CaptureFixture[str]
) -> None:
    work, store = stores
    reference.main(runs=store.root.parent, look=True)
    assert len(capsys.readouterr().out.splitlines()) == 6
    reference.main(scale="quick", runs=store.root.parent)
    assert len(capsys.readouterr().out.splitlines()) == 4
    assert len(work.folders()) == len(store.folders()) == 4
    reference.main(runs=store.root.parent, hours=0)
    assert names(missing(store)) == [("full", "a", 0), ("full", "b", 0)]


@pytest.mark.parametrize("elsewhere", [False, True], ids=["trained here", "trained on another machine"])
def test_an_arm_with_the_settings_of_another_is_not_trained_again(
    stores: tuple[RunStore, RunStore], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, elsewhere: bool
) -> None:
    work, store = stores
    monkeypatch.setitem(EXPERIMENTS, "twin", replace(ENTRY, id="twin", arms={"as a": {}, "c": {"model.nz": 6}}))
    monkeypatch.setattr(reference, "QUICK", ("tiny", "twin"))
    trained = make(missing(store, ["tiny"])[0], work, store)
    assert trained is not None
    wanted = missing(store, ["twin"])[0]
    here = RunStore(tmp_path / "empty") if elsewhere else work
    copied = make(wanted, here, store)
    assert copied is not None
    assert len(here.folders()) == (0 if elsewhere else 1)
    assert wanted.is_met_by(copied)
    assert copied.id != trained.id
    assert copied.name == "twin: as a, seed 0"
    assert copied.envelope["same_as"] == trained.id
    assert copied.summary == trained.summary
    assert ("quick", "as a", 0) not in names(missing(store, ["twin"]))


def test_an_interrupted_run_goes_on(stores: tuple[RunStore, RunStore]) -> None:
    work, store = stores
    first = missing(store)[0]
    begun = work.create(first.config, experiment="tiny", arm="a", scale="quick")
    assert execute(begun.path, max_steps=7) == "stopped"
    copied = make(first, work, store)
    assert copied is not None
    assert copied.id == begun.id
    assert copied.status.attempt == 2
    assert len(work.folders()) == 1


def test_what_another_script_makes_now_is_left_to_it(
    stores: tuple[RunStore, RunStore], held_elsewhere: Callable[[Path], AbstractContextManager[None]]
) -> None:
    work, store = stores
    first = missing(store)[0]
    run = work.create(first.config, experiment="tiny", arm="a", scale="quick")
    with held_elsewhere(run.path / "lock"):
        assert make(first, work, store) is None
    assert store.list() == []


def test_a_run_with_settings_of_another_day_does_not_count(stores: tuple[RunStore, RunStore]) -> None:
    _, store = stores
    first = missing(store)[0]
    older = first.config.replace({"model.nz": 6})
    store.create(older, experiment="tiny", arm="a", scale="quick")
    assert names(missing(store))[0] == ("quick", "a", 0)


def test_copies_that_grow_too_large_are_refused(
    stores: tuple[RunStore, RunStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference, "MOST_BYTES", 1_000)
    with pytest.raises(OSError, match="more than 1,000"):
        make(missing(stores[1])[0], *stores)


def test_the_catalogue_knows_all_that_is_listed() -> None:
    assert {each.experiment.id for each in wanted()} <= set(EXPERIMENTS)
    assert len(set(reference.QUICK)) == len(reference.QUICK)


def test_what_is_shipped_can_be_read_and_is_small() -> None:
    store = reference_store()
    runs = store.list()
    assert [run.id for run in runs if run.damage] == []
    assert sum(path.stat().st_size for path in store.root.rglob("*") if path.is_file()) <= reference.MOST_BYTES
    for run in runs:
        assert run.experiment in EXPERIMENTS or run.config in [case.config for case in textbook.CASES.values()]
        assert isinstance(run.config, RunConfig)
        assert run.checkpoints() == {}
