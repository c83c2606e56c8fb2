from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from gancore.config import ConfigError, RunConfig
from gancore.store import Run, RunBusy, RunStore
from gancore.store.records import Status
from gancore.sweeps.plan import Plan
from gancore.sweeps.sweep import Cell, Sweep
from gancore.sweeps.sweeps import SweepNotFound, Sweeps, config_of
from gancore.training.runner import execute

HeldElsewhere = Callable[[Path], AbstractContextManager[None]]


@pytest.fixture
def sweeps(store: RunStore) -> Sweeps:
    return Sweeps(store)


@pytest.fixture
def plan(dcgan: RunConfig) -> Plan:
    """Two arms times two seeds."""
    arms = {"ngf 2": dcgan, "ngf 3": dcgan.replace({"model.ngf": 3})}
    return Plan("What does ngf do?", arms, (0, 1), varies=("model.ngf",))


class Killed(BaseException):
    """Nothing catches it, as nothing catches a kill -9."""


def states(sweeps: Sweeps, sweep: Sweep) -> list[str]:
    return ["missing" if run is None else run.state for _, run in sweeps.runs(sweep)]


def queued(store: RunStore) -> list[str]:
    return [run.id for run in store.queue()]


def first(sweeps: Sweeps, sweep: Sweep) -> Run:
    return sweeps.store.open(sweep.cells[0].run)


def interrupt(run: Run) -> None:
    """As if whoever executed it had been killed."""
    run.write_status(run.status.model_copy(update={"state": "running", "step": 3}))


def fail_after(monkeypatch: pytest.MonkeyPatch, target: str, calls: int, problem: BaseException) -> None:
    """Have a function raise from its call number `calls` on, counted from 0."""
    owner, name = target.rsplit(".", 1)
    original = getattr(pytest.importorskip(owner), name)
    made = 0

    def call(*args: object, **options: object) -> object:
        nonlocal made
        made += 1
        if made > calls:
            raise problem
        return original(*args, **options)

    monkeypatch.setattr(target, call)


# --- making ---------------------------------------------------------------------------------------------------------


def test_a_sweep_is_a_file_that_names_its_runs(sweeps: Sweeps, store: RunStore, plan: Plan) -> None:
    sweep = sweeps.create(plan, threads=1)
    assert sweep.state == "started"
    assert sweeps.open(sweep.id) == sweep
    assert (store.root / "sweeps" / sweep.id / "sweep.json").is_file()
    assert [(cell.arm, cell.seed) for cell in sweep.cells] == [("ngf 2", 0), ("ngf 3", 0), ("ngf 2", 1), ("ngf 3", 1)]
    assert [cell.changes for cell in sweep.cells[:2]] == [{}, {"model.ngf": 3}]
    assert queued(store) == [cell.run for cell in sweep.cells]
    for (cell, run), (_, seed, config) in zip(sweeps.runs(sweep), plan.configs, strict=True):
        assert run is not None
        assert run.config == config == config_of(sweep, cell)
        assert (run.config.seed, run.sweep, run.threads, run.experiment, run.arm) == (seed, sweep.id, 1, None, None)
        assert run.name == f"What does ngf do?: {cell.arm}, seed {seed}"


def test_runs_of_an_experiment_say_what_they_are(sweeps: Sweeps, dcgan: RunConfig) -> None:
    sweep = sweeps.create(Plan("nz", {"nz 4": dcgan}, (3,), "dcgan-nz", "quick"))
    run = first(sweeps, sweep)
    assert (run.experiment, run.arm, run.scale, run.sweep) == ("dcgan-nz", "nz 4", "quick", sweep.id)
    assert run.threads == 1  # as the machine has, in tests
    assert sweep.id.startswith("dcgan-nz-")


def test_sweeps_are_no_runs(sweeps: Sweeps, store: RunStore, plan: Plan) -> None:
    sweeps.create(plan)
    (store.root / "reference").mkdir()
    assert {run.id for run in store.list()} == {run.id for run in store.queue()}
    for name in ("sweeps", "reference"):
        with pytest.raises(LookupError):
            store.open(name)
        with pytest.raises(ValueError, match="no run can have the id"):
            store.create(plan.arms["ngf 2"], run_id=name)


def test_the_newest_sweep_comes_first(sweeps: Sweeps, plan: Plan) -> None:
    older, newer = sweeps.create(plan), sweeps.create(plan)
    assert [sweep.id for sweep in sweeps.list()] == [newer.id, older.id]


def test_a_sweep_of_nothing_is_refused(sweeps: Sweeps, store: RunStore, plan: Plan) -> None:
    with pytest.raises(ConfigError, match="from 1 to 10,000 runs, and this one would have 0"):
        sweeps.create(Plan("nothing", plan.arms, ()))
    assert not store.root.exists()


def test_finished_runs_are_taken_over(sweeps: Sweeps, store: RunStore, plan: Plan, dcgan: RunConfig) -> None:
    done = store.create(dcgan)
    execute(done.path)
    twin = store.create(dcgan)  # not finished
    sweep = sweeps.create(plan)
    assert sweep.cells[0].run == done.id
    assert twin.id not in {cell.run for cell in sweep.cells}
    assert states(sweeps, sweep) == ["finished", "queued", "queued", "queued"]
    assert sweeps.create(plan, reuse=False).cells[0].run != done.id


@pytest.mark.parametrize(("code", "again"), [(None, False), ("no-data", True)])
def test_runs_that_diverged_are_taken_over_and_those_that_could_not_train_are_run_again(
    sweeps: Sweeps, store: RunStore, plan: Plan, dcgan: RunConfig, code: str | None, again: bool
) -> None:
    ended = store.create(dcgan)
    ended.write_status(ended.status.model_copy(update={"state": "failed", "error_code": code}))
    assert (sweeps.create(plan).cells[0].run != ended.id) is again


@pytest.mark.parametrize("experiment", ["dcgan-nz", None])
def test_only_what_is_exactly_the_same_is_taken_over(
    sweeps: Sweeps, store: RunStore, dcgan: RunConfig, experiment: str | None
) -> None:
    made = {"experiment": experiment, "arm": "nz 4", "scale": "quick"} if experiment else {}
    steered, forked = store.create(dcgan, **made), store.create(dcgan, **made)
    others = [steered, forked, store.create(dcgan.replace({"model.nz": 5}), **made)]
    if experiment:
        others += [store.create(dcgan, **(made | other)) for other in ({"arm": "nz 5"}, {"scale": "full"})]
        others += [store.create(dcgan)]
    steered.steer({"optim.lr_g": 1e-3})
    for run in others:
        execute(run.path)
    forked.edit_meta(parent=steered.id)
    plan = Plan("nz", {"nz 4": dcgan}, (0,), experiment, "quick" if experiment else None)
    assert sweeps.create(plan).cells[0].run not in {run.id for run in others}
    good = store.create(dcgan, **made)
    execute(good.path)
    assert sweeps.create(plan).cells[0].run == good.id


def test_one_run_is_not_taken_for_two(sweeps: Sweeps, store: RunStore, dcgan: RunConfig) -> None:
    done = store.create(dcgan)
    execute(done.path)
    sweep = sweeps.create(Plan("twice", {"a": dcgan, "b": dcgan}, (0,)))
    assert [cell.run == done.id for cell in sweep.cells] == [True, False]


# --- killed, full, two at once --------------------------------------------------------------------------------------


@pytest.mark.parametrize("made", [0, 1, 3, 4])
def test_whoever_is_killed_while_making_runs_leaves_what_the_next_one_completes(
    sweeps: Sweeps, store: RunStore, plan: Plan, monkeypatch: pytest.MonkeyPatch, made: int
) -> None:
    with monkeypatch.context() as patch:
        fail_after(patch, "gancore.sweeps.sweeps.config_of", made, Killed())
        if made == 4:
            patch.setattr(Sweeps, "_save", lambda *_: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            sweeps.create(plan)
    (sweep,) = sweeps.list()
    assert sweep.state == "planned"
    assert [state == "queued" for state in states(sweeps, sweep)] == [place < made for place in range(4)]
    sweeps.tend()
    assert sweeps.open(sweep.id).state == "started"
    assert queued(store) == [cell.run for cell in sweep.cells]
    before = [run.status for run in store.queue()]
    sweeps.tend()
    assert [run.status for run in store.queue()] == before


def test_whoever_is_killed_before_the_file_is_there_leaves_nothing(
    sweeps: Sweeps, store: RunStore, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("gancore.sweeps.sweeps._write", lambda *_: (_ for _ in ()).throw(Killed()))
        patch.setattr("shutil.rmtree", lambda *_, **__: None)  # nobody tidies up
        with pytest.raises(Killed):
            sweeps.create(plan)
    sweeps.tend()
    assert (list(sweeps.list()), list(store.list())) == ([], [])


def test_a_run_that_was_trained_and_deleted_meanwhile_is_not_made_again(
    sweeps: Sweeps, store: RunStore, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        fail_after(patch, "gancore.sweeps.sweeps.config_of", 1, Killed())
        with pytest.raises(Killed):
            sweeps.create(plan)
    (sweep,) = sweeps.list()
    store.delete(first(sweeps, sweep))
    sweeps.tend()
    assert states(sweeps, sweep) == ["missing", "queued", "queued", "queued"]


@pytest.mark.parametrize("writes", range(6))
def test_a_full_disk_leaves_a_sweep_that_is_completed_later_or_none(
    sweeps: Sweeps, store: RunStore, plan: Plan, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    with monkeypatch.context() as patch:
        fail_after(patch, "gancore.files.replace", writes, OSError(28, "No space left on device"))
        with pytest.raises(OSError, match="No space"):
            sweeps.create(plan)
        sweeps.tend()  # as little can be written: nothing is raised, nothing lost
    assert len(sweeps.list()) == (writes > 0)
    sweeps.tend()
    assert len(queued(store)) == (4 if writes else 0)
    assert not [path for path in store.root.rglob("*") if path.suffix in (".tmp", ".draft")]


def test_what_two_complete_at_once_is_made_once(
    sweeps: Sweeps, store: RunStore, plan: Plan, held_elsewhere: HeldElsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        fail_after(patch, "gancore.sweeps.sweeps.config_of", 1, Killed())
        with pytest.raises(Killed):
            sweeps.create(plan)
    (sweep,) = sweeps.list()
    with held_elsewhere(store.root / "sweeps" / sweep.id / "lock"):
        sweeps.tend()  # left to whoever holds it
        assert len(queued(store)) == 1
    sweeps.tend()
    assert len(queued(store)) == 4


def test_an_interrupted_run_waits_again_at_its_place(sweeps: Sweeps, store: RunStore, plan: Plan) -> None:
    sweep = sweeps.create(plan)
    run = first(sweeps, sweep)
    interrupt(run)
    alone = store.create(plan.arms["ngf 2"])
    interrupt(alone)
    sweeps.tend()
    assert queued(store) == [cell.run for cell in sweep.cells]
    assert run.status.step == 3
    assert alone.state == "interrupted"  # nobody planned it


def test_an_interrupted_run_that_was_asked_to_stop_is_stopped(sweeps: Sweeps, plan: Plan) -> None:
    run = first(sweeps, sweeps.create(plan))
    interrupt(run)
    run.command("stop")
    sweeps.tend()
    assert run.state == "stopped"
    assert execute(run.path, expected="queued") == "stopped"


def test_a_run_that_trains_is_left_alone(sweeps: Sweeps, plan: Plan, held_elsewhere: HeldElsewhere) -> None:
    run = first(sweeps, sweeps.create(plan))
    interrupt(run)
    with held_elsewhere(run.path / "lock"):
        sweeps.tend()
        assert run.state == "running"
    sweeps.tend()
    assert run.state == "queued"


def test_one_run_that_cannot_be_written_keeps_no_other_from_going_on(
    sweeps: Sweeps, store: RunStore, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = sweeps.create(plan)
    runs = [store.open(cell.run) for cell in sweep.cells]
    for run in runs:
        interrupt(run)
    original = Run.write_status

    def write(self: Run, status: Status) -> None:
        if self.id == runs[0].id:
            raise OSError(30, "Read-only file system")
        original(self, status)

    with monkeypatch.context() as patch:
        patch.setattr(Run, "write_status", write)
        sweeps.tend()
        assert states(sweeps, sweep) == ["interrupted", "queued", "queued", "queued"]
    sweeps.tend()
    assert queued(store) == [cell.run for cell in sweep.cells]


@pytest.mark.parametrize("ask", ["pause", "cancel", "go_on"])
def test_a_disk_that_is_full_for_a_while_leaves_a_sweep_that_can_be_asked_again(
    sweeps: Sweeps, plan: Plan, monkeypatch: pytest.MonkeyPatch, ask: str
) -> None:
    sweep = sweeps.create(plan)
    if ask == "go_on":
        sweeps.pause(sweep)
    expected = {"pause": "paused", "cancel": "stopped", "go_on": "queued"}[ask]
    for writes in range(10):
        with monkeypatch.context() as patch:
            fail_after(patch, "gancore.files.replace", writes, OSError(28, "No space left on device"))
            try:
                getattr(sweeps, ask)(sweep)
            except OSError:
                continue
            break
    assert states(sweeps, sweep) == [expected] * 4
    assert sweeps.open(sweep.id).state == {"pause": "paused", "cancel": "cancelled", "go_on": "started"}[ask]


# --- steering -------------------------------------------------------------------------------------------------------


def test_a_paused_sweep_leaves_the_queue_and_goes_on_in_order(sweeps: Sweeps, store: RunStore, plan: Plan) -> None:
    sweep = sweeps.create(plan)
    interrupt(first(sweeps, sweep))
    paused = sweeps.pause(sweep)
    assert paused.state == sweeps.open(sweep.id).state == "paused"
    assert states(sweeps, sweep) == ["paused"] * 4
    sweeps.tend()
    assert queued(store) == []
    assert sweeps.go_on(sweep).state == "started"
    assert queued(store) == [cell.run for cell in sweep.cells]


def test_a_run_that_trains_is_asked_to_pause(sweeps: Sweeps, plan: Plan, held_elsewhere: HeldElsewhere) -> None:
    sweep = sweeps.create(plan)
    run = first(sweeps, sweep)
    interrupt(run)
    with held_elsewhere(run.path / "lock"):
        sweeps.pause(sweep)
        assert (run.state, run.asked) == ("running", "pause")


def test_a_cancelled_sweep_keeps_what_is_finished(sweeps: Sweeps, store: RunStore, plan: Plan) -> None:
    sweep = sweeps.create(plan)
    execute(first(sweeps, sweep).path)
    assert sweeps.cancel(sweep).state == "cancelled"
    assert states(sweeps, sweep) == ["finished", "stopped", "stopped", "stopped"]
    sweeps.go_on(sweep)
    assert queued(store) == [cell.run for cell in sweep.cells[1:]]


def test_one_that_somebody_stopped_stays_stopped(sweeps: Sweeps, plan: Plan) -> None:
    sweep = sweeps.create(plan)
    first(sweeps, sweep).command("stop")
    sweeps.tend()
    sweeps.pause(sweep)
    sweeps.go_on(sweep)
    assert states(sweeps, sweep) == ["stopped", "queued", "queued", "queued"]
    assert sweeps.retry(sweep, sweep.cells[0].run).state == "queued"


def test_a_failed_run_is_tried_again_from_its_checkpoint(sweeps: Sweeps, plan: Plan) -> None:
    sweep = sweeps.create(plan)
    run = first(sweeps, sweep)
    execute(run.path, max_steps=7)
    run.write_status(run.status.model_copy(update={"state": "failed", "error": "x", "error_code": "internal"}))
    assert sweeps.retry(sweep, run.id).state == "queued"
    with pytest.raises(RunBusy, match="waits in the queue already"):
        sweeps.retry(sweep, run.id)
    assert execute(run.path) == "finished"
    assert run.events()[-2]["message"].endswith("from step 7")
    assert sweeps.retry(sweep, run.id).state == "finished"


def test_a_deleted_run_comes_back(sweeps: Sweeps, store: RunStore, plan: Plan) -> None:
    sweep = sweeps.create(plan)
    run = first(sweeps, sweep)
    execute(run.path, max_steps=7)
    store.delete(run)
    assert states(sweeps, sweep)[0] == "missing"
    assert sweeps.retry(sweep, run.id).status.step == 7
    store.delete(run)
    store.empty_trash()
    made = sweeps.retry(sweep, run.id)
    assert (made.id, made.status.step, made.state, made.sweep) == (run.id, 0, "queued", sweep.id)


def test_a_run_that_cannot_be_read_is_made_anew(sweeps: Sweeps, plan: Plan) -> None:
    sweep = sweeps.create(plan)
    run = first(sweeps, sweep)
    (run.path / "config.json").write_text("{")
    made = sweeps.retry(sweep, run.id)
    assert made.id != run.id
    assert sweeps.open(sweep.id).cells[0].run == made.id
    with pytest.raises(SweepNotFound, match="has no run"):
        sweeps.retry(sweep, run.id)


def test_a_sweep_can_be_renamed_and_forgotten(sweeps: Sweeps, store: RunStore, plan: Plan) -> None:
    sweep = sweeps.create(plan)
    assert sweeps.open(sweeps.rename(sweep, "ngf again").id).title == "ngf again"
    with pytest.raises(RunBusy, match="cancel it before deleting it"):
        sweeps.delete(sweep)
    sweeps.cancel(sweep)
    sweeps.delete(sweep)
    assert list(sweeps.list()) == []
    assert len(store.list()) == 4
    for ask in (sweeps.pause, sweeps.go_on, sweeps.cancel, sweeps.delete):
        with pytest.raises(SweepNotFound):
            ask(sweep)
    sweeps.tend()


def test_progress_counts_steps_and_foresees_the_rest(sweeps: Sweeps, store: RunStore, plan: Plan) -> None:
    sweep = sweeps.create(plan)
    assert sweeps.progress(sweep).seconds_left is None
    done, half = (store.open(cell.run) for cell in sweep.cells[:2])
    done.write_status(done.status.model_copy(update={"state": "finished", "step": 20, "seconds": 10.0}))
    half.write_status(half.status.model_copy(update={"step": 10, "seconds": 10.0}))
    store.delete(store.open(sweep.cells[3].run))
    progress = sweeps.progress(sweep)
    assert progress.counts == {"finished": 1, "queued": 2, "missing": 1}
    assert (progress.finished, progress.active, progress.total) == (1, 2, 4)
    assert progress.share == pytest.approx((1 + 0.5) / 4)
    assert progress.seconds_left == pytest.approx(10 * 1.0 + 20 * 0.5)


@pytest.mark.parametrize(("remaining", "left"), [(5.0, 5.0), (10.0, 10.0), (None, 5.0), (1.0, 5.0)])
def test_runs_that_share_their_seconds_are_foreseen_by_what_they_say_themselves(
    sweeps: Sweeps, store: RunStore, plan: Plan, remaining: float | None, left: float
) -> None:
    """Two that train: in a process of its own each, or together, where 5 seconds of each pass in 10."""
    sweep = sweeps.create(plan)
    runs = [store.open(cell.run) for cell in sweep.cells]
    changes = {"state": "running", "step": 10, "seconds": 5.0, "remaining": remaining}
    with ExitStack() as held:
        for run in runs[:2]:
            held.enter_context(run.hold("busy"))
            run.write_status(run.status.model_copy(update=changes))
        for run in runs[2:]:
            store.delete(run)
        assert sweeps.progress(sweep).seconds_left == pytest.approx(left)


# --- from anywhere --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "..", "../x", ".hidden", "no-such", "UPPER", "a/b", "x" * 200, "sweeps"])
def test_an_id_may_come_from_anywhere(sweeps: Sweeps, plan: Plan, name: str) -> None:
    sweeps.create(plan)
    with pytest.raises(SweepNotFound, match="there is no sweep"):
        sweeps.open(name)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"cells": 3}', '{"cells": [{"arm": "a", "seed": -1, "run": "r"}]}', "[" * 100_000]
)
def test_a_file_that_makes_no_sense_is_no_sweep(sweeps: Sweeps, store: RunStore, content: str) -> None:
    folder = store.root / "sweeps" / "bad"
    folder.mkdir(parents=True)
    (folder / "sweep.json").write_text(content)
    assert list(sweeps.list()) == []
    sweeps.tend()


def test_a_pipe_or_a_link_is_no_sweep(sweeps: Sweeps, store: RunStore, plan: Plan) -> None:
    good = sweeps.create(plan)
    (store.root / "sweeps" / "pipe").mkdir()
    os.mkfifo(store.root / "sweeps" / "pipe" / "sweep.json")
    (store.root / "sweeps" / "link").symlink_to(store.root / "sweeps" / good.id)
    (store.root / "sweeps" / "file").touch()
    assert [sweep.id for sweep in sweeps.list()] == [good.id]


@pytest.mark.parametrize("run", ["../outside", "sweeps", "reference", ".trash", "", "a/b"])
@pytest.mark.parametrize("base", [{}, {"model": 3}, {"no": "such"}])
def test_a_sweep_from_elsewhere_makes_runs_only_where_runs_are(
    sweeps: Sweeps, store: RunStore, run: str, base: dict[str, object]
) -> None:
    cells = (Cell(arm="a", seed=0, run=run), Cell(arm="b", seed=0, run="good", changes={"no.such": 1}))
    sweep = Sweep(id="x", title="x", base=base, cells=cells)
    sweeps.begin(sweep)
    sweeps.tend()
    assert list(store.list()) == []
    assert sweeps.open("x").state == "started"
    assert states(sweeps, sweep) == ["missing", "missing"]
    sweeps.pause(sweep)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_read_only_store_is_read(sweeps: Sweeps, store: RunStore, plan: Plan) -> None:
    sweep = sweeps.create(plan)
    folder = store.root / "sweeps" / sweep.id
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.raises(OSError, match="denied"):
            sweeps.rename(sweep, "x")
        assert sweeps.open(sweep.id) == sweep
    finally:
        folder.chmod(stat.S_IRWXU)
