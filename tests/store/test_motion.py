"""Which runs train or wait, asked again and again of a store of many."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from gancore.config import RunConfig
from gancore.store import Run, RunStore, motion
from gancore.store.records import Status


def _age(run: Run, seconds: float = 60.0) -> None:
    """As if its status had been written a while ago."""
    then = time.time() - seconds
    os.utime(run.path / "status.json", (then, then))


def _reads(patch: pytest.MonkeyPatch) -> list[str]:
    """The runs whose status is read from now on."""
    read: list[str] = []
    real = motion.read_regular

    def counting(path: Path, most: int) -> bytes:
        read.append(path.parent.name)
        return real(path, most)

    patch.setattr(motion, "read_regular", counting)
    return read


def test_a_run_that_is_still_is_read_once(store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    run = store.create(dcgan)
    _age(run)
    read = _reads(monkeypatch)
    for _ in range(3):
        assert store.queue() == []
        assert store.running() == []
    assert read == [run.id]


def test_a_state_that_is_spelled_in_another_way_counts_as_well(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    (run.path / "status.json").write_text('{"state": "\\u0071ueued"}')
    assert run.status.state == "queued"
    assert [each.id for each in store.queue()] == [run.id]


def test_what_neither_trains_nor_waits_is_not_parsed(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create(dcgan)
    run.write_status(Status(state="finished", step=7))
    monkeypatch.setattr(motion, "read_record", lambda *_: pytest.fail("it was parsed"))
    assert store.running_and_queue() == ([], [])


def test_one_that_begins_to_wait_is_seen_at_once(store: RunStore, dcgan: RunConfig) -> None:
    run, other = store.create(dcgan), store.create(dcgan)
    _age(run)
    _age(other)
    assert store.queue() == []
    run.enqueue()
    assert [each.id for each in store.queue()] == [run.id]


def test_one_that_was_written_just_now_is_read_again(
    store: RunStore, dcgan: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two writes within one tick of the file system's clock leave the same time."""
    run = store.create(dcgan)
    read = _reads(monkeypatch)
    store.queue()
    store.queue()
    assert read == [run.id, run.id]


def test_one_that_is_deleted_and_restored_is_seen(store: RunStore, dcgan: RunConfig) -> None:
    run = store.create(dcgan)
    _age(run)
    assert store.queue() == []
    store.delete(run)
    assert store.queue() == []
    restored = store.restore(run.id)
    restored.enqueue()
    assert [each.id for each in store.queue()] == [restored.id]


def test_a_status_that_cannot_be_read_stops_nobody(store: RunStore, dcgan: RunConfig) -> None:
    odd, run = store.create(dcgan), store.create(dcgan, queued_at=1.0)
    (odd.path / "status.json").unlink()
    (odd.path / "status.json").mkdir()
    assert [each.id for each in store.queue()] == [run.id]
