"""The training images nearest to an image, beside how near held-out images are to theirs: has G memorised?"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import torch
from torch import Tensor

from gancore import metrics, rng
from gancore.config import RunConfig
from gancore.data import DataUnavailable, Images, load
from gancore.data.batches import to_range
from gancore.extractors.describe import NotAvailable, describe, extractor_for

FOUND = 6  # neighbours
REFERENCE = 200  # held-out images whose nearest training images are looked for
DESCRIBED = 10_000  # training images that features are taken of, at most
DISPLAY = "-1..1"

_AT_ONCE = 5_000  # training images


@dataclass(frozen=True)
class Neighbours:
    """The training images nearest to one image, in one sense of near."""

    distances: list[float]
    images: Tensor  # (K, C, H, W) in [-1, 1]
    labels: list[int]
    places: list[int]  # among the training images
    searched: int  # training images
    usual: list[float]  # that of held-out images to their nearest one, ascending; empty: none are held out

    @property
    def closer(self) -> float | None:
        """The share of held-out images that are further from their nearest training image than this one is."""
        if not self.usual:
            return None
        return metrics.closer(torch.tensor(self.distances[:1]), torch.tensor(self.usual))


class Gallery:
    """The real images of a run, searched for those that are nearest to another one."""

    def __init__(self, config: RunConfig) -> None:
        self._config = config
        self._lock = threading.Lock()  # on what is computed once

    def in_pixels(self, image: Tensor) -> Neighbours:
        """By the Euclidean distance of pixels of (1, C, H, W) in [-1, 1]. Raises `DataUnavailable`."""
        with self._lock:
            usual = self._usual_in_pixels
        distances, places = _nearest_pixels(image, self.training.pixels, FOUND)
        return self._found(distances[0], places[0], usual, len(self.training))

    def in_features(self, image: Tensor) -> Neighbours:
        """By the Euclidean distance of features. Raises `NotAvailable` and `DataUnavailable`."""
        with self._lock:
            features, usual = self._features, self._usual_in_features
        mine = describe(image, self.extractor).features
        distances, places = metrics.nearest(mine, features, FOUND)
        return self._found(distances[0], places[0], usual, len(features))

    def _found(self, distances: Tensor, places: Tensor, usual: list[float], searched: int) -> Neighbours:
        found = self.training[places]
        return Neighbours(
            distances.tolist(),
            to_range(found.pixels, DISPLAY),
            found.labels.tolist(),
            places.tolist(),
            searched,
            usual,
        )

    @cached_property
    def training(self) -> Images:
        """What the run was trained on."""
        return load(self._config)

    @cached_property
    def held_out(self) -> Tensor | None:
        """Some images (N, C, H, W) in [-1, 1] that it was not trained on; None if there are none."""
        if self._config.data.name == "own":  # whose test split is all of them
            return None
        try:
            pixels = load(self._config, "test").pixels
        except DataUnavailable:
            return None
        order = torch.randperm(len(pixels), generator=rng.generator(0, "held out"))[:REFERENCE]
        return to_range(pixels[order], DISPLAY)

    @cached_property
    def extractor(self) -> str:
        """The one that fits the images. Raises `NotAvailable`."""
        return extractor_for(self._config.data.name)

    @cached_property
    def _features(self) -> Tensor:
        return describe(to_range(self.training.pixels[:DESCRIBED], DISPLAY), self.extractor).features

    @cached_property
    def _usual_in_pixels(self) -> list[float]:
        return self._usual(lambda images: _nearest_pixels(images, self.training.pixels, 1)[0])

    @cached_property
    def _usual_in_features(self) -> list[float]:
        def nearest(images: Tensor) -> Tensor:
            return metrics.nearest(describe(images, self.extractor).features, self._features, 1)[0]

        return self._usual(nearest)

    def _usual(self, nearest: Callable[[Tensor], Tensor]) -> list[float]:
        if self.held_out is None:
            return []
        found: list[float] = nearest(self.held_out)[:, 0].sort().values.tolist()
        return found


def _nearest_pixels(images: Tensor, training: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """As `metrics.nearest`, of bytes (T, C, H, W) a portion at a time."""
    distances, places = torch.empty(len(images), 0), torch.empty(len(images), 0, dtype=torch.int64)
    for start in range(0, len(training), _AT_ONCE):
        part = to_range(training[start : start + _AT_ONCE], DISPLAY).flatten(1)
        found, at = metrics.nearest(images.flatten(1), part, count)
        distances, places = torch.cat([distances, found], 1), torch.cat([places, at + start], 1)
        distances, order = distances.topk(min(count, distances.shape[1]), largest=False)
        places = places.gather(1, order)
    return distances, places


def gallery_of(config: RunConfig) -> Gallery:
    """That of a run's data, which runs of the same data share."""
    return _gallery(_Key(config))


class _Key:
    """Settings, equal to others with which the same images are loaded."""

    def __init__(self, config: RunConfig) -> None:
        self.config = config
        self._said = config.data.model_dump_json(), config.model.nc, config.kind.condition == "image"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._said == other._said

    def __hash__(self) -> int:
        return hash(self._said)


@lru_cache(maxsize=2)
def _gallery(key: _Key) -> Gallery:
    return Gallery(key.config)


__all__ = ["FOUND", "Gallery", "Neighbours", "NotAvailable", "gallery_of"]
