"""The 8x8 digits that come with scikit-learn: no download."""

from __future__ import annotations

import torch
from torch import Tensor

TRAINING = 1_500  # of 1,797 images; the rest are the test split


def load_digits8(split: str) -> tuple[Tensor, Tensor]:
    """Images (N, 8, 8) uint8, from 17 levels of grey to 0..255, and labels (N,) int64 in file order."""
    from sklearn.datasets import load_digits  # type: ignore[import-untyped]

    digits = load_digits()
    part = slice(TRAINING) if split == "train" else slice(TRAINING, None)
    pixels = torch.from_numpy(digits.images[part] * (255 / 16)).round().byte()
    return pixels, torch.from_numpy(digits.target[part]).long()
