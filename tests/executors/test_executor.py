from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from gancore import machine
from gancore.config import RunConfig
from gancore.executors.executor import Executor
from gancore.executors.processes import Job
from gancore.experiments import EXPERIMENTS
from gancore.store import Run, RunBusy, RunStore
from gancore.store.checkpoints import load_checkpoint
from gancore.sweeps.findings import Findings
from gancore.sweeps.plan import Plan
from gancore.sweeps.search import Searches, planned
from gancore.sweeps.sweeps import Sweeps
from gancore.training import runner
from gancore.training.events import Step
from gancore.training.runner import execute
from tests.miniatures import equal

WaitUntil = Callable[..., None]
HeldElsewhere = Callable[[Path], AbstractContextManager[None]]


@pytest.fixture
def make_executor(store: RunStore) -> Iterator[Callable[[], Executor]]:
    made: list[Executor] = []

    def make() -> Executor:
        made.append(Executor(store))
        return made[-1]

    yield make
    for executor in made:
        executor.close()


@pytest.fixture
def executor(make_executor: Callable[[], Executor]) -> Executor:
    return make_executor()


def long(config: RunConfig) -> RunConfig:
    return config.replace({"train.epochs": 10_000})


def span(run: Run) -> tuple[float, float]:
    """When it started and when it ended."""
    events = run.events()
    assert [event["kind"] for event in events] == ["started", "finished"]
    return events[0]["time"], events[1]["time"]


def test_a_submitted_run_is_trained(
    store: RunStore, config: RunConfig, executor: Executor, wait_until: WaitUntil
) -> None:
    run = store.create(config)
    executor.submit(run)
    wait_until(lambda: run.state == "finished")
    assert run.status.step == 20
    assert store.queue() == []


def test_runs_train_one_after_another_in_the_order_of_the_queue(
    store: RunStore, dcgan: RunConfig, executor: Executor, wait_until: WaitUntil
) -> None:
    runs = {name: store.create(dcgan, name=name) for name in ("first", "second", "urgent")}
    with store.worker_lock():  # nobody can begin before all have been submitted
        executor.submit(runs["first"])
        executor.submit(runs["second"])
        executor.submit(runs["urgent"], priority=5)
        assert [run.name for run in store.queue()] == ["urgent", "first", "second"]
    wait_until(lambda: all(run.state == "finished" for run in runs.values()))
    times = [moment for name in ("urgent", "first", "second") for moment in span(runs[name])]
    assert times == sorted(times)


def test_a_run_submitted_while_another_trains_waits_its_turn(
    store: RunStore, dcgan: RunConfig, executor: Executor, wait_until: WaitUntil
) -> None:
    running, waiting = store.create(long(dcgan)), store.create(dcgan)
    executor.submit(running)
    wait_until(lambda: 2 in running.samples())
    executor.submit(waiting)
    assert (running.state, waiting.state) == ("running", "queued")
    running.command("stop")
    wait_until(lambda: waiting.state == "finished")
    assert running.state == "stopped"


def test_a_second_executor_waits_for_the_first(
    store: RunStore, dcgan: RunConfig, make_executor: Callable[[], Executor], wait_until: WaitUntil
) -> None:
    first, second = make_executor(), make_executor()
    running, waiting = store.create(long(dcgan)), store.create(dcgan)
    first.submit(running)
    wait_until(lambda: 2 in running.samples())
    second.submit(waiting)
    wait_until(lambda: second._worker is not None and second._worker.is_alive())
    assert waiting.state == "queued"
    first.close()
    wait_until(lambda: waiting.state == "finished")
    assert running.state == "stopped"


def test_an_executor_waits_for_another_process(
    store: RunStore, dcgan: RunConfig, executor: Executor, wait_until: WaitUntil, held_elsewhere: HeldElsewhere
) -> None:
    run = store.create(dcgan)
    with held_elsewhere(Path(store.worker_lock().lock_file)):
        executor.submit(run)
        executor._worker.join(1.0)  # longer than it tries at once
        assert executor._worker.is_alive()
        assert run.state == "queued"
    wait_until(lambda: run.state == "finished")


def test_closing_stops_with_a_checkpoint_and_leaves_the_queue(
    store: RunStore, dcgan: RunConfig, make_executor: Callable[[], Executor], wait_until: WaitUntil
) -> None:
    executor = make_executor()
    running, waiting = store.create(long(dcgan)), store.create(dcgan)
    executor.submit(running)
    executor.submit(waiting)
    wait_until(lambda: 2 in running.samples())
    executor.close()
    assert running.state == "stopped"
    assert "last" in running.checkpoints()
    assert [run.id for run in store.queue()] == [waiting.id]
    executor.ensure_worker()  # a closed one stays closed
    assert executor._worker is None or not executor._worker.is_alive()
    assert waiting.state == "queued"
    make_executor().ensure_worker()
    wait_until(lambda: waiting.state == "finished")


def test_closing_an_executor_that_waits_does_not_hang(
    store: RunStore, dcgan: RunConfig, executor: Executor, wait_until: WaitUntil
) -> None:
    with store.worker_lock():
        executor.submit(store.create(dcgan))
        wait_until(lambda: executor._worker is not None and executor._worker.is_alive())
        executor.close()
        assert not executor._worker.is_alive()
    assert len(store.queue()) == 1


def make_scalars_a_folder(run: Run) -> None:
    (run.path / "scalars.arrow").mkdir()


def make_samples_a_file(run: Run) -> None:
    (run.path / "samples").touch()


@pytest.mark.parametrize("spoil", [make_scalars_a_folder, make_samples_a_file])
def test_a_bad_run_does_not_stop_the_queue(
    store: RunStore, dcgan: RunConfig, executor: Executor, wait_until: WaitUntil, spoil: Callable[[Run], None]
) -> None:
    bad, good = store.create(dcgan), store.create(dcgan)
    spoil(bad)
    with store.worker_lock():
        executor.submit(bad, priority=5)
        executor.submit(good)
    wait_until(lambda: good.state == "finished")
    assert bad.state == "failed"
    assert bad.status.error
    assert "\n" not in bad.status.error


def test_a_folder_in_place_of_the_lock_keeps_nobody_out(
    store: RunStore, dcgan: RunConfig, executor: Executor, wait_until: WaitUntil
) -> None:
    run = store.create(dcgan)
    run.enqueue()
    (run.path / "lock").unlink()
    (run.path / "lock").mkdir()
    executor.ensure_worker()
    wait_until(lambda: run.state == "finished")


def test_a_damaged_run_does_not_stop_the_queue(
    store: RunStore, dcgan: RunConfig, executor: Executor, wait_until: WaitUntil
) -> None:
    bad, good = store.create(dcgan), store.create(dcgan)
    with store.worker_lock():
        executor.submit(bad, priority=5)
        executor.submit(good)
        (bad.path / "config.json").write_text("{")
    wait_until(lambda: good.state == "finished")
    assert store.open(bad.id).state == "damaged"


def test_a_failed_run_does_not_stop_the_queue(
    store: RunStore, dcgan: RunConfig, executor: Executor, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = store.create(dcgan), store.create(dcgan)

    def fail_once(path: Path, **options: object) -> str:
        if path == bad.path:
            raise ValueError("no")
        return execute(path, **options)

    monkeypatch.setattr(runner, "execute", fail_once)
    with store.worker_lock():
        executor.submit(bad, priority=5)
        executor.submit(good)
    wait_until(lambda: good.state == "finished")
    assert (bad.state, bad.status.error) == ("failed", "ValueError: no")


def test_submitting_a_running_run_is_refused(
    store: RunStore, dcgan: RunConfig, executor: Executor, wait_until: WaitUntil
) -> None:
    run = store.create(long(dcgan))
    executor.submit(run)
    wait_until(lambda: 2 in run.samples())
    with pytest.raises(RunBusy, match="is running already"):
        executor.submit(run)
    assert run.state == "running"


def test_a_queued_run_that_somebody_else_took_is_left_to_them(
    store: RunStore,
    dcgan: RunConfig,
    executor: Executor,
    wait_until: WaitUntil,
    held_elsewhere: HeldElsewhere,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken, other = store.create(dcgan), store.create(dcgan)

    def busy(path: Path, **options: object) -> str:
        if path == taken.path:
            raise RunBusy("taken")
        return execute(path, **options)

    monkeypatch.setattr(runner, "execute", busy)
    taken.enqueue(priority=5)
    with held_elsewhere(taken.path / "lock"):
        executor.submit(other)
        wait_until(lambda: other.state == "finished")
        assert taken.state == "queued"  # whoever holds it says what becomes of it


def test_a_stopped_run_can_be_submitted_again(
    store: RunStore, dcgan: RunConfig, executor: Executor, wait_until: WaitUntil
) -> None:
    run = store.create(dcgan)
    execute(run.path, max_steps=7)
    executor.submit(run)
    wait_until(lambda: run.state == "finished")
    assert run.status.attempt == 2
    assert run.scalars()["step"].tolist() == list(range(1, 21))


def test_without_a_queue_there_is_no_worker(executor: Executor) -> None:
    executor.ensure_worker()
    assert executor._worker is None
    executor.close()


def test_a_run_that_cannot_even_be_marked_as_failed_does_not_keep_the_worker_busy(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk, say: neither training nor the word that it failed can be written."""
    tries = 0

    def fail(*_: object, **__: object) -> str:
        nonlocal tries
        tries += 1
        raise OSError("no space left on device")

    executor = Executor(store)
    run = store.create(dcgan)
    monkeypatch.setattr("gancore.training.runner.execute", fail)
    run.enqueue()
    monkeypatch.setattr(Run, "write_status", fail)
    executor.ensure_worker()
    worker = executor._worker
    if worker is not None:
        worker.join(30)
        assert not worker.is_alive()
    assert tries == 2  # to train it, and to say that it failed
    executor.ensure_worker()
    assert tries == 2


# --- sweeps ---------------------------------------------------------------------------------------------------------


def test_a_run_of_a_sweep_goes_on_after_the_server_was_closed(
    store: RunStore, dcgan: RunConfig, make_executor: Callable[[], Executor], wait_until: WaitUntil
) -> None:
    config = dcgan.replace({"train.epochs": 60})
    alone = store.create(config)
    execute(alone.path)
    sweep = Sweeps(store).create(Plan("x", {"a": config}, (0,)), reuse=False)
    run = store.open(sweep.cells[0].run)
    executor = make_executor()
    executor.ensure_worker()
    wait_until(lambda: 2 in run.samples())
    executor.close()
    assert run.state == "interrupted"
    saved = load_checkpoint(run.checkpoint_path("last"))
    assert 0 < saved.step == run.status.step < 300
    make_executor().ensure_worker()
    wait_until(lambda: run.state == "finished")
    assert run.status.attempt == 2
    ours, theirs = (load_checkpoint(each.checkpoint_path("last")) for each in (run, alone))
    assert equal(ours.algorithm, theirs.algorithm)


def test_what_somebody_asks_for_counts_more_than_that_the_server_ends(store: RunStore, dcgan: RunConfig) -> None:
    run, closing = store.create(dcgan, sweep="x"), threading.Event()

    def stop_both(event: object) -> None:
        if isinstance(event, Step) and event.step == 5:
            run.command("pause")
            closing.set()

    assert execute(run.path, watchers=[stop_both], interrupt=closing, resumed=True) == "paused"
    assert run.state == "paused"
    assert execute(run.path, interrupt=closing, resumed=True) == "running"
    assert run.state == "interrupted"
    assert execute(run.path, interrupt=closing) == "stopped"


def test_a_sweep_is_cancelled_within_two_seconds(
    store: RunStore, dcgan: RunConfig, executor: Executor, wait_until: WaitUntil
) -> None:
    sweeps = Sweeps(store)
    sweep = sweeps.create(Plan("x", {"a": long(dcgan)}, tuple(range(5))))
    executor.ensure_worker()
    wait_until(lambda: 2 in store.open(sweep.cells[0].run).samples())
    sweeps.cancel(sweep)
    wait_until(lambda: sweeps.progress(sweep).counts == {"stopped": 5}, 2.0)
    assert sweeps.progress(sweep).seconds_left == 0


def test_a_paused_sweep_goes_on_at_once(
    store: RunStore, dcgan: RunConfig, executor: Executor, wait_until: WaitUntil
) -> None:
    """Also where it had not stopped yet when it was to go on."""
    sweeps = Sweeps(store)
    sweep = sweeps.create(Plan("x", {"a": dcgan.replace({"train.epochs": 40})}, (0, 1)))
    executor.ensure_worker()
    wait_until(lambda: 2 in store.open(sweep.cells[0].run).samples())
    sweeps.pause(sweep)
    sweeps.go_on(sweep)
    executor.ensure_worker()
    wait_until(lambda: sweeps.progress(sweep).counts == {"finished": 2})


def test_without_memory_none_begins_beside_others(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor, run = Executor(store, cores=2), store.create(dcgan, threads=1)
    executor._jobs = {Path("other"): Job(store.create(dcgan, threads=1))}
    for free, fits in ((None, True), (1e9, True), (1e8, False)):
        monkeypatch.setattr(machine, "memory", lambda free=free: machine.Memory(4e9, free))
        assert executor._fits(run) == fits
    executor._jobs = {}
    assert executor._fits(run)  # alone


def test_a_toy_of_its_own_begins_here_though_it_leaves_a_core(store: RunStore, dcgan: RunConfig) -> None:
    executor, toy = Executor(store, cores=2), EXPERIMENTS["toy-collapse"].base
    sweep = Sweeps(store).create(Plan("x", {"a": toy}, (0,)), threads=1)
    assert store.create(toy).threads == 1
    assert not executor._is_apart(store.create(toy))
    assert executor._is_apart(store.open(sweep.cells[0].run))
    assert executor._is_apart(store.create(dcgan, threads=1))
    executor._jobs = {Path("other"): Job(store.create(dcgan, threads=1))}
    assert not executor._fits(store.create(toy))  # beside others it would set their threads, too


@pytest.mark.parametrize("apart", [False, True])
def test_a_search_goes_on_as_its_runs_end(
    store: RunStore, dcgan: RunConfig, wait_until: WaitUntil, apart: bool
) -> None:
    """In this process, and with runs in processes of their own."""
    space = {"optim.lr_g": (1e-4, 1e-2)}
    sweep = Searches(store).create("rate", dcgan, planned(space, "tail_loss_d", 3, direction="minimize"))
    executor = Executor(store, apart=apart)
    executor.ensure_worker()
    try:
        wait_until(lambda: len(store.list()) == 3 and executor._worker is None)
    finally:
        executor.close()
    assert list(Findings(store, sweep).history()["state"]) == ["finished"] * 3
    values = [run.summary["tail_loss_d"] for run in store.list()]
    assert sorted(values) == sorted(Findings(store, sweep).history()["value"])


def test_a_run_that_trains_in_this_process_is_pruned(
    store: RunStore, dcgan: RunConfig, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gancore.executors.tending.SEARCH_SECONDS", 0.0)
    executor = Executor(store)
    run = store.create(long(dcgan))
    monkeypatch.setattr(Searches, "tend", lambda _: run.command("stop"))
    executor.submit(run)
    wait_until(lambda: run.state == "stopped")
    executor.close()
