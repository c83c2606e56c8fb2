from __future__ import annotations

import math

import pytest

from gancore.config import RunConfig
from gancore.experiments import EXPERIMENTS
from gancore.experiments.evidence import Evidence
from gancore.experiments.statistics import visible_gap
from gancore.store import RunStore
from gancore.sweeps.planner import decides, offer, seeds_of, visible
from tests.experiments.making import make_run

NZ = EXPERIMENTS["dcgan-nz"]
MINUTE = 60.0


def cost(config: RunConfig) -> float:
    """A minute at the quick scale, an hour at the full one."""
    return MINUTE if config.data.name == "mnist-5k" else 60 * MINUTE


@pytest.mark.parametrize(
    ("minutes", "scale", "count"),
    [(3, "quick", 1), (10, "quick", 3), (45, "quick", 10), (500, "quick", 20), (540, "full", 3), (2_000, "full", 10)],
)
def test_what_fits_is_as_many_seeds_as_can_be(minutes: float, scale: str, count: int) -> None:
    found = offer("dcgan-nz", minutes * MINUTE, cost)
    assert found is not None
    assert (found.scale, len(found.seeds)) == (scale, count)
    assert found.seconds == sum(cost(config) for config in NZ.runs(found.scale, found.seeds)) <= minutes * MINUTE
    assert found.words.startswith(f"{count} seed")
    assert f"of 3 arms at the {scale} scale" in found.words


def test_nothing_is_offered_where_nothing_fits() -> None:
    assert offer("dcgan-nz", 2 * MINUTE, cost) is None


def test_runs_side_by_side_leave_room_for_more() -> None:
    alone, together = offer("dcgan-nz", 10 * MINUTE, cost), offer("dcgan-nz", 10 * MINUTE, cost, speedup=1.6)
    assert alone is not None
    assert together is not None
    assert (len(alone.seeds), len(together.seeds)) == (3, 5)


def test_seeds_are_the_experiments_own_and_those_that_follow() -> None:
    assert seeds_of(NZ, 1) == NZ.seeds[:1]
    longer = seeds_of(NZ, 20)
    assert len(set(longer)) == 20
    assert longer[: len(NZ.seeds)] == NZ.seeds
    assert seeds_of(EXPERIMENTS["vae-mnist"], 3)[0] == EXPERIMENTS["vae-mnist"].seeds[0] == 1


def test_one_seed_decides_nothing() -> None:
    assert "decides nothing" in decides(NZ, "quick", 1)


def test_what_can_be_told_comes_from_how_far_seeds_differ(store: RunStore) -> None:
    assert "not known yet" in decides(NZ, "quick", 3, Evidence(store))
    values = [math.exp(value) for value in (1.0, 1.2, 1.4)]  # a standard deviation of 0.2 in the logarithm
    for arm in ("nz 10", "nz 100"):
        for seed, value in enumerate(values):
            make_run(store, "dcgan-nz", arm, seed, {"fid": value}, scale="quick")
    known = Evidence(store)
    spread = math.hypot(0.2, 0.03)  # and the FID's own error
    assert visible(NZ, "quick", "fid", 5, known) == pytest.approx(visible_gap(4) * spread * math.sqrt(2 / 5))
    assert visible(NZ, "full", "fid", 5, known) is None
    fewer, more = (visible(NZ, "quick", "fid", count, known) for count in (3, 10))
    assert fewer is not None
    assert more is not None
    assert fewer > more


def test_the_words_name_the_difference(store: RunStore) -> None:
    for seed, value in enumerate((2.0, 2.2, 2.1)):
        make_run(store, "dcgan-lr", "baseline", seed, {"fid": value}, scale="quick")
    words = decides(EXPERIMENTS["dcgan-lr"], "quick", 3, Evidence(store))
    gap = visible(EXPERIMENTS["dcgan-lr"], "quick", "fid", 3, Evidence(store))
    assert gap is not None
    assert f"FID {math.exp(gap):.3g} times as high" in words
