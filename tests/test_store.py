from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from gancore import store as store_module
from gancore.config import RunConfig
from gancore.store import RESUMABLE, Meta, Run, RunBusy, RunNotFound, RunStore, Status

HeldElsewhere = Callable[[Path], AbstractContextManager[None]]


def set_status(run: Run, **changes: object) -> None:
    run.write_status(run.status.model_copy(update=changes))


def edit_envelope(run: Run, **changes: object) -> Run:
    saved = json.loads((run.path / "config.json").read_text()) | changes
    (run.path / "config.json").write_text(json.dumps(saved))
    return Run(run.path)


# --- creating and reading -------------------------------------------------------------------------------------------


def test_a_new_run_is_a_folder_that_says_all_about_itself(store: RunStore, config: RunConfig) -> None:
    before = time.time()
    run = store.create(config, name="My run!", experiment="quickstart")
    assert run.id.startswith("my-run-20")
    assert run.config == config
    assert run.name == "My run!"
    assert run.experiment == "quickstart"
    assert before <= run.created <= time.time()
    assert run.state == "stopped"
    assert (run.status.step, run.status.total_steps, run.status.attempt) == (0, config.total_steps, 0)
    assert run.damage is None
    assert run.envelope["schema"] == 1
    assert {"python", "torch", "numpy"} <= run.envelope["versions"].keys()
    assert {file.name for file in run.path.iterdir()} == {"config.json", "meta.json", "status.json"}
    assert store.queue() == []  # nothing trains yet


def test_a_run_without_a_name_is_called_by_its_id(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    assert run.name == run.id
    assert run.id.startswith("dcgan-")
    assert store.create(dcgan, experiment="dcgan-lr").id.startswith("dcgan-lr-")


@pytest.mark.parametrize("name", ["../../etc", "Ünïcode ☃", "   ", "x" * 500, ".hidden", "con\n"])
def test_any_name_makes_a_plain_folder(store: RunStore, dcgan: RunConfig, name: str) -> None:
    run = store.create(dcgan, name=name)
    assert run.path.parent == store.root
    assert store.open(run.id).meta.name == name
    assert len(run.id) < 128


def test_runs_made_at_once_get_different_folders(store: RunStore, dcgan: RunConfig) -> None:
    assert len({store.create(dcgan).id for _ in range(20)}) == 20
    assert len(store.list()) == 20


def test_an_empty_run_has_nothing_to_show(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    assert run.summary == {}
    assert len(run.scalars()) == 0
    assert run.samples() == {}
    assert run.checkpoints() == {}
    assert run.events() == []
    assert run.control.attempt == 0
    assert not run.is_held()


def test_runs_are_listed_newest_first(store: RunStore, dcgan: RunConfig) -> None:
    runs = [store.create(dcgan, name=name) for name in ("b", "a", "c")]
    for run, created in zip(runs, (3e9, 1e9, 2e9), strict=True):
        edit_envelope(run, created=created)
    assert [run.name for run in store.list()] == ["b", "c", "a"]


def test_a_store_that_does_not_exist_is_empty(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "nowhere")
    assert store.list() == store.queue() == store.trashed() == []
    store.empty_trash()
    assert not store.root.exists()


def test_a_run_is_opened_by_its_id(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    assert store.open(run.id).config == dcgan
    assert store.open(run.id).path == run.path


HOSTILE = (
    *("../x", "../../etc", "/", "/etc", ".", "..", ".trash", ".worker.lock", "a/b", "a\\b", "./a", "a/", "", " ", " a"),
    *("a\0b", "a\n", "a b", "A", "ünï", "☃", "\u202ea", "%2e%2e", "a%00", "-x", "_x", "~", "$HOME", "*", "x" * 129),
    "no-such-run",
)


@pytest.mark.parametrize("run_id", HOSTILE)
def test_what_is_no_runs_id_is_not_looked_up(store: RunStore, dcgan: RunConfig, run_id: str) -> None:
    store.delete(store.create(dcgan))
    (store.root / "a").mkdir()
    (store.root.parent / "x").mkdir()
    with pytest.raises(RunNotFound) as refusal:
        store.open(run_id)
    assert "\n" not in str(refusal.value)
    with pytest.raises(RunNotFound):
        store.restore(run_id)


def test_links_are_neither_opened_nor_listed(store: RunStore, dcgan: RunConfig, tmp_path: Path) -> None:
    elsewhere = RunStore(tmp_path / "elsewhere").create(dcgan)
    store.root.mkdir()
    (store.root / "link").symlink_to(elsewhere.path)
    assert store.list() == []
    with pytest.raises(RunNotFound):
        store.open("link")


def test_a_folder_that_is_still_being_made_is_not_listed(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    run.path.rename(store.root / f".{run.id}")
    assert store.list() == []


# --- damage ---------------------------------------------------------------------------------------------------------

DAMAGED_CONFIGS = {
    "no file": None,
    "empty": "",
    "torn": '{"schema": 1, "config": {"seed"',
    "no JSON": "\0\1\2",
    "a list": "[]",
    "a number": "NaN",
    "deeper than a parser goes": "[" * 100_000,
    "a later schema": '{"schema": 99, "config": {}}',
    "no schema": '{"config": {}}',
    "no config": '{"schema": 1}',
    "unknown keys": '{"schema": 1, "config": {"model": {"ngff": 3}}}',
    "bad values": '{"schema": 1, "config": {"model": {"ngf": NaN}}}',
}


@pytest.mark.parametrize("text", list(DAMAGED_CONFIGS.values()), ids=list(DAMAGED_CONFIGS))
def test_a_damaged_folder_is_listed_as_damaged(store: RunStore, dcgan: RunConfig, text: str | None) -> None:
    good, bad = store.create(dcgan), store.create(dcgan)
    bad.enqueue()
    (bad.path / "config.json").unlink()
    if text is not None:
        (bad.path / "config.json").write_text(text)
    found = {run.id: run for run in store.list()}
    assert set(found) == {good.id, bad.id}
    run = found[bad.id]
    assert run.state == "damaged"
    assert run.damage
    assert "\n" not in run.damage
    assert (run.experiment, run.created) == (None, 0.0)
    assert found[good.id].state == "stopped"
    assert store.queue() == []
    store.delete(run)
    assert [run.id for run in store.list()] == [good.id]


RECORDS = ("status.json", "meta.json", "control.json", "summary.json", "events.jsonl", "scalars.arrow", "lock")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xfe", b'{"state": "x", "name": [], "attempt": {}}', b"[" * 100_000, "folder"]
)
@pytest.mark.parametrize("name", RECORDS)
def test_a_damaged_record_reads_as_if_it_were_not_there(
    store: RunStore, dcgan: RunConfig, name: str, content: bytes | str
) -> None:
    run = store.create(dcgan)
    (run.path / name).unlink(missing_ok=True)
    if isinstance(content, bytes):
        (run.path / name).write_bytes(content)
    else:
        (run.path / name).mkdir()
    run = store.open(run.id)
    assert run.state == "stopped"
    assert run.meta == Meta() or name != "meta.json"
    assert run.control.command == "run"
    assert run.summary == {}
    assert len(run.scalars()) == 0
    assert all(isinstance(event, dict) for event in run.events())
    assert store.list()[0].id == run.id
    assert store.queue() == []


@pytest.mark.parametrize("created", [None, "yesterday", float("nan"), float("inf"), -1, 1e300, [], {}])
def test_a_date_that_is_none_is_zero(store: RunStore, dcgan: RunConfig, created: object) -> None:
    run = edit_envelope(store.create(dcgan), created=created)
    assert run.created == 0.0
    assert [found.id for found in store.list()] == [run.id]


def test_records_of_a_later_version_are_read_as_far_as_known(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    (run.path / "status.json").write_text('{"state": "paused", "step": 3, "mood": "good"}')
    assert run.status == Status(state="paused", step=3)


def test_what_does_not_belong_to_a_run_is_left_out(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    for name in ("samples/000002.png", "samples/000000.png", "samples/x.png", "samples/.000001.png.tmp"):
        (run.path / name).parent.mkdir(exist_ok=True)
        (run.path / name).touch()
    for name in ("checkpoints/last.pt", "checkpoints/000010.pt", "checkpoints/.last.pt.1-2.tmp"):
        (run.path / name).parent.mkdir(exist_ok=True)
        (run.path / name).touch()
    (run.path / "summary.json").write_text('{"loss_d": 0.5, "step": 3, "note": "x"}')
    assert list(run.samples()) == [0, 2]
    assert list(run.checkpoints()) == ["000010", "last"]
    assert run.summary == {"loss_d": 0.5, "step": 3}


def test_torn_lines_of_the_history_are_ignored(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    run.log("started", 0, "line\nbreak")
    run.log("stopped", 5, "ünï")
    whole = (run.path / "events.jsonl").read_bytes()
    last = whole.index(b"\n") + 1
    for size in range(last, len(whole) - 1):
        (run.path / "events.jsonl").write_bytes(whole[:size])
        assert [event["kind"] for event in run.events()] == ["started"]
        run.log("resumed", 3, "a torn line must not swallow the next one")
        assert [event["kind"] for event in run.events()] == ["started", "resumed"]
    (run.path / "events.jsonl").write_bytes(b"\xff\n[]\n3\n" + whole)
    assert [(event["kind"], event["step"], event["message"]) for event in run.events()] == [
        ("started", 0, "line\nbreak"),
        ("stopped", 5, "ünï"),
    ]


# --- editing --------------------------------------------------------------------------------------------------------


def test_names_tags_notes_and_stars_can_be_changed(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan, name="old")
    run.edit_meta(name="new", tags=("a", "b"))
    run.edit_meta(starred=True, notes="line 1\nline 2")
    assert store.open(run.id).meta == Meta(name="new", tags=("a", "b"), notes="line 1\nline 2", starred=True)
    assert store.open(run.id).name == "new"
    assert store.open(run.id).id == run.id


def test_a_deleted_run_can_be_brought_back(store: RunStore, dcgan: RunConfig) -> None:
    run, other = store.create(dcgan, name="run"), store.create(dcgan)
    store.delete(run)
    assert [found.id for found in store.list()] == [other.id]
    assert [found.id for found in store.trashed()] == [run.id]
    with pytest.raises(RunNotFound):
        store.open(run.id)
    assert store.restore(run.id).name == "run"
    assert {found.id for found in store.list()} == {run.id, other.id}
    assert store.trashed() == []


def test_emptying_the_trash_is_for_good(store: RunStore, dcgan: RunConfig) -> None:
    kept, run = store.create(dcgan), store.create(dcgan)
    store.delete(run)
    store.empty_trash()
    assert store.trashed() == []
    with pytest.raises(RunNotFound):
        store.restore(run.id)
    assert [found.id for found in store.list()] == [kept.id]


def test_a_deleted_run_leaves_the_queue(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    run.enqueue()
    store.delete(run)
    assert store.queue() == []
    assert store.restore(run.id).state == "stopped"


# --- queue, locks and commands --------------------------------------------------------------------------------------


def test_the_queue_goes_by_priority_and_then_by_time(store: RunStore, dcgan: RunConfig) -> None:
    runs = {name: store.create(dcgan, name=name) for name in ("late", "early", "urgent", "lazy", "not queued")}
    for name, priority, queued_at in (("late", 0, 20.0), ("early", 0, 10.0), ("urgent", 5, 30.0), ("lazy", -1, 0.0)):
        runs[name].enqueue(priority)
        runs[name].edit_meta(queued_at=queued_at)
    assert [run.name for run in store.queue()] == ["urgent", "early", "late", "lazy"]


def test_queueing_again_forgets_the_last_error(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    set_status(run, state="failed", error="it broke", step=7, attempt=3)
    run.enqueue(priority=2)
    assert run.state == "queued"
    assert (run.status.error, run.status.step, run.status.attempt) == (None, 7, 3)
    assert run.meta.priority == 2
    assert run.meta.queued_at == pytest.approx(time.time(), abs=600)


@pytest.mark.parametrize(("command", "state"), [("pause", "paused"), ("stop", "stopped")])
def test_a_command_takes_a_waiting_run_out_of_the_queue(
    store: RunStore, dcgan: RunConfig, command: str, state: str
) -> None:
    run = store.create(dcgan)
    run.enqueue()
    run.command(command)
    assert run.state == state
    assert store.queue() == []
    assert not (run.path / "control.json").exists()


def test_a_command_for_a_running_run_carries_its_attempt(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    set_status(run, state="running", attempt=4)
    run.command("pause")
    assert (run.control.command, run.control.attempt) == ("pause", 4)
    assert run.status.state == "running"


def test_a_running_run_that_nobody_holds_was_interrupted(
    store: RunStore, dcgan: RunConfig, held_elsewhere: HeldElsewhere
) -> None:
    run = store.create(dcgan)
    set_status(run, state="running")
    assert run.state == "interrupted"
    with held_elsewhere(run.path / "lock"):
        assert run.is_held()
        assert run.state == "running"
        assert store.list()[0].state == "running"
    assert not run.is_held()
    assert run.state == "interrupted"


def test_a_held_run_can_neither_be_deleted_nor_queued(
    store: RunStore, dcgan: RunConfig, held_elsewhere: HeldElsewhere
) -> None:
    run = store.create(dcgan)
    with held_elsewhere(run.path / "lock"):
        with pytest.raises(RunBusy, match="stop it before"):
            store.delete(run)
        with pytest.raises(RunBusy, match="is running already"):
            run.enqueue()
    assert store.list()[0].state == "stopped"
    store.delete(run)


def test_a_run_held_in_this_process_is_held_too(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    with run.lock():
        assert store.open(run.id).is_held()
    assert not store.open(run.id).is_held()


def test_looking_whether_a_run_is_held_lets_it_go_again(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    (run.path / "lock").touch()
    assert not run.is_held()
    with run.lock().acquire(timeout=0):
        assert run.is_held()


@pytest.mark.parametrize("state", ["queued", "running", "paused", "stopped", "finished", "failed"])
def test_what_can_be_resumed_is_what_has_begun_and_not_ended(store: RunStore, dcgan: RunConfig, state: str) -> None:
    run = store.create(dcgan)
    set_status(run, state=state)
    assert (run.state in RESUMABLE) == (state in ("running", "paused", "stopped", "failed"))  # running: interrupted


@pytest.mark.parametrize(("cpus", "threads"), [(1, 1), (2, 2), (4, 4), (6, 3), (16, 8)])
def test_a_run_trains_with_one_thread_a_core(cpus: int, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # the suite's own single thread
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cpus)), raising=False)
    assert ORIGINAL_THREADS() == threads


ORIGINAL_THREADS = store_module._threads


def test_a_run_knows_its_commit_and_versions_even_without_git(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    run = store.create(dcgan)
    assert run.envelope["git"] is None
    assert run.damage is None


def test_a_new_run_has_another_color_than_every_run_before_it(store: RunStore, dcgan: RunConfig) -> None:
    first, second, third = (store.create(dcgan) for _ in range(3))
    store.delete(first)
    assert len({run.meta.color for run in (second, third, store.create(dcgan))}) == 3


@pytest.mark.parametrize("saved", ['{"seconds": NaN}', '{"step": -1}', '{"epoch": 1e999}', '{"remaining": -3.0}'])
def test_a_status_with_impossible_numbers_reads_as_none_at_all(store: RunStore, dcgan: RunConfig, saved: str) -> None:
    run = store.create(dcgan)
    (run.path / "status.json").write_text(saved)
    assert run.status == Status()


def test_a_name_in_any_script_survives_being_edited(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan, name="été · 数字")
    run.edit_meta(tags=("é",))
    assert run.meta.name == "été · 数字"
