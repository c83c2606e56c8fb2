from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gancore.exploring import shelf as shelves
from gancore.exploring.shelf import Shelf
from gancore.store import Run
from gancore.store.checkpoints import BadCheckpoint


def test_a_checkpoint_is_loaded_once(saved: Callable[..., Run]) -> None:
    shelf, run = Shelf(), saved("mlp")
    assert shelf.take(run, "last") is shelf.take(Run(run.path), "last")
    assert len(shelf) == 1


def test_those_who_come_at_once_share_it(saved: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    run, loaded, both = saved("mlp"), [], threading.Barrier(2)
    make = shelves.Explorer

    def load(*given: Any) -> Any:
        loaded.append(given)
        return make(*given)

    monkeypatch.setattr(shelves, "Explorer", load)
    shelf = Shelf()

    def take() -> Any:
        both.wait(30)
        return shelf.take(run, "last")

    with ThreadPoolExecutor(2) as pool:
        one, other = (future.result(30) for future in [pool.submit(take), pool.submit(take)])
    assert one is other
    assert len(loaded) == 1


def test_a_checkpoint_that_was_replaced_is_loaded_anew(saved: Callable[..., Run]) -> None:
    shelf, run = Shelf(), saved("mlp")
    before = shelf.take(run, "last")
    os.utime(run.checkpoints()["last"], ns=(1, 1))
    assert shelf.take(run, "last") is not before


def test_what_was_not_asked_for_longest_goes_first(saved: Callable[..., Run]) -> None:
    shelf, runs = Shelf(most=2), [saved("mlp", {"seed": seed}) for seed in range(3)]
    first, second = (shelf.take(run, "last") for run in runs[:2])
    assert shelf.take(runs[0], "last") is first
    shelf.take(runs[2], "last")
    assert len(shelf) == 2
    assert shelf.take(runs[0], "last") is first
    assert shelf.take(runs[1], "last") is not second


def test_what_is_too_much_memory_goes_but_the_newest_stays(saved: Callable[..., Run]) -> None:
    runs = [saved("mlp", {"seed": seed}) for seed in range(2)]
    shelf = Shelf(most_bytes=1)
    assert [shelf.take(run, "last").config.seed for run in runs] == [0, 1]
    assert len(shelf) == 1


@pytest.mark.parametrize("name", ["000001", "", "../last"])
def test_what_is_not_there_is_said_so(name: str, saved: Callable[..., Run]) -> None:
    shelf, run = Shelf(), saved("mlp")
    with pytest.raises(BadCheckpoint, match="has no checkpoint"):
        shelf.take(run, name)
    run.checkpoints()["last"].write_bytes(b"nothing")
    with pytest.raises(BadCheckpoint, match="cannot be read"):
        shelf.take(run, "last")
    assert len(shelf) == 0
