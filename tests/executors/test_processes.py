"""Runs in processes of their own: real processes, each of which imports torch, so there are few of these tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import torch

from gancore.config import RunConfig
from gancore.executors import executor as executor_module
from gancore.executors import job, processes
from gancore.executors.executor import Executor
from gancore.executors.processes import Job
from gancore.store import Run, RunStore
from gancore.store.checkpoints import load_checkpoint
from gancore.store.records import read_json
from gancore.sweeps.plan import Plan
from gancore.sweeps.sweeps import Sweeps
from gancore.training.runner import execute
from tests.miniatures import equal, toy

WaitUntil = Callable[..., None]
Make = Callable[..., Executor]


@pytest.fixture
def wait_until(wait_until: WaitUntil) -> WaitUntil:
    """Processes import torch, several at once."""
    return partial(wait_until, seconds=180.0)


@pytest.fixture
def make_executor(store: RunStore) -> Iterator[Make]:
    made: list[Executor] = []

    def make(**options: object) -> Executor:
        made.append(Executor(store, **options))
        return made[-1]

    yield make
    for executor in made:
        executor.close(60)


def long(config: RunConfig) -> RunConfig:
    return config.replace({"train.epochs": 10_000})


def pid_of(run: Run) -> int:
    return read_json(processes.identity_of(run))["pid"]


def leftovers(store: RunStore) -> list[Path]:
    return list((store.root / processes.FOLDER).iterdir())


def test_as_many_train_side_by_side_as_there_are_cores_for_and_none_is_overtaken(
    store: RunStore, dcgan: RunConfig, make_executor: Make, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)  # two would wait for each other on a busy machine
    first, second = (store.create(long(dcgan), threads=1) for _ in range(2))
    wide, behind = store.create(dcgan, threads=2), store.create(dcgan, threads=1)
    for run in (first, second, wide, behind):
        run.enqueue()
    executor = make_executor(cores=2)
    executor.ensure_worker()
    wait_until(lambda: 2 in first.samples() and 2 in second.samples())
    assert (first.state, second.state, wide.state, behind.state) == ("running", "running", "queued", "queued")
    assert os.getpid() not in {pid_of(first), pid_of(second)}
    assert os.getsid(pid_of(first)) != os.getsid(0)
    first.command("stop")  # one core is free, but the next one wants both
    wait_until(lambda: first.state == "stopped" and first.path not in executor._jobs)
    assert (wide.state, behind.state) == ("queued", "queued")
    second.command("stop")
    wait_until(lambda: behind.state == "finished")
    ended = [run.events()[-1]["time"] for run in (first, second, wide, behind)]
    assert ended[2] == sorted(ended)[2]
    wait_until(lambda: leftovers(store) == [])


def test_a_killed_process_goes_on_from_its_checkpoint_bit_for_bit(
    store: RunStore, dcgan: RunConfig, make_executor: Make, wait_until: WaitUntil
) -> None:
    config = dcgan.replace({"train.epochs": 40, "train.checkpoint_seconds": 1.0})
    alone, run = store.create(config), store.create(config)
    execute(alone.path)
    make_executor(apart=True).submit(run)
    wait_until(lambda: run.status.step > 5)
    os.kill(pid_of(run), signal.SIGKILL)
    wait_until(lambda: run.state == "finished")
    assert run.status.attempt == 2
    left, right = (load_checkpoint(each.checkpoint_path("last")) for each in (alone, run))
    assert equal(left.algorithm, right.algorithm)


def test_closing_ends_processes_with_a_checkpoint_and_those_of_sweeps_go_on(
    store: RunStore, dcgan: RunConfig, make_executor: Make, wait_until: WaitUntil
) -> None:
    single = store.create(long(dcgan), threads=1)
    sweep = Sweeps(store).create(Plan("x", {"a": dcgan.replace({"train.epochs": 1000})}, (0,)), threads=1)
    run = store.open(sweep.cells[0].run)
    executor = make_executor(cores=2)
    executor.submit(single)
    wait_until(lambda: 2 in run.samples() and 2 in single.samples())
    pids = pid_of(run), pid_of(single)
    executor.close(60)
    assert (single.state, run.state) == ("stopped", "interrupted")
    assert load_checkpoint(run.checkpoint_path("last")).step == run.status.step > 0
    assert leftovers(store) == []
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    make_executor(cores=2).ensure_worker()
    wait_until(lambda: run.state == "running")
    run.command("stop")  # which is not forgotten when the process ends, too
    wait_until(lambda: run.state == "stopped")


def toys(store: RunStore, count: int, **changes: object) -> list[Run]:
    """Runs of a sweep, of toys that differ in their seeds."""
    config = toy({"train.steps": 100_000, "train.checkpoint_seconds": 1.0, **changes})
    sweep = Sweeps(store).create(Plan("toys", {"a": config}, tuple(range(count))), threads=1)
    return [store.open(cell.run) for cell in sweep.cells]


def test_toys_of_a_sweep_share_processes_and_each_is_its_own_run(
    store: RunStore, make_executor: Make, wait_until: WaitUntil
) -> None:
    runs = toys(store, 6)
    executor = make_executor(cores=2)
    executor.ensure_worker()
    wait_until(lambda: all(run.status.step > 0 for run in runs))
    pids = [pid_of(run) for run in runs]
    assert [pids.count(pid) for pid in pids] == [3] * 6
    assert os.getpid() not in pids
    runs[0].command("stop")
    wait_until(lambda: runs[0].state == "stopped" and runs[0].path not in executor._jobs, seconds=20)
    runs[1].command("pause")
    wait_until(lambda: runs[1].state == "paused", seconds=20)
    assert [run.state for run in runs[2:]] == ["running"] * 4
    executor.submit(runs[1])  # both cores are in use
    step = runs[2].status.step
    wait_until(lambda: runs[2].status.step > step)
    assert runs[1].state == "queued"
    os.kill(pids[2], signal.SIGKILL)
    wait_until(lambda: runs[2].status.attempt == 2 and runs[2].state == "running")
    assert pid_of(runs[2]) != pids[2]
    assert [run.status.attempt for run in runs[3:]] == [1] * 3
    executor.close(60)
    assert [run.state for run in runs[2:]] == ["interrupted"] * 4
    assert len({run.status.step for run in runs[3:]}) == 1
    assert leftovers(store) == []


def test_toys_that_are_killed_and_go_on_are_those_that_were_left_alone(
    store: RunStore, make_executor: Make, wait_until: WaitUntil
) -> None:
    steps = {"train.steps": 1_500}
    runs = toys(store, 3, **steps)
    make_executor(cores=1, apart=True).ensure_worker()
    wait_until(lambda: all((run.path / "checkpoints" / "last.pt").exists() for run in runs))
    os.kill(pid_of(runs[0]), signal.SIGKILL)
    wait_until(lambda: all(run.state == "finished" for run in runs))
    assert [run.status.attempt for run in runs] == [2] * 3
    for run in runs:
        alone = store.create(run.config, threads=1)
        execute(alone.path)
        left, right = (load_checkpoint(each.checkpoint_path("last")) for each in (alone, run))
        assert equal(left.algorithm, right.algorithm)
        curves, others = (each.scalars().drop(columns=["time", "step_time"]) for each in (alone, run))
        assert curves.equals(others)


def test_who_trains_with_whom(store: RunStore) -> None:
    base = toy({"train.steps": 100_000})
    alike = {
        "ring": base,
        "grid": base.replace({"data.name": "grid"}),
        "hinge": base.replace({"objective.loss": "hinge"}),
    }
    others = {"slow": base.replace({"optim.lr_g": 1e-5}), "averaged": base.replace({"optim.ema": 0.9})}
    sweeps = Sweeps(store)
    sweep = sweeps.create(Plan("toys", {**others, **alike}, (0, 1)), threads=1)
    sweeps.create(Plan("of another sweep", {"ring": base}, (2, 3)), threads=1)
    runs = [store.open(cell.run) for cell in sweep.cells]
    by_arm = {
        arm: [run for run, cell in zip(runs, sweep.cells, strict=True) if cell.arm == arm]
        for arm in {**others, **alike}
    }
    executor = Executor(store, cores=1)
    first = by_arm["ring"][0]
    team = executor._team(first)
    assert {run.id for run in team} == {run.id for arm in alike for run in by_arm[arm]}
    assert team[0] is first
    for arm in others:
        assert len(executor._team(by_arm[arm][0])) == 1
    assert len(Executor(store, cores=2)._team(first)) == 3  # the other core has its share
    assert len(Executor(store, cores=8)._team(first)) == 1  # two are not faster together
    executor._deaths[team[1].path] = 5  # its process was killed
    assert {run.id for run in executor._team(first)} == {run.id for run in team} - {team[1].id}
    assert executor._team(team[1]) == [team[1]]


def test_what_another_worker_started_is_adopted(
    store: RunStore, dcgan: RunConfig, make_executor: Make, wait_until: WaitUntil
) -> None:
    left, waiting = store.create(long(dcgan), threads=1), store.create(dcgan, threads=1)
    left.enqueue()
    (orphan,) = processes.start([left])  # by somebody who was killed then
    wait_until(lambda: 2 in left.samples())
    executor = make_executor(apart=True, jobs=1)
    executor.submit(waiting)
    wait_until(lambda: left.path in executor._jobs)
    assert waiting.state == "queued"
    executor.close(60)
    assert (left.state, waiting.state) == ("stopped", "queued")  # SIGTERM found it
    wait_until(orphan.has_ended)


def test_a_second_process_leaves_the_run_to_the_first(
    store: RunStore, dcgan: RunConfig, held_elsewhere: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create(dcgan)
    run.enqueue()
    monkeypatch.setattr(job, "PATIENCE", 0.1)
    (store.root / processes.FOLDER).mkdir()
    with held_elsewhere(processes.lock_of(run)):  # type: ignore[attr-defined]
        assert job.main(str(run.path)) == processes.TAKEN
        (adopted,) = processes.adopt(store)
        assert not adopted.is_over()
        adopted.clear()
        assert processes.lock_of(run).exists()
    assert adopted.is_over()
    adopted.clear()
    assert leftovers(store) == []
    assert run.state == "queued"


def test_a_process_that_cannot_be_started_fails_with_a_sentence_and_the_queue_goes_on(
    store: RunStore, dcgan: RunConfig, make_executor: Make, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create(dcgan)
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    make_executor(apart=True).submit(run)
    wait_until(lambda: run.state == "failed")
    assert run.status.error is not None
    assert run.status.error.startswith("FileNotFoundError: ")
    assert store.queue() == []


class Ended(Job):
    """A process that has ended with a status."""

    def __init__(self, run: Run, status: int | None, words: str = "") -> None:
        super().__init__(run)
        self._ended_with, self._words = status, words

    @property
    def status(self) -> int | None:
        return self._ended_with

    def is_over(self) -> bool:
        return True

    def last_words(self) -> str:
        return self._words


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("ImportError: no torch.", "The process that was to train it could not begin: ImportError: no torch."),
        ("", "The process that was to train it could not begin: it ended with status 1."),
    ],
)
def test_a_process_that_ends_before_it_begins_says_why(
    store: RunStore, dcgan: RunConfig, words: str, sentence: str
) -> None:
    run = store.create(dcgan)
    run.enqueue()
    Executor(store)._settle(Ended(run, 1, words))
    assert (run.state, run.status.error, run.status.error_code) == ("failed", sentence, "internal")


@pytest.mark.parametrize("status", [-9, None])
def test_one_that_is_killed_twice_at_the_same_step_has_failed(
    store: RunStore, dcgan: RunConfig, status: int | None
) -> None:
    run, executor = store.create(dcgan), Executor(store)
    for step, state in ((3, "queued"), (5, "queued"), (5, "failed")):
        run.write_status(run.status.model_copy(update={"state": "running", "step": step}))
        executor._settle(Ended(run, status))
        assert run.state == state
    assert run.status.error_code == "killed"
    assert run.status.error is not None
    assert run.status.error.startswith("The process that trained it was killed")
    assert ("by signal 9" in run.status.error) == (status == -9)


def test_one_that_is_killed_while_it_loads_is_tried_once_more(store: RunStore, dcgan: RunConfig) -> None:
    run, executor = store.create(dcgan), Executor(store)
    run.enqueue()
    executor._settle(Ended(run, -9))
    assert run.state == "queued"
    executor._settle(Ended(run, -9))
    assert run.state == "failed"


def test_what_ended_as_it_should_is_left_as_it_is(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    execute(run.path)
    for status in (0, None, -9, processes.TAKEN):
        Executor(store)._settle(Ended(run, status))
    assert run.state == "finished"


def test_an_adopted_process_of_another_machine_gets_no_signal(
    store: RunStore, dcgan: RunConfig, held_elsewhere: Callable[..., object]
) -> None:
    run = store.create(dcgan)
    (store.root / processes.FOLDER).mkdir()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        for said in (
            f'{{"pid": {bystander.pid}, "place": "00000000"}}',
            '{"pid": -1}',
            "[]",
            f'{{"pid": {bystander.pid}}}',
        ):
            processes.identity_of(run).write_text(said)
            with held_elsewhere(processes.lock_of(run)):  # type: ignore[attr-defined]
                Job(run).ask_to_end()
        assert bystander.poll() is None
        bystander.communicate(b"\n", timeout=30)
    assert bystander.returncode == 0


def test_a_sweep_that_lost_its_worker_is_taken_up_when_a_page_is_opened(
    store: RunStore, dcgan: RunConfig, make_executor: Make, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = make_executor()
    executor.ensure_worker()
    assert executor._worker is None  # there are no sweeps
    sweep = Sweeps(store).create(Plan("x", {"a": dcgan}, (0,)))
    run = store.open(sweep.cells[0].run)
    run.write_status(run.status.model_copy(update={"state": "running"}))  # and whoever trained it is gone
    executor.ensure_worker()
    wait_until(lambda: run.state == "finished")
    run.write_status(run.status.model_copy(update={"state": "running"}))
    wait_until(lambda: executor._worker is None)
    executor.ensure_worker()
    assert executor._worker is None  # not with every page
    monkeypatch.setattr(executor_module, "TEND_SECONDS", 0.0)
    executor.ensure_worker()
    wait_until(lambda: run.state == "finished")
