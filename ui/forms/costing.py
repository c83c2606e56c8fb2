"""What the runs of a plan cost on this machine, found out arm by arm, so that no page waits for it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from gancore import machine
from gancore.config import RunConfig
from gancore.config.datasets import DATASETS
from gancore.text import listed
from ui import state

LOOK = 0.5  # seconds between looks
BUDGET = 0.3  # seconds that one look may take
SHARED = 0.75  # of a core's worth that a run of one thread gains beside others, against one of all cores


@dataclass(frozen=True)
class Costs:
    """Seconds of one run of each arm; arms that are not counted yet are missing."""

    seconds: Mapping[str, float]
    complete: bool


def threads(runs: int) -> int:
    """With how many threads each of so many runs trains; 0: as the machine has.

    Several runs of one thread side by side are faster than one after another on all cores.
    """
    return 1 if runs > 1 and machine.threads() > 1 and not _has_graphics_card() else 0


def speedup(runs: int) -> float:
    """How much faster so many runs side by side are than one after another, each as long as `look` says."""
    at_once = min(runs, machine.threads()) if threads(runs) else 1
    return at_once if at_once == 1 or state.experience(threads=1) else max(SHARED * at_once, 1.0)


def look(configs: Mapping[str, RunConfig]) -> Costs:
    """As many as can be told in a short while; what was counted once takes no time again."""
    if not are_ready():
        return Costs({}, False)
    from gancore.models.own import BadNetwork
    from gancore.training.cost import estimate

    experience, deadline, found = _experience(), time.monotonic() + BUDGET, dict[str, float]()
    for arm, config in configs.items():
        with suppress(BadNetwork):  # whose cost nobody can tell
            found[arm] = estimate(config, experience).seconds
        if time.monotonic() > deadline:
            break
    return Costs(found, len(found) == len(configs))


def seconds(config: RunConfig) -> float:
    """Of one run; waits until it is counted."""
    from gancore.training.cost import estimate

    return estimate(config, _experience()).seconds


def _experience() -> list[tuple[RunConfig, float]]:
    """The last runs of one thread here, as those of a sweep are, or else any."""
    return state.experience(threads=1) or state.experience()


def are_ready() -> bool:
    """Torch is there, and no run that has just started would be disturbed by trials of this machine's speed."""
    return state.torch_ready() and (not state.active_runs() or bool(state.experience()))


def obstacles(configs: Mapping[str, RunConfig]) -> list[str]:
    """What stands in the way of these runs, or takes longer at first: data to be downloaded, memory that is short."""
    from gancore.data import available

    said = []
    data = {config.data.name: config.data for config in configs.values()}
    for name in (name for name, each in data.items() if not available(name, each.own)):
        size = DATASETS[name].download
        said.append(f"{DATASETS[name].title}: {size} to download first." if size else f"{name} is not on this machine.")
    if are_ready():
        from gancore.training.memory import shortage

        lacking = {arm: lack for arm, config in configs.items() if (lack := shortage(config))}
        if lacking:
            worst = max(lacking.values(), key=lambda lack: lack.need)
            said.append(f"{listed([arm or 'A run' for arm in lacking])} needs {worst.amount}.")
    return said


def _has_graphics_card() -> bool:
    if not state.torch_ready():
        return False
    import torch

    return torch.cuda.is_available()
