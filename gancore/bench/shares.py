"""Who uses the processors: CPU time of all that this process started, as Linux tells it; elsewhere nothing is told.

Of a server that trains in a thread, that thread, the busiest, is left out.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")

Used = dict[tuple[str, str], float]  # seconds of each thread so far, by what its process is and its number


def used() -> Used:
    """What the threads of all that this process started have used so far."""
    found: Used = {}
    for process in _started_by(str(os.getpid())):
        with suppress(OSError):  # it has ended
            what = _kind((PROC / process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            for thread in (PROC / process / "task").iterdir():
                found[what, thread.name] = _seconds(thread / "stat")
    return found


def shares(before: Used, after: Used, seconds: float) -> Mapping[str, float]:
    """CPU seconds a second of each kind of process between two looks, the largest first."""
    spent = {thread: after[thread] - before.get(thread, 0.0) for thread in after}
    server = {thread: share for thread, share in spent.items() if thread[0] == "server"}
    if server:
        del spent[max(server, key=server.__getitem__)]
    found: dict[str, float] = defaultdict(float)
    for (what, _), share in spent.items():
        found[what] += share / seconds
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _started_by(process: str) -> Iterator[str]:
    """All processes below one."""
    parents: dict[str, list[str]] = {}
    for stat in PROC.glob("[0-9]*/stat"):
        with suppress(OSError):
            parents.setdefault(_fields(stat)[1], []).append(stat.parent.name)
    waiting = [process]
    while waiting:
        below = parents.get(waiting.pop(), [])
        waiting += below
        yield from below


def _kind(command: str) -> str:
    """`server`, or what a process of Chromium is for."""
    if "streamlit" in command:
        return "server"
    kind = re.search(r"--type=(\S+)", command)
    return kind[1] if kind else "browser" if "chrom" in command.partition(" ")[0] else "others"


def _seconds(stat: Path) -> float:
    fields = _fields(stat)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _fields(stat: Path) -> list[str]:
    """What follows the name of a process, which may hold anything."""
    return stat.read_text(errors="replace").rpartition(")")[2].split()
