from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from gancore import rng
from gancore.config import RunConfig
from gancore.experiments import EXPERIMENTS
from gancore.models import MODELS, build_networks, count_parameters
from gancore.models.dropout import Dropout, seed_dropout
from tests.plain_networks import plain_dcgan, plain_mlp

S6 = EXPERIMENTS["mnist-three"].runs()[0]
SHAPES = pytest.mark.parametrize(
    ("nz", "ngf", "ndf", "nc"), [(100, 32, 32, 1), (1, 1, 1, 1), (7, 3, 5, 3), (10, 4, 8, 1)]
)


def dcgan_config(nz: int, ngf: int, ndf: int, nc: int) -> RunConfig:
    return RunConfig().replace({"model.nz": nz, "model.ngf": ngf, "model.ndf": ndf, "model.nc": nc})


def facts(network: nn.Module) -> list[str]:
    """Every layer as PyTorch describes it, containers left out."""
    return [repr(layer) for layer in network.modules() if not list(layer.children())]


@SHAPES
def test_dcgan_parameters_are_counted_as_by_hand(nz: int, ngf: int, ndf: int, nc: int) -> None:
    generator = 16 * (nz * 4 * ngf + 4 * ngf * 2 * ngf + 2 * ngf * ngf + ngf * nc) + 2 * (4 + 2 + 1) * ngf
    discriminator = 16 * (nc * ndf + ndf * 2 * ndf + 2 * ndf * 4 * ndf + 4 * ndf) + 2 * (1 + 2 + 4) * ndf
    found = count_parameters(dcgan_config(nz, ngf, ndf, nc))
    assert found == {"generator": generator, "discriminator": discriminator}


def test_the_baseline_has_the_numbers_of_the_report() -> None:
    assert count_parameters(RunConfig()) == {"generator": 369_600, "discriminator": 166_848}


def test_the_mlp_of_report_004_has_the_parameters_of_its_layers() -> None:
    generator = (96 * 1024 + 1024) + (1024 * 1024 + 1024) + (1024 * 784 + 784)
    discriminator = (784 * 256 + 256) + (256 * 256 + 256) + (256 + 1)
    assert count_parameters(S6) == {"generator": generator, "discriminator": discriminator}


@SHAPES
def test_dcgan_is_the_specified_network_layer_by_layer(nz: int, ngf: int, ndf: int, nc: int) -> None:
    networks, plain = build_networks(dcgan_config(nz, ngf, ndf, nc)), plain_dcgan(nz, ngf, ndf, nc)
    assert {name: facts(net) for name, net in networks.items()} == {name: facts(net) for name, net in plain.items()}


def test_the_mlp_is_the_specified_network_layer_by_layer() -> None:
    networks, plain = build_networks(S6), plain_mlp()
    assert {name: facts(net) for name, net in networks.items()} == {name: facts(net) for name, net in plain.items()}


def test_the_mlp_takes_leaks_widths_and_dropout_from_the_config() -> None:
    changes = {"model.g_leak": 0.2, "model.d_leak": 0.0, "model.dropout": 0.3, "model.nc": 3}
    networks = build_networks(S6.replace(changes | {"model.g_hidden": (5, 6), "model.d_hidden": (7, 8)}))
    assert [type(layer).__name__ for layer in networks["generator"].layers] == [
        *("Linear", "LeakyReLU", "Linear", "LeakyReLU", "Linear", "Tanh")
    ]
    assert [type(layer).__name__ for layer in networks["discriminator"].layers] == [
        *("Linear", "ReLU", "Dropout", "Linear", "ReLU", "Dropout", "Linear")
    ]
    linear = [layer for net in networks.values() for layer in net.modules() if isinstance(layer, nn.Linear)]
    pixels = 3 * 28 * 28
    assert [(layer.in_features, layer.out_features) for layer in linear] == [
        *((96, 5), (5, 6), (6, pixels)),
        *((pixels, 7), (7, 8), (8, 1)),
    ]
    assert networks["generator"].layers[1].negative_slope == 0.2
    assert networks["discriminator"].layers[2].p == 0.3


@pytest.mark.parametrize("batch", [2, 5])
@pytest.mark.parametrize("nc", [1, 3])
@pytest.mark.parametrize(("kind", "size"), [("dcgan", 32), ("mlp", 28), ("mlp", 32)])
def test_images_and_logits_have_the_promised_shapes_and_ranges(kind: str, size: int, nc: int, batch: int) -> None:
    changes = {"model.kind": kind, "model.nz": 7, "model.ngf": 3, "model.ndf": 5, "model.g_hidden": (9,)}
    networks = build_networks(RunConfig().replace(changes | {"data.image_size": size, "model.nc": nc}))
    images = networks["generator"](20 * torch.randn(batch, 7, generator=torch.Generator().manual_seed(0)))
    assert images.shape == (batch, nc, size, size)
    assert images.abs().max() <= 1
    assert images.std() > 0
    logits = networks["discriminator"](images)
    assert logits.shape == (batch,)
    assert logits.std() > 0


@SHAPES
@pytest.mark.parametrize("name", ["generator", "discriminator"])
def test_outputs_equal_those_of_the_plain_network_with_the_same_weights(
    name: str, nz: int, ngf: int, ndf: int, nc: int
) -> None:
    ours, plain = build_networks(dcgan_config(nz, ngf, ndf, nc))[name], plain_dcgan(nz, ngf, ndf, nc)[name]
    plain.load_state_dict(dict(zip(plain.state_dict(), ours.state_dict().values(), strict=True)))
    shape = (3, nz) if name == "generator" else (3, nc, 32, 32)
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    expected = plain(x[:, :, None, None] if name == "generator" else x)
    torch.testing.assert_close(ours(x).flatten(), expected.flatten())


def is_normal(values: Tensor, mean: float, std: float) -> bool:
    """Within five standard errors of both."""
    count = values.numel()
    right_mean = abs(values.mean().item() - mean) < 5 * std / math.sqrt(count)
    return right_mean and abs(values.std().item() - std) < 5 * std / math.sqrt(2 * count)


@pytest.mark.parametrize("config", [RunConfig(), S6.replace({"model.init": "custom"})], ids=["dcgan", "mlp"])
def test_custom_weights_have_the_statistics_of_the_dcgan_paper(config: RunConfig) -> None:
    scales = []
    for network in build_networks(config).values():
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
                assert is_normal(module.weight, 0, 0.02)
                assert module.bias is None or not module.bias.any()
            if isinstance(module, nn.BatchNorm2d):
                scales.append(module.weight)
                assert not module.bias.any()
                assert not module.running_mean.any()
                assert torch.equal(module.running_var, torch.ones_like(module.running_var))
    assert is_normal(torch.cat(scales), 1, 0.02) if scales else config.model.kind == "mlp"


@pytest.mark.parametrize("name", ["generator", "discriminator"])
@pytest.mark.parametrize(
    "config", [dcgan_config(7, 3, 5, 3).replace({"seed": 11}), S6.replace({"seed": 11})], ids=["dcgan", "mlp"]
)
def test_default_weights_are_pytorchs_own_bit_for_bit(config: RunConfig, name: str) -> None:
    """PyTorch draws them from its global generator, in the order in which layers are made."""
    config = config.replace({"model.init": "default"})
    with torch.random.fork_rng(devices=[]):
        plain = (plain_mlp() if config.model.kind == "mlp" else plain_dcgan(7, 3, 5, 3))[name]
        torch.manual_seed(rng.derive_seed(config.seed, f"init/{name}"))
        for layer in plain:
            if hasattr(layer, "reset_parameters"):  # what its constructor does
                layer.reset_parameters()
    ours = build_networks(config)[name].state_dict().values()
    expected = plain.state_dict().values()
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(ours, expected, strict=True))


@pytest.mark.parametrize("init", ["custom", "default"])
def test_starting_weights_are_a_function_of_the_seed(config: RunConfig, init: str) -> None:
    config = config.replace({"model.init": init})
    first, again, other = (build_networks(config.replace({"seed": seed})) for seed in (1, 1, 2))
    for name in first:
        for one, same, different in zip(*(net[name].parameters() for net in (first, again, other)), strict=True):
            assert torch.equal(one, same)
            constant = one.unique().numel() == 1
            assert constant or not torch.equal(one, different)


def test_building_touches_no_global_random_numbers(config: RunConfig) -> None:
    before = torch.random.get_rng_state()
    for init in ("custom", "default"):
        build_networks(config.replace({"model.init": init}))
    count_parameters(config)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("kind", list(MODELS))
def test_networks_on_meta_have_shapes_and_no_numbers(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a generator was made")

    monkeypatch.setattr(rng, "generator", refuse)
    for network in build_networks(RunConfig().replace({"model.kind": kind}), "meta").values():
        assert all(tensor.is_meta for tensor in network.state_dict().values())


def test_images_and_weights_lie_in_the_order_that_convolutions_like() -> None:
    for network in build_networks(dcgan_config(7, 3, 5, 3)).values():
        weights = [p for p in network.parameters() if p.dim() == 4]
        assert all(weight.is_contiguous(memory_format=torch.channels_last) for weight in weights)


def trained_dropout(p: float, seed: int = 0) -> Dropout:
    dropout = Dropout(p).train()
    seed_dropout(dropout, torch.Generator().manual_seed(seed))
    return dropout


@pytest.mark.parametrize("p", [0.3, 0.5, 0.9])
def test_dropout_drops_the_share_and_keeps_the_mean(p: float) -> None:
    count = 100_000
    y = trained_dropout(p)(torch.full((count,), 3.0))
    error = 5 * math.sqrt(p * (1 - p) / count)
    assert (y == 0).float().mean().item() == pytest.approx(p, abs=error)
    assert y.mean().item() == pytest.approx(3.0, abs=3 * error / (1 - p))
    assert torch.allclose(y[y != 0], torch.tensor(3.0 / (1 - p)))


def test_dropout_does_nothing_in_eval_mode_or_at_zero() -> None:
    x = torch.randn(50, generator=torch.Generator().manual_seed(0))
    assert torch.equal(Dropout(0.5).eval()(x), x)
    assert torch.equal(Dropout(0.0).train()(x), x)


def test_dropout_is_a_function_of_its_generator_and_goes_on_with_it() -> None:
    x = torch.ones(1_000)
    one, same = trained_dropout(0.5, seed=3), trained_dropout(0.5, seed=3)
    first = one(x)
    assert torch.equal(first, same(x))
    assert not torch.equal(first, one(x))
    assert not torch.equal(first, trained_dropout(0.5, seed=4)(x))


def test_gradients_pass_where_units_were_kept() -> None:
    x = torch.ones(100, requires_grad=True)
    y = trained_dropout(0.5)(x)
    y.sum().backward()
    assert torch.equal(x.grad, y.detach())


def test_dropout_without_a_generator_refuses_to_train() -> None:
    with pytest.raises(RuntimeError, match="seed_dropout"):
        Dropout(0.5).train()(torch.ones(3))


def test_every_dropout_of_a_network_gets_the_generator() -> None:
    network = build_networks(S6.replace({"model.dropout": 0.3}))["discriminator"]
    source = torch.Generator()
    seed_dropout(network, source)
    assert [m.source is source for m in network.modules() if isinstance(m, Dropout)] == [True, True]
