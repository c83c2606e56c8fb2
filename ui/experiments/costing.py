"""What the runs of a plan cost on this machine, found out arm by arm, so that no page waits for it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from gancore.config import RunConfig
from gancore.config.datasets import DATASETS
from gancore.text import listed
from ui import state

LOOK = 0.5  # seconds between looks
BUDGET = 0.3  # seconds that one look may take


@dataclass(frozen=True)
class Costs:
    """Seconds of one run of each arm; arms that are not counted yet are missing."""

    seconds: Mapping[str, float]
    complete: bool


def are_ready() -> bool:
    """Torch is there, and no run that has just started would be disturbed by trials of this machine's speed."""
    return state.torch_ready() and (not state.active_runs() or bool(state.experience()))


def look(configs: Mapping[str, RunConfig]) -> Costs:
    """As many as can be told in a short while; what was counted once takes no time again."""
    if not are_ready():
        return Costs({}, False)
    from gancore.training.cost import estimate

    experience, deadline = state.experience(), time.monotonic() + BUDGET
    found: dict[str, float] = {}
    for arm, config in configs.items():
        found[arm] = estimate(config, experience).seconds
        if time.monotonic() > deadline:
            break
    return Costs(found, len(found) == len(configs))


def obstacles(configs: Mapping[str, RunConfig]) -> list[str]:
    """What stands in the way of these runs, or takes longer at first: data to be downloaded, memory that is short."""
    from gancore.data import available

    said = []
    absent = {
        config.data.name: config for config in configs.values() if not available(config.data.name, config.data.own)
    }
    for name in absent:
        size = DATASETS[name].download
        said.append(f"{DATASETS[name].title}: {size} to download first." if size else f"{name} is not on this machine.")
    if are_ready():
        from gancore.training.memory import shortage

        lacking = {arm: lack for arm, config in configs.items() if (lack := shortage(config))}
        if lacking:
            worst = max(lacking.values(), key=lambda lack: lack.need)
            said.append(f"{listed([arm or 'This run' for arm in lacking])}: needs {worst.amount}.")
    return said
