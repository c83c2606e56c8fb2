"""CIFAR-10 as torchvision keeps it. Its batches are pickles, so they are opened only when their checksums fit."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from gancore.data.download import Source, fetch

_SOURCE = Source("CIFAR10", "cifar-10-batches-py", 500)
_FILES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch", "batches.meta")


def load_cifar(split: str, root: Path) -> tuple[Tensor, Tensor]:
    """Images (N, 3, 32, 32) uint8 and labels (N,) int64 in file order. Raises `DataUnavailable`."""
    from torchvision.datasets import CIFAR10
    from torchvision.datasets.utils import check_integrity

    sums = {**dict(CIFAR10.train_list + CIFAR10.test_list), CIFAR10.meta["filename"]: CIFAR10.meta["md5"]}
    checks = {file: partial(check_integrity, md5=md5) for file, md5 in sums.items()}
    broken = {file for file, intact in checks.items() if not intact(root / _SOURCE.folder / file)}
    if broken:
        fetch("cifar10", _SOURCE, root, checks, broken)
    files = CIFAR10(root, train=split == "train")  # looks at the checksums once more before it unpickles
    return torch.from_numpy(files.data).permute(0, 3, 1, 2).contiguous(), torch.tensor(files.targets)


def is_present(root: Path) -> bool:
    """Whether its files are there; their 180 MB are checked when they are loaded."""
    return all((root / _SOURCE.folder / file).is_file() for file in _FILES)
