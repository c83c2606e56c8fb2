"""Image sets that were imported: kept as arrays, found by name, told apart by what they hold.

A set is one file, `<cache>/images/<name>.npz`, with square images of one size, in a random order that never changes.
It may have been damaged or made by somebody else, so it is looked at before it is used.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from filelock import FileLock
from torch import Tensor

from gancore import rng
from gancore.data.arrays import add_array, pack_arrays, read_arrays, read_shape
from gancore.data.errors import BadImages, DataUnavailable
from gancore.data.identity import digest
from gancore.data.roots import cache_root
from gancore.files import replace, sweep, temporary_name
from gancore.progress import never

SIDES = (8, 16, 28, 32, 64)  # of `data.image_size`
MAX_IMAGES, MAX_CLASSES = 100_000, 1_000

Images = npt.NDArray[np.uint8]  # (N, C, S, S)
Labels = npt.NDArray[np.int16]  # (N,)


@dataclass(frozen=True)
class ImportedSet:
    """An imported set, as a form offers it."""

    name: str
    counts: tuple[int, ...]  # images of each class, as `data.own_counts`
    classes: tuple[str, ...]  # their names
    channels: int  # 1 if all images are grey, else 3
    size: int  # pixels of a side


def imported_sets() -> list[ImportedSet]:
    """All imported sets that can be read, by name."""
    found = (_described(path) for path in sorted(_folder().glob("*.npz"), key=lambda path: path.stem))
    return [each for each in found if each is not None]


def find(name: str) -> ImportedSet | None:
    """The imported set of that name, if there is one that can be read."""
    return _described(_path(name)) if _is_slug(name) else None


def settings_of(name: str) -> dict[str, Any]:
    """The settings of a run that trains on an imported set, by path; none if there is no such set."""
    chosen = find(name)
    if chosen is None:
        return {}
    facts = {"data.own": name, "data.own_counts": chosen.counts, "data.own_hash": contents(name)}
    return {**facts, "model.nc": chosen.channels}


def contents(name: str) -> str:
    """The digest of a set's images, labels and class names, as `data.own_hash`; empty if it cannot be read.

    It is part of the file. Sets that an earlier version imported have none: it is computed once, and added.
    """
    return _contents(_path(name), version(name)) if _is_slug(name) else ""


def keep(
    slug: str, images: Images, labels: Labels, names: Sequence[str], cancelled: Callable[[], bool] = never
) -> ImportedSet:
    """Write a set. Shuffled, so that the first images are of all classes. Raises `BadImages`, or `Cancelled`.

    Where there is a set of that name, it gets a number: runs were trained on the earlier one, and may go on.
    """
    order = torch.randperm(len(images), generator=rng.generator(0, "own/order")).numpy()
    images, labels = images[order], labels[order]
    held = _digest(images, labels, names)
    words = {"classes": _text(json.dumps(list(names))), "hash": _text(held)}
    temporary = temporary_name(_path(slug))
    try:
        _folder().mkdir(parents=True, exist_ok=True)
        pack_arrays(temporary, {"images": images, "labels": labels, **words}, cancelled)
        with _alone():
            sweep(_folder())
            name = _free(slug)
            replace(temporary, _path(name), durable=True)
    except OSError as error:
        raise BadImages(f"{_folder()} cannot be written ({error.strerror}): set GANCORE_CACHE.") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    counts = np.bincount(labels, minlength=len(names))
    return ImportedSet(name, tuple(counts.tolist()), tuple(names), images.shape[1], images.shape[-1])


def remove(name: str) -> None:
    """Delete an imported set; runs that used it keep their results. Nothing happens if there is none.

    Raises `DataUnavailable` where nothing can be deleted.
    """
    if not _is_slug(name):
        return
    try:
        with _alone():
            _path(name).unlink(missing_ok=True)
    except OSError as error:
        raise DataUnavailable(f"{_folder()} cannot be written to ({error.strerror}).") from error


def load_imported(name: str, counts: Sequence[int], expected: str = "") -> tuple[Tensor, Tensor, str]:
    """Images (N, C, S, S) uint8, labels (N,) int64, and the digest of the set. Raises `DataUnavailable`.

    So does a set of which a class has fewer images than `counts`, and one whose digest is not the `expected` one.
    """
    known = find(name)
    saved = None if known is None else read_arrays(_path(name), {"images": (np.uint8, (None,) * 4), **_LABELS})
    if known is None or saved is None:
        raise DataUnavailable(f"The image set {name} is not on this machine, or damaged: import it again.")
    held = _digest(saved["images"], saved["labels"], known.classes)
    if expected and held != expected:
        raise DataUnavailable(
            f"The image set {name} has other images than those that this run was started with: delete the set and "
            "import the earlier images under its name, or start a new run with the set as it is now."
        )
    there = (*known.counts, *[0] * len(counts))
    if any(here < wanted for here, wanted in zip(there, counts, strict=False)):
        raise DataUnavailable(f"The image set {name} has fewer images than when it was chosen: choose it again.")
    return torch.from_numpy(saved["images"]), torch.from_numpy(saved["labels"]).long(), held


def some(name: str, count: int) -> Tensor:
    """At most `count` images (N, C, S, S) uint8 of a set, from all of its classes, to see what it is.

    Raises `DataUnavailable`.
    """
    images, labels, _ = load_imported(name, ())
    order = torch.argsort(labels, stable=True)
    return images[order[torch.linspace(0, len(order) - 1, min(count, len(order))).long()]]


def version(name: str) -> int:
    """Another number whenever the set was imported again."""
    with suppress(OSError):
        return _path(name).stat().st_mtime_ns
    return 0


def slugged(name: str) -> str:
    """`name` in small letters, digits and hyphens, as `data.own` wants it. Raises `BadImages` if nothing is left."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:64].strip("-")
    if not slug:
        raise BadImages("An image set needs a name of letters or digits.")
    return slug


def _free(slug: str) -> str:
    """`slug`, or with a number if there is a set of that name."""
    numbered = (f"{slug[:58]}-{number}" for number in itertools.count(2))
    return slug if not _path(slug).exists() else next(other for other in numbered if not _path(other).exists())


def _is_slug(name: str) -> bool:
    return re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name) is not None


def _folder() -> Path:
    return cache_root() / "images"


def _path(name: str) -> Path:
    return _folder() / f"{name}.npz"


@contextmanager
def _alone() -> Iterator[None]:
    """No other process names, adds to or deletes a set in the block. Raises `OSError`."""
    _folder().mkdir(parents=True, exist_ok=True)
    with FileLock(_folder() / ".lock"):
        yield


_LABELS = {"labels": (np.int16, (None,))}
_HEX = re.compile(r"[0-9a-f]{32}")


def _text(text: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer(text.encode(), np.uint8)


def _digest(images: Images, labels: Labels, names: Sequence[str]) -> str:
    return digest(torch.from_numpy(images), torch.from_numpy(labels), *names)


@lru_cache(maxsize=100)
def _contents(path: Path, stamp: int) -> str:
    noted = read_arrays(path, {"hash": (np.uint8, (32,))})
    if noted is not None and _HEX.fullmatch(text := noted["hash"].tobytes().decode("latin-1")):
        return text
    saved, known = read_arrays(path, {"images": (np.uint8, (None,) * 4), **_LABELS}), _described(path)
    if saved is None or known is None:
        return ""
    held = _digest(saved["images"], saved["labels"], known.classes)
    with suppress(OSError), _alone():  # a read-only cache costs the time again, and nothing else
        if version(path.stem) == stamp:
            add_array(path, "hash", _text(held))
    return held


def _described(path: Path) -> ImportedSet | None:
    """What a file says of itself, without unpacking its images; None if they are not what a set has."""
    shape = read_shape(path, "images", np.uint8)
    saved = read_arrays(path, {"classes": (np.uint8, (None,)), **_LABELS})
    if shape is None or saved is None or not _is_slug(path.stem):
        return None
    labels, names = saved["labels"], _names(saved["classes"].tobytes())
    count, channels, side = (*shape, 0, 0, 0)[:3]
    if shape != (count, channels, side, side) or channels not in (1, 3) or side not in SIDES:
        return None
    if not 0 < count <= MAX_IMAGES or len(labels) != count or not 0 < len(names) <= MAX_CLASSES:
        return None
    if labels.min() < 0 or labels.max() >= len(names):
        return None
    counts = np.bincount(labels, minlength=len(names))
    return ImportedSet(path.stem, tuple(counts.tolist()), names, channels, side)


def _names(content: bytes) -> tuple[str, ...]:
    """Class names from JSON; none if it is not a list of them."""
    with suppress(ValueError, RecursionError):
        names: Any = json.loads(content)
        if isinstance(names, list) and all(isinstance(name, str) and len(name) <= 100 for name in names):
            return tuple(names)
    return ()
