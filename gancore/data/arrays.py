"""Prepared arrays in a file: written whole, and trusted only after a look at what they are."""

from __future__ import annotations

import hashlib
import math
import shutil
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from gancore.files import replace, temporary_name
from gancore.progress import Cancelled, never

Array = npt.NDArray[Any]
Expected = Mapping[str, tuple[npt.DTypeLike, tuple[int | None, ...]]]  # dtype and shape by name; None: any length

LIMIT = 2 * 10**9  # bytes of one array

_CHUNK = 2**22  # bytes that are packed at once


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """An .npz file with `arrays`, whole or not at all. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(path)
    try:
        pack_arrays(temporary, arrays)
        replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def pack_arrays(path: Path, arrays: Mapping[str, Array], cancelled: Callable[[], bool] = never) -> None:
    """Write an .npz file in place. Raises `OSError`, and `Cancelled` as soon as it is, with part of the file there."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            _pack(archive, name, array, cancelled)


def add_array(path: Path, name: str, array: Array) -> None:
    """Add an array to an .npz file, unless it has one of that name: all at once or not at all. Raises `OSError`."""
    temporary = temporary_name(path)
    try:
        shutil.copyfile(path, temporary)
        with zipfile.ZipFile(temporary, "a", zipfile.ZIP_DEFLATED) as archive:
            if f"{name}.npy" in archive.namelist():
                return
            _pack(archive, name, array)
        replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _pack(archive: zipfile.ZipFile, name: str, array: Array, cancelled: Callable[[], bool] = never) -> None:
    array = np.ascontiguousarray(array)
    content = array.reshape(-1).view(np.uint8)
    with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))
        for start in range(0, len(content), _CHUNK):
            if cancelled():
                raise Cancelled
            file.write(content[start : start + _CHUNK].tobytes())


def read_arrays(path: Path, expected: Expected) -> dict[str, Array] | None:
    """The expected arrays of an .npz file, or None where it is missing, damaged or something else.

    Nothing is unpickled, and an array is unpacked only if its header announces what is expected.
    """
    with suppress(Exception), zipfile.ZipFile(path) as archive:  # damage raises any
        if all(_fits(_header(archive, name), *wanted) for name, wanted in expected.items()):
            return {name: _read(archive, name) for name in expected}
    return None


def read_shape(path: Path, name: str, dtype: npt.DTypeLike) -> tuple[int, ...] | None:
    """The shape that the file announces for an array of that dtype, without unpacking it."""
    with suppress(Exception), zipfile.ZipFile(path) as archive:
        shape, found = _header(archive, name)
        return shape if found == np.dtype(dtype) else None
    return None


def remembered(
    folder: Path, kind: str, pixels: Tensor, expected: Expected, compute: Callable[[], Mapping[str, Array]]
) -> Mapping[str, Array]:
    """What `compute` makes of images uint8, from a file in `folder` if it was made of the same ones before."""
    digest = hashlib.blake2b(f"{tuple(pixels.shape)}/".encode(), digest_size=16)
    digest.update(pixels.numpy().tobytes())
    path = folder / f"{kind}-{digest.hexdigest()}.npz"
    saved = read_arrays(path, expected)
    if saved is not None:
        return saved
    made = compute()
    with suppress(OSError):  # a read-only home costs seconds each time, and nothing else
        write_arrays(path, made)
    return made


def _open(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    return archive.open(f"{name}.npy")


def _header(archive: zipfile.ZipFile, name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    with _open(archive, name) as file:
        if np.lib.format.read_magic(file) != (1, 0):
            raise ValueError("not a format that we write")
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        return shape, dtype


def _fits(header: tuple[tuple[int, ...], np.dtype[Any]], dtype: npt.DTypeLike, shape: tuple[int | None, ...]) -> bool:
    found, kind = header
    if kind != np.dtype(dtype) or len(found) != len(shape) or math.prod(found) * kind.itemsize > LIMIT:
        return False
    return all(length in (None, there) for length, there in zip(shape, found, strict=True))


def _read(archive: zipfile.ZipFile, name: str) -> Array:
    with _open(archive, name) as file:
        array: Array = np.lib.format.read_array(file, allow_pickle=False)
        return array
