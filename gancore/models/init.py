"""Starting weights, drawn from an explicit generator."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn

# Layers whose parameters start as ones, zeros, or what they were made with, however the others are initialised.
PLAIN = (nn.LayerNorm, nn.GroupNorm, nn.modules.batchnorm._NormBase, nn.PReLU)

Init = Callable[[nn.Module, torch.Generator], None]


def custom(network: nn.Module, source: torch.Generator) -> None:
    """N(0, 0.02) for weights, N(1, 0.02) for batch-norm scales, zero biases (Radford et al. 2016, section 4)."""
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.reset_running_stats()
            if module.affine:
                nn.init.normal_(module.weight, 1.0, 0.02, generator=source)
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(module.weight, 0.0, 0.02, generator=source)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, generator=source)
        elif isinstance(module, PLAIN):
            module.reset_parameters()


def default(network: nn.Module, source: torch.Generator) -> None:
    """What PyTorch's layers do by themselves, number for number, but from `source` instead of the global generator."""
    for module in network.modules():
        if isinstance(module, PLAIN):
            module.reset_parameters()
        elif isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.kaiming_uniform_(module.weight, a=math.sqrt(5), generator=source)
            if module.bias is not None:
                fan_in, _ = nn.init._calculate_fan_in_and_fan_out(module.weight)
                bound = 1 / math.sqrt(fan_in)
                nn.init.uniform_(module.bias, -bound, bound, generator=source)
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, generator=source)


def xavier(network: nn.Module, source: torch.Generator) -> None:
    """PyTorch's own, but Xavier-uniform weights in linear and transposed layers, as report 004's assignment has it."""
    default(network, source)
    for module in network.modules():
        if isinstance(module, nn.ConvTranspose2d | nn.Linear):
            nn.init.xavier_uniform_(module.weight, generator=source)


INITS: dict[str, Init] = {"custom": custom, "default": default, "xavier": xavier}
