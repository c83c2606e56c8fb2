"""The Olivetti faces: ten photographs each of forty people, from where scikit-learn has them, and read by it.

They are kept as plain arrays, since scikit-learn's own file is a pickle, which anybody could have put there.
"""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gancore import rng
from gancore.data.arrays import read_arrays, write_arrays
from gancore.data.download import Archive, explained, retrieve
from gancore.data.errors import DataUnavailable

PEOPLE, PHOTOGRAPHS = 40, 10

_ARCHIVE = Archive(
    ["https://ndownloader.figshare.com/files/5976027"],
    "b612fb967f2dc77c9c62d3e1266e0c73d5fca46a4b8906c18e454d41af987794",
    "olivettifaces.mat",
    10_000_000,
)
_SHAPE = (PEOPLE * PHOTOGRAPHS, 64, 64)


def load_olivetti(split: str, root: Path) -> tuple[Tensor, Tensor]:
    """Images (N, 64, 64) uint8 and labels (N,) int64; the last photograph of each person is held out for `test`.

    The photographs are sorted by person, so those to train on are shuffled once, with an order that never changes.
    """
    faces = torch.from_numpy(_cached(_path(root))).view(PEOPLE, PHOTOGRAPHS, 64, 64)
    if split == "test":
        return faces[:, -1], torch.arange(PEOPLE)
    pixels = faces[:, :-1].flatten(0, 1)
    order = torch.randperm(len(pixels), generator=rng.generator(0, "olivetti/order"))
    return pixels[order], torch.arange(PEOPLE).repeat_interleave(PHOTOGRAPHS - 1)[order]


def is_present(root: Path) -> bool:
    """Whether the faces are there and whole."""
    return _read(_path(root)) is not None


def _path(root: Path) -> Path:
    return root / "Olivetti" / "faces.npz"


def _read(path: Path) -> npt.NDArray[np.uint8] | None:
    saved = read_arrays(path, {"images": (np.uint8, _SHAPE)})
    return None if saved is None else saved["images"]


def _cached(path: Path) -> npt.NDArray[np.uint8]:
    images = _read(path)
    if images is None:
        images = _fetch()
        with suppress(OSError):  # a read-only folder costs a download each time, and nothing else
            write_arrays(path, {"images": images})
    return images


def _fetch() -> npt.NDArray[np.uint8]:
    from sklearn.datasets import fetch_olivetti_faces  # type: ignore[import-untyped]

    with tempfile.TemporaryDirectory() as staging, explained("olivetti"):
        retrieve(_ARCHIVE, Path(staging))
        faces = fetch_olivetti_faces(data_home=staging, n_retries=1)  # finds it, and downloads nothing
    people = np.repeat(np.arange(PEOPLE), PHOTOGRAPHS)
    if faces.images.shape != _SHAPE or not np.array_equal(faces.target, people):
        raise DataUnavailable("The download of olivetti is damaged: try again later.")
    images: npt.NDArray[np.uint8] = (faces.images * 255).round().clip(0, 255).astype(np.uint8)
    return images
