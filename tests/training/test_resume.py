"""A resumed run equals one that was never interrupted, bit for bit, however it was interrupted."""

from __future__ import annotations

import json
import os
import shutil
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

from gancore.algorithms import GAN
from gancore.config import RunConfig
from gancore.store import Run, RunStore
from gancore.store.checkpoints import load_checkpoint
from gancore.store.scalars import read_scalars
from gancore.training import control
from gancore.training.runner import execute
from tests.at import At
from tests.miniatures import tiny

REPOSITORY = Path(__file__).parents[2]
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
    """Weights, optimiser state, counts and curves; only what the clock says may differ. A fork has its parent's too."""
    mine, theirs = (load_checkpoint(run.checkpoints()["last"]) for run in (one, other))
    assert (mine.step, mine.drawn) == (theirs.step, theirs.drawn)
    left, right = leaves(mine.algorithm), leaves(theirs.algorithm)
    assert left.keys() == right.keys()
    assert sum(isinstance(leaf, Tensor) for leaf in left.values()) > 20
    for path, leaf in left.items():
        same = torch.equal(leaf, right[path]) if isinstance(leaf, Tensor) else leaf == right[path]
        assert same, path
    store = RunStore(one.path.parent)
    curves = [store.joined_scalars(run).drop(columns=["time", "step_time"]) for run in (one, other)]
    assert curves[0]["step"].tolist() == list(range(1, mine.step + 1))
    assert curves[0].equals(curves[1])
    assert one.samples()[mine.step].read_bytes() == other.samples()[mine.step].read_bytes()


def uninterrupted(store: RunStore, run: Run) -> Run:
    """The same config for as many steps, with the same changes on the way, in one go, with nobody else drawing."""
    twin = store.create(run.config)
    if run.changes():
        shutil.copytree(run.path / "changes", twin.path / "changes")
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


class Fails(At):
    """A watcher that breaks the run at a step."""

    def __init__(self, step: int, problem: type[BaseException]) -> None:
        super().__init__(step, self._fail)
        self._problem = problem

    def _fail(self) -> None:
        raise self._problem


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
@pytest.mark.parametrize("kind", ["mlp", "dcgan", "vae", "cdcgan"])
@pytest.mark.parametrize("cut", [5, 6, 7, 12], ids=str)
def test_around_the_partial_batch_of_an_epoch(store: RunStore, kind: str, cut: int) -> None:
    """Before it, after it, at the next epoch's first and second; six batches an epoch, of which the last has three."""
    run = store.create(tiny(kind, {"data.last_batch": "keep", "train.steps": 14, "objective.noise": "fresh"}))
    execute(run.path, max_steps=cut)
    execute(run.path)
    assert load_checkpoint(run.checkpoints()["last"]).drawn == 2 * 43 + 16
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
        wait_until(lambda: "last" in run.checkpoints() or process.poll() is not None)
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


CHANGES = [{"optim.lr_g": 1e-3}, {"optim.d_steps": 2, "optim.g_steps": 3}]


@pytest.fixture
def _looks_at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "CONTROL_SECONDS", 0.0)


@pytest.mark.usefixtures("_looks_at_every_step", "_others_draw")
@pytest.mark.parametrize("changes", CHANGES, ids=str)
@pytest.mark.parametrize("asked_at", [7, 8, 12])
def test_after_an_exception_with_a_change(store: RunStore, config: RunConfig, changes: dict, asked_at: int) -> None:
    """The last checkpoint is of step 7; the change takes effect after it, and again at the same step."""
    run = store.create(config)
    execute(run.path, watchers=[At(3, lambda: run.steer({"optim.lr_d": 1e-4}))], max_steps=7)
    if asked_at == 7:
        run.steer(changes)
    watchers = [At(asked_at, lambda: run.steer(changes)), Fails(13, RuntimeError)]
    assert execute(run.path, watchers=watchers) == "failed"
    assert [change.step for change in run.changes()] == [3, asked_at]
    assert load_checkpoint(run.checkpoints()["last"]).step == 7
    assert execute(run.path, max_steps=1) == "stopped"
    assert execute(run.path) == "finished"
    assert [change.step for change in run.changes()] == [3, asked_at]
    assert [event["kind"] for event in run.events()].count("changed") == 2
    assert_same(run, uninterrupted(store, run))


@pytest.mark.usefixtures("_looks_at_every_step")
def test_after_an_exception_between_the_record_of_a_change_and_its_effect(
    store: RunStore, config: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise RuntimeError

    run = store.create(config)
    with monkeypatch.context() as patch:
        patch.setattr(GAN, "steer", die)
        assert execute(run.path, watchers=[At(5, lambda: run.steer({"optim.lr_g": 1e-3}))]) == "failed"
    assert [change.step for change in run.changes()] == [5]
    execute(run.path)
    assert_same(run, uninterrupted(store, run))


@pytest.mark.usefixtures("_looks_at_every_step")
def test_a_new_change_does_not_wait_for_a_step_of_the_past(store: RunStore, config: RunConfig) -> None:
    """Back at step 3, somebody asks for another rate: it holds at once, and so does what held when it was asked for."""
    run = store.create(config)
    execute(run.path, max_steps=3)
    steps = {5: {"optim.lr_d": 1e-4}, 9: {"optim.lr_g": 1e-3}}
    watchers = [At(at, lambda changes=changes: run.steer(changes)) for at, changes in steps.items()]
    assert execute(run.path, watchers=[*watchers, Fails(9, RuntimeError)]) == "failed"
    assert [change.step for change in run.changes()] == [5, None]
    seen = run.steer({"optim.lr_g": 2e-3})
    execute(run.path)
    assert [change.step for change in run.changes()] == [3, 3, 3]
    assert run.config_now == seen == config.replace({"optim.lr_d": 1e-4, "optim.lr_g": 2e-3})
    codes = [event["code"] for event in run.events() if event["kind"] == "changed"]
    assert codes == ["changed", "carried", "changed", "changed"]
    assert_same(run, uninterrupted(store, run))


@pytest.mark.usefixtures("_looks_at_every_step")
def test_a_carried_change_is_repeated_where_it_was_carried_to(store: RunStore, config: RunConfig) -> None:
    """Broken again before the next checkpoint: the third attempt does as the second did."""
    run = store.create(config)
    execute(run.path, max_steps=3)
    execute(run.path, watchers=[At(5, lambda: run.steer({"optim.lr_d": 1e-4})), Fails(9, RuntimeError)])
    run.steer({"optim.lr_g": 2e-3})
    assert execute(run.path, watchers=[Fails(11, RuntimeError)]) == "failed"
    execute(run.path)
    assert [change.step for change in run.changes()] == [3, 3]
    assert_same(run, uninterrupted(store, run))


@pytest.mark.usefixtures("_looks_at_every_step")
def test_nothing_of_a_lost_future_stays(store: RunStore, config: RunConfig) -> None:
    """Broken at step 17, gone on from step 3 with another rate, stopped at step 7: nothing there is of a later step."""
    measured = {
        "train.keep_epochs": 1,
        "train.preview_every": 6,
        "train.evaluate_every": 4,
        "train.evaluate_share": 1.0,
    }
    run = store.create(config.replace(measured))
    execute(run.path, max_steps=3)
    assert execute(run.path, watchers=[Fails(17, RuntimeError)]) == "failed"
    assert {5, 10, 15} <= {int(name) for name in run.checkpoints() if name != "last"}
    run.steer({"optim.lr_g": 2e-3})
    execute(run.path, max_steps=4)
    assert run.status.step == max(run.samples()) == 7
    assert sorted(run.checkpoints()) == ["000003", "000005", "last"]  # the first from before the change
    assert [each.step for each in run.evaluations()] == [4]
    assert run.scalars()["step"].tolist() == list(range(1, 8))
    assert run.config_at(5).optim.lr_g == 2e-3  # a fork of the kept checkpoint claims the rate that it had

    (aside,) = (run.path / "discarded").iterdir()
    assert {path.name for path in (aside / "checkpoints").iterdir()} == {"000005.pt", "000010.pt", "000015.pt"}
    assert {"000004.png", "000012.png"} <= {path.name for path in (aside / "samples").iterdir()}
    assert {path.name[:6] for path in (aside / "evals").iterdir()} == {"000004", "000008", "000012", "000016"}
    assert read_scalars(aside / "scalars.arrow")["step"].tolist() == list(range(4, 18))
    (told,) = [event for event in run.events() if event["code"] == "rewound"]
    assert told["step"] == 3
    assert "14 steps, " in told["message"]
    assert "3 checkpoints and 4 evaluations" in told["message"]


def test_a_run_that_was_stopped_sets_nothing_aside(store: RunStore, config: RunConfig) -> None:
    run = store.create(config.replace({"train.keep_epochs": 1}))
    execute(run.path, max_steps=7)
    execute(run.path)
    assert not (run.path / "discarded").exists()
    assert "rewound" not in [event["code"] for event in run.events()]


def test_a_hole_in_the_curves_is_told(store: RunStore, config: RunConfig) -> None:
    """The curve file was cut short, while the checkpoint is whole: what it lacks cannot come back."""
    run = store.create(config)
    execute(run.path, max_steps=6)
    rows = (run.path / "scalars.arrow").read_bytes()
    execute(run.path, max_steps=6)
    (run.path / "scalars.arrow").write_bytes(rows)
    execute(run.path, max_steps=3)
    assert run.scalars()["step"].tolist() == [*range(1, 7), *range(13, 16)]
    (told,) = [event for event in run.events() if event["code"] == "gap"]
    assert (told["step"], told["message"]) == (12, "the curves lack steps 7 to 12: their file was damaged")


@pytest.mark.skipif(os.name == "nt", reason="kill -9")
def test_after_kill_9_with_a_change(store: RunStore, config: RunConfig, wait_until: WaitUntil) -> None:
    """Killed as soon as the change is recorded, which is mostly before a checkpoint knows of it."""
    run = store.create(config.replace(LONG | {"data.limit": 403}))
    with in_a_process(run) as process:
        wait_until(lambda: "last" in run.checkpoints() or process.poll() is not None)
        run.steer({"optim.lr_g": 1e-3, "optim.d_steps": 2})
        wait_until(lambda: run.changes()[0].step is not None or process.poll() is not None)
        process.kill()
        process.wait(60)
    assert process.returncode == -signal.SIGKILL
    changed = run.changes()[0].step
    assert changed is not None
    saved = load_checkpoint(run.checkpoints()["last"])
    execute(run.path, max_steps=max(changed - saved.step, 0) + 5)
    assert run.status.step > changed
    assert [change.step for change in run.changes()] == [changed]
    assert_same(run, uninterrupted(store, run))


@pytest.mark.usefixtures("_looks_at_every_step", "_others_draw")
@pytest.mark.parametrize("checkpoint", ["000005", "000010"])
@pytest.mark.parametrize("cut", [None, 3])
def test_an_unchanged_fork_equals_its_parent(
    store: RunStore, config: RunConfig, checkpoint: str, cut: int | None
) -> None:
    """A setting was changed just when the later checkpoint was saved, and is one that the fork starts with."""
    parent = store.create(config.replace({"train.keep_epochs": 1}))
    at = int(checkpoint)
    execute(parent.path, watchers=[At(at, lambda: parent.steer({"optim.lr_g": 1e-3, "optim.g_steps": 2}))])
    fork = store.fork(parent, checkpoint, parent.config_at(parent.checkpoint_step(checkpoint)))
    if cut:
        execute(fork.path, max_steps=cut)
    execute(fork.path)
    assert fork.scalars()["step"].tolist() == list(range(at + 1, 21))
    assert_same(fork, parent)


@pytest.mark.usefixtures("_others_draw")
def test_a_fork_of_a_fork_equals_its_ancestor(store: RunStore, config: RunConfig) -> None:
    run = store.create(config)
    execute(run.path, max_steps=7)
    child = store.fork(run, "last", config)
    execute(child.path, max_steps=4)
    grandchild = store.fork(child, "last", config)
    execute(run.path)
    execute(grandchild.path)
    assert_same(grandchild, run)


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
