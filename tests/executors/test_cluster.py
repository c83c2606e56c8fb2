"""Training on a Ray cluster: two nodes on this machine, one of which goes away while it trains."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gancore.config import RunConfig
from gancore.executors import cluster
from gancore.executors.cluster import MOST_DEATHS, NotShared, RayExecutor, train
from gancore.executors.connection import Connection, Machine, NoCluster
from gancore.store import Run, RunStore
from gancore.store.checkpoints import load_checkpoint
from gancore.sweeps import plan
from gancore.sweeps.findings import Findings
from gancore.sweeps.search import Searches, planned
from gancore.sweeps.sweeps import Sweeps
from gancore.training.runner import execute
from tests.miniatures import equal, tiny

REPOSITORY = Path(__file__).parents[2]
NODE = {"num_cpus": 1, "object_store_memory": 78 * 2**20, "include_dashboard": False, "node_ip_address": "127.0.0.1"}
LONG = {"train.epochs": 120, "train.checkpoint_seconds": 1.0}  # some seconds

WaitUntil = Callable[..., None]


@pytest.fixture(scope="module")
def nodes() -> Iterator[Any]:
    """A cluster of one node with one CPU to which this process is connected; it listens on this machine alone."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp") as folder:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        patch.delenv("RAY_ADDRESS", raising=False)
        from ray.cluster_utils import Cluster

        Path("/tmp/ray").mkdir(exist_ok=True)  # where Ray notes the address, whatever the cluster's own folder is
        nodes = Cluster(initialize_head=True, head_node_args={**NODE, "temp_dir": folder})
        try:
            before = signal.getsignal(signal.SIGTERM)
            connection = Connection(nodes.address)
            assert signal.getsignal(signal.SIGTERM) is before
            yield nodes
            connection.close()
        finally:
            nodes.shutdown()
        _wait_for_no(folder)


def _wait_for_no(folder: str) -> None:
    """No process may be left whose command line names the session's folder."""
    deadline = time.monotonic() + 30
    while left := [each for each in Path("/proc").glob("[0-9]*") if folder.encode() in _command(each)]:
        assert time.monotonic() < deadline, [_command(each) for each in left]
        threading.Event().wait(0.05)


def _command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


@pytest.fixture
def base() -> RunConfig:
    return tiny("mlp", LONG)


@contextmanager
def draining(executor: RayExecutor) -> Iterator[threading.Thread]:
    """Drain in another thread, and stop that whatever happens."""
    stop = threading.Event()
    worker = threading.Thread(target=executor.drain, args=(stop,))
    worker.start()
    try:
        yield worker
    finally:
        stop.set()
        worker.join(60)
        executor.close()
        assert not worker.is_alive()


def is_training(run: Run) -> bool:
    return run.state == "running" and "last" in run.checkpoints()


def assert_undisturbed(run: Run, elsewhere: Path) -> None:
    """As if it had been trained here in one go: weights, optimisers, curves and pictures."""
    alone = RunStore(elsewhere).create(run.config)
    execute(alone.path)
    mine, theirs = (load_checkpoint(each.checkpoints()["last"]) for each in (run, alone))
    assert (mine.step, mine.drawn) == (theirs.step, theirs.drawn)
    assert equal(mine.algorithm, theirs.algorithm)
    curves = [each.scalars().drop(columns=["time", "step_time"]) for each in (run, alone)]
    assert curves[0]["step"].tolist() == list(range(1, mine.step + 1))
    assert curves[0].equals(curves[1])
    assert run.samples()[mine.step].read_bytes() == alone.samples()[mine.step].read_bytes()


def holder(run: Run) -> int:
    """The process that holds a run's lock."""
    inode = str((run.path / "lock").stat().st_ino)
    locks = (line.split() for line in Path("/proc/locks").read_text().splitlines())
    return next(int(fields[4]) for fields in locks if "FLOCK" in fields and fields[5].split(":")[2] == inode)


def test_a_sweep_outlives_a_node_that_joined_and_goes_away_while_it_trains(
    nodes: Any, store: RunStore, base: RunConfig, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """One run keeps the first node busy until it is cancelled, so that the second one gets what is in the sweep."""
    endless = store.create(base.replace({"train.epochs": 10_000}))
    endless.enqueue(priority=5)
    lengths = plan.grid("lengths", base, {"train.epochs": [120, 8, 12]}, seeds=[0])
    sweep = Sweeps(store).create(lengths, threads=1)
    runs = [run for _, run in Sweeps(store).runs(sweep)]
    with draining(RayExecutor(store)) as worker:
        wait_until(lambda: endless.status.step > 0)
        second = nodes.add_node(**NODE)
        wait_until(lambda: any(is_training(run) for run in runs))
        hit = next(run for run in runs if is_training(run))
        nodes.remove_node(second)

        asked = time.monotonic()
        endless.command("stop")
        wait_until(lambda: endless.state == "stopped")
        assert time.monotonic() - asked < 2.0
        assert "last" in endless.checkpoints()

        worker.join(60)
        assert not worker.is_alive()
    assert [run.state for run in runs] == ["finished"] * 3
    assert [run.status.attempt for run in runs] == [2 if run is hit else 1 for run in runs]
    assert [event["kind"] for event in hit.events() if event["kind"] != "warning"][-2:] == ["resumed", "finished"]
    for number, run in enumerate(runs):
        assert_undisturbed(run, tmp_path / f"alone-{number}")


@pytest.mark.usefixtures("nodes")
def test_a_run_whose_worker_is_killed_goes_on_from_its_checkpoint(
    store: RunStore, base: RunConfig, tmp_path: Path, wait_until: WaitUntil
) -> None:
    executor, run = RayExecutor(store), store.create(base)
    executor.submit(run)
    with draining(executor) as worker:
        wait_until(lambda: is_training(run))
        os.kill(holder(run), signal.SIGKILL)
        worker.join(60)
        assert not worker.is_alive()
    assert (run.state, run.status.attempt) == ("finished", 2)
    assert_undisturbed(run, tmp_path / "alone")


@pytest.mark.usefixtures("nodes")
def test_a_search_goes_on_as_its_runs_end(store: RunStore, base: RunConfig) -> None:
    short, space = base.replace({"train.epochs": 4}), {"optim.lr_g": (1e-4, 1e-2)}
    sweep = Searches(store).create("rate", short, planned(space, "tail_loss_d", 3, direction="minimize"), threads=1)
    with draining(RayExecutor(store)) as worker:
        worker.join(60)
        assert not worker.is_alive()
    assert list(Findings(store, sweep).history()["state"]) == ["finished"] * 3


@pytest.mark.usefixtures("nodes")
def test_what_does_not_stop_by_itself_is_ended_and_says_so(
    store: RunStore, base: RunConfig, wait_until: WaitUntil
) -> None:
    """A frozen process cannot even end when it is told to: its node kills it some seconds later."""
    executor, run = RayExecutor(store), store.create(base.replace({"train.epochs": 10_000}))
    executor.submit(run)
    with draining(executor):
        wait_until(lambda: is_training(run))
        worker = holder(run)
        os.kill(worker, signal.SIGSTOP)
        run.command("stop")
        try:
            wait_until(lambda: run.state == "stopped")
        finally:
            if Path(f"/proc/{worker}").exists():
                os.kill(worker, signal.SIGCONT)


@pytest.mark.usefixtures("nodes")
def test_ending_early_leaves_a_checkpoint_and_the_next_one_goes_on(
    store: RunStore, base: RunConfig, wait_until: WaitUntil
) -> None:
    longer = base.replace({"train.steps": 1_000_000})  # than the test takes
    sweep = Sweeps(store).create(plan.grid("two", longer, {"model.nz": [2, 3]}, seeds=[0]), threads=1)
    runs = [run for _, run in Sweeps(store).runs(sweep)]
    with draining(RayExecutor(store)):
        wait_until(lambda: any(is_training(run) for run in runs))
    begun = next(run for run in runs if run.status.attempt)
    assert begun.state == "interrupted"
    assert load_checkpoint(begun.checkpoints()["last"]).step == begun.status.step > 0
    assert [run.status.state for run in runs if run is not begun] == ["queued"]
    for run in runs:
        run.command("stop")
    with draining(RayExecutor(store)) as worker:
        worker.join(30)
        assert not worker.is_alive()
    assert [run.state for run in runs] == ["stopped", "stopped"]
    assert begun.status.attempt == 1


# --- without a cluster ------------------------------------------------------------------------------------------------


def test_without_ray_one_sentence_says_how_to_get_it(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(NoCluster, match=r'^ray is not installed: pip install "ray>=2.60,<3"$'):
        RayExecutor(store)


def test_where_no_cluster_answers_one_sentence_says_so(store: RunStore) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(NoCluster, match=f"^no Ray cluster answers at {address}: "):
            RayExecutor(store, address)


@pytest.mark.parametrize("address", ["", "here", "host:", ":6379", "host:port", "ray://host"])
def test_what_is_no_address_is_refused(store: RunStore, address: str) -> None:
    with pytest.raises(NoCluster, match="is no address of a Ray cluster: give HOST:PORT"):
        RayExecutor(store, address)


def test_a_machine_that_does_not_see_the_store_says_so(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "SEEN_SECONDS", 0.0)
    with pytest.raises(NotShared, match=r"does not see .*/elsewhere: the store must be on a file system that all"):
        train(str(store.root / "elsewhere"))


SMALL, LARGE, WITH_GPU = Machine(2, 0), Machine(8, 0), Machine(4, 1)


@pytest.mark.parametrize(
    ("threads", "device", "machines", "expected"),
    [
        (1, "cpu", [SMALL], (1, 0)),
        (2, "cpu", [SMALL, LARGE], (2, 0)),
        (16, "cpu", [SMALL, LARGE], (8, 0)),  # or it would wait for ever
        (3, "cpu", [], (3, 0)),  # a cluster that grows with what waits
        (3, "cpu", [Machine(0, 0)], (3, 0)),
        (2, "cuda", [LARGE, WITH_GPU], (2, 1)),
        (8, "cuda", [LARGE, WITH_GPU], (4, 1)),
        (2, "cuda", [SMALL], (2, 0)),  # the run says then what it lacks
        (2, "auto", [SMALL, WITH_GPU], (2, 1)),
        (2, "auto", [SMALL], (2, 0)),
        (2, "cpu", [WITH_GPU], (2, 0)),
    ],
)
def test_what_a_run_is_given(
    store: RunStore,
    mlp: RunConfig,
    threads: int,
    device: str,
    machines: list[Machine],
    expected: tuple[float, float],
) -> None:
    run = store.create(mlp.replace({"train.device": device}), threads=threads)
    assert cluster._needs(run, machines) == expected


class Silent(RayExecutor):
    """One without a cluster, to see what it makes of what Ray says."""

    def __init__(self, store: RunStore, jobs: int | None = None) -> None:
        self.store, self._most = store, jobs
        self._tasks, self._lost, self._deaths, self._given_up = {}, {}, {}, set()


def test_a_run_whose_workers_die_again_and_again_fails(store: RunStore, mlp: RunConfig) -> None:
    executor, run = Silent(store), store.create(mlp)
    for step in (0, 5, 5, 3, 5):  # a node that goes away costs steps: that is not the run's fault
        run.write_status(run.status.model_copy(update={"state": "running", "step": step, "token": "a"}))
        executor._mourn(run, RuntimeError("out of memory\nmore"))
        executor._recover()
        if step != 5 or executor._deaths:
            assert run.state == "queued"
    assert run.state == "failed"
    assert run.status.error_code == "killed"
    assert run.status.error == (
        f"{MOST_DEATHS} workers died in a row while they trained it: RuntimeError: out of memory."
    )


def test_a_lost_run_waits_until_nobody_holds_it_any_more(
    store: RunStore, mlp: RunConfig, held_elsewhere: Callable[..., Any]
) -> None:
    """A machine that was cut off from the cluster, but not from the store, may train on for a while."""
    executor, run = Silent(store), store.create(mlp)
    run.write_status(run.status.model_copy(update={"state": "running", "token": "a"}))
    with held_elsewhere(run.path / "lock"):
        executor._mourn(run, RuntimeError("gone"))
        executor._recover()
        assert run.state == "running"
    executor._recover()
    assert run.state == "queued"
    assert not executor._lost


def test_as_many_tasks_as_there_is_room_for_and_one_that_waits(store: RunStore) -> None:
    executor = Silent(store)
    begun, waits = SimpleNamespace(cpus=1, gpus=0, has_begun=True), SimpleNamespace(cpus=1, gpus=0, has_begun=False)
    executor._tasks = {"a": begun}
    assert executor._fits(1, 0, [SMALL])
    executor._tasks = {"a": begun, "b": begun}
    assert executor._fits(1, 0, [SMALL])
    executor._tasks = {"a": begun, "b": begun, "c": waits}
    assert not executor._fits(1, 0, [SMALL])
    executor._tasks = {"a": waits}
    assert executor._fits(1, 0, [SMALL])
    assert not executor._fits(1, 1, [SMALL])
    executor._most = 1
    assert not executor._fits(1, 0, [LARGE])


ALONE = """
import sys
from gancore.executors.cluster import RayExecutor
from gancore.store import RunStore
store = RunStore(sys.argv[1])
executor = RayExecutor(store, jobs=1)
executor.drain()
executor.close()
print(executor._ray._private.worker._global_node)
"""


def test_a_cluster_of_this_machine_alone_comes_and_goes(store: RunStore, dcgan: RunConfig, tmp_path: Path) -> None:
    run = store.create(dcgan)
    run.enqueue()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    environment |= {"HOME": str(tmp_path), "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-W", "error", "-c", ALONE, str(store.root)]
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp") as folder:
        environment["RAY_TMPDIR"] = folder
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        _wait_for_no(folder)
    assert done.stdout.strip() == "None"
    assert done.stderr == ""
    assert run.state == "finished"
