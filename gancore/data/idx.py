"""MNIST and Fashion-MNIST in their original files: found, checked, or downloaded through torchvision.

They are looked for, and downloaded to, `<data root>/<folder>/raw/`, where torchvision keeps them too. A file is
trusted only when its header and its size agree. A damaged file is fetched again if we wrote it (a list beside the
files says which those are) and left alone if we did not.
"""

from __future__ import annotations

import json
import shutil
import socket
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from gancore.data.errors import DataUnavailable
from gancore.files import replace, write_atomic

_OURS = ".gan-workbench.json"  # names of the files in the folder that we wrote


@dataclass(frozen=True)
class IdxSet:
    """One data set in IDX files."""

    folder: str  # below the data root, as torchvision names it
    torchvision_name: str  # class in torchvision.datasets that downloads it


IDX_SETS = {
    "mnist": IdxSet("MNIST", "MNIST"),
    "fashion-mnist": IdxSet("FashionMNIST", "FashionMNIST"),
}
_COUNTS = {"train": 60_000, "test": 10_000}
_PREFIX = {"train": "train", "test": "t10k"}


def load_idx(name: str, split: str, root: Path) -> tuple[Tensor, Tensor]:
    """Images (N, 28, 28) uint8 and labels (N,) int64 in file order. Raises `DataUnavailable`."""
    folder = root / IDX_SETS[name].folder / "raw"
    files = _files(split)
    broken = {file for file, shape in files.items() if not _intact(folder / file, shape)}
    if broken:
        _fetch(name, folder, broken)
    images, labels = (_read(folder / file, shape) for file, shape in files.items())
    return torch.from_numpy(images), torch.from_numpy(labels).long()


def is_present(name: str, root: Path) -> bool:
    """Whether the training files of `name` are there and whole, so that loading needs no network."""
    folder = root / IDX_SETS[name].folder / "raw"
    return all(_intact(folder / file, shape) for file, shape in _files("train").items())


def _files(split: str) -> dict[str, tuple[int, ...]]:
    count, prefix = _COUNTS[split], _PREFIX[split]
    return {f"{prefix}-images-idx3-ubyte": (count, 28, 28), f"{prefix}-labels-idx1-ubyte": (count,)}


def _header(shape: tuple[int, ...]) -> bytes:
    return struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape)  # two zeros, unsigned bytes, rank, sizes


def _intact(path: Path, shape: tuple[int, ...]) -> bool:
    header = _header(shape)
    try:
        if path.stat().st_size != len(header) + int(np.prod(shape)):
            return False
        with path.open("rb") as file:
            return file.read(len(header)) == header
    except OSError:
        return False


def _read(path: Path, shape: tuple[int, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.fromfile(path, dtype=np.uint8, offset=len(_header(shape))).reshape(shape)


def _fetch(name: str, folder: Path, broken: set[str]) -> None:
    """Replace the broken files of a folder by freshly downloaded ones."""
    foreign = sorted(file for file in broken if (folder / file).exists() and file not in _written_by_us(folder))
    if foreign:
        raise DataUnavailable(
            f"{folder / foreign[0]} is damaged or incomplete and was not written by GAN Workbench: delete it, "
            "or set GANCORE_DATA to another folder."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".download-") as staging:
            _download(name, Path(staging))
            fetched = Path(staging) / IDX_SETS[name].folder / "raw"
            ours = _written_by_us(folder)
            for split in _COUNTS:
                for file, shape in _files(split).items():
                    if _intact(folder / file, shape) or ((folder / file).exists() and file not in ours):
                        continue
                    if not _intact(fetched / file, shape):
                        raise DataUnavailable(f"The download of {name} arrived damaged: try again later.")
                    ours.add(file)
                    write_atomic(folder / _OURS, json.dumps(sorted(ours)).encode())
                    replace(fetched / file, folder / file)
    except OSError as error:
        raise DataUnavailable(f"{folder.parent} cannot be written ({error.strerror}): set GANCORE_DATA.") from error


def _written_by_us(folder: Path) -> set[str]:
    try:
        return set(json.loads((folder / _OURS).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return set()


def _download(name: str, staging: Path) -> None:
    from torchvision import datasets

    if shutil.disk_usage(staging).free < 200e6:
        raise DataUnavailable(f"Less than 200 MB are free on the disk of {staging.parent}.")
    try:
        with _socket_timeout(20.0):
            getattr(datasets, IDX_SETS[name].torchvision_name)(staging, download=True)
    except (OSError, RuntimeError, HTTPException) as error:  # torchvision raises any of them when the mirrors fail
        raise DataUnavailable(
            f"{name} is not on this machine and could not be downloaded: connect to the internet once, "
            "put its files into the folder that GANCORE_DATA names, or train on mnist-5k, which needs no download."
        ) from error


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    """torchvision's downloader has no time-out of its own; a dead connection would hang a run for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
