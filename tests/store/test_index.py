"""The index of a store knows what its folders say, reads again only what changed, and can be lost at any time."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import pytest

from gancore.config import RunConfig
from gancore.store import Run, RunStore, index
from gancore.store.index import NAME, Index
from gancore.store.records import Status


def settle(*runs: Run) -> None:
    """As if nothing had been written for a minute."""
    then = time.time() - 60
    for run in runs:
        for path in (run.path, *run.path.rglob("*")):
            os.utime(path, (then, then), follow_symlinks=False)


@pytest.fixture
def runs(store: RunStore) -> list[Run]:
    made = [store.create(RunConfig().replace({"seed": seed}), name=f"run {seed}") for seed in range(3)]
    settle(*made)
    return made


def test_it_lists_what_the_store_lists(store: RunStore, runs: list[Run]) -> None:
    (store.root / "broken").mkdir()
    (store.root / "link").symlink_to(runs[0].path)
    found = Index(store.root).runs()
    assert [run.id for run in found] == [run.id for run in store.list()]
    assert {run.name for run in found if not run.damage} == {"run 0", "run 1", "run 2"}
    for run in found:
        live = store.open(run.id)
        assert (run.damage, run.status, run.meta, run.summary, run.state) == (
            live.damage,
            live.status,
            live.meta,
            live.summary,
            live.state,
        )


def test_a_run_that_did_not_change_is_not_read_again(
    store: RunStore, runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Index(store.root)
    before = {run.id: run for run in known.runs()}
    names = [(run.name, run.config_now, run.samples()) for run in before.values()]
    for reader in ("gancore.store.records.read_regular", "gancore.store.records.parse_json"):
        monkeypatch.setattr(reader, lambda *_: pytest.fail("it was read again"))
    again = known.runs()
    assert [(run.name, run.config_now, run.samples()) for run in again] == names
    assert all(before[run.id] is run for run in again)
    assert known.find(runs[0].id) is before[runs[0].id]


def test_who_lists_while_somebody_lists_gets_the_same(
    store: RunStore, runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    known, theirs, stamp = Index(store.root), [], index._stamp
    other = threading.Thread(target=lambda: theirs.extend(known.runs()))

    def stamped(folder: str) -> object:
        if other.ident is None:  # somebody else comes, and would be done long before that if nothing kept them
            other.start()
            other.join(0.5)
        return stamp(folder)

    monkeypatch.setattr(index, "_stamp", stamped)
    mine = known.runs()
    other.join(30)
    assert len(mine) == len(theirs) == len(runs)
    assert all(one is same for one, same in zip(mine, theirs, strict=True))


@pytest.mark.parametrize("part", ["status", "meta", "samples", "evals", "checkpoints", "changes", "gone"])
def test_a_run_that_changed_is_another_one(store: RunStore, runs: list[Run], part: str) -> None:
    known, run = Index(store.root), runs[1]
    before = {found.id: found for found in known.runs()}
    if part == "status":
        run.write_status(Status(state="finished", step=7))
    elif part == "meta":
        run.edit_meta(name="another")
    elif part == "gone":
        store.delete(run)
    else:
        (run.path / part).mkdir()
    after = {found.id: found for found in known.runs()}
    if part == "gone":
        assert run.id not in after
        assert known.find(run.id) is None
        return
    assert after[run.id] is not before[run.id]
    assert after[run.id].stamp != before[run.id].stamp
    assert (after[run.id].status, after[run.id].name) == (run.status, run.name)
    assert after[runs[0].id] is before[runs[0].id]


def test_what_changed_a_moment_ago_is_looked_at_again(store: RunStore, runs: list[Run]) -> None:
    """A second change may bear the same time: a clock of files ticks every few milliseconds."""
    known, run = Index(store.root), runs[0]
    file = run.path / "meta.json"
    file.write_text('{"name": "aaa"}')
    first = known.find(run.id)
    assert first is not None
    assert first.name == "aaa"
    facts = file.stat()
    file.write_text('{"name": "bbb"}')
    os.utime(file, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    second = known.find(run.id)
    assert second is not None
    assert second.stamp == first.stamp
    assert second.name == "bbb"


def test_what_was_not_in_a_folder_is_not_looked_for(
    store: RunStore, runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gancore.store.run.changes.all_of", lambda *_: pytest.fail("changes were looked for"))
    monkeypatch.setattr("gancore.store.run.evaluations.read", lambda *_: pytest.fail("evaluations were looked for"))
    run = Index(store.root).find(runs[0].id)
    assert run is not None
    assert (run.changes(), run.evaluations(), run.summary) == ([], [], {})


def test_what_comes_into_a_folder_is_found(store: RunStore, runs: list[Run]) -> None:
    known, run = Index(store.root), runs[0]
    before = known.find(run.id)
    assert before is not None
    assert (before.changes(), before.summary) == ([], {})
    run.steer({"optim.lr_g": 1e-3})
    (run.path / "summary.json").write_text('{"loss_g": 1.5}')
    after = known.find(run.id)
    assert after is not None
    assert [change.changes for change in after.changes()] == [{"optim.lr_g": 1e-3}]
    assert after.summary == {"loss_g": 1.5}


def test_facts_are_kept_for_the_next_process_as_long_as_the_run_stays(store: RunStore, runs: list[Run]) -> None:
    known = Index(store.root)
    for run in known.runs():
        known.keep(run, "length", run.digest(), len(run.name))
    known.save()
    runs[0].edit_meta(name="a longer name")
    later = Index(store.root)
    facts = {run.id: later.recall(run, "length", run.digest()) for run in later.runs()}
    assert facts == {runs[0].id: None, runs[1].id: 5, runs[2].id: 5}


def test_facts_of_runs_that_are_gone_are_forgotten(store: RunStore, runs: list[Run]) -> None:
    known = Index(store.root)
    for run in known.runs():
        known.keep(run, "length", run.digest(), 1)
    store.delete(runs[0])
    known.runs()
    known.save()
    assert set(json.loads((store.root / NAME).read_text())["runs"]) == {runs[1].id, runs[2].id}


def test_it_is_written_now_and_then(store: RunStore, runs: list[Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index.time, "monotonic", lambda: 100.0)
    known, run = Index(store.root), Index(store.root).find(runs[0].id)
    assert run is not None
    known.runs()
    written = []
    for value in range(3):
        known.keep(run, "value", run.digest(), value)
        known.save()
        written.append(Index(store.root).recall(run, "value", run.digest()))
    known.save(now=True)
    assert written == [0, 0, 0]
    assert Index(store.root).recall(run, "value", run.digest()) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"version": 99, "runs": {}}',
        b'{"version": 2}',
        b'{"version": 2, "runs": [1]}',
        b'{"version": 2, "runs": {"a": 5}}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_index_costs_time_only(store: RunStore, runs: list[Run], content: bytes) -> None:
    (store.root / NAME).write_bytes(content)
    known = Index(store.root)
    run = known.find(runs[0].id)
    assert run is not None
    assert known.recall(run, "length", run.digest()) is None
    known.keep(run, "length", run.digest(), 5)
    known.save()
    assert Index(store.root).recall(run, "length", run.digest()) == 5


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file_is_no_index(store: RunStore, runs: list[Run], kind: str) -> None:
    path = store.root / NAME
    path.mkdir() if kind == "folder" else os.mkfifo(path)
    known = Index(store.root)
    run = known.find(runs[0].id)
    assert run is not None
    assert known.recall(run, "length", run.digest()) is None


def test_a_store_that_cannot_be_written_works(
    store: RunStore, runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, _content: bytes) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(index, "write_atomic", refuse)
    known = Index(store.root)
    for run in known.runs():
        known.keep(run, "length", run.digest(), 1)
        known.save(now=True)
        assert known.recall(run, "length", run.digest()) == 1
    assert not (store.root / NAME).exists()
    assert len(known.runs()) == len(runs)


def test_servers_that_write_at_once_leave_a_whole_index(store: RunStore, runs: list[Run]) -> None:
    """The last one counts; a reader never sees half of one."""
    start, problems = threading.Barrier(5), []

    def serve(number: int) -> None:
        known = Index(store.root)
        start.wait()
        for value in range(20):
            for run in known.runs():
                known.keep(run, f"of {number}", run.digest(), "x" * 1_000 * value)
            known.save(now=True)

    def read() -> None:
        start.wait()
        for _ in range(200):
            try:
                json.loads((store.root / NAME).read_bytes())
            except FileNotFoundError:
                continue
            except ValueError as problem:
                problems.append(problem)

    threads = [threading.Thread(target=serve, args=(number,)) for number in range(4)] + [threading.Thread(target=read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    saved = json.loads((store.root / NAME).read_text())
    assert set(saved["runs"]) == {run.id for run in runs}
    assert [path.name for path in store.root.iterdir() if path.name.endswith(".tmp")] == []


def test_a_status_is_read_once_as_long_as_it_stays(runs: list[Run], monkeypatch: pytest.MonkeyPatch) -> None:
    run = runs[0]
    first = run.status
    with monkeypatch.context() as patch:
        patch.setattr("gancore.store.records.read_json", lambda *_: pytest.fail("it was read again"))
        assert run.status is first
        assert Run(run.path).status is first
    run.write_status(Status(state="finished", step=3))
    assert run.status.step == 3
    (run.path / "status.json").unlink()
    assert run.status == Status()
