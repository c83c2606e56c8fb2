"""The step of a checkpoint, without torch and without its weights: a page that looks at a run needs no more."""

from __future__ import annotations

import pickletools
from itertools import pairwise
from pathlib import Path
from zipfile import ZipFile

from gancore.files import open_regular
from gancore.store.records import MOST_COUNT

_VALUES = ("BINUNICODE", "SHORT_BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1")
_LONGEST = 10_000_000  # bytes of the names, sizes and counts in a checkpoint; the weights lie beside them


def saved_step(path: Path) -> int | None:
    """After which step `Checkpoint.save` wrote `path`; None if that cannot be told. Executes nothing of the file."""
    try:
        with open_regular(path) as file, ZipFile(file) as archive:
            entry = next(entry for entry in archive.infolist() if entry.filename.endswith("/data.pkl"))
            if entry.file_size > _LONGEST:
                return None
            operations = pickletools.genops(archive.read(entry))
            values = (value for operation, value, _ in operations if operation.name in _VALUES)
            found = next(following for key, following in pairwise(values) if key == "step")
    except Exception:  # whatever a damaged file makes of it
        return None
    return found if isinstance(found, int) and 0 <= found <= MOST_COUNT else None
