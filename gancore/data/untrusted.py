"""Files from untrusted sources: a folder, a zip or uploads. Nothing is written to the disk.

They may be malicious: a zip that unpacks to terabytes, links that lead elsewhere, names such as `../../x`. So sizes are
counted while reading, whatever the headers say, links out of the folder are not followed, and a name is never opened
as a path.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from gancore.data.errors import BadImages
from gancore.files import UnfitFile, open_regular

MAX_FILES = 200_000  # in all, images or not
MAX_FILE = 50_000_000  # bytes of one file
MAX_UNPACKED = 4 * 10**9  # bytes of all files of a zip
MAX_RATIO = 100  # of unpacked to packed bytes, once more than `RATIO_FROM` were unpacked
RATIO_FROM = 100_000_000

Source = Path | BinaryIO | list[tuple[str, bytes]]  # a folder or zip, an open zip, or names and contents

_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others may unpack to any size at once


class Unusable(Exception):
    """One file cannot be used; the message is a few words that follow its name."""


@dataclass(frozen=True)
class Entry:
    """A file: its folders and its name, and how to read it. `read` raises `Unusable`, or `BadImages` for all."""

    parts: tuple[str, ...]
    read: Callable[[], bytes]

    @property
    def name(self) -> str:
        return "/".join(self.parts)


@dataclass(frozen=True)
class Files:
    """What a source holds: its files sorted by name, hidden ones left out."""

    entries: list[Entry]
    stored: int  # bytes that it takes, packed if it is a zip


@contextmanager
def opened(source: Source) -> Iterator[Files]:
    """The files of a source, to be read in the block, as often as one likes. Raises `BadImages`."""
    if isinstance(source, list):
        entries = [Entry(_parts(name), partial(_checked, content)) for name, content in source]
        yield _tidy(entries, sum(len(content) for _, content in source))
    elif isinstance(source, Path) and source.is_dir():
        sizes: list[int] = []
        entries = list(_in_folder(source, sizes))
        yield _tidy(entries, sum(sizes))
    else:
        with _archive(source) as archive:
            assert archive.fp is not None  # it is open
            packed = archive.fp.seek(0, os.SEEK_END)
            yield _tidy(_in_zip(archive, packed), packed)


def _tidy(found: list[Entry], stored: int) -> Files:
    if len(found) > MAX_FILES:
        raise BadImages(f"There are more than {MAX_FILES:,} files: import fewer.")
    visible = [entry for entry in found if entry.parts and not any(_is_hidden(part) for part in entry.parts)]
    return Files(sorted(visible, key=lambda entry: entry.parts), stored)


def _is_hidden(part: str) -> bool:
    return part.startswith(".") or part in ("__MACOSX", "Thumbs.db", "desktop.ini")


def _parts(name: str) -> tuple[str, ...]:
    """Folders and name of a file, to be shown: `..`, roots and control characters are dropped."""
    shown = "".join(_shown(letter) for letter in name.replace("\\", "/"))
    return tuple(part[:100] for part in PurePosixPath(shown).parts if part not in ("/", "//", ".."))


def _shown(letter: str) -> str:
    """A letter, or what stands for a byte that is none: folders that differ in it are different classes."""
    if "\udc80" <= letter <= "\udcff":  # as Python reads names of files that are no text
        return f"\\x{ord(letter) - 0xDC00:02x}"
    return letter if letter.isprintable() else "?"


def _checked(content: bytes) -> bytes:
    if len(content) > MAX_FILE:
        raise Unusable(f"larger than {MAX_FILE / 1e6:.0f} MB")
    return content


def _in_folder(folder: Path, sizes: list[int]) -> Iterator[Entry]:
    """The files below a folder; how large each is comes into `sizes`."""
    root = folder.resolve()
    seen = 0
    for place, _, names in os.walk(root):  # links to folders are not followed
        for name in names:
            seen += 1
            if seen > MAX_FILES + 1:
                return
            path = Path(place, name)
            with suppress(OSError):
                sizes.append(path.stat().st_size)
            yield Entry(_parts(path.relative_to(root).as_posix()), partial(_read_file, path, root))


def _read_file(path: Path, root: Path) -> bytes:
    try:
        target = path.resolve()
        if not target.is_relative_to(root):
            raise Unusable("a link that leads out of the folder")
        with open_regular(target) as file:
            return _checked(file.read(MAX_FILE + 1))
    except UnfitFile:
        raise Unusable("not a file") from None
    except OSError as error:
        raise Unusable(f"cannot be read: {error.strerror}") from None
    except RuntimeError:  # before Python 3.13
        raise Unusable("a link to itself") from None


@contextmanager
def _archive(source: Path | BinaryIO) -> Iterator[zipfile.ZipFile]:
    try:
        with open_regular(source.resolve()) if isinstance(source, Path) else nullcontext(source) as file:
            try:
                archive = zipfile.ZipFile(file)
            except Exception as error:  # damage raises any
                raise BadImages("This is neither a folder nor a readable zip file.") from error
            with archive:
                yield archive
    except UnfitFile:
        raise BadImages("This is neither a folder nor a readable zip file.") from None
    except OSError as error:
        raise BadImages(f"{source} cannot be read: {error.strerror}.") from error
    except RuntimeError:  # before Python 3.13
        raise BadImages(f"{source} cannot be read: it is a link to itself.") from None


def _in_zip(archive: zipfile.ZipFile, packed: int) -> list[Entry]:
    budget = _Budget(packed)
    files = [info for info in archive.infolist() if not info.is_dir()]
    return [
        Entry(_parts(info.filename), partial(_unpack, archive, info, partial(budget.spend, place)))
        for place, info in enumerate(files)
    ]


class _Budget:
    """The bytes that a zip may still unpack to. What is read again is not counted again."""

    def __init__(self, packed: int) -> None:
        self._left = min(MAX_UNPACKED, max(RATIO_FROM, MAX_RATIO * packed))
        self._counted: set[int] = set()

    def spend(self, place: int, count: int) -> None:
        if place in self._counted:
            return
        self._counted.add(place)
        self._left -= count
        if self._left < 0:
            raise BadImages("This zip unpacks to far more data than images need; it may be a zip bomb.")


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, spend: Callable[[int], None]) -> bytes:
    if info.compress_type not in _PACKED:
        raise Unusable("compressed with an unsupported method")
    try:
        with archive.open(info) as file:
            content = file.read(MAX_FILE + 1)
    except Exception:  # damage raises any, and so does a password
        raise Unusable("damaged or encrypted in the zip file") from None
    spend(len(content))
    return _checked(content)
