"""The image that somebody asks about, wherever it comes from."""

from __future__ import annotations

import base64
import binascii

import numpy as np
import torch
from torch import Tensor

from gancore.data.batches import to_range
from gancore.data.pictures import read_picture, scaled
from gancore.data.untrusted import Unusable
from gancore.exploring.asking import MOST_FILE, Image, Weights
from gancore.exploring.explorer import DISPLAY, Explorer, NotThere


class BadImage(ValueError):
    """A file that cannot be used; the message is one sentence."""


def image_of(explorer: Explorer, image: Image, weights: Weights, *, source: bool = False) -> Tensor:
    """It as the run's networks take it: (1, C, H, W) in [-1, 1]; one of the data as a translator is given it if it is a
    `source`. Raises `NotThere`, `BadImage`, `DataUnavailable`."""
    if explorer.config.is_points:
        raise NotThere("this run makes points, not images")
    if image.point is not None:
        return explorer.images([image.point], weights)
    if image.split is not None:
        return explorer.some(image.split, image.index, 1, sources=source)
    return read(image.file or "", explorer.config.shape)


def read(file: str, shape: tuple[int, ...]) -> Tensor:
    """An image file in base64, from anywhere, as an image (1, C, H, W) in [-1, 1]: its middle square, in grey where
    there is one channel."""
    channels, size, _ = shape
    try:
        content = base64.b64decode(file, validate=True)
        if len(content) > MOST_FILE:
            raise BadImage(f"The image must have at most {MOST_FILE / 1e6:.0f} MB.")
        picture = scaled(read_picture(content), size)
    except (binascii.Error, Unusable) as problem:
        reason = str(problem) if isinstance(problem, Unusable) else "not a readable image"
        raise BadImage(f"This image cannot be used: {reason}.") from None
    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None]
    if channels == 1:
        weights = torch.tensor([0.299, 0.587, 0.114])[:, None, None]  # ITU-R 601, as where data are loaded
        pixels = (pixels * weights).sum(1, keepdim=True).round().byte()
    return to_range(pixels, DISPLAY)
