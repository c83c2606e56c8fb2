from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from rich.console import Console

from gancore import machine
from gancore.bench import jobs
from gancore.config import RunConfig
from gancore.executors import packing
from gancore.executors.packing import NotMeasured, Packing, choose, jobs_that_pay, measure, threads_that_pay


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GANCORE_CACHE", str(tmp_path))
    return tmp_path / packing.FILE


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[RunConfig]:
    """Configs that were measured: two at once always win."""
    asked: list[RunConfig] = []

    def measure(config: RunConfig, cores: int) -> list[Packing]:
        asked.append(config)
        return [Packing(1, cores, (10.0,)), Packing(2, cores // 2, (17.0,))]

    monkeypatch.setattr(packing, "measure", measure)
    return asked


@pytest.mark.parametrize(
    ("rates", "jobs"),
    [
        ({1: (10.0,), 2: (17.0,)}, 2),
        ({1: (10.0,), 2: (10.4,)}, 1),  # hardly more: one at a time is seen sooner
        ({1: (10.0,), 2: (9.0,)}, 1),
        ({1: (10.0, 10.0, 10.0), 2: (2.0, 17.0, 18.0)}, 2),  # the median
        ({1: (10.0,), 2: (15.0,), 4: (15.5,)}, 2),
        ({1: (10.0,), 2: (9.0,), 4: (20.0,)}, 4),
        ({1: (10.0,)}, 1),
    ],
)
def test_what_makes_most_steps_is_chosen(rates: dict[int, tuple[float, ...]], jobs: int) -> None:
    assert choose([Packing(count, 4 // count, each) for count, each in rates.items()]) == jobs


@pytest.mark.parametrize(
    ("cores", "room", "counts"),
    [(2, 99, [1, 2]), (8, 99, [1, 2, 4, 8]), (6, 99, [1, 2, 4, 6]), (8, 3, [1, 2, 3]), (8, 1, [1]), (1, 9, [1])],
)
def test_runs_share_cores_as_far_as_memory_allows(cores: int, room: int, counts: list[int]) -> None:
    assert list(packing._divisions(cores, room)) == counts


def test_memory_that_is_free_decides_how_many_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    for here, room in ((machine.Memory(8e9, 4.1e9), 4), (machine.Memory(8e9, 1e8), 1), (machine.Memory(3e9, None), 3)):
        monkeypatch.setattr(machine, "memory", lambda here=here: here)
        assert packing._room(1e9) == room
    monkeypatch.setattr(machine, "memory", lambda: None)
    assert packing._room(1e9) >= 100


def test_a_shape_is_measured_once(cache: Path, measured: list[RunConfig], dcgan: RunConfig) -> None:
    assert jobs_that_pay(dcgan, 2) == 2
    assert jobs_that_pay(dcgan.replace({"seed": 7, "train.epochs": 9, "optim.lr_g": 0.1}), 2) == 2
    assert threads_that_pay(dcgan, 2) == 1
    assert len(measured) == 1
    jobs_that_pay(dcgan.replace({"train.batch_size": 9}), 2)
    jobs_that_pay(dcgan, 4)
    assert len(measured) == 3
    assert len(json.loads(cache.read_text())) == 3


@pytest.mark.parametrize("content", ["", "{", "[]", '{"KEY": 99}', '{"KEY": true}', '{"KEY": "2"}', '{"KEY": 0}'])
def test_a_cache_that_makes_no_sense_is_measured_again(
    cache: Path, measured: list[RunConfig], dcgan: RunConfig, content: str
) -> None:
    cache.write_text(content.replace("KEY", packing._key(dcgan, 2)))
    assert jobs_that_pay(dcgan, 2) == 2
    assert len(measured) == 1
    assert jobs_that_pay(dcgan, 2) == 2
    assert len(measured) == 1


def test_a_cache_that_cannot_be_written_costs_time_only(
    cache: Path, measured: list[RunConfig], dcgan: RunConfig
) -> None:
    cache.mkdir()
    assert [jobs_that_pay(dcgan, 2), jobs_that_pay(dcgan, 2)] == [2, 2]
    assert len(measured) == 2


def test_one_core_is_for_one_run(measured: list[RunConfig], dcgan: RunConfig) -> None:
    assert jobs_that_pay(dcgan, 1) == jobs_that_pay(dcgan) == threads_that_pay(dcgan) == 1
    assert measured == []


@pytest.mark.parametrize("python", ["/no/such/python", "/bin/true", "/bin/false"])
def test_what_cannot_be_measured_is_one_at_a_time(
    cache: Path, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch, python: str
) -> None:
    monkeypatch.setattr(sys, "executable", python)
    with pytest.raises(NotMeasured):
        measure(dcgan, 2, 0.01, 1)
    assert jobs_that_pay(dcgan, 2) == 1
    assert not cache.exists()


def test_steps_are_timed_in_turns(dcgan: RunConfig) -> None:
    found = measure(dcgan.replace({"train.device": "cpu"}), 2, seconds=0.01, rounds=2)
    assert [(each.jobs, each.threads, len(each.rates)) for each in found] == [(1, 2, 2), (2, 1, 2)]
    assert all(rate > 0 for each in found for rate in each.rates)


def test_the_benchmark_says_what_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "measure", lambda *_: [Packing(1, 2, (4.0, 5.0, 6.0)), Packing(2, 1, (10.0, 10.0, 9.0))])
    console = Console(record=True, width=120)
    jobs.run_benchmarks(0.1, 3, console, cores=2)
    text = console.export_text()
    assert "batch 12: 2 at once pay" in text
    assert "1.50 2.00 2.50" in text
