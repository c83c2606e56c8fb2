"""A resumed run equals one that was never interrupted, bit for bit, however it was interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from gancore.checkpoint import load_checkpoint
from gancore.config import RunConfig
from gancore.events import Notice, Step
from gancore.runner import execute
from gancore.store import Run, RunStore

REPOSITORY = Path(__file__).parents[1]
LONG = {"train.epochs": 10_000, "train.checkpoint_seconds": 1.0}

WaitUntil = Callable[..., None]


@pytest.fixture
def _others_draw() -> Iterator[None]:
    """Another thread that draws from, and seeds, torch's global generator all the while."""
    done = threading.Event()

    def draw() -> None:
        seed = 0
        while not done.wait(0.001):
            torch.manual_seed(seed := seed + 1)
            torch.rand(100)

    thread = threading.Thread(target=draw)
    thread.start()
    yield
    done.set()
    thread.join()


def leaves(state: object, path: str = "") -> dict[str, object]:
    if isinstance(state, dict | list | tuple):
        items = state.items() if isinstance(state, dict) else enumerate(state)
        return {key: leaf for name, part in items for key, leaf in leaves(part, f"{path}/{name}").items()}
    return {path: state}


def assert_same(one: Run, other: Run) -> None:
    """Weights, optimiser state, counts and curves; only what the clock says may differ."""
    mine, theirs = (load_checkpoint(run.checkpoints()["last"]) for run in (one, other))
    assert (mine.step, mine.drawn) == (theirs.step, theirs.drawn)
    left, right = leaves(mine.algorithm), leaves(theirs.algorithm)
    assert left.keys() == right.keys()
    assert sum(isinstance(leaf, Tensor) for leaf in left.values()) > 20
    for path, leaf in left.items():
        same = torch.equal(leaf, right[path]) if isinstance(leaf, Tensor) else leaf == right[path]
        assert same, path
    curves = [run.scalars().drop(columns=["time", "step_time"]) for run in (one, other)]
    assert curves[0]["step"].tolist() == list(range(1, mine.step + 1))
    assert curves[0].equals(curves[1])
    assert one.samples()[mine.step].read_bytes() == other.samples()[mine.step].read_bytes()


def uninterrupted(store: RunStore, run: Run) -> Run:
    """The same config for as many steps, in one go, with nobody else drawing."""
    twin = store.create(run.config)
    twin_envelope = twin.envelope | {"threads": run.envelope["threads"]}
    (twin.path / "config.json").write_text(json.dumps(twin_envelope))
    execute(twin.path, max_steps=load_checkpoint(run.checkpoints()["last"]).step)
    return twin


@contextmanager
def in_a_process(run: Run, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`python -m gancore resume` on a run."""
    command = [sys.executable, "-m", "gancore", "resume", run.id, "--runs-dir", str(run.path.parent), "--quiet"]
    with subprocess.Popen(
        [*command, *options], cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


class Fails:
    """A watcher that breaks the run at a step."""

    def __init__(self, step: int, problem: type[BaseException]) -> None:
        self._step, self._problem = step, problem

    def __call__(self, event: Step | Notice) -> None:
        if isinstance(event, Step) and event.step == self._step:
            raise self._problem

    def close(self) -> None:
        pass


@pytest.mark.usefixtures("_others_draw")
@pytest.mark.parametrize("cuts", [(1,), (5,), (7,), (3, 4, 19)], ids=str)
def test_after_stops(store: RunStore, config: RunConfig, cuts: tuple[int, ...]) -> None:
    """At the first step, at the end of an epoch, in the middle of one, and several times."""
    run = store.create(config)
    for done, cut in zip((0, *cuts), cuts, strict=False):
        assert execute(run.path, max_steps=cut - done) == "stopped"
    assert execute(run.path) == "finished"
    assert run.status.attempt == len(cuts) + 1
    assert_same(run, uninterrupted(store, run))


@pytest.mark.usefixtures("_others_draw")
@pytest.mark.parametrize("changes", [{"optim.d_steps": 2, "optim.g_steps": 2}, {"objective.order": "g_first"}], ids=str)
def test_after_a_stop_with_other_iterations(store: RunStore, config: RunConfig, changes: dict) -> None:
    run = store.create(config.replace(changes))
    execute(run.path, max_steps=3)
    execute(run.path, max_steps=4)
    assert_same(run, uninterrupted(store, run))


@pytest.mark.usefixtures("_others_draw")
def test_with_two_threads(store: RunStore, config: RunConfig) -> None:
    run = store.create(config)
    (run.path / "config.json").write_text(json.dumps(run.envelope | {"threads": 2}))
    run = store.open(run.id)
    try:
        execute(run.path, max_steps=2)
        execute(run.path, max_steps=2)
        assert_same(run, uninterrupted(store, run))
    finally:
        torch.set_num_threads(1)


@pytest.mark.usefixtures("_others_draw")
def test_after_a_pause(store: RunStore, config: RunConfig, wait_until: WaitUntil) -> None:
    run = store.create(config.replace(LONG))
    thread = threading.Thread(target=execute, args=(run.path,))
    thread.start()
    wait_until(lambda: 2 in run.samples())
    run.command("pause")
    thread.join(60)
    assert run.state == "paused"
    execute(run.path, max_steps=7)
    assert_same(run, uninterrupted(store, run))


@pytest.mark.usefixtures("_others_draw")
def test_after_an_exception(store: RunStore, config: RunConfig) -> None:
    """Rows after the last checkpoint are written again, not twice."""

    run = store.create(config)
    execute(run.path, max_steps=7)
    assert execute(run.path, watchers=[Fails(13, RuntimeError)]) == "failed"
    assert run.scalars()["step"].iloc[-1] == 13
    assert execute(run.path) == "finished"
    assert_same(run, uninterrupted(store, run))


def test_after_ctrl_c(store: RunStore, config: RunConfig, wait_until: WaitUntil) -> None:
    run = store.create(config.replace(LONG))
    with in_a_process(run) as process:
        wait_until(lambda: 2 in run.samples())
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "")
    assert output.splitlines()[-1] == run.id
    assert run.state == "stopped"
    execute(run.path, max_steps=7)
    assert_same(run, uninterrupted(store, run))


@pytest.mark.skipif(os.name == "nt", reason="kill -9")
def test_after_kill_9(store: RunStore, config: RunConfig, wait_until: WaitUntil) -> None:
    """The process gets no chance to say anything: what counts is what it had written. An epoch has 50 steps."""
    run = store.create(config.replace(LONG | {"data.limit": 403}))
    with in_a_process(run) as process:
        wait_until(lambda: run.checkpoints() or process.poll() is not None)
        process.kill()
        process.wait(60)
    assert process.returncode == -signal.SIGKILL
    assert run.state == "interrupted"
    saved = load_checkpoint(run.checkpoints()["last"])
    assert 0 < saved.step < run.config.total_steps
    assert run.scalars()["step"].tolist()[: saved.step] == list(range(1, saved.step + 1))
    execute(run.path, max_steps=7)
    assert run.status.step == saved.step + 7
    assert_same(run, uninterrupted(store, run))


@pytest.mark.usefixtures("_others_draw")
def test_after_dying_before_the_first_checkpoint(store: RunStore, config: RunConfig) -> None:
    """Rows without a checkpoint are of no use: the run starts anew."""
    run = store.create(config)
    with pytest.raises(KeyboardInterrupt):
        execute(run.path, watchers=[Fails(13, KeyboardInterrupt)])
    assert (run.state, run.checkpoints()) == ("interrupted", {})
    execute(run.path)
    assert_same(run, uninterrupted(store, run))


def test_the_comparison_sees_a_difference_of_one_bit(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    execute(run.path, max_steps=3)
    twin = uninterrupted(store, run)
    assert_same(run, twin)
    saved = torch.load(twin.checkpoints()["last"], weights_only=True)
    weight = saved["algorithm"]["generator"]["layers.0.weight"]
    weight[0, 0, 0, 0] = float(np.nextafter(np.float32(weight[0, 0, 0, 0]), np.float32(9)))
    torch.save(saved, twin.checkpoints()["last"])
    with pytest.raises(AssertionError, match=r"generator/layers\.0\.weight"):
        assert_same(run, twin)
