"""What a run shows of itself while it trains: one picture, drawn again and again from the same noise."""

from __future__ import annotations

from collections.abc import Callable

import torch
from PIL import Image
from torch import Tensor

from gancore import rng
from gancore.algorithms import GAN, VAE, Algorithm
from gancore.config import RunConfig
from gancore.config.kinds import CLASS_COLUMNS, CLASS_ROWS, CONDITIONAL
from gancore.data import load
from gancore.pictures.grids import grid
from gancore.pictures.planes import draw_plane

Preview = Callable[[], Image.Image]

SAMPLES = 64
COLUMNS = 8  # of pictures of held-out images, of which there are two rows
POINTS = 1_000
ARROWS = 60


def build_preview(algorithm: Algorithm, config: RunConfig) -> Preview:
    """The picture of a run's kind, with noise that its seed fixes once and for all. Raises `DataUnavailable`."""
    source = rng.generator(config.seed, "preview")
    if isinstance(algorithm, GAN) and len(config.shape) == 1:
        return _plane(algorithm, config, source)
    if isinstance(algorithm, VAE):
        return _reconstructions(algorithm, config, source)
    if config.model.kind in CONDITIONAL:
        return _classes(algorithm, config, source)
    if config.model.kind == "translator":
        return _translations(algorithm, config, source)
    noise = algorithm.latents(SAMPLES, source)
    return lambda: grid(algorithm.sample(noise))


def _classes(algorithm: Algorithm, config: RunConfig, source: torch.Generator) -> Preview:
    """A row for each class, a column for each noise vector (report 002, question 9)."""
    classes = torch.tensor(config.labels_in_use[:CLASS_ROWS])
    noise = algorithm.latents(CLASS_COLUMNS, source).repeat(len(classes), 1)
    labels = classes.repeat_interleave(CLASS_COLUMNS)
    return lambda: grid(algorithm.sample(noise, labels), CLASS_COLUMNS)


def _reconstructions(algorithm: VAE, config: RunConfig, source: torch.Generator) -> Preview:
    """Held-out images above their reconstructions (report 003, section 4), then images from random codes."""
    originals = _held_out(load(config, "test").pixels)
    noise = algorithm.latents(SAMPLES // 2, source)

    def draw() -> Image.Image:
        pairs = _stacked(originals * 2 - 1, algorithm.reconstruct(originals))
        return grid(torch.cat([pairs, algorithm.sample(noise)]), min(COLUMNS, len(originals)))

    return draw


def _translations(algorithm: Algorithm, config: RunConfig, source: torch.Generator) -> Preview:
    """Rows of regular images; below each image, what three noise vectors make of it."""
    held_out = load(config, "test")
    assert held_out.sources is not None
    regular = _held_out(held_out.sources)
    noise = algorithm.latents(3, source).repeat_interleave(len(regular), 0)

    def draw() -> Image.Image:
        bold = algorithm.sample(noise, regular.repeat(3, 1, 1, 1)).chunk(3)
        return grid(_stacked(regular * 2 - 1, *bold), min(COLUMNS, len(regular)))

    return draw


def _plane(algorithm: GAN, config: RunConfig, source: torch.Generator) -> Preview:
    """Samples against data, D's field below them, and where D's field pulls some of the samples."""
    data = load(config, "test").pixels[:POINTS]
    noise = algorithm.latents(POINTS, source)
    return lambda: draw_plane(data, algorithm.sample(noise), algorithm.discriminate, arrows=ARROWS)


def _held_out(pixels: Tensor) -> Tensor:
    """The first images of a split in [0, 1]: two rows of them, or one where there are fewer."""
    count = 2 * COLUMNS if len(pixels) >= 2 * COLUMNS else COLUMNS
    return pixels[:count].float() / 255


def _stacked(*versions: Tensor) -> Tensor:
    """Several versions of the same images (N, C, H, W), a row of each above the next one's."""
    rows = zip(*(torch.split(version, COLUMNS) for version in versions), strict=True)
    return torch.cat([row for group in rows for row in group])
