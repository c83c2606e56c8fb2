"""Where data lies."""

from __future__ import annotations

import os
from pathlib import Path

from gancore.machine import cache_root

__all__ = ["cache_root", "data_root"]


def data_root() -> Path:
    """Where torchvision's datasets are looked for and downloaded to: `GANCORE_DATA`, else a folder in the cache."""
    return Path(os.environ.get("GANCORE_DATA") or cache_root() / "data")
