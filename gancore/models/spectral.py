"""Spectral normalisation (Miyato et al. 2018) that draws its start from a generator of its own."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from torch.nn.utils import parametrize

WARM_UP = 15  # iterations before the first step, as in PyTorch's own


class SpectralNorm(nn.Module):
    """A weight divided by its largest singular value, which one power iteration a forward pass keeps up to date."""

    u: Tensor

    def __init__(self, weight: Tensor, source: torch.Generator | None) -> None:
        super().__init__()
        on_meta = weight.device.type == "meta"
        rows = len(weight)
        start = torch.empty(rows, device="meta") if on_meta else torch.randn(rows, generator=source)
        self.register_buffer("u", normalize(start, dim=0))
        if not on_meta:
            for _ in range(WARM_UP):
                self._improve(weight.detach().flatten(1))

    def forward(self, weight: Tensor) -> Tensor:
        matrix = weight.flatten(1)
        with _full_precision(weight.device):
            if self.training:
                self._improve(matrix.detach())
            u = self.u.clone()  # a second forward pass before the backward one changes the buffer
            v = normalize(matrix.detach().T @ u, dim=0)
            return weight / torch.dot(u, matrix @ v)

    @torch.no_grad()
    def _improve(self, matrix: Tensor) -> None:
        self.u.copy_(normalize(matrix @ normalize(matrix.T @ self.u, dim=0), dim=0))


def _full_precision(device: torch.device) -> AbstractContextManager[object]:
    """Singular values need it, also where the layers around compute in half."""
    return nullcontext() if device.type == "meta" else torch.autocast(device.type, enabled=False)


def add_spectral_norm(network: nn.Module, source: torch.Generator | None) -> None:
    """Normalise every convolution and linear layer of `network`; `source` may be missing on device `meta`."""
    for module in list(network.modules()):
        if isinstance(module, nn.Conv2d | nn.Linear):
            parametrize.register_parametrization(module, "weight", SpectralNorm(module.weight, source))
