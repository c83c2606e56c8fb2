"""Ctrl-C and other signals that ask a process to end, at every moment of its life."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gancore.algorithms import GAN
from gancore.cli import interrupts
from gancore.config import RunConfig
from gancore.store import RunStore
from tests.cli.calling import REPOSITORY, SET_TINY, Command

WaitUntil = Callable[..., None]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")

BLOCKS = 'import sys; print("loading", flush=True); sys.stdin.read()'


@contextmanager
def in_the_middle_of_loading(library: str, folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A command whose import of a library lasts until it is interrupted."""
    (folder / "stubs").mkdir()
    (folder / "stubs" / f"{library}.py").write_text(BLOCKS)
    environment = os.environ | {"PYTHONPATH": str(folder / "stubs"), "GANCORE_RUNS": str(folder / "runs")}
    command = [sys.executable, "-m", "gancore", *arguments]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=REPOSITORY, env=environment, text=True, **pipes) as process:
        try:
            assert process.stdout.readline() == "loading\n"
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(("number", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129), ("SIGQUIT", 131)])
def test_while_the_program_is_loading_a_signal_ends_it_with_one_line(tmp_path: Path, number: str, status: int) -> None:
    with in_the_middle_of_loading("pandas", tmp_path, "list") as process:
        process.send_signal(getattr(signal, number))
        out, errors = process.communicate(timeout=60)
    assert (process.returncode, out, errors) == (status, "", "interrupted\n")


def test_while_torch_is_loading_nothing_is_left_behind(tmp_path: Path) -> None:
    with in_the_middle_of_loading("torch", tmp_path, "train", *SET_TINY) as process:
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=60)
    assert (process.returncode, out, errors) == (130, "", "interrupted\n")
    assert RunStore(tmp_path / "runs").list() == []


@pytest.mark.parametrize(("number", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129), ("SIGQUIT", 131)])
def test_training_stops_with_a_checkpoint_and_the_status_of_the_signal(
    gancore: Command, store: RunStore, monkeypatch: pytest.MonkeyPatch, number: str, status: int
) -> None:
    original, handler = GAN.step, signal.getsignal(getattr(signal, number))

    def signal_at_step_3(self: GAN, next_batch: object, rng: object) -> object:
        if rng.step == 3:
            os.kill(os.getpid(), getattr(signal, number))
        return original(self, next_batch, rng)

    monkeypatch.setattr(GAN, "step", signal_at_step_3)
    result = gancore("train", *SET_TINY, "--quiet")
    assert (result.status, result.err) == (status, "")
    run = store.open(result.lines[-1])
    assert (run.state, run.status.step) == ("stopped", 3)
    assert "last" in run.checkpoints()
    assert signal.getsignal(getattr(signal, number)) is handler


def test_a_second_ctrl_c_ends_at_once(gancore: Command, store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def press_twice(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        threading.Event().wait(10)

    monkeypatch.setattr(GAN, "step", press_twice)
    result = gancore("train", *SET_TINY, "--quiet")
    assert (result.status, result.err) == (130, "interrupted\n")
    assert store.list()[0].state == "interrupted"


@pytest.mark.parametrize(("number", "status"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_command_that_does_not_train_ends_with_one_line(
    gancore: Command, monkeypatch: pytest.MonkeyPatch, number: str, status: int
) -> None:
    monkeypatch.setattr(RunStore, "list", lambda _store: os.kill(os.getpid(), getattr(signal, number)))
    result = gancore("list")
    assert (result.status, result.out, result.err) == (status, "", "interrupted\n")


def test_what_nohup_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupts.stopping() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGTERM)
            assert (stop.is_set(), stop.number) == (True, signal.SIGTERM)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


AT_A_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "gancore", *sys.argv[1:]])
"""


def test_a_run_whose_terminal_is_closed_stops_with_a_checkpoint(
    store: RunStore, dcgan: RunConfig, wait_until: WaitUntil
) -> None:
    """Its last words have no reader: that must not become an error."""
    run = store.create(dcgan.replace({"train.epochs": 10_000}))
    ours, theirs = os.openpty()
    command = [sys.executable, "-c", AT_A_TERMINAL, "resume", run.id, "--runs-dir", str(store.root)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        try:
            wait_until(lambda: 2 in run.samples() or process.poll() is not None)
            os.close(ours)
            process.wait(60)
        finally:
            process.kill()
    assert process.returncode == 129
    assert run.state == "stopped"
    assert "last" in run.checkpoints()
