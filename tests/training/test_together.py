"""Several runs in one thread: each folder is what it is of a run that trains alone."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from gancore.store import Run, RunStore
from gancore.store.checkpoints import load_checkpoint
from gancore.training import control, together
from gancore.training.runner import Attempt, attempt, execute
from gancore.training.stacked import StackedTrainers
from gancore.training.together import SharedClock, execute_together
from tests.at import At
from tests.miniatures import equal, tiny, toy

pytestmark = pytest.mark.usefixtures("_exact_stacks")

Changes = dict[str, Any]
TIMES = ["time", "step_time"]


@pytest.fixture
def stacks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many runs were stacked, each time that some were."""
    made: list[int] = []
    original = StackedTrainers.__init__

    def noting(self: StackedTrainers, trainers: Sequence[Any]) -> None:
        made.append(len(trainers))
        original(self, trainers)

    monkeypatch.setattr(StackedTrainers, "__init__", noting)
    return made


@pytest.fixture(autouse=True)
def _exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether stacks are exact is another test's question."""
    monkeypatch.setattr(together, "is_exact", lambda _: True)


def make(store: RunStore, count: int = 4, **changes: Changes) -> list[Run]:
    """Runs of several seeds; `run_2={...}` changes the third one's settings."""
    return [store.create(toy({"seed": seed, **changes.get(f"run_{seed}", {})}), threads=1) for seed in range(count)]


def made(run: Run) -> Attempt:
    return attempt(run.path)


def assert_same(run: Run, other: Run) -> None:
    """Curves, pictures, measures and weights are the same, bit for bit."""
    curves, others = (each.scalars().drop(columns=TIMES) for each in (run, other))
    assert curves.equals(others)
    assert {step: path.read_bytes() for step, path in run.samples().items()} == {
        step: path.read_bytes() for step, path in other.samples().items()
    }
    measured, others = ([(each.step, each.size, each.values) for each in run.evaluations()] for run in (run, other))
    assert measured == others
    assert run.checkpoints().keys() == other.checkpoints().keys()
    for name in run.checkpoints():
        mine, theirs = (load_checkpoint(each.checkpoint_path(name)) for each in (run, other))
        assert (mine.step, mine.drawn) == (theirs.step, theirs.drawn)
        assert equal(mine.algorithm, theirs.algorithm)


def test_each_folder_is_that_of_a_run_alone(store: RunStore, stacks: list[int]) -> None:
    changes: dict[str, Changes] = {
        "run_1": {"objective.loss": "hinge", "data.name": "grid"},
        "run_2": {"train.final_samples": 50, "train.evaluate_every": 20, "train.evaluate_share": 1.0},
    }
    runs, others = (make(store, **changes) for _ in range(2))
    for run in others:
        execute(run.path)
    execute_together([attempt(run.path) for run in runs])
    assert stacks == [4]
    for run, other in zip(runs, others, strict=True):
        assert run.state == "finished"
        assert_same(run, other)
        assert [event["kind"] for event in run.events()] == [event["kind"] for event in other.events()]
        sizes = [each.checkpoint_path("last").stat().st_size for each in (run, other)]
        assert sizes[0] == pytest.approx(sizes[1], rel=0.05)


def test_others_train_beside_a_stack(store: RunStore, stacks: list[int]) -> None:
    others = [store.create(tiny("dcgan"), threads=1), *make(store, 2, run_1={"optim.lr_g": 1e-5})]
    runs = [*others, *make(store, 3, run_2={"train.steps": 40})[1:]]
    execute_together(map(made, runs))
    assert [run.state for run in runs] == ["finished"] * len(runs)
    assert set(stacks) == {3}


def test_what_a_processor_computes_otherwise_is_not_stacked(
    store: RunStore, stacks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "is_exact", lambda _: False)
    runs = make(store, 3)
    execute_together(map(made, runs))
    assert [run.state for run in runs] == ["finished"] * 3
    assert stacks == []


def test_who_is_stopped_or_fails_leaves_and_who_is_steered_goes_on_alone(
    store: RunStore, stacks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "CONTROL_SECONDS", 0.0)  # what is asked is seen after that very step

    def fail() -> None:
        raise RuntimeError("out of luck")

    def watchers(runs: Sequence[Run]) -> list[At]:
        return [
            At(10, lambda: runs[0].command("stop")),
            At(15, fail),
            At(20, lambda: runs[2].steer({"optim.lr_g": 1e-5})),
        ]

    runs, others = make(store, 6), make(store, 6)
    for other, watcher in zip(others, [*watchers(others), None, None, None], strict=True):
        execute(other.path, watchers=[watcher] if watcher else [])
    pairs = zip(runs, [*watchers(runs), None, None, None], strict=True)
    execute_together([attempt(run.path, watchers=[watcher] if watcher else []) for run, watcher in pairs])
    assert stacks == [6, 5, 4, 3]
    assert [run.state for run in runs] == ["stopped", "failed", *["finished"] * 4]
    assert (runs[1].status.error, runs[0].status.step) == (others[1].status.error, 10)
    for run, other in zip(runs, others, strict=True):
        if run is not runs[1]:
            assert_same(run, other)
    execute(runs[0].path)
    execute(others[0].path)
    assert_same(runs[0], others[0])


def test_runs_that_were_interrupted_together_go_on_together(store: RunStore, stacks: list[int]) -> None:
    runs, others = make(store), make(store)
    end = threading.Event()
    execute_together([attempt(run.path, watchers=[At(16, end.set)], interrupt=end, resumed=True) for run in runs])
    assert [run.state for run in runs] == ["interrupted"] * 4
    assert [run.status.step for run in runs] == [16] * 4
    execute_together(map(made, runs))
    assert stacks == [4, 4]
    for run, other in zip(runs, others, strict=True):
        execute(other.path)
        assert_same(run, other)


def test_what_goes_wrong_in_a_step_of_all_is_said_in_each(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("out of luck")

    monkeypatch.setattr(StackedTrainers, "make_step", fail)
    runs = make(store, 3)
    execute_together(map(made, runs))
    assert [run.state for run in runs] == ["failed"] * 3
    assert all("out of luck" in (run.status.error or "") for run in runs)


def test_a_second_is_shared_by_those_that_are_made_together() -> None:
    now = 100.0
    clock = SharedClock(lambda: now)
    begin = clock()
    now += 3
    assert clock() - begin == 3
    clock.runs = 6
    now += 3
    assert clock() - begin == 3.5
