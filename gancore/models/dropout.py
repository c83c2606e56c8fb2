"""Dropout that draws from a generator of its own, never from torch's global one."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    """Like `nn.Dropout`; in training its mask comes from the generator last given by `seed_dropout`."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self.source: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        if x.device.type == "meta":
            return x * 1.0
        if self.source is None:
            raise RuntimeError("Dropout was used in training before seed_dropout gave it a generator")
        mask = torch.empty(x.shape, dtype=x.dtype).bernoulli_(1 - self.p, generator=self.source)
        return x * mask.to(x.device) / (1 - self.p)

    def extra_repr(self) -> str:
        return f"p={self.p}"


def seed_dropout(network: nn.Module, source: torch.Generator) -> None:
    """Let every `Dropout` in `network` draw from `source` from now on."""
    for module in network.modules():
        if isinstance(module, Dropout):
            module.source = source
