"""MNIST and its relatives in their original files. A file is trusted only when its header and its size agree."""

from __future__ import annotations

import struct
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gancore.data.download import Source, fetch

IDX_SETS = {
    "mnist": Source("MNIST", "MNIST/raw", 200),
    "fashion-mnist": Source("FashionMNIST", "FashionMNIST/raw", 200),
    "kmnist": Source("KMNIST", "KMNIST/raw", 200),
}
_COUNTS = {"train": 60_000, "test": 10_000}
_PREFIX = {"train": "train", "test": "t10k"}


def load_idx(name: str, split: str, root: Path) -> tuple[Tensor, Tensor]:
    """Images (N, 28, 28) uint8 and labels (N,) int64 in file order. Raises `DataUnavailable`."""
    source, files = IDX_SETS[name], _files(split)
    folder = root / source.folder
    broken = {file for file, shape in files.items() if not _intact(shape, folder / file)}
    if broken:
        checks = {file: partial(_intact, shape) for each in _COUNTS for file, shape in _files(each).items()}
        fetch(name, source, root, checks, broken)
    images, labels = (_read(folder / file, shape) for file, shape in files.items())
    return torch.from_numpy(images), torch.from_numpy(labels).long()


def is_present(name: str, root: Path) -> bool:
    """Whether the training files of `name` are there and whole, so that loading needs no network."""
    folder = root / IDX_SETS[name].folder
    return all(_intact(shape, folder / file) for file, shape in _files("train").items())


def _files(split: str) -> dict[str, tuple[int, ...]]:
    count, prefix = _COUNTS[split], _PREFIX[split]
    return {f"{prefix}-images-idx3-ubyte": (count, 28, 28), f"{prefix}-labels-idx1-ubyte": (count,)}


def _header(shape: tuple[int, ...]) -> bytes:
    return struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape)  # two zeros, unsigned bytes, rank, sizes


def _intact(shape: tuple[int, ...], path: Path) -> bool:
    header = _header(shape)
    try:
        if path.stat().st_size != len(header) + int(np.prod(shape)):
            return False
        with path.open("rb") as file:
            return file.read(len(header)) == header
    except OSError:
        return False


def _read(path: Path, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    return np.fromfile(path, dtype=np.uint8, offset=len(_header(shape))).reshape(shape)
