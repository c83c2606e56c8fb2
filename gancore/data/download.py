"""Data sets that torchvision fetches: found, checked, or downloaded, and never half there.

Files lie below the data root, where torchvision keeps them too. A damaged file is fetched again if we wrote it (a list
beside the files says which those are) and left alone if we did not.
"""

from __future__ import annotations

import json
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from gancore.data.errors import DataUnavailable
from gancore.files import replace, write_atomic

_OURS = ".gan-workbench.json"  # names of the files in the folder that we wrote

Checks = Mapping[str, Callable[[Path], bool]]  # by file name: whether the file at a path is whole


@dataclass(frozen=True)
class Source:
    """A data set that a class of torchvision.datasets downloads."""

    torchvision_name: str
    folder: str  # where that class puts the files, below its root
    space: int  # megabytes that a download takes on the disk, archives included


def fetch(name: str, source: Source, root: Path, checks: Checks, broken: set[str]) -> None:
    """Replace the `broken` files of a data set by freshly downloaded ones. Raises `DataUnavailable`.

    Others in `checks` that are missing come along, since they were downloaded anyway.
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
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".download-") as staging:
            _download(name, source, Path(staging))
            fetched = Path(staging) / source.folder
            ours = _written_by_us(folder)
            for file, intact in checks.items():
                if intact(folder / file) or ((folder / file).exists() and file not in ours):
                    continue
                if not intact(fetched / file):
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


def _download(name: str, source: Source, staging: Path) -> None:
    from torchvision import datasets

    if shutil.disk_usage(staging).free < source.space * 1e6:
        raise DataUnavailable(f"Less than {source.space} MB are free on the disk of {staging.parent}.")
    with downloading(name):
        getattr(datasets, source.torchvision_name)(staging, download=True)


@contextmanager
def downloading(name: str) -> Iterator[None]:
    """Whatever goes wrong on the way becomes one sentence; a dead connection is given up after 20 seconds.

    The downloaders of torchvision and scikit-learn have no time-out of their own, and would hang a run for ever.
    """
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(20.0)
    try:
        yield
    except (OSError, RuntimeError, ValueError, HTTPException) as error:  # any of them, when the mirrors fail
        raise DataUnavailable(
            f"{name} is not on this machine and could not be downloaded: connect to the internet once, "
            "put its files into the folder that GANCORE_DATA names, or train on mnist-5k, which needs no download."
        ) from error
    finally:
        socket.setdefaulttimeout(before)
