"""Statistics of pixels, relative to those of real images."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cached_property

from torch import Tensor

from gancore import metrics

PIXEL_SAMPLES = 1_000  # of which they are taken

_AGAINST_REAL: dict[str, Callable[[Tensor], float]] = {
    "diversity": metrics.mean_distance,
    "contrast": metrics.contrast,
    "sharpness": metrics.sharpness,
    "high_frequency": metrics.high_frequency,
}
_OF_BACKGROUND: dict[str, Callable[[Tensor, Tensor], float | None]] = {
    "background": metrics.background_noise,
    "background_detail": metrics.background_detail,
    "white_dots": metrics.white_dots,
}


class RealPixels:
    """The pixels of real images (N, C, H, W) in [-1, 1], against which others are held."""

    def __init__(self, images: Tensor) -> None:
        self.images = images[:PIXEL_SAMPLES]

    @cached_property
    def values(self) -> Mapping[str, float]:
        """Of the real images alone."""
        return {name: measure(self.images) for name, measure in _AGAINST_REAL.items()}

    def compare(self, images: Tensor) -> dict[str, float]:
        """Of the first of other images (M, C, H, W) in [-1, 1]: most as a share of what real ones have."""
        images = images[:PIXEL_SAMPLES]
        found = {name: relative(measure(images), self.values[name]) for name, measure in _AGAINST_REAL.items()}
        of_background = {name: measure(images, self.images) for name, measure in _OF_BACKGROUND.items()}
        return found | {name: value for name, value in of_background.items() if value is not None}


def relative(value: float, wanted: float) -> float:
    """What is measured as a share of what real images have; not a number, and so left out, where these have none."""
    return value / wanted if wanted else math.nan
