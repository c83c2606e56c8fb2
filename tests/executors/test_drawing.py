"""Grids of saved runs from the noise of another seed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from gancore.config import RunConfig
from gancore.executors import drawing
from gancore.executors.drawing import Drawer
from gancore.store import Run, RunStore
from gancore.training.runner import execute
from tests.miniatures import tiny


@pytest.fixture
def drawer(tmp_path: Path) -> Iterator[Drawer]:
    made = Drawer(tmp_path / "previews")
    yield made
    made.close()


@pytest.fixture
def trained(store: RunStore) -> Callable[..., Run]:
    """A run of a seed, with checkpoints after 5 and 10 steps."""

    def make(seed: int, config: RunConfig | None = None) -> Run:
        chosen = (config or tiny("dcgan")).replace({"seed": seed, "train.keep_epochs": 1, "train.preview_every": 5})
        run = store.create(chosen)
        execute(run.path, max_steps=10)
        return run

    return make


def pixels(path: Path) -> bytes:
    with Image.open(path) as image:
        return image.tobytes()


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_run_drawn_from_its_own_noise_is_what_it_showed_of_itself(drawer, trained):
    run = trained(3)
    job = drawer.draw(run, 3)
    assert job.over.wait(60)
    assert not job.problem
    drawn = drawer.drawn(run, 3)
    assert list(drawn) == [5, 10]
    for step, path in drawn.items():
        assert pixels(path) == pixels(run.samples()[step])


def test_another_seeds_noise_gives_other_grids_and_leaves_the_run_as_it_was(drawer, trained):
    run = trained(3)
    before = contents(run.path)
    assert drawer.draw(run, 4).over.wait(60)
    assert pixels(drawer.drawn(run, 4)[10]) != pixels(run.samples()[10])
    assert contents(run.path) == before


def test_what_is_there_is_not_drawn_again(drawer, trained):
    run = trained(3)
    job = drawer.draw(run, 4)
    assert drawer.draw(run, 4) in (job, None)  # None once it is over
    assert job.over.wait(60)
    assert drawer.draw(run, 4) is None
    assert drawer.draw(run, 5) is not None


def test_a_checkpoint_that_was_replaced_is_drawn_anew(drawer, trained):
    run = trained(3)
    assert drawer.draw(run, 4).over.wait(60)
    path = run.checkpoints()["000010"]
    path.write_bytes((run.path / "checkpoints" / "000005.pt").read_bytes())
    assert list(drawer.drawn(run, 4)) == [5]
    assert drawer.draw(run, 4) is not None


def test_a_run_without_checkpoints_has_nothing_to_draw(drawer, store):
    run = store.create(tiny("dcgan"))
    assert drawer.wanted(run, 4) == {}
    assert drawer.draw(run, 4) is None


def test_a_damaged_checkpoint_is_said_and_not_tried_again(drawer, trained):
    run = trained(3)
    run.checkpoints()["000005"].write_bytes(b"no checkpoint")
    job = drawer.draw(run, 4)
    assert job.over.wait(60)
    assert "000005.pt cannot be read" in job.problem
    assert drawer.draw(run, 4) is job


def test_the_oldest_go_once_there_is_too_much(drawer, trained, monkeypatch):
    first, second = trained(3), trained(4)
    assert drawer.draw(first, 9).over.wait(60)
    kept = sum(path.stat().st_size for path in drawer.drawn(first, 9).values())
    monkeypatch.setattr(drawing, "MOST_BYTES", kept)
    assert drawer.draw(second, 9).over.wait(60)
    assert not all(path.is_file() for _, path in drawer.wanted(first, 9).values())
    assert drawer.drawn(second, 9)
