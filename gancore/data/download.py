"""Data sets from the internet: found, checked, or downloaded, and never half there.

Files lie below the data root, where torchvision keeps them too. A damaged file is fetched again if we wrote it (a list
beside the files says which those are) and left alone if we did not. Torchvision and scikit-learn say where an archive
lies and unpack it; it is fetched here, since theirs would wait for a dead connection for ever.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.request import Request, urlopen

from filelock import FileLock

from gancore.data.errors import DataUnavailable
from gancore.files import replace, write_atomic

TIMEOUT = 20.0  # seconds without a byte after which a connection is dead
MIN_RATE = 1_000.0  # bytes a second below which it is as good as dead, counted over `PATIENCE` seconds
PATIENCE = 60.0

_OURS = ".gan-workbench.json"  # names of the files in the folder that we wrote

Checks = Mapping[str, Callable[[Path], bool]]  # by file name: whether the file at a path is whole


class Damaged(Exception):
    """What arrived is not what was announced."""


@dataclass(frozen=True)
class Archive:
    """A file on the internet, of which it is known what must arrive."""

    addresses: Sequence[str]  # each has it; the first that works is taken
    checksum: str  # in hexadecimal, MD5 or SHA-256
    place: str  # where to put it, below the folder in which it is unpacked
    most: int  # bytes that it can have at most


@dataclass(frozen=True)
class Source:
    """A data set of which a class of torchvision.datasets knows the archives."""

    torchvision_name: str
    folder: str  # where that class puts the files, below its root
    space: int  # megabytes that a download takes on the disk, archives included

    def archives(self) -> list[Archive]:
        """What has to be downloaded."""
        from torchvision import datasets

        known, most = getattr(datasets, self.torchvision_name), int(self.space * 1e6)
        if hasattr(known, "mirrors"):
            return [
                Archive([f"{mirror}{file}" for mirror in known.mirrors], md5, f"{self.folder}/{file}", most)
                for file, md5 in known.resources
            ]
        return [Archive([known.url], known.tgz_md5, known.filename, most)]

    def unpack(self, folder: Path) -> None:
        """Unpack the archives that lie in `folder`."""
        from torchvision import datasets

        getattr(datasets, self.torchvision_name)(folder, download=True)  # finds them, and downloads nothing


def fetch(name: str, source: Source, root: Path, checks: Checks, broken: set[str]) -> None:
    """Replace the `broken` files of a data set by freshly downloaded ones. Raises `DataUnavailable`.

    Others in `checks` that are missing come along, since they were downloaded anyway. If somebody else downloads the
    same, that is waited for, and used.
    """
    folder = root / source.folder
    foreign = sorted(file for file in broken if (folder / file).exists() and file not in _written_by_us(folder))
    if foreign:
        raise DataUnavailable(
            f"{folder / foreign[0]} is damaged or incomplete and was not written by GAN Workbench: delete it, "
            "or set GANCORE_DATA to another folder."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(root / f".{name}.lock"):
            if not all(checks[file](folder / file) for file in broken):
                _replace_broken(name, source, folder, checks)
    except OSError as error:
        raise DataUnavailable(f"{folder.parent} cannot be written ({error.strerror}): set GANCORE_DATA.") from error


def _replace_broken(name: str, source: Source, folder: Path, checks: Checks) -> None:
    """Download, unpack, check, and only then put into place. Raises `OSError`, too."""
    with _staging(name, folder.parent, source.space) as staging:
        with explained(name):
            for archive in source.archives():
                retrieve(archive, staging)
            source.unpack(staging)
        fetched, ours = staging / source.folder, _written_by_us(folder)
        for file, intact in checks.items():
            if intact(folder / file) or ((folder / file).exists() and file not in ours):
                continue
            if not intact(fetched / file):
                raise DataUnavailable(_damaged(name))
            ours.add(file)
            write_atomic(folder / _OURS, json.dumps(sorted(ours)).encode())
            replace(fetched / file, folder / file)


@contextmanager
def _staging(name: str, parent: Path, space: int) -> Iterator[Path]:
    """An empty folder beside the data set's; nobody else has one, but killed processes may have left theirs."""
    prefix = f".download-{name}-"
    for left in parent.glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
    if shutil.disk_usage(parent).free < space * 1e6:
        raise DataUnavailable(f"Less than {space} MB are free on the disk of {parent}.")
    with tempfile.TemporaryDirectory(dir=parent, prefix=prefix) as folder:
        yield Path(folder)


def _written_by_us(folder: Path) -> set[str]:
    try:
        return set(json.loads((folder / _OURS).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return set()


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Whatever goes wrong on the way becomes one sentence."""
    try:
        yield
    except Damaged as error:
        raise DataUnavailable(_damaged(name)) from error
    except (OSError, RuntimeError, ValueError, EOFError, HTTPException) as error:  # any of them, when the mirrors fail
        raise DataUnavailable(
            f"{name} is not on this machine and could not be downloaded: connect to the internet once, "
            "put its files into the folder that GANCORE_DATA names, or train on mnist-5k, which needs no download."
        ) from error


def _damaged(name: str) -> str:
    return f"The download of {name} is damaged: try again later."


def retrieve(archive: Archive, folder: Path) -> Path:
    """Download an archive to its place below `folder`, from the first address that has it; returns the place.

    Raises `Damaged`, or what went wrong with the last address: `OSError`, `HTTPException` or `ValueError`.
    """
    path = folder / archive.place
    path.parent.mkdir(parents=True, exist_ok=True)
    for last, address in enumerate(archive.addresses, start=1 - len(archive.addresses)):
        try:
            _download(address, path, archive)
        except (OSError, HTTPException, ValueError, Damaged):
            if last == 0:
                raise
        else:
            break
    return path


def _download(address: str, path: Path, archive: Archive) -> None:
    found = hashlib.md5(usedforsecurity=False) if len(archive.checksum) == 32 else hashlib.sha256()
    request = Request(address, headers={"User-Agent": "gan-workbench"})
    with urlopen(request, timeout=TIMEOUT) as response, path.open("wb") as file:
        for chunk in _chunks(response.read1, archive.most):
            found.update(chunk)
            file.write(chunk)
    if found.hexdigest() != archive.checksum:
        raise Damaged(address)


def _chunks(read: Callable[[int], bytes], most: int) -> Iterator[bytes]:
    """What comes, as it comes; not for ever, and no more than can be right."""
    start, since, total = time.monotonic(), 0, 0
    while chunk := read(2**16):
        total, since = total + len(chunk), since + len(chunk)
        if total > most:
            raise Damaged
        if (waited := time.monotonic() - start) > PATIENCE:
            if since < MIN_RATE * waited:
                raise TimeoutError
            start, since = time.monotonic(), 0
        yield chunk
