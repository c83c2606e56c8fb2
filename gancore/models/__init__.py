"""Networks only: modules with a `build(config)`, which the declaration of a kind names."""

from __future__ import annotations

import pkgutil

import torch
from torch import Tensor, nn

from gancore import rng
from gancore.config import RunConfig
from gancore.config.kinds import Input
from gancore.models.init import INITS
from gancore.models.spectral import add_spectral_norm

__all__ = ["build_networks", "count_parameters", "example_inputs"]


def build_networks(config: RunConfig, device: str | torch.device = "cpu") -> dict[str, nn.Module]:
    """The networks of a run, `{"generator": ..., "discriminator": ...}` or `{"encoder": ..., "decoder": ...}`, with the
    starting weights its seed decides.

    They are built on `meta`, where no number is drawn, and initialised on the CPU, so every device starts alike.
    On device `meta` they have shapes but no weights: enough to count and to cost. Four-dimensional weights lie in
    channels-last order, in which oneDNN's and cuDNN's convolutions are fastest.
    """
    with torch.device("meta"):
        networks: dict[str, nn.Module] = pkgutil.resolve_name(config.kind.networks)(config)
    on_meta = torch.device(device).type == "meta"
    for name, network in networks.items():
        source = None if on_meta else rng.generator(config.seed, f"init/{name}")
        if source is not None:
            network.to_empty(device="cpu")
            INITS[config.model.init](network, source)
        if config.model.spectral_norm and name == "discriminator":
            add_spectral_norm(network, source)
        network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return networks


def example_inputs(config: RunConfig, count: int, device: str | torch.device = "meta") -> dict[str, tuple[Tensor, ...]]:
    """What each network takes, by name: `count` of everything, all zeros."""
    samples = torch.zeros(count, *config.shape, device=device)
    z = torch.zeros(count, config.model.nz, device=device)
    labels = torch.zeros(count, dtype=torch.int64, device=device)
    given: dict[Input, Tensor] = {"samples": samples, "sources": samples, "z": z, "labels": labels}
    return {name: tuple(given[each] for each in taken) for name, taken in config.kind.inputs(config).items()}


def count_parameters(config: RunConfig) -> dict[str, int]:
    """Trainable parameters of each network of `config`."""
    networks = build_networks(config, "meta")
    return {name: sum(p.numel() for p in net.parameters() if p.requires_grad) for name, net in networks.items()}
