"""What comes between two writes: each test forces one moment at which somebody else acts, or the process dies."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from gancore.config import RunConfig
from gancore.evaluation import runs
from gancore.evaluation.runs import evaluate_run
from gancore.executors.executor import Executor
from gancore.store import Run, RunBusy, RunNotFound, RunStore, changes, discarded, records, requests
from gancore.store.evaluations import Evaluation
from gancore.store.records import Status
from gancore.store.requests import Request
from gancore.store.scalars import ScalarWriter, missing_steps
from gancore.training import control
from gancore.training.heartbeat import Heartbeat
from gancore.training.runner import execute
from tests.at import At


@pytest.fixture(autouse=True)
def _looks_at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "CONTROL_SECONDS", 0.0)


def breaks(problem: type[BaseException] = RuntimeError) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise problem

    return fail


def full(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def codes(run: Run) -> list[str]:
    return [event["code"] for event in run.events()]


def measured(step: int) -> Evaluation:
    facts = {"weights": "raw", "size": "full", "samples": 9, "reference": "x", "reference_count": 9, "seconds": 1.0}
    return Evaluation.model_validate({"step": step, "values": {}} | facts)


# --- the trash ------------------------------------------------------------------------------------------------------


def test_what_is_restored_while_the_trash_is_emptied_is_whole_or_gone(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody restores in the middle of the deletion, when the lock's file is gone already."""
    run = store.create(dcgan)
    execute(run.path, max_steps=2)
    store.delete(run)
    original = shutil.rmtree

    def half(path: Path, *args: object, **options: object) -> None:
        (path / "lock").unlink()
        with pytest.raises(RunNotFound):
            store.restore(run.id)
        original(path, *args, **options)

    monkeypatch.setattr("shutil.rmtree", half)
    store.empty_trash()
    assert list((store.root / ".trash").iterdir()) == []


def test_what_a_killed_process_was_deleting_is_deleted_next_time(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.delete(store.create(dcgan))
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", breaks(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            store.empty_trash()
    assert store.trashed() == []
    store.empty_trash()
    assert list((store.root / ".trash").iterdir()) == []


def test_a_note_on_a_run_that_was_deleted_does_not_make_it_anew(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    store.delete(run)
    with pytest.raises(RunNotFound):
        run.edit_meta(name="late")
    assert not run.path.exists()
    assert store.restore(run.id).id == run.id


def test_a_deletion_that_is_refused_leaves_the_run_in_the_queue(store: RunStore, dcgan: RunConfig) -> None:
    first, second = store.create(dcgan), store.create(dcgan)
    store.delete(first)
    second.path.rename(first.path)
    first.enqueue()
    with pytest.raises(RunBusy):
        store.delete(first)
    assert first.state == "queued"


def test_somebody_who_writes_for_a_moment_does_not_keep_a_run_from_the_queue(store: RunStore, dcgan: RunConfig) -> None:
    """Its status says running, since it was interrupted, and its lock is held: but nobody trains it."""
    run = store.create(dcgan)
    run.write_status(run.status.model_copy(update={"state": "running"}))
    held, released = threading.Event(), threading.Event()

    def write() -> None:
        with run.hold("never"):
            held.set()
            released.wait(30)

    thread = threading.Thread(target=write)
    thread.start()
    assert held.wait(30)
    threading.Timer(0.1, released.set).start()
    run.enqueue()
    thread.join()
    assert run.state == "queued"


# --- commands and changes -------------------------------------------------------------------------------------------


def test_a_stop_while_an_interrupted_run_is_taken_up_is_obeyed(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It shows as running, with the token of the attempt that died."""
    run = store.create(dcgan)
    with pytest.raises(KeyboardInterrupt):
        execute(run.path, watchers=[At(3, breaks(KeyboardInterrupt))])
    original = Heartbeat.start

    def press_stop_first(self: Heartbeat) -> None:
        assert run.state == "running"
        run.command("stop")
        original(self)

    monkeypatch.setattr(Heartbeat, "start", press_stop_first)
    assert execute(run.path) == "stopped"


def test_a_change_whose_request_outlived_its_record_is_not_refused(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the change was recorded, before its request was removed."""
    run = store.create(dcgan)
    with monkeypatch.context() as patch:
        patch.setattr(requests, "remove", breaks(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            execute(run.path, watchers=[At(5, lambda: run.steer({"optim.lr_g": 1e-3}))])
    assert execute(run.path) == "finished"
    assert run.config_now.optim.lr_g == 1e-3
    assert "refused" not in codes(run)
    assert requests.waiting(run.path) == []


def test_a_command_that_cannot_be_read_at_once_is_not_lost(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too many files are open at that moment."""
    run, original, fails = store.create(dcgan), requests.read_regular, [True]

    def read(path: Path, most: int, **options: bool) -> bytes:
        if fails:
            fails.clear()
            raise OSError(24, "Too many open files")
        return original(path, most, **options)

    monkeypatch.setattr(requests, "read_regular", read)
    assert execute(run.path, watchers=[At(5, lambda: run.command("stop"))]) == "stopped"
    assert run.status.step <= 7


def test_a_status_that_cannot_be_read_for_a_moment_is_read_again(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create(dcgan)
    old = time.time() - 3600
    os.utime(run.path / "status.json", (old, old))  # settled: what was read of it is remembered
    with monkeypatch.context() as patch:
        patch.setattr(records, "read_regular", lambda *_args, **_options: breaks(OSError)())
        assert run.status.total_steps == 0
    assert run.status.total_steps == dcgan.total_steps


def test_numbers_beyond_all_measure_do_not_break_the_list_of_changes(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    (run.path / "changes").mkdir()
    (run.path / "changes" / "999999999.json").write_text('{"changes": {"optim.lr_g": 0.1}, "step": 0}')
    for rate in (0.2, 0.3):
        run.steer({"optim.lr_g": rate})
    assert run.steered_config.optim.lr_g == 0.3


@pytest.mark.parametrize(("place", "name"), [(requests, "waiting"), (changes, "files")])
def test_a_change_that_is_recorded_while_one_reads_is_seen(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch, place: object, name: str
) -> None:
    """Its request is removed the moment its record is there: whichever a reader looks at first, it finds the change."""
    run = store.create(dcgan)
    run.steer({"optim.lr_g": 0.3})
    (asked,) = run.changes()
    original = getattr(place, name)

    def then_recorded(path: Path) -> object:
        found = original(path)
        run.record_change(asked, 7)
        return found

    monkeypatch.setattr(place, name, then_recorded)
    assert [change.changes for change in run.changes()] == [asked.changes]


# --- going back -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [4, None], ids=["stops before", "trains past"])
def test_what_was_measured_of_a_lost_future_is_not_filed(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch, more: int | None
) -> None:
    """While a kept checkpoint is measured, the run goes on from an earlier one with another rate."""
    run = store.create(dcgan.replace({"train.keep_epochs": 1}))
    execute(run.path, max_steps=3)
    execute(run.path, watchers=[At(17, breaks())])
    original = runs._hand_in

    def rewind_first(*args: object) -> None:
        run.steer({"optim.lr_g": 2e-3})
        execute(run.path, max_steps=more)
        original(*args)

    monkeypatch.setattr(runs, "_hand_in", rewind_first)
    evaluate_run(run, checkpoint="000015", samples=20)
    assert 15 not in [each.step for each in run.evaluations()]
    assert codes(run)[-1] == "undone"
    assert requests.waiting(run.path) == []


def test_an_evaluation_that_nobody_filed_is_filed_with_the_next_one(store: RunStore, dcgan: RunConfig) -> None:
    """Whoever made it was killed between asking and filing, and the run has finished."""
    run = store.create(dcgan)
    execute(run.path)
    requests.leave(run.path, Request(kind="evaluation", evaluation=measured(20)))
    evaluate_run(run, samples=20)
    assert sorted(each.samples for each in run.evaluations()) == [9, 20]
    assert requests.waiting(run.path) == []


def test_an_evaluation_that_cannot_be_handed_in_is_not_tried_for_ever(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody holds the run, but the request cannot be read: it is left for whoever can."""
    run = store.create(dcgan)
    execute(run.path, max_steps=3)
    monkeypatch.setattr(runs, "PATIENCE", 0.1)
    monkeypatch.setattr(requests, "read_regular", breaks(OSError))
    evaluate_run(run, samples=20)
    monkeypatch.undo()
    assert [each.kind for each in requests.waiting(run.path)] == ["evaluation"]


def test_the_summary_of_a_lost_future_goes_too(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    execute(run.path, max_steps=3)
    execute(run.path, watchers=[At(17, breaks())])
    assert run.summary["step"] == 17
    with pytest.raises(KeyboardInterrupt):
        execute(run.path, watchers=[At(6, breaks(KeyboardInterrupt))])
    assert run.summary == {}


def test_all_that_is_set_aside_is_told_though_it_was_done_in_two_halves(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create(dcgan.replace({"train.keep_epochs": 1}))
    execute(run.path, max_steps=3)
    execute(run.path, watchers=[At(17, breaks())])
    with monkeypatch.context() as patch:
        patch.setattr(discarded, "copy_rows_after", breaks(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            execute(run.path)
    execute(run.path)
    told = " ".join(event["message"] for event in run.events() if event["code"] == "rewound")
    assert all(folder.name in told for folder in (run.path / "discarded").iterdir())


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.symlink_to("../config.json")], ids=["folder", "link"])
def test_a_checkpoint_that_is_no_file_is_refused_and_nothing_is_set_aside(
    store: RunStore, dcgan: RunConfig, make: Callable[[Path], object]
) -> None:
    run = store.create(dcgan)
    execute(run.path, max_steps=5)
    last = run.path / "checkpoints" / "last.pt"
    last.unlink()
    make(last)
    assert execute(run.path, max_steps=3) == "failed"
    assert run.status.error_code == "bad-checkpoint"
    assert not (run.path / "discarded").exists()


def test_a_curve_file_without_steps_does_not_keep_a_run_from_going_on(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    execute(run.path, max_steps=5)
    table = pa.table({"loss": [1.0, 2.0]})
    with (run.path / "scalars.arrow").open("wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)
    assert execute(run.path) == "finished"
    assert "gap" in codes(run)


def test_missing_steps_of_any_length_are_found(tmp_path: Path) -> None:
    path = tmp_path / "scalars.arrow"
    assert missing_steps(path, 1, 10**9) == (1, 10**9)  # without making a list of them
    writer = ScalarWriter(path)
    writer.append({"step": np.array([1, 2, 5, 6, 9, 10])})
    writer.close()
    assert missing_steps(path, 1, 10) == (3, 8)
    assert missing_steps(path, 5, 6) is None
    assert missing_steps(path, 7, 10) == (7, 8)
    assert missing_steps(path, 4, 3) is None


# --- full disks, folders in place of files --------------------------------------------------------------------------


def test_a_queued_run_that_a_full_disk_keeps_from_starting_says_so(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create(dcgan)
    run.enqueue()
    executor = Executor(store)
    monkeypatch.setattr("gancore.store.run.write_atomic", full)
    executor._drain()
    executor.close()
    assert (run.status.state, run.status.error_code) == ("failed", "no-space")


def test_the_last_word_fits_into_the_room_that_there_is(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the error: a file that would have to grow could not be written whole."""
    run = store.create(dcgan)
    status = Status(state="running", attempt=2, token="mine", step=500, scalars={"loss_g": 0.1})
    beating = Heartbeat(run, status, images_per_step=8)
    beating.start()
    size = (run.path / "status.json").stat().st_size
    monkeypatch.setattr("gancore.store.run.write_atomic", full)
    beating.end("failed", "x" * 1900, "no-space")
    assert (run.path / "status.json").stat().st_size == size
    assert (run.status.state, run.status.step, run.status.error_code) == ("failed", 500, "no-space")


def test_one_who_slept_does_not_undo_what_another_finished(store: RunStore, dcgan: RunConfig) -> None:
    """Its machine was asleep for a quarter of an hour, and the other one finished two minutes ago."""
    run = store.create(dcgan)
    slept = Heartbeat(run, Status(state="running", attempt=2, token="mine"), images_per_step=8)
    slept._write_now()
    slept._status = slept._status.model_copy(update={"heartbeat": time.time() - 900})
    done = Status(state="finished", attempt=3, token="another", heartbeat=time.time() - 120, step=500)
    run.write_status(done)
    slept._write()
    assert slept.lost.is_set()
    assert run.status == done


def test_a_run_that_finished_is_finished_though_nothing_can_be_said_any_more(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create(dcgan)
    original = Heartbeat.end

    def ask_first(self: Heartbeat, *args: str) -> None:
        run.steer({"optim.lr_g": 1e-3})
        original(self, *args)
        monkeypatch.setattr(Run, "log", full)

    monkeypatch.setattr(Heartbeat, "end", ask_first)
    assert execute(run.path) == "finished"


@pytest.mark.parametrize("name", ["error.txt", "requests/12345678901234567890-0123456789abcdef.json"])
def test_a_folder_in_place_of_a_file_does_not_keep_a_run_from_training(
    store: RunStore, dcgan: RunConfig, name: str
) -> None:
    run = store.create(dcgan)
    (run.path / name / "full").mkdir(parents=True)
    assert execute(run.path) == "finished"
    assert "refused" not in codes(run)


def test_a_history_that_leads_elsewhere_is_not_written_to(store: RunStore, dcgan: RunConfig, tmp_path: Path) -> None:
    run = store.create(dcgan)
    outside = tmp_path / "outside"
    (run.path / "events.jsonl").symlink_to(outside)
    assert execute(run.path) == "failed"
    assert not outside.exists()
