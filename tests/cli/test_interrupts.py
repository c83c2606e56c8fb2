from __future__ import annotations

import os
import signal
import threading

import pytest

from gancore.algorithms import GAN
from gancore.store import RunStore
from tests.cli.calling import SET_TINY, Command


def test_ctrl_c_stops_with_a_checkpoint_and_status_130(
    gancore: Command, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, handler = GAN.step, signal.getsignal(signal.SIGINT)

    def press_at_step_3(self: GAN, next_batch: object, rng: object) -> object:
        if rng.step == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return original(self, next_batch, rng)

    monkeypatch.setattr(GAN, "step", press_at_step_3)
    result = gancore("train", *SET_TINY, "--quiet")
    assert (result.status, result.err) == (130, "")
    run = store.open(result.lines[-1])
    assert (run.state, run.status.step) == ("stopped", 3)
    assert "last" in run.checkpoints()
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_second_ctrl_c_ends_at_once(gancore: Command, store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def press_twice(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        threading.Event().wait(10)

    monkeypatch.setattr(GAN, "step", press_twice)
    result = gancore("train", *SET_TINY, "--quiet")
    assert (result.status, result.err) == (130, "")
    assert store.list()[0].state == "interrupted"
