"""Networks of one's own: a Python file that builds a generator and a discriminator.

The file is code, and runs with all that its user may do. So it runs on this machine only after somebody here has given
it, or said that it may run: `trust` keeps its digest. What came in a run of somebody else's does not run before that.
"""

from __future__ import annotations

import hashlib
import math
import traceback
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules import dropout as theirs

from gancore import rng
from gancore.config import RunConfig
from gancore.files import write_atomic
from gancore.machine import cache_root, own_networks_run
from gancore.models.dropout import Dropout, seed_dropout
from gancore.models.init import PLAIN

CHECKED = 4  # samples that a network is tried on

EXAMPLE = '''"""A generator and a discriminator; `config` are the settings of the run."""

import math

from torch import nn


def build_generator(config):
    """Noise (N, config.model.nz) -> images (N, *config.shape)."""
    return nn.Sequential(
        nn.Linear(config.model.nz, 128),
        nn.LeakyReLU(0.2),
        nn.Linear(128, math.prod(config.shape)),
        nn.Tanh(),
        nn.Unflatten(1, config.shape),
    )


def build_discriminator(config):
    """Images (N, *config.shape) -> logits (N,) or (N, 1)."""
    return nn.Sequential(nn.Flatten(), nn.Linear(math.prod(config.shape), 128), nn.LeakyReLU(0.2), nn.Linear(128, 1))
'''

# Layers whose weights get their start from the run's seed.
_KNOWN = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear, nn.Embedding, *PLAIN)


class BadNetwork(ValueError):
    """A network file that cannot be used; the message is one sentence."""


class Discriminator(nn.Module):
    """Somebody's network, whose logits are (N,)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, samples: Tensor) -> Tensor:
        logits: Tensor = self.network(samples)
        return logits.flatten()


def build(config: RunConfig) -> dict[str, nn.Module]:
    """Both networks for `config`, weights not yet set. Raises `BadNetwork`."""
    source = config.model.code or EXAMPLE
    if not is_trusted(source):
        raise BadNetwork(
            "its network file runs as code, and has not been trusted on this machine: see python -m gancore trust"
            if own_networks_run()
            else "its network file runs as code, which is switched off here, as others reach this server"
        )
    made = _executed(source)
    generator = _built(made, "build_generator", config)
    return {"generator": generator, "discriminator": Discriminator(_built(made, "build_discriminator", config))}


def check(config: RunConfig) -> dict[str, int]:
    """Try both networks on random data, forwards and backwards; their numbers of parameters. Raises `BadNetwork`."""
    from gancore.models import build_networks, count_parameters

    for device in ("cpu", "meta"):  # on the latter a run's cost is counted
        networks = build_networks(config, device)
        logits = _tried(networks, config, device)
        logits.mean().backward()  # type: ignore[no-untyped-call]
    for name, network in networks.items():
        unused = [key for key, each in network.named_parameters() if each.grad is None and each.requires_grad]
        if unused:
            raise BadNetwork(f"{name}: its parameter {unused[0]} has no part in what it computes")
    return count_parameters(config)


def _tried(networks: dict[str, nn.Module], config: RunConfig, device: str) -> Tensor:
    """The logits of generated samples, both of which are as they should be."""
    source = rng.generator(0, "own/check")
    for network in networks.values():
        seed_dropout(network, source)
    z = torch.randn(CHECKED, config.model.nz, generator=source).to(device)
    images = _made("the generator", networks["generator"], z)
    _expect("the generator", images, (CHECKED, *config.shape))
    logits = _made("the discriminator", networks["discriminator"], images)
    _expect("the discriminator", logits, (CHECKED,))
    return logits


# --- trust ------------------------------------------------------------------------------------------------------------


def trust(source: str) -> None:
    """Let this very file run on this machine from now on. Raises `OSError`."""
    path = cache_root() / "trusted" / digest(source)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, b"")


def is_trusted(source: str) -> bool:
    """Whether this very file may run here; our own example always may."""
    if source == EXAMPLE:
        return True
    return own_networks_run() and (cache_root() / "trusted" / digest(source)).is_file()


def digest(source: str) -> str:
    """What tells this file from any other: 32 hexadecimal digits."""
    return hashlib.blake2b(source.encode(), digest_size=16).hexdigest()


# --- the file ---------------------------------------------------------------------------------------------------------


def _executed(source: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "network_file"}
    try:
        exec(compile(source, "network file", "exec"), namespace)
    except Exception as problem:
        raise BadNetwork(_said("the network file", problem)) from None
    return namespace


def _built(made: dict[str, Any], name: str, config: RunConfig) -> nn.Module:
    """What the function of that name returns, fit to be trained like any other network."""
    function: Callable[[RunConfig], object] | None = made.get(name)
    if not callable(function):
        raise BadNetwork(f"the network file has no function {name}(config)")
    try:
        network = function(config)
    except Exception as problem:
        raise BadNetwork(_said(name, problem)) from None
    if not isinstance(network, nn.Module):
        raise BadNetwork(f"{name} must return a torch.nn.Module, not {type(network).__name__}")
    _fit(network, name)
    return network


def _fit(network: nn.Module, name: str) -> None:
    """Have dropout draw from the run's own numbers. Raises `BadNetwork` for what no seed decides."""
    for module in network.modules():
        for place, child in module.named_children():
            if type(child) is theirs.Dropout:
                setattr(module, place, Dropout(child.p))
            elif isinstance(child, theirs._DropoutNd):
                raise BadNetwork(f"{name}: of dropout, nn.Dropout alone can be used, not {type(child).__name__}")
        own = [*dict(module.named_parameters(recurse=False)), *dict(module.named_buffers(recurse=False))]
        if own and not isinstance(module, _KNOWN):
            raise BadNetwork(
                f"{name}: the starting weights of {type(module).__name__} are not known; use layers such as Conv2d, "
                "ConvTranspose2d, Linear, Embedding, and those of normalisation"
            )


def _made(what: str, network: nn.Module, given: Tensor) -> Tensor:
    try:
        made = network(given)
    except Exception as problem:
        raise BadNetwork(_said(what, problem)) from None
    if not isinstance(made, Tensor):
        raise BadNetwork(f"{what} must return a tensor, not {type(made).__name__}")
    return made


def _expect(what: str, made: Tensor, shape: tuple[int, ...]) -> None:
    if made.shape != shape:
        raise BadNetwork(f"{what} must return {_listed(shape)}, not {_listed(tuple(made.shape))}")
    if made.dtype != torch.float32:
        raise BadNetwork(f"{what} must return float32, not {str(made.dtype).removeprefix('torch.')}")
    if made.device.type != "meta" and not math.isfinite(float(made.detach().abs().sum())):
        raise BadNetwork(f"{what} returns numbers that are not finite")


def _listed(shape: tuple[int, ...]) -> str:
    return f"({', '.join(['N', *map(str, shape[1:])])})"


def _said(what: str, problem: Exception) -> str:
    """An error in somebody's code, in one sentence, with the line where that can be told."""
    lines = [frame.lineno for frame in traceback.extract_tb(problem.__traceback__) if frame.filename == "network file"]
    line = lines[-1] if lines else getattr(problem, "lineno", None)
    words = (str(problem).splitlines() or [""])[0]
    return f"{what}: {type(problem).__name__}{f' in line {line}' if line else ''}: {words}"
