from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gancore.models import build_networks
from gancore.sampling.directions import LAYERS, first_outputs, ganspace, sefa
from tests.miniatures import KINDS, conditions, tiny


def frozen(network: nn.Module) -> nn.Module:
    return network.eval().requires_grad_(False)


def orthogonal(side: int, seed: int = 0) -> Tensor:
    found: Tensor = torch.linalg.qr(torch.randn(side, side, generator=torch.Generator().manual_seed(seed)))[0]
    return found


def linear(weight: Tensor, bias: float = 0.3) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.fill_(bias)
    return layer


def same_lines(found: Tensor, wanted: Tensor) -> bool:
    """Whether directions (K, nz) are the same but for their signs."""
    return torch.allclose((found * wanted).sum(1).abs(), torch.ones(len(wanted)), atol=1e-4)


def test_sefa_finds_the_singular_vectors_of_the_first_layer() -> None:
    left, right = orthogonal(6), orthogonal(4, seed=1)
    strengths = torch.tensor([5.0, 3.0, 2.0, 1.0])
    network = frozen(nn.Sequential(linear(left[:, :4] * strengths @ right.T), nn.ReLU(), linear(torch.ones(2, 6))))
    found = sefa(network, network, 4, 3)
    assert same_lines(found.vectors, right.T[:3])
    assert found.shares.tolist() == pytest.approx([25 / 39, 9 / 39, 4 / 39], abs=1e-4)


def test_the_largest_coordinate_of_a_direction_is_positive() -> None:
    network = frozen(nn.Sequential(linear(torch.diag(torch.tensor([-3.0, 2.0])))))
    assert torch.allclose(sefa(network, network, 2, 2).vectors, torch.eye(2))


def test_ganspace_finds_what_varies_most_behind_the_activation() -> None:
    # The first unit is never on: what is strongest before the activation does not vary behind it.
    layer = linear(torch.diag(torch.tensor([9.0, 2.0, 1.0])), bias=0.0)
    with torch.no_grad():
        layer.bias.copy_(torch.tensor([-1000.0, 100.0, 100.0]))
    network = frozen(nn.Sequential(layer, nn.ReLU()))
    noise = torch.randn(4_000, 3, generator=torch.Generator().manual_seed(0))
    found = ganspace(network, network, noise, 2)
    assert torch.allclose(found.vectors, torch.eye(3)[1:], atol=0.05)
    assert found.shares.tolist() == pytest.approx([4 / 5, 1 / 5], abs=0.02)
    assert same_lines(sefa(network, network, 3, 1).vectors, torch.eye(3)[:1])


def test_without_an_activation_components_are_those_of_the_layer() -> None:
    network = frozen(linear(torch.diag(torch.tensor([3.0, 1.0]))))
    noise = torch.randn(2_000, 2, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(ganspace(network, network, noise, 1).vectors, torch.eye(2)[:1], atol=0.05)


def test_only_modules_that_z_meets_first_count() -> None:
    class Twice(nn.Module):
        """z goes in at two places, a picture at one."""

        def __init__(self) -> None:
            super().__init__()
            self.low, self.high = linear(torch.ones(2, 3)), linear(2 * torch.ones(1, 3))
            self.picture, self.last = linear(torch.ones(2, 5)), linear(torch.ones(1, 2))

        def forward(self, z: Tensor) -> Tensor:
            inner = self.low(z) + self.picture(torch.ones(1, 5))
            last: Tensor = self.last(inner) * self.high(z)
            return last

    network = frozen(Twice())
    found = first_outputs(network, network, torch.eye(3), LAYERS)
    assert torch.allclose(found, torch.tensor([[1.3, 1.3, 2.3]] * 3))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_directions(kind: Any) -> None:
    config = tiny(kind)
    network = frozen(build_networks(config)["decoder" if kind == "vae" else "generator"])
    before = {name: value.clone() for name, value in network.state_dict().items()}

    def generate(z: Tensor) -> object:
        given = conditions(config, len(z))
        if given is None:
            return network(z)
        return network(given, z) if config.kind.condition == "image" else network(z, given)

    noise = torch.randn(32, config.model.nz, generator=torch.Generator().manual_seed(0))
    for found in (sefa(network, generate, config.model.nz, 3), ganspace(network, generate, noise, 3)):
        assert found.vectors.shape == (3, config.model.nz)
        assert torch.allclose(found.vectors.norm(dim=1), torch.ones(3))
        assert found.shares.diff().max() <= 0
        assert 0 < float(found.shares.sum()) <= 1 + 1e-6
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert not any(module._forward_hooks for module in network.modules())
