"""The machine that runs are made on: versions, threads, and sharing its cores with others."""

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
    """That of this project; None where there is no repository of it, or no git."""
    project = Path(__file__).parents[1]
    if not (project / ".git").exists():  # installed; a folder above may be the repository of something else
        return None
    command = ["git", "-C", str(project), "rev-parse", "HEAD"]
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


SPINS = "3000"  # looks at whether the other threads are done, before one sleeps; 300,000 by default


def share_cores() -> None:
    """Have torch's threads wait for each other a shorter time before they sleep; only before torch is imported.

    OpenMP's threads spin between two operations. Where anything else keeps a core busy, they mostly wait for one that
    is not running, and steps take several times as long. With this they give the core away, which costs up to a third
    where nothing else runs: so the dashboard does it, which has a browser beside it, and the command line does not.
    `python -m gancore bench` measures both. `OMP_WAIT_POLICY` and `GOMP_SPINCOUNT` hold where they are set.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
