"""A sweep whose server is killed again and again ends as one that was left alone."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.context import ForkServerContext
from types import ModuleType

import pytest

from gancore.config import RunConfig
from gancore.executors import processes
from gancore.store import Run, RunStore
from gancore.store.checkpoints import load_checkpoint
from gancore.store.records import read_json
from gancore.sweeps.plan import Plan
from gancore.sweeps.sweeps import Sweeps, config_of
from gancore.training.runner import execute
from tests.executors import serving
from tests.miniatures import equal, toy

KILLS = 20
STEPS = 30

WaitUntil = Callable[..., None]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> ForkServerContext:
    """Forks processes that have torch already."""
    # A test of a page leaves that page's script as `__main__`, which every new process would run.
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.executors.serving", "gancore.training.runner"])
    return context


@pytest.fixture
def toys() -> Plan:
    """12 runs, of which all but some share a process."""
    base = toy({"train.steps": STEPS})
    arms = {"ring": base, "grid": base.replace({"data.name": "grid"}), "slow": base.replace({"optim.lr_g": 1e-5})}
    return Plan("toys", arms, (0, 1, 2, 3))


@pytest.fixture
def plan(dcgan: RunConfig) -> Plan:
    """12 runs."""
    base = dcgan.replace({"train.steps": STEPS})
    return Plan("widths", {f"ngf {ngf}": base.replace({"model.ngf": ngf}) for ngf in (1, 2, 3, 4)}, (0, 1, 2))


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def kill_jobs(store: RunStore) -> None:
    """All processes that train runs, as far as they have said who they are."""
    for job in processes.adopt(store):
        said = read_json(processes.identity_of(job.run))
        if isinstance(said, dict):
            kill(said["pid"])


def steps_done(store: RunStore) -> int:
    return sum(run.status.step for run in store.list())


def curves(run: Run) -> object:
    return run.scalars().drop(columns=["time", "step_time"]).to_dict("list")


def assert_trained_once(run: Run, alone: Run) -> None:
    assert (run.state, run.status.step) == ("finished", STEPS)
    ours, theirs = (load_checkpoint(each.checkpoint_path("last")) for each in (run, alone))
    assert (ours.step, ours.drawn) == (theirs.step, theirs.drawn)
    assert equal(ours.algorithm, theirs.algorithm)
    assert curves(run) == curves(alone)
    assert run.scalars()["step"].tolist() == list(range(1, STEPS + 1))
    shown = run.samples()  # an attempt shows what it begins with, too
    assert all(shown[step].read_bytes() == picture.read_bytes() for step, picture in alone.samples().items())
    begun = [event["step"] for event in run.events() if event["kind"] in ("started", "resumed")]
    ends = [event for event in run.events() if event["kind"] == "finished"]
    at_the_end = sum(step == STEPS for step in begun)  # killed after the last checkpoint, before the status said so
    assert 1 <= len(ends) <= 1 + at_the_end
    assert begun[0] == 0
    assert len(begun) <= run.status.attempt <= KILLS + 1


@pytest.mark.parametrize(
    ("what", "apart"),
    [("plan", False), ("plan", True), ("toys", True)],
    ids=["in a thread", "in processes", "toys that share a process"],
)
def test_a_sweep_survives_kills_at_random_moments(
    store: RunStore,
    request: pytest.FixtureRequest,
    server: ForkServerContext,
    wait_until: WaitUntil,
    what: str,
    apart: bool,
) -> None:
    plan: Plan = request.getfixturevalue(what)
    chance = random.Random(f"kills {apart}")
    begin = time.monotonic()
    unit = 0.0
    for number in range(KILLS):
        life = server.Process(target=serving.serve, args=(store.root, plan, apart))
        life.start()
        if number == 0:  # how long it takes to get anywhere, on a machine that may be busy
            wait_until(lambda: any(run.status.state == "running" for run in store.list()), 120)
            unit = time.monotonic() - begin
        else:
            life.join(chance.uniform(0, 1.5 * unit))
        kill(life.pid or 0)
        if chance.random() < 0.5:
            kill_jobs(store)
        life.join()
    last = server.Process(target=serving.serve, args=(store.root, plan, apart))
    last.start()
    last.join(300)
    assert last.exitcode == 0

    (sweep,) = Sweeps(store).list()
    assert sweep.state == "started"
    assert {run.id for run in store.list()} == {cell.run for cell in sweep.cells}
    assert [(cell.arm, cell.seed) for cell in sweep.cells] == [(arm, seed) for arm, seed, _ in plan.configs]
    assert [path for path in store.root.rglob("*") if path.suffix in (".tmp", ".draft")] == []
    assert any(run.status.attempt > 1 for run in store.list())  # or nothing was interrupted
    left_alone = RunStore(store.root.parent / "alone")
    for cell, run in Sweeps(store).runs(sweep):
        alone = left_alone.create(config_of(sweep, cell), threads=1)
        execute(alone.path)
        assert run is not None
        assert_trained_once(run, alone)


def test_two_that_tend_at_once_make_each_run_once(store: RunStore, plan: Plan, server: ForkServerContext) -> None:
    sweeps = Sweeps(store)
    made = sweeps.create(plan, threads=1)
    for run in store.list():
        run.write_status(run.status.model_copy(update={"state": "running"}))  # interrupted
    for cell in made.cells[5:]:
        store.delete(store.open(cell.run))
    store.empty_trash()
    sweeps._save(made.model_copy(update={"state": "planned"}))
    go = server.Event()
    both = [server.Process(target=serving.tend, args=(store.root, go)) for _ in range(2)]
    for each in both:
        each.start()
    go.set()
    for each in both:
        each.join(120)
        assert each.exitcode == 0
    sweeps.tend()
    assert sweeps.open(made.id).state == "started"
    assert [run.id for run in store.queue()] == [cell.run for cell in made.cells]


def test_a_server_that_is_killed_leaves_processes_that_the_next_one_adopts(
    store: RunStore, plan: Plan, server: ForkServerContext, wait_until: WaitUntil
) -> None:
    """And so they do not train a third run beside two that train still."""
    long = Plan("long", {"a": plan.arms["ngf 1"].replace({"train.steps": 100_000})}, (0, 1, 2))
    first = server.Process(target=serving.serve, args=(store.root, long, True))
    first.start()
    wait_until(lambda: len(store.running()) == 2, 120)
    kill(first.pid or 0)
    first.join()
    pids = {read_json(processes.identity_of(job.run))["pid"] for job in processes.adopt(store)}
    second = server.Process(target=serving.serve, args=(store.root, long, True))
    second.start()
    done = steps_done(store)
    wait_until(lambda: steps_done(store) > done + 20, 120)  # they train on
    assert len(store.queue()) == 1
    assert {read_json(processes.identity_of(job.run))["pid"] for job in processes.adopt(store)} == pids
    Sweeps(store).cancel(Sweeps(store).list()[0])
    second.join(120)
    assert second.exitcode == 0
    assert {run.state for run in store.list()} == {"stopped"}
