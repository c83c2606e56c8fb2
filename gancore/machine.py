"""The machine that runs are made on: versions, threads, and sharing its cores with others."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from platformdirs import user_cache_path


def versions() -> dict[str, str]:
    """Of Python and the packages that results hang on."""
    found = {"python": platform.python_version()}
    for package in ("torch", "torchvision", "numpy", "streamlit"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def describe(root: Path = Path("/")) -> dict[str, str | int]:
    """What this machine is, for those who compare speeds and last digits: processor, logical cores, bytes of memory.

    No name by which it could be found.
    """
    info = _text(root / "proc" / "cpuinfo").splitlines()
    named = next((line.partition(":")[2].strip() for line in info if line.startswith("model name")), "")
    there = memory(root)
    return {
        "processor": named or platform.processor() or platform.machine(),
        "cores": os.cpu_count() or 1,
        "memory": round(there.total) if there else 0,
    }


OWN_NETWORKS = "GANCORE_OWN_NETWORKS"  # `off`: no network file of anybody's runs here, whoever trusted it


def own_networks_run() -> bool:
    """Whether network files run here, if they are trusted: not on a server that others reach."""
    return os.environ.get(OWN_NETWORKS) != "off"


def cache_root() -> Path:
    """Where prepared data is kept between runs; `GANCORE_CACHE` moves it."""
    return Path(os.environ.get("GANCORE_CACHE") or user_cache_path("gan-workbench"))


def git_commit() -> str | None:
    """That of this project; None where there is no repository of it, or no git."""
    project = Path(__file__).parents[1]
    if not (project / ".git").exists():  # installed; a folder above may be the repository of something else
        return None
    return _commit_of(project)


@lru_cache(maxsize=8)
def _commit_of(project: Path) -> str | None:
    """When it was asked for first: what runs is what was loaded, whatever lies there by now."""
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


@dataclass(frozen=True)
class Memory:
    """Bytes that this process may use: in all, and those that nobody uses now (None: cannot be told)."""

    total: float
    free: float | None


def memory(root: Path = Path("/")) -> Memory | None:
    """Of this machine, or of the container that we are in if that may use less; None if it cannot be told.

    `root` is where `proc` and `sys` are looked for.
    """
    told = _lines(root / "proc" / "meminfo")
    total, free = _kilobytes(told.get("MemTotal:")), _kilobytes(told.get("MemAvailable:"))
    if total is None:
        total = _physical()
    if total is None:
        return None
    for limit, used in _limits(root):
        total = min(total, limit)
        free = None if free is None else min(free, max(limit - used, 0.0))
    return Memory(total, free)


def peak_memory(root: Path = Path("/")) -> float | None:
    """Bytes of memory that this process has held at most; None where only Linux would know."""
    most = _kilobytes(_lines(root / "proc" / "self" / "status").get("VmHWM:"))
    return most or None


def _physical() -> float | None:
    """What macOS says; Windows does not."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return None


def _limits(root: Path) -> Iterator[tuple[float, float]]:
    """What control groups allow us, and what is used of it: version 2, then 1, from our own group upwards."""
    groups = root / "sys" / "fs" / "cgroup"
    paths = [line.split(":", 2) for line in _text(root / "proc" / "self" / "cgroup").splitlines()]
    for _, controllers, path in (parts for parts in paths if len(parts) == 3):
        if controllers and "memory" not in controllers.split(","):
            continue
        base, names = (
            (groups / "memory", ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"))
            if controllers
            else (groups, ("memory.max", "memory.current", "inactive_file"))
        )
        own = Path(path.lstrip("/"))
        for group in (own, *own.parents):  # in a container the files of our own group are often the topmost ones
            limit = _number(_text(base / group / names[0]))  # "max" is no limit
            if limit is not None:
                used = _number(_text(base / group / names[1])) or 0.0
                cached = _number(_lines(base / group / "memory.stat").get(names[2]))  # files, which can be dropped
                yield limit, used - (cached or 0.0)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


def _lines(path: Path) -> dict[str, str]:
    """First word -> the second."""
    return {words[0]: words[1] for line in _text(path).splitlines() if len(words := line.split()) >= 2}


def _number(text: str | None) -> float | None:
    return float(text) if text is not None and text.strip().isdecimal() else None


def _kilobytes(text: str | None) -> float | None:
    number = _number(text)
    return None if number is None else 1024 * number


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
