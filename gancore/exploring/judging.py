"""What a run's discriminator says of one image, and which of its pixels that hangs on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gancore import rng
from gancore.algorithms import GAN
from gancore.colors import D, G
from gancore.data import DataUnavailable
from gancore.evaluation.discriminator import Judge
from gancore.exploring.explorer import Explorer, NotThere
from gancore.sampling.samples import conditions, draw

COMPARED = 200  # real images, and as many samples, that D scores beside

_DARK = np.array([24.0, 24.0, 24.0])


@dataclass(frozen=True)
class Judgement:
    """D's logit and output for an image, and what it says of others."""

    logit: float
    output: float  # a probability, or the logit again for losses on raw scores
    is_probability: bool
    boundary: float  # the output at which D guesses; NaN where there is none
    gradient: Tensor  # (H, W): how much the logit rises as a pixel becomes brighter
    real: list[float]  # D's outputs for held-out images, ascending
    fake: list[float]  # and for samples


class Critic:
    """The discriminator of a checkpoint. Raises `NotThere` where there is none that plays a game."""

    def __init__(self, explorer: Explorer) -> None:
        game = explorer.config.kind.game(explorer.config)
        if not isinstance(explorer.algorithm, GAN) or game is None:
            raise NotThere("this run has no discriminator that tells real images from generated ones")
        self._gan, self._game = explorer.algorithm, game
        self._judge = Judge(self._gan, game)
        self.real, self.fake = self._of_real(explorer), self._of_fake()

    def judge(self, image: Tensor, label: int | None) -> Judgement:
        """Of an image (1, C, H, W) in [-1, 1]; `label` is the class that a conditional D is told."""
        labels = self._told(label)
        (logit,) = self._judge.fake_logits(image, labels, 1).tolist()
        seen = (image + 1) / 2 if self._gan.config.data.range == "0..1" else image
        gradient = self._gan.sensitivity(seen, labels)[0].sum(0)
        probability = self._game.output == "probability"
        boundary = self._game.boundary
        return Judgement(
            logit,
            float(torch.sigmoid(torch.tensor(logit))) if probability else logit,
            probability,
            1 / (1 + math.exp(-boundary)) if probability else boundary,
            gradient,
            self.real,
            self.fake,
        )

    def _told(self, label: int | None) -> Tensor | None:
        config = self._gan.config
        if config.kind.condition != "class":
            return None
        told = config.labels_in_use[0] if label is None else label
        if told not in config.labels_in_use:
            raise NotThere(f"this run knows no class {told}")
        return torch.tensor([told])

    def _of_real(self, explorer: Explorer) -> list[float]:
        try:
            return self._outputs(self._judge.real_logits(explorer.real("test"), COMPARED))
        except DataUnavailable:
            return []

    def _of_fake(self) -> list[float]:
        config = self._gan.config
        noise, given = (
            self._gan.latents(COMPARED, rng.generator(config.seed, "explore/judged")),
            conditions(config, COMPARED),
        )
        classes = given if config.kind.condition == "class" else None
        return self._outputs(self._judge.fake_logits(draw(self._gan, noise, given), classes, COMPARED))

    def _outputs(self, logits: Tensor) -> list[float]:
        outputs = torch.sigmoid(logits) if self._game.output == "probability" else logits
        found: list[float] = outputs.nan_to_num().sort().values.tolist()
        return found


def map_of(gradient: Tensor) -> Image.Image:
    """A gradient (H, W) as a picture: blue, D's colour, where a brighter pixel makes D take the image for more real,
    vermilion where it makes it look more generated; the strongest pixel is the brightest."""
    share = (gradient.nan_to_num() / gradient.nan_to_num().abs().max().clamp(min=1e-30)).numpy()[:, :, None]
    ends = [np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)], dtype=float) for color in (D, G)]
    colors = _DARK + np.abs(share) * (np.where(share > 0, *ends) - _DARK)
    return Image.fromarray(colors.round().astype(np.uint8))
