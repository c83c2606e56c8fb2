"""What a process holds, as Linux says, and what a browser's tab does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession


def of_process(pid: int) -> dict[str, float]:
    """Memory in MB, threads and open files of a process."""
    process = Path(f"/proc/{pid}")
    fields = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines() if ":" in line)
    return {
        "memory": int(fields["VmRSS"].split()[0]) / 1_000,
        "threads": int(fields["Threads"]),
        "files": len(list((process / "fd").iterdir())),
    }


def of_tab(session: CDPSession) -> dict[str, float]:
    """The JavaScript heap in MB after a collection, nodes and listeners of a tab."""
    session.send("HeapProfiler.collectGarbage")
    found: list[dict[str, Any]] = session.send("Performance.getMetrics")["metrics"]
    values = {each["name"]: float(each["value"]) for each in found}
    return {
        "heap": values["JSHeapUsedSize"] / 1e6,
        "nodes": values["Nodes"],
        "listeners": values["JSEventListeners"],
    }


def slope(hours: list[float], values: list[float]) -> float:
    """Growth an hour: the median of the slopes between all pairs (Theil 1950), which single peaks do not move."""
    slopes = [
        (after - before) / (end - start)
        for place, (start, before) in enumerate(zip(hours, values, strict=True))
        for end, after in zip(hours[place + 1 :], values[place + 1 :], strict=True)
        if end > start
    ]
    return sorted(slopes)[len(slopes) // 2] if slopes else 0.0
