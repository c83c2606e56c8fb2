"""Image sets that somebody imported: read once from whatever they were, kept as arrays.

A set is one file, `<cache>/images/<name>.npz`, with square images of one size, in a random order that never changes.
It may have been damaged or made by somebody else, so it is looked at before it is used.
"""

from __future__ import annotations

import itertools
import json
import posixpath
import re
import statistics
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gancore import rng
from gancore.data.arrays import read_arrays, read_shape, write_arrays
from gancore.data.errors import BadImages, DataUnavailable
from gancore.data.pictures import Picture, is_grey, read_picture, scaled
from gancore.data.roots import cache_root
from gancore.data.untrusted import Entry, Source, Unusable, entries

SIDES = (8, 16, 28, 32, 64)  # of `data.image_size`
MIN_IMAGES, MAX_IMAGES = 16, 100_000
MAX_CLASSES = 1_000
NAMED = 5  # skipped files that a report names


@dataclass(frozen=True)
class ImportedSet:
    """An imported set, as a form offers it."""

    name: str
    counts: tuple[int, ...]  # images of each class, as `data.own_counts`
    classes: tuple[str, ...]  # their names
    channels: int  # 1 if all images are grey, else 3
    size: int  # pixels of a side


@dataclass(frozen=True)
class ImportReport:
    """What became of an import, for people."""

    made: ImportedSet
    skipped: int  # files that could not be used
    reasons: tuple[str, ...]  # why, for the first few of them: `a/b.png: not an image that can be read`
    note: str = ""  # what else is worth a sentence

    @property
    def used(self) -> int:
        return sum(self.made.counts)


def import_images(source: Source, name: str) -> ImportReport:
    """Read the images of a folder, a zip or uploads into a set called `name`, or `name-2` and so on if that is taken.

    An image's class is the folder it lies in; those in no folder are of the class `images`. Each is cut to the square
    in its middle and scaled to one size, the smallest of `SIDES` that most reach. Raises `BadImages`.
    """
    slug = _free(slugged(name))  # an earlier set stays: runs were trained on it, and may go on
    with entries(source) as found:
        chosen, note = _training(found)
        if len(chosen) > MAX_IMAGES:
            raise BadImages(f"There are {len(chosen):,} files: import at most {MAX_IMAGES:,} at once.")
        pictures, classes, problems = _read_all(chosen)
    if len(pictures) < MIN_IMAGES:
        why = f": {problems[0]}" if problems else ""
        raise BadImages(f"{len(pictures)} images can be used, and at least {MIN_IMAGES} are needed{why}.")
    names = sorted(set(classes))
    if len(names) > MAX_CLASSES:
        raise BadImages(f"There are images in {len(names):,} folders: a set has at most {MAX_CLASSES:,} classes.")
    labels = np.array([names.index(each) for each in classes], dtype=np.int16)
    made = _keep(slug, _stacked(pictures), labels, names)
    return ImportReport(made, len(problems), tuple(problems[:NAMED]), note)


def imported_sets() -> list[ImportedSet]:
    """All imported sets that can be read, by name."""
    found = (_described(path) for path in sorted(_folder().glob("*.npz")))
    return [each for each in found if each is not None]


def find(name: str) -> ImportedSet | None:
    """The imported set of that name, if there is one that can be read."""
    return _described(_path(name)) if _is_slug(name) else None


def remove(name: str) -> None:
    """Delete an imported set; runs that used it keep their results. Nothing happens if there is none."""
    if _is_slug(name):
        _path(name).unlink(missing_ok=True)


def load_imported(name: str, counts: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Images (N, C, S, S) uint8 and labels (N,) int64. `DataUnavailable` too if a class has fewer than `counts`."""
    known = find(name)
    saved = None if known is None else read_arrays(_path(name), {"images": (np.uint8, (None,) * 4)})
    if known is None or saved is None:
        raise DataUnavailable(f"The image set {name} is not on this machine, or damaged: import it again.")
    there = (*known.counts, *[0] * len(counts))
    if any(here < wanted for here, wanted in zip(there, counts, strict=False)):
        raise DataUnavailable(f"The image set {name} has fewer images than when it was chosen: choose it again.")
    labels = _labels(_path(name))
    assert labels is not None  # they were looked at by `find`
    return torch.from_numpy(saved["images"]), torch.from_numpy(labels).long()


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


def _training(found: list[Entry]) -> tuple[list[Entry], str]:
    """Only the training images, where there are test images beside them, and a note that says so."""
    folders = [posixpath.join("", *entry.parts[:-1]) for entry in found]
    depth = len([part for part in posixpath.commonpath(folders).split("/") if part]) if found else 0
    tops = {entry.parts[depth] for entry in found if len(entry.parts) > depth + 1}
    if not {"train", "test"} <= tops:
        return found, ""
    chosen = [entry for entry in found if entry.parts[depth] == "train"]
    return chosen, f"Only the {len(chosen):,} files in train/ were read, not those beside it."


def _read_all(chosen: list[Entry]) -> tuple[list[Picture], list[str], list[str]]:
    """Pictures, the class of each, and what was wrong with the files that are none."""
    pictures, classes, problems = [], [], []
    for entry in chosen:
        try:
            pictures.append(read_picture(entry.read()))
            classes.append(entry.parts[-2] if len(entry.parts) > 1 else "images")
        except Unusable as problem:
            problems.append(f"{entry.name}: {problem}")
    return pictures, classes, problems


def _stacked(pictures: list[Picture]) -> npt.NDArray[np.uint8]:
    """All pictures at one size, (N, C, S, S), C = 1 if none has a colour."""
    middle = statistics.median(len(picture) for picture in pictures)
    side = next(side for side in SIDES if side >= middle)
    channels = 1 if all(is_grey(picture) for picture in pictures) else 3
    images = np.empty((len(pictures), channels, side, side), np.uint8)
    for place, picture in enumerate(pictures):
        images[place] = scaled(picture, side).transpose(2, 0, 1)[:channels]
    return images


def _keep(slug: str, images: npt.NDArray[np.uint8], labels: npt.NDArray[np.int16], names: list[str]) -> ImportedSet:
    """Write a set. Shuffled, so that the first images are of all classes."""
    order = torch.randperm(len(images), generator=rng.generator(0, "own/order")).numpy()
    classes = np.frombuffer(json.dumps(names).encode(), np.uint8)
    try:
        write_arrays(_path(slug), {"images": images[order], "labels": labels[order], "classes": classes})
    except OSError as error:
        raise BadImages(f"{_folder()} cannot be written ({error.strerror}): set GANCORE_CACHE.") from error
    counts = np.bincount(labels, minlength=len(names))
    return ImportedSet(slug, tuple(counts.tolist()), tuple(names), images.shape[1], images.shape[-1])


def _labels(path: Path) -> npt.NDArray[np.int16] | None:
    saved = read_arrays(path, {"labels": (np.int16, (None,))})
    return None if saved is None else saved["labels"]


def _described(path: Path) -> ImportedSet | None:
    """What a file says of itself, without unpacking its images; None if they are not what a set has."""
    shape, labels = read_shape(path, "images", np.uint8), _labels(path)
    saved = read_arrays(path, {"classes": (np.uint8, (None,))})
    if shape is None or labels is None or saved is None or not _is_slug(path.stem):
        return None
    names = _names(saved["classes"].tobytes())
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
