"""What a run was made with: versions, and threads."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path


def versions() -> dict[str, str]:
    """Of Python and the packages that results hang on."""
    found = {"python": platform.python_version()}
    for package in ("torch", "torchvision", "numpy", "streamlit"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def git_commit() -> str | None:
    """That of this project; None where there is no repository, or no git."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def threads() -> int:
    """Threads to train with: recorded with the run, since results differ by rounding between thread counts.

    As many as `OMP_NUM_THREADS` asks for. Else, beyond a few, logical CPUs are usually two to a core, and a second
    thread on a core does not help a convolution.
    """
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    logical = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return logical if logical <= 4 else logical // 2
