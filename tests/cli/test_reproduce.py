from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from gancore.cli import reproduce, working
from gancore.experiments import CLAIMS, EXPERIMENTS, Claim, Experiment
from gancore.experiments.claims.claim import Arm, Level
from gancore.store import RunStore
from gancore.sweeps.sweeps import Sweeps
from tests.cli.calling import REPOSITORY, Command, assert_refused
from tests.miniatures import TINY

WaitUntil = Callable[..., None]

ENTRY = Experiment(
    id="tiny",
    title="Tiny",
    source="a test",
    question="Does it work?",
    system=(("a test", TINY | {"train.final_samples": 20}),),
    arms={"a": {}, "b": {"model.nz": 5}},
    quick={},
)
CLAIM = Claim("tiny-works", "tiny", "a test", "It works.", (Level("fid", Arm("a"), "higher", 1.0, "for the test"),))


@pytest.fixture(autouse=True)
def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXPERIMENTS, "tiny", ENTRY)
    monkeypatch.setitem(CLAIMS, "tiny-works", CLAIM)
    monkeypatch.setattr(working, "LOOK_SECONDS", 0.05)


@pytest.mark.parametrize("options", [("--executor", "thread"), ("--jobs", "2")])
def test_from_nothing_to_verdicts(gancore: Command, store: RunStore, options: tuple[str, ...]) -> None:
    said = gancore("reproduce", "tiny", "--seeds", "2", *options)
    assert said.status == 0
    runs = store.list()
    assert {(run.arm, run.config.seed, run.scale, run.state) for run in runs} == {
        (arm, seed, "quick", "finished") for arm in ("a", "b") for seed in (0, 1)
    }
    assert "4 of 4 runs" in said.err
    assert "tiny-works" in said.out
    assert said.lines[-1].startswith("1 claim: ")


def test_asking_again_trains_nothing_again(gancore: Command, store: RunStore) -> None:
    first = gancore("reproduce", "tiny", "--seeds", "1", "--executor", "thread", "--json")
    before = {run.id: run.status.attempt for run in store.list()}
    again = gancore("reproduce", "tiny", "--seeds", "1", "--executor", "thread", "--json")
    assert {run.id: run.status.attempt for run in store.list()} == before
    assert json.loads(again.out) == json.loads(first.out)
    assert len(Sweeps(store).list()) == 1


def test_more_seeds_take_over_what_there_is(gancore: Command, store: RunStore) -> None:
    gancore("reproduce", "tiny", "--seeds", "1", "--executor", "thread")
    before = {run.id for run in store.list()}
    gancore("reproduce", "tiny", "--seeds", "2", "--executor", "thread")
    assert before < {run.id for run in store.list()}
    assert len(store.list()) == 4


def test_a_run_that_was_stopped_goes_on(gancore: Command, store: RunStore) -> None:
    sweeps = Sweeps(store)
    sweep = sweeps.create(reproduce.of_experiment("tiny", "quick", (0,)), threads=1)
    sweeps.cancel(sweep)
    assert {run.state for run in store.list()} == {"stopped"}
    assert gancore("reproduce", "tiny", "--seeds", "1", "--executor", "thread").status == 0
    assert {run.state for run in store.list()} == {"finished"}
    assert [each.id for each in sweeps.list()] == [sweep.id]


def test_two_experiments_are_judged_together(
    gancore: Command, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(EXPERIMENTS, "tiny-too", ENTRY.__class__(**(vars(ENTRY) | {"id": "tiny-too"})))
    said = gancore("reproduce", "tiny", "tiny-too", "tiny", "--seeds", "1", "--executor", "thread", "--json")
    assert said.status == 0
    assert [each["claim"] for each in json.loads(said.out)] == ["tiny-works"]
    assert len(store.list()) == 4


def test_as_many_train_at_once_as_pay(gancore: Command, store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gancore.machine.threads", lambda: 4)
    monkeypatch.setattr("gancore.executors.packing.jobs_that_pay", lambda _: 2)
    assert gancore("reproduce", "tiny", "--seeds", "1").status == 0
    assert {run.threads for run in store.list()} == {2}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("tinier",), ("tinier", "tiny")),
        (("tiny", "--seeds", "0"), ("--seeds",)),
        (("tiny", "--executor", "thread", "--jobs", "2"), ("one run at a time",)),
        (("tiny", "--address", "auto"), ("--executor ray",)),
        ((), ("EXPERIMENT",)),
    ],
)
def test_bad_input_is_one_line_and_trains_nothing(
    gancore: Command, store: RunStore, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    assert_refused(gancore("reproduce", *arguments), *words)
    assert not store.list()


def test_ctrl_c_leaves_checkpoints_and_the_same_command_goes_on(store: RunStore, wait_until: WaitUntil) -> None:
    command = [sys.executable, "-m", "gancore", "reproduce", "toy-collapse", "--seeds", "1", "--quiet"]
    environment = os.environ | {"GANCORE_RUNS": str(store.root), "OMP_NUM_THREADS": "1"}
    arguments = {"cwd": REPOSITORY, "env": environment, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([*command, "--executor", "thread"], **arguments) as process:  # type: ignore[call-overload]
        wait_until(lambda: any(run.status.step for run in store.list()), 120)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 130
    assert said.splitlines()[-1] == "stopped: the same command goes on with it"
    (begun,) = (run for run in store.list() if run.status.step)
    assert begun.checkpoints()
    assert begun.state != "running"
