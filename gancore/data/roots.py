"""Where data lies."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path


def cache_root() -> Path:
    """Where prepared data is kept between runs; `GANCORE_CACHE` moves it."""
    return Path(os.environ.get("GANCORE_CACHE") or user_cache_path("gan-workbench"))


def data_root() -> Path:
    """Where torchvision's datasets are looked for and downloaded to: `GANCORE_DATA`, else a folder in the cache."""
    return Path(os.environ.get("GANCORE_DATA") or cache_root() / "data")
