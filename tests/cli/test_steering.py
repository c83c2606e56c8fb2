from __future__ import annotations

import json
import threading
from collections.abc import Callable

import pytest

from gancore.config import RunConfig
from gancore.store import RunStore
from gancore.training.runner import execute
from tests.cli.calling import Command, assert_refused

WaitUntil = Callable[..., None]


@pytest.mark.parametrize(("command", "state"), [("stop", "stopped"), ("pause", "paused")])
def test_a_command_reaches_a_run_that_another_thread_executes(
    gancore: Command, store: RunStore, dcgan: RunConfig, wait_until: WaitUntil, command: str, state: str
) -> None:
    run = store.create(dcgan.replace({"train.epochs": 10_000}))
    thread = threading.Thread(target=execute, args=(run.path,))
    thread.start()
    wait_until(lambda: 2 in run.samples())
    result = gancore(command, "latest")
    thread.join(60)
    assert (result.status, result.lines) == (0, [f"{run.id}: {command} requested"])
    assert run.state == state


@pytest.mark.parametrize(("command", "state"), [("stop", "stopped"), ("pause", "paused")])
def test_a_command_takes_a_run_out_of_the_queue(
    gancore: Command, store: RunStore, dcgan: RunConfig, command: str, state: str
) -> None:
    run = store.create(dcgan)
    run.enqueue()
    result = gancore(command, run.id, "--quiet")
    assert (result.status, result.out, result.err) == (0, "", "")
    assert run.state == state
    assert_refused(gancore(command, run.id), f"nothing to {command}")


def test_set_changes_a_run_that_another_thread_executes(
    gancore: Command, store: RunStore, dcgan: RunConfig, wait_until: WaitUntil
) -> None:
    run = store.create(dcgan.replace({"train.epochs": 10_000}))
    thread = threading.Thread(target=execute, args=(run.path,))
    thread.start()
    wait_until(lambda: 2 in run.samples())
    result = gancore("set", "latest", "optim.lr_g=1e-3", "optim.d_steps=2")
    wait_until(lambda: run.changes()[0].step is not None)
    run.command("stop")
    thread.join(60)
    assert (result.status, result.lines) == (0, [f"{run.id}: requested optim.lr_g=0.001, optim.d_steps=2"])
    assert run.config_at(run.status.step) == run.config.replace({"optim.lr_g": 1e-3, "optim.d_steps": 2})


def test_set_changes_a_run_that_rests(gancore: Command, store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    result = gancore("set", run.id, "optim.lr_g=1e-3", "--quiet")
    assert (result.status, result.out, result.err) == (0, "", "")
    assert json.loads(gancore("show", run.id, "--quiet").out)["settings"]["optim.lr_g"] == 1e-3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("optim.lr_g", ("PATH=VALUE",)),
        ("optim.lr_g=0", ("optim.lr_g must be",)),
        ("optim.lrg=1", ("unknown setting optim.lrg",)),
        ("model.ngf=64", ("model.ngf cannot change while a run trains", "optim.lr_g")),
        ("optim.d_steps=6", ("train.batch_size x optim.d_steps",)),
    ],
)
def test_what_cannot_be_set_is_one_line_on_stderr(
    gancore: Command, store: RunStore, dcgan: RunConfig, change: str, words: tuple[str, ...]
) -> None:
    run = store.create(dcgan)
    assert_refused(gancore("set", run.id, "optim.lr_d=0.1", change), *words)
    assert run.changes() == []


def test_what_is_over_cannot_be_set(gancore: Command, store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    execute(run.path)
    assert_refused(gancore("set", run.id, "optim.lr_g=0.1"), "finished", "fork")
    (run.path / "config.json").write_text("{")
    assert_refused(gancore("set", run.id, "optim.lr_g=0.1"), "missing or unreadable")
