"""Networks only. A new kind is one module with `build(config)` and an entry in `MODELS`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from gancore import rng
from gancore.config import RunConfig
from gancore.models import dcgan, mlp
from gancore.models.init import INITS
from gancore.parts import ModelKind

__all__ = ["MODELS", "build_networks", "count_parameters"]

MODELS: dict[ModelKind, Callable[[RunConfig], dict[str, nn.Module]]] = {"dcgan": dcgan.build, "mlp": mlp.build}


def build_networks(config: RunConfig, device: str | torch.device = "cpu") -> dict[str, nn.Module]:
    """The networks of a run, `{"generator": ..., "discriminator": ...}`, with the starting weights its seed decides.

    They are built on `meta`, where no number is drawn, and initialised on the CPU, so every device starts alike.
    On device `meta` they have shapes but no weights: enough to count and to cost. Four-dimensional weights lie in
    channels-last order, in which oneDNN's and cuDNN's convolutions are fastest.
    """
    with torch.device("meta"):
        networks = MODELS[config.model.kind](config)
    if torch.device(device).type == "meta":
        return networks
    for name, network in networks.items():
        network.to_empty(device="cpu")
        INITS[config.model.init](network, rng.generator(config.seed, f"init/{name}"))
        network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return networks


def count_parameters(config: RunConfig) -> dict[str, int]:
    """Trainable parameters of each network of `config`."""
    networks = build_networks(config, "meta")
    return {name: sum(p.numel() for p in net.parameters() if p.requires_grad) for name, net in networks.items()}
