"""Whether a run fits into this machine's memory, and what to lower if it does not."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from gancore import machine
from gancore.config import SETTINGS, ConfigError, RunConfig
from gancore.models.own import BadNetwork
from gancore.text import describe_bytes
from gancore.training.cost import PROCESS_BYTES, memory

# What memory grows with; of those that save alike the first is named, since a smaller batch is still the same networks.
_LOWERED = (
    *("train.batch_size", "data.image_size", "model.ngf", "model.ndf", "model.g_hidden", "model.d_hidden"),
    *("model.hidden", "model.nz", "data.limit"),
)
_NEAR = 0.9  # of all memory: some is always somebody else's


@dataclass(frozen=True)
class Shortage:
    """A run that needs more memory than there is."""

    need: float  # bytes
    there: float  # bytes, of the machine's memory or its graphics card's in all, or of what is free
    is_free: bool  # whether `there` is what nobody uses now
    setting: str  # path of the one that saves most

    @property
    def amount(self) -> str:
        """`about 96 GB of memory, and this machine has 16 GB`."""
        there = f"{describe_bytes(self.there)} are free now" if self.is_free else f"has {describe_bytes(self.there)}"
        return f"about {describe_bytes(self.need)} of memory, and {'' if self.is_free else 'this machine '}{there}"

    @property
    def label(self) -> str:
        """The setting to lower, as the form calls it."""
        return SETTINGS[self.setting].label


def shortage(config: RunConfig) -> Shortage | None:
    """What a run lacks, by the estimate of its memory; None if it fits, or if nobody can tell.

    Torch and this process are there already: of what is free, they take no more.
    """
    try:
        need, there = memory(config), _there(config)
    except BadNetwork:  # which says so itself when it is to be trained
        return None
    if there is None:
        return None
    if need > _NEAR * there.total:
        return Shortage(need, there.total, False, _what_to_lower(config, need))
    if there.free is not None and need - PROCESS_BYTES > there.free:
        return Shortage(need, there.free, True, _what_to_lower(config, need))
    return None


def _there(config: RunConfig) -> machine.Memory | None:
    """The memory of the device that the run would train on."""
    if config.train.device in ("auto", "cuda") and torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info()
        return machine.Memory(total, free)
    return machine.memory()


def _what_to_lower(config: RunConfig, need: float) -> str:
    """The setting of which one half saves most."""
    saved = {path: need - _need_with_half(config, path, need) for path in _LOWERED if config.uses(path)}
    most = max(saved.values())
    return next(path for path, saving in saved.items() if saving >= 0.8 * most)


def _need_with_half(config: RunConfig, path: str, need: float) -> float:
    value = config.flat[path]
    if path == "data.limit":
        value = config.images
    half = tuple(max(width // 2, 1) for width in value) if isinstance(value, tuple) else value // 2
    try:
        return memory(config.replace({path: half}))
    except ConfigError:  # it cannot be half as much, given the others
        return need
