"""A toy that is watched: its frames say what gancore's own trainer comes to."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest
import torch

from gancore import rng
from gancore.algorithms import GAN, build_algorithm
from gancore.config import RunConfig
from gancore.data import BatchStream, load
from gancore.experiments import EXPERIMENTS
from gancore.training import watched
from gancore.training.trainer import Trainer
from gancore.training.watched import REACH, SAMPLES, SIDE, SQUARE, Watched

LOSSES = ("nonsaturating", "minimax", "least squares", "wasserstein", "hinge")


def config(loss: str = "nonsaturating") -> RunConfig:
    return EXPERIMENTS["toy-collapse"].arm(f"ring, {loss}", seed=3)


def read(frame: bytes) -> tuple[int, int, int, np.ndarray, np.ndarray]:
    step, modes, of = struct.unpack("<IHH", frame[:8])
    places = np.frombuffer(frame[8 : 8 + 4 * SAMPLES], "<i2").reshape(SAMPLES, 2) * (REACH / 32_767)
    return step, modes, of, places, np.frombuffer(frame[8 + 4 * SAMPLES :], np.uint8).reshape(SIDE, SIDE)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_frame_is_what_the_trainer_comes_to(loss: str) -> None:
    frame = Watched(config(loss)).advance(3, math.inf)
    algorithm, expected = build_algorithm(config(loss)), config(loss)
    assert isinstance(algorithm, GAN)
    stream = BatchStream(load(expected), expected.train.batch_size, expected.seed, scale=expected.data.range)
    list(Trainer(algorithm, stream, seed=expected.seed, total_steps=3).run())
    noise = algorithm.latents(SAMPLES, rng.generator(expected.seed, "preview"))

    step, _, of, places, field = read(frame)
    assert (step, of) == (3, 8)
    assert len(frame) == 1_516
    assert places == pytest.approx(algorithm.sample(noise).numpy(), abs=REACH / 32_767)
    below_left = torch.full((1, 2), SQUARE * (1 / SIDE - 1))
    logit = float(algorithm.discriminate(below_left))
    if loss in ("nonsaturating", "minimax"):
        assert field[0, 0] / 255 == pytest.approx(1 / (1 + math.exp(-logit)), abs=1 / 255)
    else:
        assert (field.min(), field.max()) == (0, 255)


def test_a_frame_is_due_after_a_while_however_many_steps_are_left() -> None:
    toy = Watched(config())
    assert read(toy.advance(64, 0.0))[0] == 1


def test_it_ends_with_the_run() -> None:
    toy = Watched(config().replace({"train.steps": 3}))
    assert read(toy.advance(2, math.inf))[0] == 2
    assert not toy.is_over
    assert read(toy.advance(2, math.inf))[0] == 3
    assert toy.is_over
    assert read(toy.advance(2, math.inf))[0] == 3


def test_numbers_that_are_none_are_at_the_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    toy = Watched(config())
    monkeypatch.setattr(GAN, "sample", lambda *_args, **_more: torch.full((SAMPLES, 2), math.nan))
    assert read(toy.advance(1))[3] == pytest.approx(REACH)


def test_modes_are_counted_as_in_an_evaluation(monkeypatch: pytest.MonkeyPatch) -> None:
    toy = Watched(config())
    modes = watched.toy_modes("ring")
    assert modes is not None
    monkeypatch.setattr(GAN, "sample", lambda *_args, **_more: modes[:5].repeat(52, 1)[:SAMPLES])
    assert read(toy.advance(1))[1] == 5
