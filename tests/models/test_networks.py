from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gancore import rng
from gancore.config import RunConfig
from gancore.experiments.systems import (
    S1_GOODFELLOW,
    S2_DCGAN,
    S3_CDCGAN,
    S4_VAE,
    S5_GAN,
    S6_CS231N,
    S7_BOLD_ONES,
    S8_TOYS,
    S9_SEMI,
    System,
    settings_of,
)
from gancore.models import build_networks, count_parameters
from gancore.models.dropout import Dropout, seed_dropout
from gancore.models.init import INITS
from gancore.models.mlp import Maxout
from tests.miniatures import KINDS, tiny
from tests.plain_networks import (
    PlainConditionalDiscriminator,
    PlainConditionalGenerator,
    PlainVAE,
    plain_cs231n,
    plain_dcgan,
    plain_maxout,
    plain_mlp,
    plain_report_003,
)


def system(settings: System, changes: dict[str, Any] | None = None) -> RunConfig:
    return RunConfig().replace(settings_of(settings) | (changes or {}))


S6 = system(S6_CS231N)
S6_DCGAN = system(S6_CS231N, {"model.kind": "cs231n", "model.init": "xavier"})
CGAN = {"model.kind": "cmlp"}
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


# (the generator's, or the decoder's; the discriminator's, or the encoder's), as sums over layers: weights + biases.
PARAMETERS: dict[str, tuple[RunConfig, int, int]] = {
    "S1": (
        system(S1_GOODFELLOW),
        (100 * 1200 + 1200) + (1200 * 1200 + 1200) + (1200 * 784 + 784),
        5 * (784 * 240 + 240) + 5 * (240 * 240 + 240) + (240 + 1),
    ),
    "S2": (
        system(S2_DCGAN),
        16 * (100 * 128 + 128 * 64 + 64 * 32 + 32 * 1) + 2 * (128 + 64 + 32),
        16 * (1 * 32 + 32 * 64 + 64 * 128 + 128 * 1) + 2 * (32 + 64 + 128),
    ),
    "S3": (
        system(S3_CDCGAN),
        16 * (100 * 256 + 10 * 256 + 512 * 256 + 256 * 128 + 128 * 1) + 2 * (256 + 256 + 256 + 128),
        16 * (1 * 64 + 10 * 64 + 128 * 256 + 256 * 512 + 512 * 1) + 2 * (256 + 512),
    ),
    "S3 without y in D": (
        system(S3_CDCGAN, {"model.y_in_d": False}),
        16 * (100 * 256 + 10 * 256 + 512 * 256 + 256 * 128 + 128 * 1) + 2 * (256 + 256 + 256 + 128),
        16 * (1 * 64 + 64 * 256 + 256 * 512 + 512 * 1) + 2 * (256 + 512),
    ),
    "S4": (
        system(S4_VAE),
        (20 * 400 + 400) + (400 * 784 + 784),
        (784 * 400 + 400) + 2 * (400 * 20 + 20),
    ),
    "S5": (
        system(S5_GAN),
        (100 * 256 + 256) + (256 * 512 + 512) + (512 * 1024 + 1024) + (1024 * 784 + 784),
        (784 * 1024 + 1024) + (1024 * 512 + 512) + (512 * 256 + 256) + (256 + 1),
    ),
    "S5 with classes": (
        system(S5_GAN, CGAN),
        10 * 10 + (110 * 256 + 256) + (256 * 512 + 512) + (512 * 1024 + 1024) + (1024 * 784 + 784),
        10 * 10 + (794 * 1024 + 1024) + (1024 * 512 + 512) + (512 * 256 + 256) + (256 + 1),
    ),
    "S6": (
        S6,
        (96 * 1024 + 1024) + (1024 * 1024 + 1024) + (1024 * 784 + 784),
        (784 * 256 + 256) + (256 * 256 + 256) + (256 + 1),
    ),
    "S6, convolutions": (
        S6_DCGAN,
        (96 * 1024 + 1024)
        + 2 * 1024
        + (1024 * 6272 + 6272)
        + 2 * 6272
        + (16 * 128 * 64 + 64)
        + 2 * 64
        + (16 * 64 * 1 + 1),
        (25 * 1 * 32 + 32) + (25 * 32 * 64 + 64) + (1024 * 1024 + 1024) + (1024 + 1),
    ),
    "S7": (
        system(S7_BOLD_ONES),
        16 * 1 * 16
        + (16 * 16 * 32 + 2 * 32)
        + (16 * 32 * 16 + 2 * 16 + 16 * 32 + 32)
        + (16 * 32 * 16 + 2 * 16 + 16 * 32 + 32)
        + (9 * 17 * 1 + 1),
        16 * 1 * 16 + (16 * 16 * 32 + 2 * 32) + 49 * 32 * 1,
    ),
    "S8": (
        system(S8_TOYS),
        (2 * 128 + 128) + (128 * 128 + 128) + (128 * 2 + 2),
        (2 * 128 + 128) + (128 * 128 + 128) + (128 + 1),
    ),
    "S9": (
        system(S9_SEMI),
        16 * (100 * 128 + 128 * 64 + 64 * 32 + 32 * 1) + 2 * (128 + 64 + 32),
        16 * (1 * 32 + 32 * 64 + 64 * 128) + 2 * (32 + 64 + 128) + (4 * 4 * 128 * 10 + 10),
    ),
}


@pytest.mark.parametrize(("config", "first", "second"), list(PARAMETERS.values()), ids=list(PARAMETERS))
def test_the_systems_of_the_reports_have_the_parameters_of_their_layers(
    config: RunConfig, first: int, second: int
) -> None:
    names = ("decoder", "encoder") if config.model.kind == "vae" else ("generator", "discriminator")
    assert count_parameters(config) == dict(zip(names, (first, second), strict=True))


def test_spectral_norm_and_dropout_add_no_parameters() -> None:
    config = system(S5_GAN)
    assert count_parameters(config.replace({"model.spectral_norm": True})) == count_parameters(config)


@SHAPES
def test_dcgan_is_the_specified_network_layer_by_layer(nz: int, ngf: int, ndf: int, nc: int) -> None:
    networks, plain = build_networks(dcgan_config(nz, ngf, ndf, nc)), plain_dcgan(nz, ngf, ndf, nc)
    assert {name: facts(net) for name, net in networks.items()} == {name: facts(net) for name, net in plain.items()}


@pytest.mark.parametrize(
    ("config", "plain"), [(S6, plain_mlp), (S6_DCGAN, plain_cs231n)], ids=["report 004", "report 004, convolutions"]
)
def test_a_network_is_the_specified_one_layer_by_layer(config: RunConfig, plain: Any) -> None:
    networks = build_networks(config)
    assert {name: facts(net) for name, net in networks.items()} == {name: facts(net) for name, net in plain().items()}


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
    copy_weights(ours, plain)
    shape = (3, nz) if name == "generator" else (3, nc, 32, 32)
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    expected = plain(x[:, :, None, None] if name == "generator" else x)
    torch.testing.assert_close(ours(x).flatten(), expected.flatten())


def copy_weights(source: nn.Module, target: nn.Module) -> None:
    """By their order."""
    target.load_state_dict(dict(zip(target.state_dict(), source.state_dict().values(), strict=True)))


def assert_same(ours: nn.Module, plain: nn.Module, *inputs: Tensor) -> None:
    """The same outputs and gradients, in training mode, of networks with the same weights, in float64."""
    ours, plain = ours.double(), plain.double()
    copy_weights(ours, plain)
    found, expected = ours(*inputs), plain(*inputs)
    torch.testing.assert_close(found.flatten(), expected.flatten())
    for output in (found, expected):
        (output.flatten() * torch.linspace(-1, 1, output.numel(), dtype=torch.float64)).sum().backward()
    for mine, theirs in zip(ours.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad)
    for mine, theirs in zip(ours.buffers(), plain.buffers(), strict=True):
        torch.testing.assert_close(mine, theirs)


def draw(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2 - 1


LABELS = torch.tensor([3, 3, 0, 9, 3, 1])


@pytest.mark.parametrize("nc", [1, 3])
def test_the_conditional_dcgan_equals_a_plain_one(nc: int) -> None:
    config = tiny("cdcgan", {"model.nc": nc, "model.nz": 7, "model.ngf": 2, "model.ndf": 3, "model.init": "default"})
    networks = build_networks(config)
    assert_same(networks["generator"], PlainConditionalGenerator(7, 2, nc), draw(6, 7), LABELS)
    assert_same(networks["discriminator"], PlainConditionalDiscriminator(3, nc), draw(6, nc, 32, 32), LABELS)


def test_the_conditional_discriminator_passes_the_same_gradient_back_to_images() -> None:
    ours, plain = build_networks(tiny("cdcgan"))["discriminator"].double(), PlainConditionalDiscriminator(2, 1).double()
    copy_weights(ours, plain)
    images = draw(6, 1, 32, 32).requires_grad_()
    found, expected = (torch.autograd.grad(net(images, LABELS).square().sum(), images)[0] for net in (ours, plain))
    torch.testing.assert_close(found, expected)


def test_what_d_learns_of_a_class_is_summed_in_a_fixed_order() -> None:
    """Many images share a class, and two threads must not race for its sum."""
    network = build_networks(tiny("cdcgan", {"model.ndf": 16}))["discriminator"]
    images, labels = torch.zeros(128, 1, 32, 32), torch.arange(128) % 2
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        condition = network._condition(images, labels)
        weights = draw(*condition.shape).float()
        first, *others = (
            torch.autograd.grad(condition, network.from_y[0].weight, weights, retain_graph=True)[0] for _ in range(5)
        )
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(first, other) for other in others)


@pytest.mark.parametrize("name", ["generator", "discriminator"])
def test_the_dcgan_of_report_004_equals_a_plain_one(name: str) -> None:
    network, x = build_networks(S6_DCGAN)[name], draw(3, 96) if name == "generator" else draw(3, 1, 28, 28)
    assert_same(network, plain_cs231n()[name], x)


@pytest.mark.parametrize("name", ["generator", "discriminator"])
def test_the_gan_of_report_003_equals_a_plain_one(name: str) -> None:
    network, x = build_networks(system(S5_GAN))[name], draw(3, 100 if name == "generator" else 784)
    assert [module.p for module in network.modules() if isinstance(module, Dropout)] == (
        [] if name == "generator" else [0.3] * 3
    )
    assert_same(network.eval(), plain_report_003()[name].eval(), x)


@pytest.mark.parametrize("name", ["generator", "discriminator"])
def test_the_conditional_gan_of_report_003_joins_an_embedding_to_its_input(name: str) -> None:
    network = build_networks(system(S5_GAN, CGAN))[name].double().eval()
    plain = plain_report_003(classes=10)[name].double().eval()
    copy_weights(network.layers, plain)
    assert network.embedding.weight.shape == (10, 10)
    x = draw(6, 100) if name == "generator" else draw(6, 1, 28, 28)
    joined = torch.cat([x.flatten(1), network.embedding.weight[LABELS]], 1)
    torch.testing.assert_close(network(x, LABELS).flatten(), plain(joined).flatten())


def test_the_vae_equals_a_plain_one() -> None:
    networks, plain = build_networks(system(S4_VAE)), PlainVAE()
    copy_weights(nn.ModuleList([networks["encoder"], networks["decoder"]]), plain)
    images = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    mean, logvar = networks["encoder"](images)
    for found, expected in zip((mean, logvar), plain.encode(images.view(3, 784)), strict=True):
        torch.testing.assert_close(found, expected)
    decoded = networks["decoder"](mean)
    assert decoded.shape == (3, 1, 28, 28)
    torch.testing.assert_close(torch.sigmoid(decoded).view(3, 784), plain.decode(mean))


def test_the_encoders_layers_come_in_reverse_in_the_decoder() -> None:
    networks = build_networks(tiny("vae", {"model.hidden": (9, 5), "model.nz": 3}))
    widths = {
        name: [(m.in_features, m.out_features) for m in network.modules() if isinstance(m, nn.Linear)]
        for name, network in networks.items()
    }
    assert widths == {"encoder": [(784, 9), (9, 5), (5, 3), (5, 3)], "decoder": [(3, 5), (5, 9), (9, 784)]}


@pytest.mark.parametrize("pieces", [2, 5])
def test_maxout_takes_the_largest_of_each_units_pieces(pieces: int) -> None:
    layer, x = Maxout(4, 3, pieces).double(), draw(7, 4)
    nn.init.normal_(layer.linear.weight, generator=torch.Generator().manual_seed(1))
    found = layer(x)
    expected = plain_maxout(x, layer.linear.weight, layer.linear.bias, 3, pieces)
    assert found.shape == (7, 3)
    torch.testing.assert_close(found, expected)
    gradients = [torch.autograd.grad(y.square().sum(), list(layer.parameters())) for y in (found, expected)]
    torch.testing.assert_close(gradients[0], gradients[1])


def test_goodfellows_discriminator_is_two_layers_of_maxout_with_dropout() -> None:
    """The input keeps 0.8, the hidden units 0.5; there is no other activation."""
    network = build_networks(system(S1_GOODFELLOW))["discriminator"].double()
    assert [type(layer).__name__ for layer in network.layers] == [
        *("Dropout", "Maxout", "Dropout", "Maxout", "Dropout", "Linear")
    ]
    assert [layer.p for layer in network.layers if isinstance(layer, Dropout)] == [0.2, 0.5, 0.5]
    x = draw(2, 784)
    first, second = (layer.linear for layer in network.layers if isinstance(layer, Maxout))
    hidden = plain_maxout(x, first.weight, first.bias, 240, 5)
    hidden = plain_maxout(hidden, second.weight, second.bias, 240, 5)
    last = network.layers[-1]
    expected = hidden @ last.weight.T + last.bias
    torch.testing.assert_close(network.eval()(x.view(2, 1, 28, 28)), expected.flatten())


def test_goodfellows_generator_ends_in_a_sigmoid() -> None:
    layers = build_networks(system(S1_GOODFELLOW))["generator"].layers
    assert [type(layer).__name__ for layer in layers] == [*("Linear", "ReLU", "Linear", "ReLU", "Linear", "Sigmoid")]


def test_the_translator_lets_noise_modulate_and_the_image_pass() -> None:
    """With no style and no last weight, the input image alone is left: a skip connection of weight 1."""
    generator = build_networks(tiny("translator"))["generator"]
    images = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    z, other = torch.zeros(3, 4), torch.ones(3, 4)
    assert not torch.equal(generator.eval()(images, z), generator(images, other))
    with torch.no_grad():
        for layer in (generator.up, generator.out):
            layer.style.weight.zero_()
    assert torch.equal(generator(images, z), generator(images, other))
    with torch.no_grad():
        generator.last.weight.zero_()
        generator.last.weight[0, -1, 1, 1] = 1
        generator.last.bias.zero_()
    torch.testing.assert_close(generator(images, z), images)


def test_the_classifier_is_report_002s_network_up_to_its_last_layer() -> None:
    network, plain = build_networks(tiny("semi"))["discriminator"], plain_dcgan(4, 2, 2, 1)["discriminator"][:-1]
    assert facts(network.features) == [*facts(plain), "Flatten(start_dim=1, end_dim=-1)"]
    copy_weights(network.features, plain)
    images = torch.rand(5, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    logits = network(images)
    assert logits.shape == (5, 10)
    torch.testing.assert_close(logits, network.last(plain(images).flatten(1)))


@pytest.mark.parametrize("kind", ["dcgan", "cdcgan", "semi"])
def test_without_norm_d_looks_at_each_image_for_itself(kind: Any) -> None:
    for norm in ("batch", "none"):
        network = build_networks(tiny(kind, {"model.d_norm": norm}))["discriminator"]
        has_norm = any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
        assert has_norm == (norm == "batch")


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


def plainly_initialised(plain: nn.Module, config: RunConfig, name: str) -> nn.Module:
    """PyTorch draws from its global generator, in the order in which layers are made."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(rng.derive_seed(config.seed, f"init/{name}"))
        for layer in plain.modules():
            if hasattr(layer, "reset_parameters"):  # what its constructor does
                layer.reset_parameters()
        if config.model.init == "xavier":  # the assignment's own function, applied afterwards
            for layer in plain.modules():
                if isinstance(layer, nn.Linear | nn.ConvTranspose2d):
                    nn.init.xavier_uniform_(layer.weight.data)
    return plain


SEEDED = {"seed": 11, "model.init": "default"}
STARTS: dict[str, tuple[RunConfig, Any]] = {
    "dcgan": (dcgan_config(7, 3, 5, 3).replace(SEEDED), lambda: plain_dcgan(7, 3, 5, 3)),
    "mlp": (S6.replace(SEEDED), plain_mlp),
    "report 003": (system(S5_GAN, SEEDED), plain_report_003),
    "cs231n": (S6_DCGAN.replace(SEEDED), plain_cs231n),
    "cs231n xavier": (S6_DCGAN.replace({"seed": 11}), plain_cs231n),
}


@pytest.mark.parametrize("name", ["generator", "discriminator"])
@pytest.mark.parametrize(("config", "plain"), list(STARTS.values()), ids=list(STARTS))
def test_default_and_xavier_weights_are_pytorchs_own_bit_for_bit(config: RunConfig, plain: Any, name: str) -> None:
    ours = build_networks(config)[name].state_dict().values()
    expected = plainly_initialised(plain()[name], config, name).state_dict().values()
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(ours, expected, strict=True))


@pytest.mark.parametrize("init", list(INITS))
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "cs231n"])
def test_starting_weights_are_a_function_of_the_seed(kind: Any, init: str) -> None:
    before = torch.random.get_rng_state()
    config = tiny(kind, {"model.init": init})
    first, again, other = (build_networks(config.replace({"seed": seed})) for seed in (1, 1, 2))
    for name in first:
        for one, same, different in zip(*(net[name].parameters() for net in (first, again, other)), strict=True):
            assert torch.isfinite(one).all()
            assert torch.equal(one, same)
            constant = one.unique().numel() == 1 and one.dim() == 1
            assert constant or not torch.equal(one, different)
    assert torch.equal(torch.random.get_rng_state(), before)


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
