"""The directions of the latent space in which a generator changes most, without labels and without training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

LAYERS = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
ACTIVATIONS = (nn.ReLU, nn.LeakyReLU, nn.Tanh, nn.Sigmoid, nn.GELU, nn.SiLU, nn.ELU)

Generate = Callable[[Tensor], object]  # z (N, nz) through the network, with what it takes besides


@dataclass(frozen=True)
class Directions:
    """Orthogonal or not, the strongest first."""

    vectors: Tensor  # (K, nz), of length 1; the largest coordinate of each is above 0
    shares: Tensor  # (K,), of what changes in all: of all eigenvalues or all variance


def first_outputs(
    network: nn.Module, generate: Generate, z: Tensor, kinds: tuple[type[nn.Module], ...] = LAYERS
) -> Tensor:
    """What the modules of some kinds that z (N, nz) meets first make of it, all together: (N, M).

    A module belongs to them if its output hangs on z by a way that leads through no other one of them: a network may
    take z at several places. The parameters of `network` must not require gradients.
    """
    found: list[Tensor] = []

    def take(_module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
        if not output.requires_grad:  # which hangs on z no more, or never did
            return output
        found.append(output.detach().flatten(1))
        return output.detach()

    hooks = [module.register_forward_hook(take) for module in network.modules() if isinstance(module, kinds)]
    try:
        with torch.enable_grad():
            generate(z.clone().requires_grad_())
    finally:
        for hook in hooks:
            hook.remove()
    return torch.cat(found, 1) if found else torch.empty(len(z), 0)


def sefa(network: nn.Module, generate: Generate, nz: int, count: int) -> Directions:
    """Closed-form factorisation (Shen and Zhou 2021, SeFa): eigenvectors of A^T A for the first layer A z + b.

    What a step of length 1 along one of them changes in the layer's output, squared, is its eigenvalue.
    """
    probes = torch.cat([torch.zeros(1, nz), torch.eye(nz)])
    outputs = first_outputs(network, generate, probes).double()
    weight = outputs[1:] - outputs[0]  # (nz, M): A, transposed
    values, vectors = torch.linalg.eigh(weight @ weight.T)
    return _strongest(values.clamp(min=0), vectors.T, count)


def ganspace(network: nn.Module, generate: Generate, noise: Tensor, count: int) -> Directions:
    """Principal components of the first activations (Haerkoenen et al. 2020, GANSpace), carried back to z.

    The components are those of what the first activation functions give for `noise` (N, nz). Each direction is the one
    along which z changes with the component, by least squares. Before the activation it would be SeFa's.
    """
    outputs = first_outputs(network, generate, noise, ACTIVATIONS)
    if outputs.shape[1] == 0:
        outputs = first_outputs(network, generate, noise)
    outputs = outputs.double() - outputs.mean(0, dtype=torch.float64)
    values, scores = torch.linalg.eigh(outputs @ outputs.T)  # (N, N): there may be many more outputs than samples
    carried = scores.T @ (noise.double() - noise.mean(0, dtype=torch.float64))
    return _strongest(values.clamp(min=0), carried / carried.norm(dim=1, keepdim=True).clamp(min=1e-12), count)


def _strongest(values: Tensor, vectors: Tensor, count: int) -> Directions:
    """The `count` directions with the largest of the values (N,), which come in ascending order; at most nz."""
    count = min(count, vectors.shape[1])
    vectors = vectors.flip(0)[:count]
    largest = vectors.gather(1, vectors.abs().argmax(1, keepdim=True))
    shares = (values / values.sum().clamp(min=1e-300)).flip(0)[:count]
    return Directions((vectors * torch.where(largest < 0, -1.0, 1.0)).float(), shares.float())
