"""Reading images that somebody hands over, in a folder, a zip or one by one, into an image set."""

from __future__ import annotations

import posixpath
import statistics
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gancore.data.errors import BadImages
from gancore.data.imported import MAX_CLASSES, MAX_IMAGES, SIDES, ImportedSet, keep, slugged
from gancore.data.pictures import Picture, is_grey, read_picture, scaled
from gancore.data.untrusted import Entry, Source, Unusable, entries

MIN_IMAGES = 16
NAMED = 5  # skipped files that a report names


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
    slug = slugged(name)
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
    made = keep(slug, _stacked(pictures), labels, names)
    return ImportReport(made, len(problems), tuple(problems[:NAMED]), note)


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
