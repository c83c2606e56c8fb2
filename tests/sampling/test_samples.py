from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gancore.algorithms import GAN, build_algorithm
from gancore.config import RunConfig
from gancore.pictures.grids import grid
from gancore.rng import generator
from gancore.sampling import samples
from gancore.sampling.samples import sample
from gancore.store import Run, RunStore
from gancore.store.checkpoints import BadCheckpoint, Checkpoint, load_checkpoint
from gancore.training.runner import execute
from tests.miniatures import KINDS, held_out, tiny, trained


@pytest.fixture
def run(store: RunStore, config: RunConfig) -> Run:
    run = store.create(config.replace({"train.keep_epochs": 1}))
    execute(run.path, max_steps=7)
    return run


def test_samples_are_the_generators_images(run: Run) -> None:
    algorithm = GAN(run.config, torch.device("cpu"))
    algorithm.load_state_dict(load_checkpoint(run.checkpoints()["last"]).algorithm)
    noise = algorithm.latents(5, generator(3, "sample"))
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
    whole = algorithm.sample(algorithm.latents(1_001, generator(1, "sample")))
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


# --- every family ---------------------------------------------------------------------------------------------------


@pytest.fixture
def saved(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> Callable[[RunConfig], Run]:
    """A run with a checkpoint after a step, and held-out images that need no data."""
    monkeypatch.setattr(samples, "load", lambda config, _: held_out(config, 5))

    def save(config: RunConfig) -> Run:
        run = store.create(config)
        Checkpoint(1, 8, 0.1, trained(config, 1).state_dict()).save(run.path / "checkpoints" / "last.pt")
        return run

    return save


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_sampled(kind: Any, saved: Callable[[RunConfig], Run]) -> None:
    config = tiny(kind)
    images = sample(saved(config), 12, seed=1)
    assert images.shape == (12, *config.shape)
    assert images.abs().max() <= 1
    assert images.dtype == torch.float32
    assert len({tuple(image.flatten().tolist()) for image in images}) == 12


def test_points_of_the_plane_can_be_sampled(saved: Callable[[RunConfig], Run]) -> None:
    run = saved(tiny("mlp", {"data.name": "ring", "model.g_output": "linear"}))
    assert sample(run, 1_001).shape == (1_001, 2)


@pytest.mark.parametrize(("changes", "classes"), [({}, list(range(10))), ({"data.classes": (7, 2)}, [2, 7])])
def test_classes_take_turns(changes: dict[str, Any], classes: list[int], saved: Callable[[RunConfig], Run]) -> None:
    config = tiny("cmlp", changes)
    run = saved(config)
    algorithm = build_algorithm(config)
    algorithm.load_state_dict(load_checkpoint(run.checkpoints()["last"]).algorithm)
    labels = torch.tensor([classes[place % len(classes)] for place in range(1_001)])
    expected = algorithm.sample(algorithm.latents(1_001, generator(1, "sample")), labels)
    torch.testing.assert_close(sample(run, 1_001, seed=1), expected)  # in portions, too


def test_a_translator_is_given_held_out_images_in_turn(saved: Callable[[RunConfig], Run]) -> None:
    config = tiny("translator")
    run = saved(config)
    algorithm = build_algorithm(config)
    algorithm.load_state_dict(load_checkpoint(run.checkpoints()["last"]).algorithm)
    sources = held_out(config, 5).sources
    assert sources is not None
    regular = sources.float()[[0, 1, 2, 3, 4, 0, 1]] / 255
    expected = algorithm.sample(algorithm.latents(7, generator(1, "sample")), regular)
    torch.testing.assert_close(sample(run, 7, seed=1), expected)


def test_samples_come_from_the_average_of_g(saved: Callable[[RunConfig], Run]) -> None:
    config = tiny("dcgan", {"optim.ema": 0.9})
    run = saved(config)
    state = load_checkpoint(run.checkpoints()["last"]).algorithm
    plain = build_algorithm(config.replace({"optim.ema": 0.0}))
    plain.generator.load_state_dict(state["average"])
    assert torch.equal(sample(run, 3, seed=1), plain.sample(plain.latents(3, generator(1, "sample"))))
