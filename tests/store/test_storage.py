"""What runs take, and what a clean-up frees: never of a run that trains."""

from __future__ import annotations

import os
import time

import pytest

from gancore.config import RunConfig
from gancore.store import Run, RunBusy, RunStore, storage
from gancore.store.storage import DAY, free, free_all, freeable, last_used, note_opened, unused_since, usage
from gancore.training.runner import execute


@pytest.fixture
def trained(store: RunStore, dcgan: RunConfig) -> Run:
    run = store.create(dcgan.replace({"train.keep_epochs": 1}), name="mine")
    execute(run.path, max_steps=12)
    assert set(run.checkpoints()) > {"last"}
    return run


def test_usage_is_what_the_files_take(trained: Run) -> None:
    found = usage(trained)
    sizes = {path: path.lstat().st_size for path in trained.path.rglob("*") if path.is_file()}
    assert found.total == sum(sizes.values())
    assert found.last == sizes[trained.path / "checkpoints" / "last.pt"]
    assert found.checkpoints == sum(size for path, size in sizes.items() if path.suffix == ".pt") - found.last
    assert found.samples == sum(size for path, size in sizes.items() if path.suffix == ".png")


def test_links_count_nothing(trained: Run, store: RunStore) -> None:
    before = usage(trained).total
    (trained.path / "discarded").symlink_to(store.root)
    assert usage(trained).total < before + 1_000


@pytest.mark.parametrize("keep", ["last", "none"])
def test_what_is_said_to_be_freed_is_freed(trained: Run, keep: storage.Keep) -> None:
    promised, before = freeable(trained, keep), usage(trained)
    assert free(trained, keep) == promised > 0
    after = usage(trained)
    assert before.total - after.total == pytest.approx(promised, abs=500)  # the history has a line more
    assert set(trained.checkpoints()) == ({"last"} if keep == "last" else set())
    assert after.samples == before.samples
    assert trained.events()[-1]["code"] == "cleaned"
    assert freeable(trained, keep) == 0
    assert free(trained, keep) == 0
    assert len([event for event in trained.events() if event["code"] == "cleaned"]) == 1


def test_with_its_last_checkpoint_a_run_goes_on(trained: Run) -> None:
    free(trained, "last")
    assert execute(trained.path) == "finished"


def test_what_was_set_aside_goes_and_what_it_was_is_still_known(trained: Run) -> None:
    aside = trained.path / "discarded" / "000005-x" / "checkpoints"
    aside.mkdir(parents=True)
    (aside / "000010.pt").write_bytes(bytes(5_000))
    assert usage(trained).discarded == 5_000
    free(trained, "last")
    assert usage(trained).discarded == 0
    assert aside.parent.is_dir()  # its name says that the run went back


def test_nothing_of_a_run_that_trains_or_waits_is_freed(trained: Run, held_elsewhere) -> None:
    with held_elsewhere(trained.path / "lock"):
        with pytest.raises(RunBusy):
            free(trained, "none")
        trained.write_status(trained.status.model_copy(update={"state": "running"}))
        assert freeable(trained, "none") == 0
        assert unused_since([trained], 0, time.time() + DAY) == []
    trained.write_status(trained.status.model_copy(update={"state": "queued"}))
    with pytest.raises(RunBusy):
        free(trained, "none")
    assert freeable(trained, "none") == 0
    assert len(trained.checkpoints()) > 1


def test_what_nobody_opened_for_long_is_found(store: RunStore, trained: Run, dcgan: RunConfig) -> None:
    other = store.create(dcgan)
    now = time.time()
    assert unused_since([trained, other], 30, now) == []
    assert {run.id for run in unused_since([trained, other], 30, now + 31 * DAY)} == {trained.id, other.id}
    note_opened(trained)
    opened = trained.path / "opened"
    os.utime(opened, (now + 20 * DAY,) * 2)
    assert last_used(trained) == pytest.approx(now + 20 * DAY)
    assert [run.id for run in unused_since([trained, other], 30, now + 31 * DAY)] == [other.id]


def test_looking_is_noted_once_an_hour(trained: Run) -> None:
    note_opened(trained)
    then = time.time() - 600
    os.utime(trained.path / "opened", (then, then))
    note_opened(trained)
    assert (trained.path / "opened").stat().st_mtime == pytest.approx(then, abs=1)
    os.utime(trained.path / "opened", (then - 7_200,) * 2)
    note_opened(trained)
    assert (trained.path / "opened").stat().st_mtime > then


def test_one_that_cannot_be_cleaned_does_not_keep_the_others(store: RunStore, trained: Run, held_elsewhere) -> None:
    busy = store.create(trained.config, name="busy")
    with held_elsewhere(busy.path / "lock"):
        freed, problems = free_all([busy, trained], "last")
    assert freed > 0
    assert problems == ["busy is running"]
