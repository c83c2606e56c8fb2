from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
import torch

from gancore import machine
from gancore.config import STEERABLE, ConfigError, RunConfig
from gancore.store import Run, RunBusy, RunNotFound, RunStore, evaluations, records, requests
from gancore.store.changes import files as change_files
from gancore.store.checkpoints import BadCheckpoint, Checkpoint, load_checkpoint
from gancore.store.evaluations import Evaluation
from gancore.store.records import RESUMABLE, Meta, Status
from gancore.store.requests import Request
from gancore.store.scalars import ScalarWriter

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
    assert {file.name for file in run.path.iterdir()} == {"config.json", "meta.json", "meta.lock", "status.json"}
    assert store.queue() == []  # nothing trains yet


def test_a_run_without_a_name_has_an_id_all_the_same(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    assert run.meta.name == ""
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


RECORDS = ("status.json", "meta.json", "data.json", "summary.json", "events.jsonl", "scalars.arrow", "lock")


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
    assert run.asked == "run"
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
    assert requests.waiting(run.path) == []


def test_a_command_is_for_the_attempt_of_this_moment(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    set_status(run, state="running", attempt=4, token="this")
    run.command("pause")
    (request,) = requests.waiting(run.path)
    assert (request.kind, request.attempt, run.asked) == ("pause", "this", "pause")
    assert run.status.state == "running"
    set_status(run, attempt=5, token="next")
    assert run.asked == "run"


@pytest.mark.parametrize("state", ["stopped", "paused", "finished", "failed"])
def test_a_run_that_neither_trains_nor_waits_is_asked_nothing(store: RunStore, dcgan: RunConfig, state: str) -> None:
    run = store.create(dcgan)
    set_status(run, state=state)
    run.command("stop")
    assert requests.waiting(run.path) == []


def test_a_command_leaves_a_queued_run_to_the_worker_that_has_just_taken_it_up(
    store: RunStore, dcgan: RunConfig, held_elsewhere: HeldElsewhere
) -> None:
    """The worker holds the lock but has not written the state yet: it finds the command, which is for its token."""
    run = store.create(dcgan)
    run.enqueue()
    with held_elsewhere(run.path / "lock"):
        run.command("stop")
        assert run.status.state == "queued"
    (request,) = requests.waiting(run.path)
    assert request.attempt == run.status.token != ""


def test_queueing_again_outdates_commands_from_before(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    run.enqueue()
    before = run.status.token
    requests.leave(run.path, Request(kind="stop", attempt=before))
    run.enqueue()
    assert run.status.token != before
    assert run.asked == "run"


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
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cpus)), raising=False)
    assert ORIGINAL_THREADS() == threads


@pytest.mark.parametrize(("asked", "threads"), [("3", 3), ("0", 2), ("many", 2), ("", 2)])
def test_a_run_trains_with_as_many_threads_as_is_asked_for(
    asked: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert ORIGINAL_THREADS() == threads


ORIGINAL_THREADS = machine.threads


def test_a_run_knows_its_commit_and_versions_even_without_git(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    machine._commit_of.cache_clear()
    run = store.create(dcgan)
    machine._commit_of.cache_clear()
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


# --- changing settings while a run trains ---------------------------------------------------------------------------


def write_change(run: Run, number: int, step: int | None = None, **changes: object) -> None:
    """As a runner leaves it; two underscores stand for the dot of a path."""
    folder = run.path / "changes"
    folder.mkdir(exist_ok=True)
    saved = {"changes": {path.replace("__", "."): value for path, value in changes.items()}, "time": 1.0, "step": step}
    (folder / f"{number:06d}.json").write_text(json.dumps(saved))


def test_a_change_is_a_request_until_it_takes_effect(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    before = time.time()
    asked = run.steer({"optim.lr_g": 1, "optim.d_steps": 2})
    assert asked == dcgan.replace({"optim.lr_g": 1.0, "optim.d_steps": 2}) == run.steered_config
    assert run.steer({"optim.lr_g": 0.25}).optim.lr_g == 0.25
    assert change_files(run.path) == {}
    first, second = run.changes()
    assert (first.number, first.changes, first.step) == (1, {"optim.lr_g": 1.0, "optim.d_steps": 2}, None)
    assert (second.number, second.changes) == (2, {"optim.lr_g": 0.25})
    assert before <= first.time <= second.time <= time.time()
    assert [each.name for each in requests.waiting(run.path)] == [first.request, second.request]
    assert store.open(run.id).config == dcgan


@pytest.mark.parametrize("path", STEERABLE)
def test_every_setting_that_is_flagged_can_be_changed(store: RunStore, dcgan: RunConfig, path: str) -> None:
    kind = {"model.kind": "vae", "data.range": "0..1"} if path == "optim.lr" else {"objective.penalty": "r1"}
    run = store.create(dcgan.replace(kind))
    value = 2 if isinstance(dcgan.flat[path], int) else 0.125
    assert run.steer({path: value}).flat[path] == run.steered_config.flat[path] == value


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model.ngf": 4}, "model.ngf cannot change while a run trains: only .*optim.lr_g.* can"),
        ({"optim.lr_g": 0.1, "seed": 3}, "seed cannot change"),
        ({"optim.lrg": 0.1}, "unknown setting optim.lrg; did you mean optim.lr_g?"),
        ({"optim.lr_g": 0.0}, "optim.lr_g must be"),
        ({"optim.lr_g": "fast"}, "optim.lr_g must be"),
        ({"optim.lr_g": float("nan")}, "optim.lr_g must be"),
        ({"optim.d_steps": 1.5}, "optim.d_steps must be"),
        ({"optim.d_steps": 6}, "train.batch_size x optim.d_steps must be at most 43"),
        ({"optim.lr": 0.5}, "optim.lr has no effect in"),
    ],
    ids=str,
)
def test_a_change_that_cannot_be_is_refused_in_one_sentence(
    store: RunStore, dcgan: RunConfig, changes: dict, words: str
) -> None:
    run = store.create(dcgan)
    with pytest.raises(ConfigError, match=words) as refusal:
        run.steer(changes)
    assert "\n" not in str(refusal.value)
    assert requests.waiting(run.path) == []


def test_a_change_is_checked_together_with_those_before_it(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan.replace({"data.limit": 16, "optim.d_steps": 2}))
    run.steer({"optim.d_steps": 1})
    assert run.steer({"optim.d_steps": 2}) == run.config
    assert len(run.changes()) == 2


def test_asking_for_what_is_so_already_changes_nothing(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    assert run.steer({"optim.lr_g": dcgan.optim.lr_g}) == run.steer({}) == dcgan
    assert requests.waiting(run.path) == []


def test_a_finished_run_cannot_be_changed_but_forked(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    set_status(run, state="finished")
    with pytest.raises(ConfigError, match="is finished: fork it"):
        run.steer({"optim.lr_g": 0.1})
    (run.path / "config.json").write_text("{")
    damaged = store.open(run.id)
    assert damaged.changes() == []
    with pytest.raises(ConfigError, match="is missing or unreadable"):
        damaged.steer({"optim.lr_g": 0.1})


def test_two_who_ask_at_once_do_not_overwrite_each_other(store: RunStore, dcgan: RunConfig) -> None:
    run, together = store.create(dcgan), threading.Barrier(8)

    def ask(who: int) -> None:
        together.wait(30)
        for turn in range(5):
            Run(run.path).steer({"optim.lr_g": (1 + 5 * who + turn) / 100})

    threads = [threading.Thread(target=ask, args=(who,)) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [change.number for change in run.changes()] == list(range(1, 41))
    rates = [change.changes["optim.lr_g"] for change in run.changes()]
    assert sorted(rates) == [n / 100 for n in range(1, 41)]
    for who in range(8):  # and each one's own are in the order in which he asked
        mine = [rate for rate in rates if 1 + 5 * who <= round(100 * rate) <= 5 + 5 * who]
        assert mine == sorted(mine)


def test_a_change_that_takes_effect_is_a_file_with_its_step(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    run.steer({"optim.lr_g": 0.1})
    (asked,) = run.changes()
    run.record_change(asked, 7)
    assert run.changes() == [asked.model_copy(update={"step": 7})]
    assert [file.name for file in (run.path / "changes").iterdir()] == ["000001.json"]
    assert requests.waiting(run.path) == []


def test_a_change_whose_request_is_still_there_counts_once(store: RunStore, dcgan: RunConfig) -> None:
    """The process died between recording the change and removing the request."""
    run = store.create(dcgan)
    run.steer({"optim.lr_g": 0.1})
    (request,) = (run.path / "requests").iterdir()
    content = request.read_bytes()
    run.record_change(run.changes()[0], 7)
    request.write_bytes(content)
    assert [change.step for change in run.changes()] == [7]


def test_a_change_that_comes_just_after_the_end_is_refused(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run finished between the look at its state and the request."""
    run = store.create(dcgan)
    original = requests.leave

    def finish_first(path: Path, request: Request) -> Request:
        set_status(run, state="finished")
        return original(path, request)

    monkeypatch.setattr(requests, "leave", finish_first)
    with pytest.raises(ConfigError, match="is finished: fork it"):
        run.steer({"optim.lr_g": 0.1})
    assert requests.waiting(run.path) == []


def test_the_settings_at_a_step_are_those_in_effect_then(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    write_change(run, 1, step=3, optim__lr_g=0.1)
    write_change(run, 2, step=3, optim__lr_g=0.2, optim__g_steps=2)
    write_change(run, 3, step=8, optim__lr_d=0.3)
    write_change(run, 4, optim__lr_d=0.4)
    for step, changes in (
        (0, {}),
        (2, {}),
        (3, {"optim.lr_g": 0.2, "optim.g_steps": 2}),
        (7, {"optim.lr_g": 0.2, "optim.g_steps": 2}),
        (8, {"optim.lr_g": 0.2, "optim.g_steps": 2, "optim.lr_d": 0.3}),
        (10**9, {"optim.lr_g": 0.2, "optim.g_steps": 2, "optim.lr_d": 0.3}),
    ):
        assert run.config_at(step) == dcgan.replace(changes)
    assert run.steered_config.optim.lr_d == 0.4


def test_changes_take_effect_in_their_order_whatever_steps_are_written(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    write_change(run, 1, step=9, optim__lr_g=0.1)
    write_change(run, 2, step=4, optim__lr_g=0.2)
    assert run.config_at(5) == dcgan
    assert run.config_at(9).optim.lr_g == 0.2


@pytest.mark.parametrize(
    "content",
    [
        *("", "{", "[]", "3", "null", "[" * 100_000, "{}", '{"changes": []}', '{"changes": {"optim.lr_g": "x"}}'),
        *('{"changes": {"optim.lr_g": NaN}}', '{"changes": {"optim.lr_g": 1e999}}', '{"changes": {"seed": 1}}'),
        *('{"changes": {"optim.lr_g": 0.1, "model.ngf": 8}}', '{"changes": {"nonsense": 1}}'),
        *('{"changes": {"optim.d_steps": 20}}', '{"changes": {"optim.lr_g": 0.1}, "step": -1}'),
        *('{"changes": {"optim.lr_g": 0.1}, "time": "now"}', f'{{"changes": {{"optim.lr_g": 1{"0" * 400}}}}}'),
        "folder",
    ],
    ids=lambda content: content[:40],
)
def test_a_change_that_is_damaged_is_left_out(store: RunStore, dcgan: RunConfig, content: str) -> None:
    run = store.create(dcgan)
    write_change(run, 1, step=3, optim__lr_g=0.1)
    damaged = run.path / "changes" / "000002.json"
    if content == "folder":
        damaged.mkdir()
    else:
        damaged.write_text(content)
    write_change(run, 4, optim__lr_d=0.2)
    assert [change.number for change in run.changes()] == [1, 4]
    assert list(change_files(run.path)) == [1, 2, 4]
    assert run.steered_config == dcgan.replace({"optim.lr_g": 0.1, "optim.lr_d": 0.2})
    run.steer({"optim.lr_g": 0.3})
    assert [change.number for change in run.changes()] == [1, 4, 5]
    assert run.changes()[-1].request


def test_what_is_no_change_is_not_looked_at(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    write_change(run, 1, optim__lr_g=0.1)
    saved = (run.path / "changes" / "000001.json").read_text()
    for name in ("x.json", "1.json", "-00001.json", "٠٠٠٠٠٢.json", "000002.txt", ".000002.json.1-2.tmp", "9" * 200):
        (run.path / "changes" / name).write_text(saved)
    assert list(change_files(run.path)) == [1]
    (run.path / "changes").rename(run.path / "elsewhere")
    (run.path / "changes").touch()
    assert run.changes() == []
    assert run.steered_config == dcgan


# --- forks ----------------------------------------------------------------------------------------------------------


def save_checkpoint(run: Run, name: str = "last", step: int = 10) -> Path:
    path = run.path / "checkpoints" / f"{name}.pt"
    Checkpoint(step, 8 * step + step // 5 * 3, 1.5, {"generator": {"w": torch.arange(3.0)}}).save(path)
    return path


@pytest.fixture
def parent(store: RunStore, dcgan: RunConfig) -> Run:
    """10 of its 20 steps are done, which is 2 epochs."""
    run = store.create(dcgan, name="Parent", experiment="quickstart")
    save_checkpoint(run)
    return run


@pytest.mark.parametrize("checkpoint", ["last", "000005"])
def test_a_fork_is_a_new_run_with_its_parents_checkpoint(
    store: RunStore, dcgan: RunConfig, parent: Run, checkpoint: str
) -> None:
    kept = save_checkpoint(parent, "000005", step=5)
    write_change(parent, 1, step=3, optim__lr_g=0.1)
    config = dcgan.replace({"optim.lr_g": 0.01, "train.epochs": 9})
    run = store.fork(parent, checkpoint, config, name="Child")
    step = parent.checkpoint_step(checkpoint)
    assert step == (5 if checkpoint == "000005" else 10)
    assert run.path == store.open(run.id).path
    assert {file.name for file in run.path.iterdir()} == {
        *("config.json", "meta.json", "meta.lock", "status.json", "events.jsonl", "checkpoints")
    }
    assert list(run.checkpoints()) == ["last"]
    assert run.checkpoints()["last"].read_bytes() == parent.checkpoints()[checkpoint].read_bytes()
    assert (run.config, run.steered_config, run.changes()) == (config, config, [])
    assert (run.name, run.meta.parent, run.meta.parent_step) == ("Child", parent.id, step)
    assert run.experiment is None
    status = Status(step=step, total_steps=45, epoch=step / 5, seconds=1.5)
    assert run.status == status
    assert run.state == "stopped"
    assert [(event["kind"], event["step"], event["message"]) for event in run.events()] == [
        ("forked", step, f"from Parent, step {step}")
    ]
    assert kept.exists()
    assert parent.meta.parent is None


def test_a_fork_trains_with_as_many_threads_as_its_parent(store: RunStore, dcgan: RunConfig, parent: Run) -> None:
    parent = edit_envelope(parent, threads=7)
    assert store.fork(parent, "last", dcgan).envelope["threads"] == 7


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model.ngf": 4}, "model.ngf cannot change in a fork: the checkpoint's networks have 2"),
        ({"model.nz": 5}, "model.nz cannot change in a fork: the checkpoint's networks have 4"),
        ({"model.spectral_norm": True}, "model.spectral_norm cannot change in a fork: .* have False"),
        ({"model.kind": "cdcgan"}, "model.kind cannot change in a fork: .* have dcgan"),
        ({"optim.optimizer": "sgd"}, "optim.optimizer cannot change in a fork: the checkpoint has adam"),
        ({"optim.ema": 0.9}, "average of G cannot change in a fork: the checkpoint has none"),
        ({"train.epochs": 2}, "train.epochs must be at least 3: the fork starts at step 10"),
        ({"train.epochs": 2, "optim.d_steps": 3}, "train.epochs must be at least 3: the fork starts at step 10"),
        ({"train.steps": 10}, "train.epochs must be at least 3: the fork starts at step 10"),
    ],
    ids=str,
)
def test_what_does_not_fit_the_checkpoint_is_refused(
    store: RunStore, dcgan: RunConfig, parent: Run, changes: dict, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        store.fork(parent, "last", dcgan.replace(changes))
    assert [path.name for path in store.root.iterdir()] == [parent.id]


def test_the_shape_of_the_data_cannot_change_in_a_fork(store: RunStore, mlp: RunConfig) -> None:
    parent = store.create(mlp)
    save_checkpoint(parent)
    with pytest.raises(ConfigError, match="shape of a sample cannot change in a fork: the checkpoint has 1 x 28 x 28"):
        store.fork(parent, "last", mlp.replace({"data.image_size": 16}))


@pytest.mark.parametrize(
    "changes",
    [
        {"train.epochs": 3},
        {"optim.ema": 0.0, "optim.beta1": 0.9, "optim.d_steps": 2, "train.epochs": 100},
        {"seed": 5, "objective.loss": "hinge", "train.batch_size": 4, "data.limit": 20},
    ],
    ids=str,
)
def test_everything_else_can_change_in_a_fork(store: RunStore, dcgan: RunConfig, parent: Run, changes: dict) -> None:
    config = dcgan.replace(changes)
    assert store.fork(parent, "last", config).config.replace({"train.steps": None}) == config


@pytest.mark.parametrize("checkpoint", ["000005", "", "../last", "last.pt", "*"])
def test_a_checkpoint_that_is_not_there_cannot_be_forked(
    store: RunStore, dcgan: RunConfig, parent: Run, checkpoint: str
) -> None:
    for ask in (lambda: store.fork(parent, checkpoint, dcgan), lambda: parent.checkpoint_step(checkpoint)):
        with pytest.raises(BadCheckpoint, match="Parent has no checkpoint"):
            ask()
    assert [path.name for path in store.root.iterdir()] == [parent.id]


@pytest.mark.parametrize("name", ["last", "000005"])
def test_a_damaged_checkpoint_cannot_be_forked(store: RunStore, dcgan: RunConfig, parent: Run, name: str) -> None:
    (parent.path / "checkpoints" / f"{name}.pt").write_bytes(b"garbage")
    with pytest.raises(BadCheckpoint, match=f"the checkpoint {name}.pt cannot be read"):
        store.fork(parent, name, dcgan)
    assert [path.name for path in store.root.iterdir()] == [parent.id]


def test_a_fork_goes_on_from_the_checkpoint_it_copied(
    store: RunStore, dcgan: RunConfig, parent: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While its parent trains on and replaces its own."""

    def load_and_train_on(path: Path) -> Checkpoint:
        loaded = load_checkpoint(path)
        save_checkpoint(parent, step=15)
        return loaded

    monkeypatch.setattr("gancore.store.checkpoints.load_checkpoint", load_and_train_on)
    run = store.fork(parent, "last", dcgan)
    assert run.meta.parent_step == run.status.step == load_checkpoint(run.checkpoints()["last"]).step == 10


def test_a_draft_that_fails_leaves_nothing(store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Run, "write_status", fail)
    with pytest.raises(OSError, match="No space"):
        store.create(dcgan)
    assert list(store.root.iterdir()) == []


def test_a_new_run_sweeps_the_drafts_that_killed_processes_left(store: RunStore, dcgan: RunConfig) -> None:
    draft = store.root / ".dcgan-20260102-030405-ab12"
    draft.mkdir(parents=True)
    os.utime(draft, (0, 0))
    run = store.create(dcgan)
    assert [*store.root.iterdir()] == [run.path]


def descend(store: RunStore, config: RunConfig, steps: Iterable[int]) -> list[Run]:
    """A run, its fork, that one's fork and so on, each at one of the steps."""
    line = [store.create(config, name="0")]
    for number, step in enumerate(steps, start=1):
        save_checkpoint(line[-1], step=step)
        line.append(store.fork(line[-1], "last", config, name=str(number)))
    return line


def names(runs: Iterable[Run]) -> list[str]:
    return [run.name for run in runs]


def test_a_lineage_goes_from_the_oldest_to_the_run_itself(store: RunStore, dcgan: RunConfig) -> None:
    line = descend(store, dcgan, (5, 10, 15))
    assert names(store.lineage(line[3])) == ["0", "1", "2", "3"]
    assert names(store.lineage(line[0])) == ["0"]
    store.delete(line[1])
    assert names(store.lineage(line[3])) == ["2", "3"]
    store.restore(line[1].id)
    assert names(store.lineage(line[3])) == ["0", "1", "2", "3"]


@pytest.mark.parametrize("parent_id", [*HOSTILE, 3, None, ["x"], {}])
def test_a_parent_that_is_none_ends_the_lineage(store: RunStore, dcgan: RunConfig, parent_id: object) -> None:
    run = store.create(dcgan)
    (run.path / "meta.json").write_text(json.dumps({"parent": parent_id, "parent_step": 3}))
    assert store.lineage(run) == [run]
    assert len(store.joined_scalars(run)) == 0


def test_runs_that_are_each_others_parents_do_not_go_round_in_circles(store: RunStore, dcgan: RunConfig) -> None:
    line = descend(store, dcgan, (5, 10))
    line[0].edit_meta(parent=line[2].id, parent_step=15)
    assert names(store.lineage(line[2])) == ["0", "1", "2"]
    line[1].edit_meta(parent=line[1].id)
    assert names(store.lineage(line[2])) == ["1", "2"]


def write_curve(run: Run, first: int, last: int, **columns: float) -> None:
    steps = np.arange(first, last + 1)
    writer = ScalarWriter(run.path / "scalars.arrow")
    writer.append({"step": steps} | {name: np.full(len(steps), value) for name, value in columns.items()})
    writer.close()


def test_joined_curves_follow_the_lineage(store: RunStore, dcgan: RunConfig) -> None:
    line = descend(store, dcgan, (5, 10, 10))
    for run, first, last, loss in ((line[0], 1, 20, 0.0), (line[1], 6, 20, 1.0), (line[3], 11, 13, 3.0)):
        write_curve(run, first, last, loss_g=loss)
    rows = store.joined_scalars(line[3])
    assert rows["step"].tolist() == list(range(1, 14))
    assert rows["loss_g"].tolist() == [0.0] * 5 + [1.0] * 5 + [3.0] * 3
    assert rows["step"].dtype == np.int64
    assert store.joined_scalars(line[2])["loss_g"].tolist() == [0.0] * 5 + [1.0] * 5
    assert store.joined_scalars(line[0]).equals(line[0].scalars())
    assert store.joined_scalars(line[3], ["loss_g", "nonsense"]).columns.tolist() == ["loss_g"]
    assert store.joined_scalars(line[3], ["step", "loss_g"]).equals(rows)
    store.delete(line[0])
    assert store.joined_scalars(line[3])["step"].tolist() == list(range(6, 14))


def test_joined_curves_of_different_columns_and_hostile_steps(store: RunStore, dcgan: RunConfig) -> None:
    line = descend(store, dcgan, (5,))
    write_curve(line[0], 1, 20, loss_g=0.0)
    write_curve(line[1], 3, 8, loss_g=1.0, penalty=2.0)
    rows = store.joined_scalars(line[1])
    assert rows["step"].tolist() == list(range(1, 9))
    assert rows["penalty"].isna().sum() == 5
    line[1].edit_meta(parent_step=None)
    assert store.joined_scalars(line[1])["loss_g"].tolist() == [1.0] * 6
    (line[0].path / "scalars.arrow").write_bytes(b"garbage")
    line[1].edit_meta(parent_step=5)
    assert store.joined_scalars(line[1])["step"].tolist() == [6, 7, 8]


# --- evaluations ----------------------------------------------------------------------------------------------------


def evaluation(step: int, fid: float = 1.0, **changes: object) -> Evaluation:
    facts = {"weights": "raw", "size": "cheap", "samples": 1000, "reference": "x", "reference_count": 9, "seconds": 1.0}
    return Evaluation.model_validate({"step": step, "values": {"fid": fid}, **facts} | changes)


@pytest.fixture
def evaluated(store: RunStore, dcgan: RunConfig) -> Run:
    run = store.create(dcgan)
    for step in (20, 10):
        run.add_evaluation(evaluation(step))
    return run


def eval_files(run: Run) -> list[str]:
    return sorted(path.name for path in (run.path / "evals").iterdir())


def test_evaluations_come_in_order(evaluated: Run) -> None:
    evaluated.add_evaluation(evaluation(10, weights="ema"))
    assert [(each.step, each.weights) for each in evaluated.evaluations()] == [(10, "ema"), (10, "raw"), (20, "raw")]


def test_an_evaluation_of_fewer_samples_does_not_replace_one_of_more(evaluated: Run) -> None:
    for count, fid in ((10_000, 5.0), (500, 9.0), (10_000, 6.0), (500, 8.0)):
        evaluated.add_evaluation(evaluation(20, fid, size="full", samples=count))
    assert eval_files(evaluated) == [
        "000010-raw-cheap.json",
        "000020-raw-cheap.json",
        "000020-raw-full-500.json",
        "000020-raw-full.json",
    ]
    full = [each for each in evaluated.evaluations() if each.size == "full"]
    assert [(each.samples, each.values["fid"]) for each in full] == [(500, 8.0), (10_000, 6.0)]


def test_a_damaged_evaluation_is_replaced(evaluated: Run) -> None:
    (evaluated.path / "evals" / evaluation(30).file).write_text("{")
    assert len(evaluated.evaluations()) == 2
    evaluated.add_evaluation(evaluation(30))
    assert len(evaluated.evaluations()) == len(eval_files(evaluated)) == 3


def test_evaluations_are_read_once(evaluated: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many runs there are: a page that shows a hundred reads thousands of files."""
    before = evaluated.evaluations()
    monkeypatch.setattr(evaluations, "_parse", lambda _path: pytest.fail("it was read again"))
    assert Run(evaluated.path).evaluations() == before
    before.clear()  # a caller may do what he likes with his list
    assert len(evaluated.evaluations()) == 2


def test_evaluations_are_read_again_when_one_comes_goes_or_is_another(evaluated: Run) -> None:
    for number in range(50):  # as fast as it goes: within one tick of the file system's clock, and of the same size
        evaluated.add_evaluation(evaluation(20, 1.0 + number % 2))
        assert evaluated.evaluations()[-1].values["fid"] == 1.0 + number % 2
    evaluated.add_evaluation(evaluation(30))
    assert [each.step for each in evaluated.evaluations()] == [10, 20, 30]
    (evaluated.path / "evals" / "000020-raw-cheap.json").unlink()
    assert [each.step for each in evaluated.evaluations()] == [10, 30]


def test_an_evaluation_that_cannot_be_read_now_is_read_later(evaluated: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> Evaluation | None:
        if "000020" in path.name:
            raise PermissionError(path)
        return original(path)

    original = evaluations._parse
    with monkeypatch.context() as patch:
        patch.setattr(evaluations, "_parse", refuse)
        assert [each.step for each in evaluated.evaluations()] == [10]
    assert [each.step for each in evaluated.evaluations()] == [10, 20]


def test_a_file_too_large_for_an_evaluation_is_left_out(evaluated: Run) -> None:
    content = evaluation(30).model_dump_json()
    padding = " " * (records.MOST_BYTES - len(content))
    (evaluated.path / "evals" / "000030-raw-cheap.json").write_text(content + padding)
    (evaluated.path / "evals" / "000040-raw-cheap.json").write_text(content + padding + " ")
    assert [each.step for each in evaluated.evaluations()] == [10, 20, 30]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_what_is_no_file_is_no_evaluation(evaluated: Run) -> None:
    os.mkfifo(evaluated.path / "evals" / "000030-raw-cheap.json")  # to open it would wait for ever
    (evaluated.path / "evals" / "000040-raw-cheap.json").mkdir()
    (evaluated.path / "evals" / "000050-raw-cheap.json").symlink_to("nowhere")
    assert [each.step for each in evaluated.evaluations()] == [10, 20]
