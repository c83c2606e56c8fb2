"""Networks only. A new kind is one module with `build(config)` and an entry in `MODELS`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from gancore import rng
from gancore.config import RunConfig
from gancore.config.kinds import CONDITIONAL, ModelKind
from gancore.models import cdcgan, cs231n, dcgan, mlp, semi, translator, vae
from gancore.models.init import INITS
from gancore.models.spectral import add_spectral_norm

__all__ = ["MODELS", "build_networks", "count_parameters", "example_inputs"]

MODELS: dict[ModelKind, Callable[[RunConfig], dict[str, nn.Module]]] = {
    "dcgan": dcgan.build,
    "mlp": mlp.build,
    "cs231n": cs231n.build,
    "cdcgan": cdcgan.build,
    "cmlp": mlp.build,
    "vae": vae.build,
    "translator": translator.build,
    "semi": semi.build,
}


def build_networks(config: RunConfig, device: str | torch.device = "cpu") -> dict[str, nn.Module]:
    """The networks of a run, `{"generator": ..., "discriminator": ...}` or `{"encoder": ..., "decoder": ...}`, with the
    starting weights its seed decides.

    They are built on `meta`, where no number is drawn, and initialised on the CPU, so every device starts alike.
    On device `meta` they have shapes but no weights: enough to count and to cost. Four-dimensional weights lie in
    channels-last order, in which oneDNN's and cuDNN's convolutions are fastest.
    """
    with torch.device("meta"):
        networks = MODELS[config.model.kind](config)
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
    labels = (torch.zeros(count, dtype=torch.int64, device=device),) if config.model.kind in CONDITIONAL else ()
    if config.model.kind == "vae":
        return {"encoder": (samples,), "decoder": (z,)}
    sources = (samples,) if config.model.kind == "translator" else ()
    told = labels if config.model.y_in_d else ()
    return {"generator": (*sources, z, *labels), "discriminator": (samples, *told)}


def count_parameters(config: RunConfig) -> dict[str, int]:
    """Trainable parameters of each network of `config`."""
    networks = build_networks(config, "meta")
    return {name: sum(p.numel() for p in net.parameters() if p.requires_grad) for name, net in networks.items()}
