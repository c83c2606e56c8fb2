from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gancore.models import build_networks
from gancore.models.spectral import add_spectral_norm
from tests.miniatures import equal, tensors, tiny

LAYERS = {
    "linear": lambda: nn.Linear(7, 5),
    "tall": lambda: nn.Linear(3, 40),
    "one row": lambda: nn.Linear(9, 1),
    "convolution": lambda: nn.Conv2d(3, 6, 4, bias=False),
    "channels last": lambda: nn.Conv2d(3, 6, 4).to(memory_format=torch.channels_last),
}
every_layer = pytest.mark.parametrize("name", list(LAYERS))


def normalised(name: str, seed: int = 0) -> nn.Module:
    layer = LAYERS[name]()
    source = torch.Generator().manual_seed(3)
    for parameter in layer.parameters():
        nn.init.normal_(parameter, std=3.0, generator=source)
    add_spectral_norm(layer, torch.Generator().manual_seed(seed))
    return layer


def largest(weight: Tensor) -> float:
    return torch.linalg.svdvals(weight.detach().double().flatten(1))[0].item()


def u_of(layer: nn.Module) -> Tensor:
    return layer.parametrizations.weight[0].u


@every_layer
def test_the_largest_singular_value_becomes_one(name: str) -> None:
    layer = normalised(name)
    assert largest(layer.weight) == pytest.approx(1, rel=0.1)  # after the warm-up
    for _ in range(200):
        weight = layer.weight
    assert largest(weight) == pytest.approx(1, rel=1e-4)


@every_layer
def test_only_the_scale_of_a_weight_changes(name: str) -> None:
    layer = normalised(name)
    ratio = layer.parametrizations.weight.original / layer.weight
    torch.testing.assert_close(ratio, ratio.mean().expand_as(ratio))


def test_each_pass_in_training_is_one_power_iteration_and_none_in_eval_mode() -> None:
    layer = normalised("linear").train()
    original = layer.parametrizations.weight.original.detach()
    u = u_of(layer).clone()
    layer(torch.ones(2, 7))
    v = original.T @ u
    expected = original @ (v / v.norm())
    torch.testing.assert_close(u_of(layer), expected / expected.norm())
    before = u_of(layer).clone()
    first, second = (layer.eval()(torch.ones(2, 7)) for _ in range(2))
    assert torch.equal(first, second)
    assert torch.equal(u_of(layer), before)


def test_the_gradient_counts_that_the_norm_depends_on_the_weight() -> None:
    """With u and v fixed, sigma = u'Wv: against the quotient rule, and nothing along W itself."""
    layer = normalised("linear").double().eval()
    original = layer.parametrizations.weight.original
    u = u_of(layer)
    v = original.detach().T @ u
    v = v / v.norm()
    sigma = (u @ original.detach() @ v).item()
    upstream = torch.randn(5, 7, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    (layer.weight * upstream).sum().backward()
    expected = upstream / sigma - (upstream * original.detach()).sum() / sigma**2 * torch.outer(u, v)
    torch.testing.assert_close(original.grad, expected)
    assert (original.grad * original.detach()).sum().item() == pytest.approx(0, abs=1e-9)


def test_two_passes_before_one_backward_pass_work() -> None:
    """Real and generated images go through D one after the other; then both are learnt from."""
    x, y = torch.ones(2, 7), torch.full((2, 7), -0.5)
    together, apart = normalised("linear"), normalised("linear")
    (together(x).square().sum() + together(y).square().sum()).backward()
    apart(x).square().sum().backward()
    apart(y).square().sum().backward()
    torch.testing.assert_close(
        together.parametrizations.weight.original.grad, apart.parametrizations.weight.original.grad
    )


def test_it_is_a_function_of_the_seed() -> None:
    before = torch.random.get_rng_state()
    config = tiny("dcgan", {"model.spectral_norm": True})
    first, again, other = (build_networks(config.replace({"seed": s}))["discriminator"] for s in (1, 1, 2))
    assert equal(first.state_dict(), again.state_dict())
    assert not equal(tensors(list(first.buffers())), tensors(list(other.buffers())))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_its_vectors_are_part_of_the_state() -> None:
    config = tiny("dcgan", {"model.spectral_norm": True})
    network, loaded = (build_networks(config.replace({"seed": seed}))["discriminator"] for seed in (1, 2))
    images = torch.randn(4, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    network(images)
    loaded.load_state_dict(deepcopy(network.state_dict()))
    assert sum(name.endswith(".u") for name in network.state_dict()) == 4
    for _ in range(2):
        assert torch.equal(network(images), loaded(images))
    assert equal(network.state_dict(), loaded.state_dict())


def test_starting_weights_are_those_without_it() -> None:
    plain, normed = (
        build_networks(tiny("dcgan", {"model.spectral_norm": wanted}))["discriminator"] for wanted in (False, True)
    )
    assert equal([p for p in plain.parameters() if p.dim() == 4], [p for p in normed.parameters() if p.dim() == 4])


@pytest.mark.parametrize("kind", ["dcgan", "mlp", "cdcgan", "cs231n", "translator", "semi"])
def test_every_layer_of_d_has_it_and_none_of_g(kind: Any) -> None:
    networks = build_networks(tiny(kind, {"model.spectral_norm": True, "model.maxout": 2}))
    layers = [m for m in networks["discriminator"].modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert layers
    assert all(hasattr(layer, "parametrizations") for layer in layers)
    assert not any(hasattr(module, "parametrizations") for module in networks["generator"].modules())
    for layer in layers:
        assert largest(layer.weight) == pytest.approx(1, rel=0.3)


def test_a_critic_without_batch_norm_is_lipschitz() -> None:
    """A product of layers of norm 1, as fully connected ones are: no two scores differ by more than their inputs."""
    config = tiny("mlp", {"model.spectral_norm": True, "model.d_hidden": (30, 30), "model.init": "default"})
    network = build_networks(config)["discriminator"]
    images = torch.randn(200, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    for _ in range(100):
        network(images[:2])
    scores = network.eval()(images).detach()
    assert torch.pdist(scores[:, None]).max() > 0
    assert (torch.pdist(scores[:, None]) <= torch.pdist(images.flatten(1)) * 1.001).all()


def test_half_precision_around_it_does_not_blur_it() -> None:
    full, half = normalised("linear"), normalised("linear")
    x = torch.ones(2, 7)
    expected = full(x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = half(x)
    assert torch.equal(u_of(full), u_of(half))
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.float(), expected, rtol=0.02, atol=0.1)
