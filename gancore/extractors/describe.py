"""The fixed networks through which images are measured.

For digits and garments it is a small classifier whose weights come with the project, so that a value means the same on
every machine and in every year. A new training of it gets a new name: values through different extractors do not
compare.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gancore.config.datasets import DatasetName
from gancore.extractors import inception
from gancore.extractors.classifier import CLASSES, SIZE, load_classifier
from gancore.extractors.inception import NotAvailable

__all__ = ["CLASSES", "EXTRACTOR_OF", "Described", "NotAvailable", "describe", "extractor_for", "fitted"]

EXTRACTOR_OF: dict[DatasetName, str] = {
    "mnist-5k": "mnist-cnn-v1",
    "mnist": "mnist-cnn-v1",
    "fashion-mnist": "fashion-cnn-v1",
}

_AT_ONCE = 200  # images: their activations stay in the processor's cache


@dataclass(frozen=True)
class Described:
    """What an extractor makes of N images."""

    features: Tensor  # (N, D)
    probabilities: Tensor  # (N, K)

    @property
    def classes(self) -> Tensor:
        """The most likely class of each image, (N,)."""
        return self.probabilities.argmax(1)


def extractor_for(dataset: DatasetName) -> str:
    """The name of the extractor that fits the images of a data set. Raises `NotAvailable`."""
    return EXTRACTOR_OF.get(dataset) or inception.check()


def describe(images: Tensor, name: str, after: Callable[[int], object] = lambda _done: None) -> Described:
    """Features and class probabilities of images (N, C, H, W) in [-1, 1] of any size, from the extractor.

    After each portion, `after` is called with the number of images done.
    """
    parts: list[tuple[Tensor, Tensor]] = []
    for start in range(0, len(images), _AT_ONCE):
        with torch.no_grad():
            parts.append(_describe_portion(images[start : start + _AT_ONCE], name))
        after(min(start + _AT_ONCE, len(images)))
    features, probabilities = zip(*parts, strict=True)
    return Described(torch.cat(features), torch.cat(probabilities))


def _describe_portion(images: Tensor, name: str) -> tuple[Tensor, Tensor]:
    """One portion's features and class probabilities."""
    if name == inception.NAME:
        return inception.describe(images)
    network = load_classifier(name)
    features = network.features(fitted(images).contiguous(memory_format=torch.channels_last))
    return features, network.head(features).softmax(1)


def fitted(images: Tensor, size: int = SIZE) -> Tensor:
    """Images (N, C, H, W) as the classifiers take them: (N, 1, size, size), scaled bilinearly with antialiasing."""
    grey = images.float().mean(1, keepdim=True)
    if grey.shape[-2:] == (size, size):
        return grey
    return interpolate(grey, size=(size, size), mode="bilinear", antialias=True)
