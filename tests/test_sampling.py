from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from gancore.algorithms import GAN
from gancore.checkpoint import BadCheckpoint, load_checkpoint
from gancore.config import RunConfig
from gancore.imaging import grid
from gancore.rng import generator
from gancore.runner import execute
from gancore.sampling import sample
from gancore.store import Run, RunStore


@pytest.fixture
def run(store: RunStore, config: RunConfig) -> Run:
    run = store.create(config.replace({"train.keep_epochs": 1}))
    execute(run.path, max_steps=7)
    return run


def test_samples_are_the_generators_images(run: Run) -> None:
    algorithm = GAN(run.config, torch.device("cpu"))
    algorithm.load_state_dict(load_checkpoint(run.checkpoints()["last"]).algorithm)
    noise = algorithm.draw(5, generator(3, "sample"))
    expected = algorithm.sample(noise)
    images = sample(run, 5, seed=3)
    assert torch.equal(images, expected)
    assert images.shape == (5, 1, run.config.data.image_size, run.config.data.image_size)
    assert images.abs().max() <= 1


def test_without_a_seed_they_are_those_of_the_previews(run: Run) -> None:
    picture = Image.open(run.samples()[7])
    assert np.array_equal(np.asarray(picture), np.asarray(grid(sample(run, 64))))


def test_seeds_and_checkpoints_give_different_images(run: Run) -> None:
    first = sample(run, 3, seed=1)
    assert torch.equal(first, sample(run, 3, seed=1))
    assert not torch.equal(first, sample(run, 3, seed=2))
    assert not torch.equal(first, sample(run, 3))
    assert not torch.equal(first, sample(run, 3, seed=1, checkpoint="000005"))


def test_many_images_are_drawn_in_portions_as_if_at_once(run: Run) -> None:
    images = sample(run, 1_001, seed=1)
    algorithm = GAN(run.config, torch.device("cpu"))
    algorithm.load_state_dict(load_checkpoint(run.checkpoints()["last"]).algorithm)
    whole = algorithm.sample(algorithm.draw(1_001, generator(1, "sample")))
    torch.testing.assert_close(images, whole)


def test_sampling_touches_neither_the_run_nor_global_random_numbers(run: Run) -> None:
    state = torch.random.get_rng_state()
    before = {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}
    sample(run, 3)
    assert {path: path.stat().st_mtime_ns for path in run.path.rglob("*")} == before
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize("checkpoint", ["000001", "", "../last"])
def test_a_checkpoint_that_is_not_there_is_said_so(run: Run, checkpoint: str) -> None:
    with pytest.raises(BadCheckpoint, match="has no checkpoint"):
        sample(run, 3, checkpoint=checkpoint)
