from __future__ import annotations

import json

import pytest

from gancore.algorithms import GAN
from gancore.config import RunConfig
from gancore.experiments import EXPERIMENTS, Scale
from gancore.machine import Memory
from gancore.store import Run, RunStore
from gancore.training.runner import execute
from tests.cli.calling import SET_TINY, TINY, Command, assert_refused


def test_train_makes_a_run_and_prints_its_id_last(gancore: Command, store: RunStore, dcgan: RunConfig) -> None:
    result = gancore("train", *SET_TINY, "--name", "My run")
    assert result.status == 0
    run = store.open(result.lines[-1])
    assert run.state == "finished"
    assert run.config == dcgan
    assert run.name == "My run"
    assert "finished at step 20 of 20" in result.err


def test_quietly_nothing_is_printed_but_the_id(gancore: Command, store: RunStore) -> None:
    result = gancore("train", *SET_TINY, "--quiet", "--max-steps", "1")
    assert result.lines == [store.list()[0].id]
    assert result.err == ""


def test_max_steps_stops_a_run_that_can_be_resumed(gancore: Command, store: RunStore) -> None:
    run = store.open(gancore("train", *SET_TINY, "--quiet", "--max-steps", "7").lines[-1])
    assert (run.state, run.status.step) == ("stopped", 7)
    again = gancore("resume", run.id, "--quiet")
    assert (again.status, again.lines) == (0, [run.id])
    assert (run.state, run.status.step) == ("finished", 20)


def test_train_starts_from_an_experiment(gancore: Command, store: RunStore) -> None:
    result = gancore(
        "train", "--experiment", "dcgan-ngf", "--max-steps", "1", "--quiet", *SET_TINY, "--set", "data.name=mnist-5k"
    )
    run = store.open(result.lines[-1])
    assert run.experiment == "dcgan-ngf"
    changed = {change.partition("=")[0] for change in TINY} | {"data.name"}
    assert set(EXPERIMENTS["dcgan-ngf"].runs()[0].differences(run.config)) <= changed


@pytest.mark.parametrize(
    ("options", "arm", "scale"),
    [
        ((), "ngf 32", "full"),
        (("--arm", "ngf 128"), "ngf 128", "full"),
        (("--scale", "quick"), "ngf 32", "quick"),
        (("--arm", "ngf 64", "--scale", "full"), "ngf 64", "full"),
    ],
    ids=" ".join,
)
def test_a_run_of_an_experiment_says_which_arm_it_is_at_which_scale(
    gancore: Command, store: RunStore, options: tuple[str, ...], arm: str, scale: Scale
) -> None:
    gancore("train", "--experiment", "dcgan-ngf", *options, "--seed", "3", "--max-steps", "1", "--quiet")
    (run,) = store.list()  # at full scale its data may not be here, and then it failed
    assert (run.experiment, run.arm, run.scale) == ("dcgan-ngf", arm, scale)
    assert run.config == EXPERIMENTS["dcgan-ngf"].arm(arm, scale, seed=3)


def test_a_run_with_other_settings_than_its_arm_is_not_of_that_arm(gancore: Command, store: RunStore) -> None:
    """Or its results would count for a question that it does not answer."""
    options = ("--arm", "ngf 64", "--scale", "quick", "--set", "data.limit=200", "--max-steps", "1", "--quiet")
    gancore("train", "--experiment", "dcgan-ngf", *options)
    (run,) = store.list()
    assert (run.experiment, run.arm, run.scale) == ("dcgan-ngf", None, None)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--experiment", "dcgan-ngf", "--arm", "ngf 7"), ("unknown arm 'ngf 7' of dcgan-ngf", "'ngf 32', 'ngf 64'")),
        (("--experiment", "quickstart", "--arm", "x"), ("it has none",)),
        (("--experiment", "dcgan-ngf", "--scale", "small"), ("--scale", "quick", "full")),
        (("--experiment", "nonsense", "--arm", "x"), ("unknown experiment 'nonsense'",)),
        (("--arm", "ngf 32"), ("--experiment",)),
        (("--scale", "quick"), ("--experiment",)),
    ],
    ids=str,
)
def test_an_arm_or_a_scale_that_is_not_there_is_one_line_on_stderr(
    gancore: Command, store: RunStore, options: tuple[str, ...], words: tuple[str, ...]
) -> None:
    assert_refused(gancore("train", *options), *words)
    assert store.list() == []


def test_a_run_that_fails_says_why_and_ends_with_status_1(
    gancore: Command, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("it broke\nbadly")

    monkeypatch.setattr(GAN, "step", explode)
    result = gancore("train", *SET_TINY, "--quiet")
    assert (result.status, result.err) == (1, "error: RuntimeError: it broke\n")
    assert store.open(result.lines[-1]).state == "failed"


def test_what_needs_more_memory_than_there_is_is_warned_about(
    gancore: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gancore.machine.memory", lambda *_: Memory(1e8, None))
    result = gancore("train", *SET_TINY, "--max-steps", "1")
    assert result.status == 0
    assert "this machine has 100 MB: lower train.batch_size first" in result.err
    assert result.err.startswith("warning: this run needs about ")
    assert gancore("train", *SET_TINY, "--max-steps", "1", "--quiet").err == ""


def test_only_what_can_go_on_is_resumed(gancore: Command, store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    run.enqueue()
    assert_refused(gancore("resume", run.id), "queued")
    execute(run.path)
    assert_refused(gancore("resume", run.id), "finished")
    (run.path / "config.json").write_text("{")
    assert_refused(gancore("resume", run.id), "damaged")


@pytest.fixture
def parent(store: RunStore, dcgan: RunConfig) -> Run:
    """Stopped at step 7 of 20, with a checkpoint of step 5, and other settings since then."""
    run = store.create(dcgan.replace({"train.keep_epochs": 1}), name="Parent")
    execute(run.path, max_steps=5)
    run.steer({"optim.lr_g": 1e-3})
    execute(run.path, max_steps=2)
    return run


@pytest.mark.parametrize(("options", "step"), [((), 7), (("--checkpoint", "5"), 5), (("--checkpoint", "last"), 7)])
def test_fork_trains_a_run_from_a_checkpoint_and_prints_its_id_last(
    gancore: Command, store: RunStore, parent: Run, options: tuple[str, ...], step: int
) -> None:
    result = gancore("fork", parent.id, *options, "--set", "optim.lr_d=1e-3", "--name", "My fork", "--quiet")
    assert (result.status, result.err) == (0, "")
    run = store.open(result.lines[-1])
    assert (run.state, run.name, run.meta.parent, run.meta.parent_step) == ("finished", "My fork", parent.id, step)
    assert run.config == parent.config.replace({"optim.lr_g": 1e-3, "optim.lr_d": 1e-3})
    assert run.scalars()["step"].tolist() == list(range(step + 1, 21))
    facts = json.loads(gancore("show", run.id, "--quiet").out)
    assert facts["parent"] == {"id": parent.id, "step": step}
    assert f"forked from {parent.id} at step {step}" in gancore("show", run.id).out
    assert "parent" not in json.loads(gancore("show", parent.id, "--quiet").out)


def test_a_fork_can_be_stopped_and_resumed(gancore: Command, store: RunStore, parent: Run) -> None:
    run = store.open(gancore("fork", parent.id, "--max-steps", "2", "--quiet").lines[-1])
    assert (run.state, run.status.step) == ("stopped", 9)
    assert gancore("resume", run.id, "--quiet").lines == [run.id]
    assert run.state == "finished"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--checkpoint", "6"), ("Parent has no checkpoint '000006'",)),
        (("--checkpoint", "../x"), ("Parent has no checkpoint",)),
        (("--set", "model.ngf=4"), ("model.ngf cannot change in a fork", "2")),
        (("--set", "train.epochs=1"), ("train.epochs must be at least 2: the fork starts at step 7",)),
        (("--set", "model.ngf"), ("PATH=VALUE",)),
        (("--set", "nonsense=1"), ("unknown setting",)),
    ],
    ids=" ".join,
)
def test_a_fork_that_cannot_be_is_one_line_on_stderr(
    gancore: Command, store: RunStore, parent: Run, options: tuple[str, ...], words: tuple[str, ...]
) -> None:
    assert_refused(gancore("fork", parent.id, *options), *words)
    assert [path.name for path in store.root.iterdir()] == [parent.id]


def test_a_run_without_a_usable_checkpoint_cannot_be_forked(
    gancore: Command, store: RunStore, dcgan: RunConfig, parent: Run
) -> None:
    assert_refused(gancore("fork", store.create(dcgan).id), "has no checkpoint 'last'")
    parent.checkpoints()["last"].write_bytes(b"garbage")
    assert_refused(gancore("fork", parent.id), "the checkpoint last.pt cannot be read")
