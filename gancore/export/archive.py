"""A run as a zip that another store imports."""

from __future__ import annotations

import io

from gancore.store import Run
from gancore.store.archive import pack


def encode(run: Run) -> bytes:
    """The run's folder without its checkpoints."""
    buffer = io.BytesIO()
    pack([run], buffer)
    return buffer.getvalue()
