from __future__ import annotations

from collections.abc import Callable

import pytest

from gancore.colors import CYCLE
from gancore.experiments import EXPERIMENTS
from gancore.export.sections import completeness
from gancore.export.study import MOST_ARMS, Study, number_that_varies, of_experiment, of_sweep
from gancore.store import Run, RunStore
from gancore.sweeps.sweep import Cell, Sweep

Answer = Callable[..., Run]


def study(store: RunStore, name: str = "dcgan-nz") -> Study:
    found = of_experiment(store.list(), EXPERIMENTS[name])
    assert found is not None
    return found


def test_arms_and_seeds_are_in_order_whenever_they_were_trained(nz: RunStore) -> None:
    found = study(nz)
    assert [arm.name for arm in found.arms] == ["nz 10", "nz 100", "nz 1000"]
    assert [[run.config.seed for run in arm.runs] for arm in found.arms] == [[0, 1, 2]] * 3
    assert len({arm.color for arm in found.arms}) == 3
    assert (found.varies, found.absent, found.unfinished) == (("model.nz",), (), 0)


def test_an_arm_keeps_its_colour_whichever_others_were_run(store: RunStore, answer: Answer) -> None:
    answer(arm="nz 1000")
    alone = study(store).arms[0].color
    answer(arm="nz 10")
    assert [arm.color for arm in study(store).arms] == [CYCLE[0], CYCLE[2]] == [CYCLE[0], alone]


def test_the_scale_with_more_runs_is_shown(nz: RunStore, answer: Answer) -> None:
    answer(scale="full")
    assert study(nz).scale == "quick"
    assert of_experiment(nz.list(), EXPERIMENTS["dcgan-ngf"]) is None


def test_an_arm_keeps_its_name_where_there_is_only_one(store: RunStore, answer: Answer) -> None:
    answer("quickstart", "")
    assert [arm.label for arm in study(store, "quickstart").arms] == ["the only arm"]


def test_what_has_not_ended_is_counted(nz: RunStore, answer: Answer) -> None:
    answer(arm="nz 10", seed=7, state="paused")
    found = study(nz)
    assert found.unfinished == 1
    assert 7 not in found.seeds


@pytest.mark.parametrize(("arms", "path"), [(("nz 10", "nz 100", "nz 1000"), "model.nz"), (("nz 10", "nz 100"), None)])
def test_a_number_that_varies_is_an_axis(
    store: RunStore, answer: Answer, arms: tuple[str, ...], path: str | None
) -> None:
    for arm in arms:
        answer(arm=arm)
    assert number_that_varies(study(store)) == path


def test_what_is_no_number_is_no_axis(store: RunStore, answer: Answer) -> None:
    for arm in list(EXPERIMENTS["toy-collapse"].arms_at("quick"))[:4]:
        answer("toy-collapse", arm)
    assert number_that_varies(study(store, "toy-collapse")) is None


def test_grids_are_of_the_seed_that_most_arms_have(store: RunStore, answer: Answer) -> None:
    answer(arm="nz 10", seed=0)
    for arm in ("nz 10", "nz 100"):
        answer(arm=arm, seed=2)
    assert study(store).shared_seed == 2


def test_of_a_sweep_with_very_many_arms_the_first_are_shown(store: RunStore, answer: Answer) -> None:
    run = answer()
    cells = tuple(Cell(arm=f"arm {place}", seed=0, run=run.id) for place in range(MOST_ARMS + 3))
    found = of_sweep(store.list(), Sweep(id="s1", cells=cells))
    assert found is not None
    assert (len(found.arms), found.beyond) == (MOST_ARMS, 3)
    assert "The first 40 arms are shown; there are 3 more." in completeness(found)


def test_a_sweep_shows_the_runs_that_are_still_there(store: RunStore, answer: Answer) -> None:
    kept, gone, waiting = answer(arm="nz 10"), answer(arm="nz 100"), answer(arm="nz 1000", state="queued")
    cells = tuple(Cell(arm=run.arm or "", seed=0, run=run.id) for run in (kept, gone, waiting))
    store.delete(gone)
    found = of_sweep(store.list(), Sweep(id="s1", cells=cells))
    assert found is not None
    assert [run.id for run in found.runs] == [kept.id]
    assert (found.absent, found.unfinished) == (("nz 100", "nz 1000"), 1)
    assert of_sweep([], Sweep(id="s1", cells=cells)) is None
