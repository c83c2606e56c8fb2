"""Progress and cancelling."""

from __future__ import annotations

import threading

import pytest

from gancore.progress import Cancelled, Work


def test_each_stage_is_reported_until_the_work_is_cancelled() -> None:
    seen: list[str] = []
    unwanted = threading.Event()
    work = Work(seen.append, unwanted.is_set)
    work.begin("one")
    unwanted.set()
    with pytest.raises(Cancelled):
        work.begin("two")
    assert seen == ["one"]


def test_work_that_nobody_watches_goes_on() -> None:
    Work().begin("anything")
