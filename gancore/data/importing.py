"""Reading images from a folder, a zip or uploads into an image set.

All headers are read first, which is cheap: far more pixels than can be processed are refused before the first of them
is unpacked. Nothing is written until everything has been read.
"""

from __future__ import annotations

import posixpath
import statistics
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from gancore.data.errors import BadImages
from gancore.data.imported import MAX_CLASSES, MAX_IMAGES, SIDES, ImportedSet, keep, slugged
from gancore.data.pictures import MAX_SIDE, Picture, cost_of, is_grey, read_picture, scaled
from gancore.data.untrusted import Entry, Files, Source, Unusable, opened
from gancore.progress import Cancelled, Count, never, uncounted

MIN_IMAGES = 16
NAMED = 5  # skipped files that a report names
MAX_PIXELS = 20 * 10**9  # to unpack in all: some minutes of work
PIXELS_PER_BYTE = 200  # of the files, once there are more than `PIXELS_FROM`; photographs have 1 to 10
PIXELS_FROM = 500_000_000

T = TypeVar("T")


@dataclass(frozen=True)
class ImportReport:
    """What became of an import, for people."""

    made: ImportedSet
    skipped: int  # files that could not be used
    reasons: tuple[str, ...]  # why, for the first few of them: `a/b.png: not a readable image`
    note: str = ""  # what else is worth a sentence

    @property
    def used(self) -> int:
        return sum(self.made.counts)


def import_images(
    source: Source, name: str, *, count: Count = uncounted, cancelled: Callable[[], bool] = never
) -> ImportReport:
    """Read the images of a folder, a zip or uploads into a set called `name`, or `name-2` and so on if that is taken.

    An image's class is the folder it lies in; those in no folder are of the class `images`. Each is cut to the square
    in its middle and scaled to one size, the smallest of `SIDES` that most reach. Raises `BadImages`, and `Cancelled`
    soon after it is: then there is no set.
    """
    slug = slugged(name)
    with opened(source) as files:
        chosen, note = _training(files.entries)
        if len(chosen) > MAX_IMAGES:
            raise BadImages(f"There are {len(chosen):,} files: import at most {MAX_IMAGES:,} at once.")
        reading = _Reading(count, cancelled)
        usable = reading.look(chosen, _budget(files))
        _check_enough(len(usable), reading.problems)
        pictures = reading.read(usable)
    _check_enough(len(pictures), reading.problems)
    classes = [entry.parts[-2] if len(entry.parts) > 1 else "images" for entry in pictures]
    names = sorted(set(classes))
    if len(names) > MAX_CLASSES:
        raise BadImages(f"There are images in {len(names):,} folders: a set has at most {MAX_CLASSES:,} classes.")
    places = {each: place for place, each in enumerate(names)}
    labels = np.array([places[each] for each in classes], dtype=np.int16)
    count("writing the set", len(chosen), len(chosen))
    made = keep(slug, _stacked(list(pictures.values())), labels, names, cancelled)
    problems = [f"{entry.name}: {reading.problems[entry]}" for entry in chosen if entry in reading.problems]
    return ImportReport(made, len(problems), tuple(problems[:NAMED]), note)


class _Reading:
    """Two passes over the files, and what is wrong with some of them."""

    def __init__(self, count: Count, cancelled: Callable[[], bool]) -> None:
        self.problems: dict[Entry, str] = {}  # why a file cannot be used
        self._count, self._cancelled = count, cancelled

    def look(self, entries: Collection[Entry], budget: int) -> list[Entry]:
        """The entries that claim to be images. Raises `BadImages` if they have more pixels in all than the `budget`."""
        pixels = 0

        def weigh(entry: Entry) -> None:
            nonlocal pixels
            pixels += cost_of(entry.read())
            if pixels > budget:
                raise BadImages(
                    f"These images have more than {budget / 1e6:,.0f} million pixels in all, too many for files of "
                    f"this size: make them smaller first, since only {MAX_SIDE} x {MAX_SIDE} of each are used."
                )

        return list(self._each("checking the files", entries, weigh))

    def read(self, entries: Collection[Entry]) -> dict[Entry, Picture]:
        """The pictures in those that can be read."""
        return self._each("reading the images", entries, lambda entry: read_picture(entry.read()))

    def _each(self, doing: str, entries: Collection[Entry], act: Callable[[Entry], T]) -> dict[Entry, T]:
        made = {}
        for done, entry in enumerate(entries):
            if self._cancelled():
                raise Cancelled
            self._count(doing, done, len(entries))
            try:
                made[entry] = act(entry)
            except Unusable as problem:
                self.problems[entry] = str(problem)
        return made


def _budget(files: Files) -> int:
    """The pixels that may be unpacked of what takes so many bytes."""
    return min(MAX_PIXELS, max(PIXELS_FROM, PIXELS_PER_BYTE * files.stored))


def _check_enough(usable: int, problems: Mapping[Entry, str]) -> None:
    if usable < MIN_IMAGES:
        entry, problem = next(iter(problems.items()), (None, ""))
        why = "" if entry is None else f" ({entry.name}: {problem})"
        raise BadImages(f"{usable} images can be used, but at least {MIN_IMAGES} are needed{why}.")


def _training(found: list[Entry]) -> tuple[list[Entry], str]:
    """Only the training images, where there are test images beside them, and a note that says so."""
    folders = [posixpath.join("", *entry.parts[:-1]) for entry in found]
    depth = len([part for part in posixpath.commonpath(folders).split("/") if part]) if found else 0
    tops = {entry.parts[depth] for entry in found if len(entry.parts) > depth + 1}
    if not {"train", "test"} <= tops:
        return found, ""
    chosen = [entry for entry in found if entry.parts[depth] == "train"]
    return chosen, f"Only the {len(chosen):,} files in train/ were read, not those beside it."


def _stacked(pictures: list[Picture]) -> npt.NDArray[np.uint8]:
    """All pictures at one size, (N, C, S, S), C = 1 if none has a colour."""
    middle = statistics.median(len(picture) for picture in pictures)
    side = next(side for side in SIDES if side >= middle)
    channels = 1 if all(is_grey(picture) for picture in pictures) else 3
    images = np.empty((len(pictures), channels, side, side), np.uint8)
    for place, picture in enumerate(pictures):
        images[place] = scaled(picture, side).transpose(2, 0, 1)[:channels]
    return images
