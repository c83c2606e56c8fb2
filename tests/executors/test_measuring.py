"""Measuring saved runs in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gancore.config import RunConfig
from gancore.evaluation import runs
from gancore.executors.measuring import Measurer
from gancore.progress import Progress, Work
from gancore.store import Run, RunStore
from gancore.training.runner import execute


@pytest.fixture
def measurer() -> Iterator[Measurer]:
    made = Measurer()
    yield made
    made.close()


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Measurements end only when they are given up; the event is set as soon as one has begun."""
    begun = threading.Event()

    def never_ends(_run: Run, progress: Progress, cancelled: Callable[[], bool]) -> None:
        while True:
            Work(progress, cancelled).begin("features")
            begun.set()

    monkeypatch.setattr(runs, "evaluate_run", never_ends)
    return begun


def test_a_saved_run_is_measured(measurer: Measurer, store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan.replace({"train.final_samples": 100}))
    execute(run.path, max_steps=3)
    measurement = measurer.measure(run)
    assert measurement.over.wait(60)
    assert not measurement.problem
    assert [(each.step, each.size, each.samples) for each in run.evaluations()] == [(3, "full", 100)]
    assert measurer.latest(run) is measurement


def test_one_is_made_at_a_time_and_one_that_is_under_way_is_not_begun_twice(
    measurer: Measurer, store: RunStore, config: RunConfig, endless: threading.Event, wait_until: Callable[..., None]
) -> None:
    one, other = store.create(config), store.create(config)
    first = measurer.measure(one)
    assert endless.wait(60)
    second = measurer.measure(other)
    assert measurer.measure(one) is first
    wait_until(lambda: second.doing == "waiting for another evaluation to finish")
    first.cancel()
    wait_until(lambda: second.doing == "features")
    assert first.over.wait(60)
    assert measurer.measure(one) is not first


def test_one_that_waits_can_be_cancelled_too(
    measurer: Measurer, store: RunStore, config: RunConfig, endless: threading.Event
) -> None:
    first = measurer.measure(store.create(config))
    assert endless.wait(60)
    second = measurer.measure(store.create(config))
    second.cancel()
    assert second.over.wait(60)
    assert not first.over.is_set()


@pytest.mark.usefixtures("endless")
def test_closing_ends_them_all(measurer: Measurer, store: RunStore, config: RunConfig) -> None:
    made = [measurer.measure(store.create(config)) for _ in range(3)]
    measurer.close()
    assert all(each.over.wait(60) and not each.problem for each in made)


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (ValueError("features must be finite.\nMore."), "features must be finite."),
        (RuntimeError(""), "The samples could not be evaluated: RuntimeError."),
        (MemoryError(), "There is not enough memory to evaluate so many samples."),
        (KeyError("x"), "The samples could not be evaluated: KeyError: 'x'."),
    ],
)
def test_whatever_goes_wrong_is_said_in_a_sentence(
    measurer: Measurer,
    store: RunStore,
    config: RunConfig,
    monkeypatch: pytest.MonkeyPatch,
    problem: Exception,
    said: str,
) -> None:
    def fail(*_args: Any, **_options: Any) -> None:
        raise problem

    monkeypatch.setattr(runs, "evaluate_run", fail)
    measurement = measurer.measure(store.create(config))
    assert measurement.over.wait(60)
    assert measurement.problem == said


def test_a_run_without_a_checkpoint_and_one_that_is_gone_are_said_in_a_sentence(
    measurer: Measurer, store: RunStore, config: RunConfig
) -> None:
    run = store.create(config)
    measurement = measurer.measure(run)
    assert measurement.over.wait(60)
    assert "no checkpoint" in measurement.problem
    store.delete(run)
    measurement = measurer.measure(run)
    assert measurement.over.wait(60)
    assert measurement.problem
    assert not run.path.exists()
