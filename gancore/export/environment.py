"""What runs say of where and with what they were made. All of it comes from run folders, and is bounded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from gancore.config import ConfigError
from gancore.store import Run
from gancore.store.records import MOST_COUNT, printable
from gancore.text import describe_bytes, describe_duration

MOST_WORDS = 60  # characters of one fact
_MOST_MEMORY = 2**60  # bytes
MOST_FACTS = 4  # different ones that are listed


def facts(runs: Sequence[Run]) -> dict[str, str]:
    """Of these runs, by what it is: versions, threads, device, commit, data, when and how long."""
    envelopes = [_envelope(run) for run in runs]
    named = {
        "Python": _listed(_versions(envelopes, "python")),
        "PyTorch": _listed(_versions(envelopes, "torch")),
        "NumPy": _listed(_versions(envelopes, "numpy")),
        "Machine": _listed(_machine(each) for each in envelopes),
        "Device": _listed(run.status.device for run in runs),
        "Threads a run": _listed(str(run.threads or "") for run in runs),
        "Commit": _listed(str(each.get("git") or "")[:12] for each in envelopes),
        "Training data": _listed(_data(run) for run in runs),
        "Trained": when(runs),
        "Training time": _spent(runs),
    }
    return {name: fact for name, fact in named.items() if fact}


def when(runs: Iterable[Run]) -> str:
    """The day, or the days, on which they were begun."""
    days = sorted({day(run.created) for run in runs if run.created})
    return " to ".join(dict.fromkeys((days[0], days[-1]))) if days else ""


def day(time: float) -> str:
    """`2026-11-27`, in UTC."""
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d}"


def _envelope(run: Run) -> dict[str, Any]:
    try:
        return run.envelope
    except ConfigError:
        return {}


def _versions(envelopes: Iterable[Mapping[str, Any]], package: str) -> Iterable[str]:
    for envelope in envelopes:
        versions = envelope.get("versions")
        if isinstance(versions, dict):
            yield str(versions.get(package) or "")


def _machine(envelope: Mapping[str, Any]) -> str:
    """`A CPU 3000, 2 cores, 8.0 GB`; empty for a run that does not say."""
    machine = envelope.get("machine")
    if not isinstance(machine, dict):
        return ""
    cores, memory = machine.get("cores"), machine.get("memory")
    said = [str(machine.get("processor") or "")]
    said += [f"{cores:,} cores"] if isinstance(cores, int) and cores < MOST_COUNT else []
    said += [describe_bytes(memory)] if isinstance(memory, int) and 0 < memory < _MOST_MEMORY else []
    return ", ".join(filter(None, said))


def _data(run: Run) -> str:
    fingerprint = run.data_fingerprint
    return f"{run.config.data.name} ({fingerprint[:12]})" if fingerprint else str(run.config.data.name)


def _spent(runs: Sequence[Run]) -> str:
    total = sum(run.status.seconds for run in runs)
    return f"{describe_duration(total)} in all, {describe_duration(total / len(runs))} a run" if runs else ""


def _listed(said: Iterable[str]) -> str:
    """Different facts, the first few of them."""
    different = list(dict.fromkeys(printable(each, MOST_WORDS) for each in said if each))
    more = len(different) - MOST_FACTS
    return ", ".join(different[:MOST_FACTS]) + (f" and {more} more" if more > 0 else "")
