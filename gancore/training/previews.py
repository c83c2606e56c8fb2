"""What a run shows of itself while it trains: one picture, drawn again and again from the same noise."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from gancore import rng
from gancore.algorithms import Algorithm
from gancore.config import RunConfig
from gancore.data import load

Preview = Callable[[], Image.Image]


def build_preview(algorithm: Algorithm, config: RunConfig) -> Preview:
    """The picture of a run's family, with noise that its seed fixes once and for all. Raises `DataUnavailable`."""
    return algorithm.preview(lambda: load(config, "test"), rng.generator(config.seed, "preview"))
