"""A toy that is trained to be watched: a few steps at a time, and after them what it looks like, in few bytes.

A frame is little-endian: the step (uint32), how many modes the samples have found (uint16) of how many (uint16), the
samples (256 x 2 int16, `REACH` / 32,767 each), and D's output on a grid over the square that is shown (22 x 22 uint8,
row by row from below), from its lowest value to its highest where it is no probability.
"""

from __future__ import annotations

import struct
import time

import torch
from torch import Tensor

from gancore import metrics, rng
from gancore.algorithms import GAN, build_algorithm
from gancore.config import RunConfig
from gancore.data import BatchStream, load
from gancore.data.toys import TOY_SIGMA, toy_modes
from gancore.training.trainer import Trainer

SLICE = 0.03  # seconds after which a frame is due, however many steps are left
SAMPLES = 256
REACH = 4.0  # of a coordinate that is told; beyond, it is at the edge
SIDE = 22  # places along a side at which D is asked
SQUARE = 1.5  # half a side of the square over which it is


class Watched:
    """A GAN on a ring of Gaussians, in this process and on the CPU; nothing of it is kept."""

    def __init__(self, config: RunConfig) -> None:
        modes, game, algorithm = toy_modes(config.data.name), config.kind.game(config), build_algorithm(config)
        assert modes is not None
        assert game is not None
        assert isinstance(algorithm, GAN)
        self.config = config
        self._algorithm, self._modes = algorithm, modes
        self._is_probability = game.output == "probability"
        self._noise = algorithm.latents(SAMPLES, rng.generator(config.seed, "preview"))  # so that what moves is G
        stream = BatchStream(load(config), config.train.batch_size, config.seed, scale=config.data.range)
        self._trainer = Trainer(algorithm, stream, seed=config.seed, total_steps=config.total_steps)
        self._steps = self._trainer.run()

    @property
    def is_over(self) -> bool:
        """Whether all steps are done."""
        return self._trainer.step >= self._trainer.total_steps

    def advance(self, steps: int, seconds: float = SLICE) -> bytes:
        """Train some steps further, or to the end; a frame. After so many seconds no step begins but the first."""
        end = time.monotonic() + seconds
        for _ in range(steps):
            if next(self._steps, None) is None or time.monotonic() > end:
                break
        return self._frame()

    def _frame(self) -> bytes:
        samples = self._algorithm.sample(self._noise).nan_to_num(REACH, REACH, -REACH)
        found = metrics.toy_quality(samples, self._modes, TOY_SIGMA[self.config.data.name])["modes"]
        places = (samples.clamp(-REACH, REACH) * (32_767 / REACH)).round().to(torch.int16)
        head = struct.pack("<IHH", self._trainer.step, int(found), len(self._modes))
        return head + places.numpy().astype("<i2").tobytes() + self._field().numpy().tobytes()

    def _field(self) -> Tensor:
        """D's output over the square, (SIDE * SIDE,) uint8."""
        ticks = SQUARE * ((torch.arange(SIDE) + 0.5) * (2 / SIDE) - 1)
        across = ticks.repeat(SIDE)
        up = ticks.repeat_interleave(SIDE)
        logits = self._algorithm.discriminate(torch.stack([across, up], dim=1)).nan_to_num()
        if self._is_probability:
            shares = logits.sigmoid()
        else:
            shares = (logits - logits.min()) / (logits.max() - logits.min()).clamp(min=1e-12)
        return (shares * 255).round().to(torch.uint8)
