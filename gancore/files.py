"""Writing files so that a reader sees the old one or the new one, never half of either."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import Any


def write_atomic(path: Path, content: bytes, *, durable: bool = False) -> None:
    """Replace `path` by `content` in one step; `durable` waits until it is on the disk."""
    temporary = temporary_name(path)
    try:
        with temporary.open("wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, content: Any, *, durable: bool = False) -> None:
    """`write_atomic` for plain data."""
    write_atomic(path, json.dumps(content, indent=1).encode(), durable=durable)


def temporary_name(path: Path) -> Path:
    """A name beside `path` that no other writer uses."""
    return path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")


def replace(source: Path, target: Path) -> None:
    """Rename over `target`, tried again for a while: Windows refuses while somebody reads the target."""
    for pause in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5):
        try:
            source.replace(target)
        except PermissionError:
            time.sleep(pause)
        else:
            return
    source.replace(target)
