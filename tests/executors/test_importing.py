from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gancore.data import importing
from gancore.data.imported import imported_sets
from gancore.executors.importing import Import, Stage
from tests.data.uploads import greys


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets are imported into a folder of their own."""
    monkeypatch.setenv("GANCORE_CACHE", str(tmp_path / "cache"))


def finished(job: Import) -> Import:
    job.start()
    assert job.over.wait(60)
    return job


def test_an_import_ends_with_a_report() -> None:
    job = finished(Import(greys(20), "mine"))
    assert job.report is not None
    assert job.report.made == imported_sets()[0]
    assert job.problem == ""
    assert job.stage == Stage("writing the set", 1.0)


def test_what_cannot_be_used_ends_with_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    job = finished(Import(greys(3), "mine"))
    assert job.report is None
    assert "3 images can be used" in job.problem

    def too_much(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(importing, "keep", too_much)
    assert "not enough memory" in finished(Import(greys(20), "mine")).problem
    assert imported_sets() == []


def test_a_cancelled_import_ends_with_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    reached, go_on, read = threading.Event(), threading.Event(), importing.read_picture

    def hold(content: bytes) -> object:
        reached.set()
        assert go_on.wait(60)
        return read(content)

    monkeypatch.setattr(importing, "read_picture", hold)
    job = Import(greys(20), "mine")
    job.start()
    assert reached.wait(60)
    job.cancel()
    assert job.stage == Stage("ending", 0.0)
    assert not job.over.is_set()
    go_on.set()
    assert job.over.wait(60)
    assert (job.report, job.problem) == (None, "")
    assert imported_sets() == []
