"""The digits that a translator is tried on beside those of its training, and their strokes."""

from __future__ import annotations

import torch
from torch import Tensor

from gancore import metrics, rng
from gancore.config import RunConfig
from gancore.data import DataUnavailable, cache_root, load
from gancore.data.bold import thin_and_thick

STROKES = 500  # images whose strokes are measured


def thickness(images: Tensor) -> float:
    """Mean width in pixels of the strokes of the first of images (N, 1, H, W)."""
    return float(metrics.stroke_thickness(images[:STROKES]).mean())


def other_digits(config: RunConfig) -> tuple[Tensor, Tensor] | None:
    """Regular digits (N, 1, H, W) in [0, 1] of classes that a translator was not trained on, and their classes.

    Held out, in random order, at most `STROKES`; None if it was trained on all classes or nothing is held out. Where
    the thinner half of the real images is taken as regular, so it is of these.
    """
    data, others = config.data, sorted(set(range(config.classes)) - set(config.labels_in_use))
    if data.name == "own" or not others:
        return None
    plain = {"data.name": data.name, "data.image_size": data.image_size, "data.classes": others, "model.kind": "mlp"}
    try:
        images = load(RunConfig().replace(plain), "test")
    except DataUnavailable:
        return None
    halved = data.pairs == "unpaired"
    order = torch.randperm(len(images), generator=rng.generator(0, "other digits"))
    images = images[order[: 2 * STROKES if halved else STROKES]]
    if halved:
        images = images[thin_and_thick(images.pixels, images.labels, cache_root())[0]]
    return images.pixels.float() / 255, images.labels
