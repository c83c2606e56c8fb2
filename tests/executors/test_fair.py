"""One worker for many stores: whose turn it is, and that nothing is lost or trained twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from gancore.config import RunConfig
from gancore.executors import processes
from gancore.executors.fair import FairExecutor, in_turn
from gancore.store import Run, RunStore

WaitUntil = Callable[..., None]


class Unlimited:
    """Stores that may use what they like, but for those that are `out`."""

    def __init__(self) -> None:
        self.out: set[Path] = set()
        self.charged: Counter[Path] = Counter()

    def may_train(self, store: RunStore) -> bool:
        return store.root not in self.out

    def charge(self, store: RunStore, seconds: float) -> None:
        self.charged[store.root] += seconds  # type: ignore[assignment]


@pytest.fixture
def stores(tmp_path: Path) -> dict[str, RunStore]:
    return {name: RunStore(tmp_path / name / "runs") for name in ("ann", "bo", "cy")}


@pytest.fixture
def allowance() -> Unlimited:
    return Unlimited()


@pytest.fixture
def make(tmp_path: Path, stores: dict[str, RunStore], allowance: Unlimited) -> Iterator[Callable[[], FairExecutor]]:
    made: list[FairExecutor] = []

    def make(jobs: int = 1) -> FairExecutor:
        made.append(FairExecutor(tmp_path, lambda: list(stores.values()), allowance, jobs=jobs))
        return made[-1]

    yield make
    for executor in made:
        executor.close()


def queued(store: RunStore, count: int, config: RunConfig | None = None) -> list[Run]:
    runs = [store.create(config or RunConfig(), name=f"{number}", queued_at=float(number)) for number in range(count)]
    return sorted(runs, key=lambda run: run.meta.queued_at)


def names(runs: Sequence[Run]) -> list[str]:
    return [f"{run.path.parent.parent.name} {run.name}" for run in runs]


def test_turns_come_round(make: Callable[..., FairExecutor], stores: dict[str, RunStore]) -> None:
    queued(stores["ann"], 3)
    queued(stores["bo"], 2)
    queued(stores["cy"], 1)
    order = names(make().waiting())
    assert {name.split()[0] for name in order[:3]} == {"ann", "bo", "cy"}
    assert {name.split()[0] for name in order[3:5]} == {"ann", "bo"}
    assert order[5] == "ann 2"


def test_who_trains_waits_for_those_who_do_not(stores: dict[str, RunStore]) -> None:
    queues = {store.root: queued(store, 2) for store in (stores["ann"], stores["bo"])}
    ann, bo = queues
    order = [run.path.parent for run in in_turn(queues, {ann: 1}, {})]
    assert order[0] == bo
    order = [run.path.parent for run in in_turn(queues, {}, {ann: 2.0, bo: 1.0})]
    assert order == [bo, ann, bo, ann]


def test_whose_allowance_is_used_up_is_passed_over(
    make: Callable[..., FairExecutor], stores: dict[str, RunStore], allowance: Unlimited
) -> None:
    queued(stores["ann"], 2)
    queued(stores["bo"], 1)
    allowance.out.add(stores["ann"].root)
    assert names(make().waiting()) == ["bo 0"]


def test_all_are_trained_once_in_turn(
    make: Callable[..., FairExecutor],
    stores: dict[str, RunStore],
    allowance: Unlimited,
    config: RunConfig,
    wait_until: WaitUntil,
) -> None:
    runs = [*queued(stores["ann"], 2, config), *queued(stores["bo"], 1, config)]
    make().ensure_worker()
    wait_until(lambda: all(run.state == "finished" for run in runs), seconds=120)
    assert [len([event for event in run.events() if event["kind"] == "started"]) for run in runs] == [1, 1, 1]
    began = sorted(runs, key=lambda run: run.events()[0]["time"])
    assert names(began)[2] == "ann 1"
    assert allowance.charged[stores["ann"].root] > 0


def test_the_next_server_goes_on_with_what_waits_and_adopts_what_trains(
    make: Callable[..., FairExecutor],
    stores: dict[str, RunStore],
    config: RunConfig,
    wait_until: WaitUntil,
) -> None:
    first, second = queued(stores["ann"], 1, config)[0], queued(stores["bo"], 1, config)[0]
    (job,) = processes.start([first])  # as by a server that was killed
    make().ensure_worker()
    wait_until(lambda: first.state == "finished" and second.state == "finished", seconds=120)
    wait_until(job.has_ended)
    assert [first.status.attempt, second.status.attempt] == [1, 1]


def test_who_uses_up_the_minutes_is_paused(
    make: Callable[..., FairExecutor],
    stores: dict[str, RunStore],
    allowance: Unlimited,
    config: RunConfig,
    wait_until: WaitUntil,
) -> None:
    run = queued(stores["ann"], 1, config.replace({"train.epochs": 10_000}))[0]
    make().ensure_worker()
    wait_until(lambda: run.state == "running" and run.status.step > 5, seconds=120)
    allowance.out.add(stores["ann"].root)
    wait_until(lambda: run.state == "paused", seconds=60)
    assert (run.path / "checkpoints" / "last.pt").exists()
