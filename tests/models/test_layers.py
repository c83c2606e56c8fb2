from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from gancore.config import RunConfig, needed
from gancore.config.kinds import KINDS
from gancore.models import count_parameters, layers
from gancore.models.layers import Layer, describe_layers

Row = tuple[str, tuple[int, ...], int]


def config_of(kind: str, **changes: object) -> RunConfig:
    return RunConfig().replace({"model.kind": kind} | needed("model.kind", kind) | changes)


def rows(found: list[Layer]) -> list[Row]:
    return [(layer.kind, layer.output, layer.parameters) for layer in found]


def read_by(found: list[Layer], place: int) -> list[str]:
    """Names of what a layer reads: of an input its name, of a layer its branch."""
    return [found[source].branch for source in found[place].sources]


def test_the_baseline_has_the_layers_of_report_002() -> None:
    found = describe_layers(RunConfig())
    assert rows(found["generator"]) == [
        ("input", (100,), 0),
        ("ConvTranspose2d 4×4", (128, 4, 4), 100 * 128 * 16),
        ("BatchNorm2d", (128, 4, 4), 2 * 128),
        ("ReLU", (128, 4, 4), 0),
        ("ConvTranspose2d 4×4, stride 2", (64, 8, 8), 128 * 64 * 16),
        ("BatchNorm2d", (64, 8, 8), 2 * 64),
        ("ReLU", (64, 8, 8), 0),
        ("ConvTranspose2d 4×4, stride 2", (32, 16, 16), 64 * 32 * 16),
        ("BatchNorm2d", (32, 16, 16), 2 * 32),
        ("ReLU", (32, 16, 16), 0),
        ("ConvTranspose2d 4×4, stride 2", (1, 32, 32), 32 * 16),
        ("Tanh", (1, 32, 32), 0),
        ("output", (1, 32, 32), 0),
    ]
    assert rows(found["discriminator"]) == [
        ("input", (1, 32, 32), 0),
        ("Conv2d 4×4, stride 2", (32, 16, 16), 32 * 16),
        ("BatchNorm2d", (32, 16, 16), 2 * 32),
        ("LeakyReLU 0.2", (32, 16, 16), 0),
        ("Conv2d 4×4, stride 2", (64, 8, 8), 32 * 64 * 16),
        ("BatchNorm2d", (64, 8, 8), 2 * 64),
        ("LeakyReLU 0.2", (64, 8, 8), 0),
        ("Conv2d 4×4, stride 2", (128, 4, 4), 64 * 128 * 16),
        ("BatchNorm2d", (128, 4, 4), 2 * 128),
        ("LeakyReLU 0.2", (128, 4, 4), 0),
        ("Conv2d 4×4", (1, 1, 1), 128 * 16),
        ("output", (), 0),
    ]
    for network in found.values():  # a chain without branches
        assert [layer.sources for layer in network] == [(), *((place,) for place in range(len(network) - 1))]
        assert [layer.branch for layer in network[1:]] == [""] * (len(network) - 1)
    assert found["generator"][0].branch == "z"


@pytest.mark.parametrize(
    "changes",
    [{}, {"model.spectral_norm": True}, {"model.maxout": 3, "model.dropout": 0.3, "model.input_dropout": 0.2}],
    ids=["plain", "spectral", "maxout"],
)
@pytest.mark.parametrize("kind", KINDS)
def test_the_parameters_of_layers_add_up_and_every_layer_is_fed(kind: str, changes: dict[str, object]) -> None:
    config = config_of(kind, **changes)
    found = describe_layers(config)
    sums = {name: sum(layer.parameters for layer in network) for name, network in found.items()}
    assert sums == count_parameters(config)
    for network in found.values():
        assert network[0].kind == "input"
        assert network[-1].kind == "output"
        for place, layer in enumerate(network):
            assert all(source < place for source in layer.sources)
            assert bool(layer.sources) == (layer.kind != "input")
        read = {source for layer in network for source in layer.sources}
        assert read == {place for place, layer in enumerate(network) if layer.kind != "output"}


def test_spectral_norm_changes_the_words_and_nothing_else() -> None:
    plain, normed = (describe_layers(config_of("dcgan", **{"model.spectral_norm": on})) for on in (False, True))
    assert normed["generator"] == plain["generator"]
    without = [(kind.removesuffix(", spectral norm"), *rest) for kind, *rest in rows(normed["discriminator"])]
    assert without == rows(plain["discriminator"])
    assert sum("spectral norm" in layer.kind for layer in normed["discriminator"]) == 4


def test_what_a_module_adds_to_its_layers_is_a_layer() -> None:
    found = describe_layers(config_of("mlp", **{"model.maxout": 5, "model.d_hidden": (240,)}))["discriminator"]
    assert rows(found)[1:3] == [("Linear", (1200,), (1024 + 1) * 1200), ("Maxout", (240,), 0)]


def test_points_of_the_plane_are_samples_too() -> None:
    ring = RunConfig().replace({"data.name": "ring"} | needed("data.name", "ring"))
    assert describe_layers(ring)["generator"][-1].output == (2,)
    assert describe_layers(ring)["discriminator"][0].output == (2,)


def test_branches_are_named_and_labels_enter_theirs() -> None:
    for network, sample in (("generator", "z"), ("discriminator", "x")):
        found = describe_layers(config_of("cdcgan"))[network]
        places = {branch: next(i for i, layer in enumerate(found) if layer.branch == branch) for branch in
                  (f"from_{sample}", "from_y", "layers")}  # fmt: skip
        assert read_by(found, places["from_y"]) == ["y"]
        assert found[places[f"from_{sample}"]].sources == (0,)
        assert read_by(found, places["layers"]) == [f"from_{sample}", "from_y"]


def test_connections_that_skip_layers_are_seen() -> None:
    found = describe_layers(config_of("translator"))["generator"]
    last = next(place for place, layer in enumerate(found) if layer.branch == "last")
    assert read_by(found, last) == ["images", "out"]
    assert {found[source].branch for layer in found if layer.branch == "out" for source in layer.sources} == {
        *("outer", "up", "z", "out")
    }


def test_a_layer_that_is_called_twice_counts_once_and_shapes_are_no_layers() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.flat = nn.Flatten()
            self.linear = nn.Linear(4, 4)
            self.linear.bias.requires_grad_(False)

        def forward(self, x: Tensor) -> Tensor:
            once: Tensor = self.linear(self.flat(x))
            return once + self.linear(once)

    found = layers._follow(Twice(), (torch.zeros(2, 1, 2, 2),))
    assert rows(found) == [("input", (1, 2, 2), 0), ("Linear", (4,), 16), ("Linear", (4,), 0), ("output", (4,), 0)]
    assert found[-1].sources == (1, 2)


def test_only_what_shapes_the_networks_is_looked_at_again() -> None:
    first = describe_layers(RunConfig())
    assert describe_layers(RunConfig().replace({"seed": 3, "optim.lr_g": 0.1, "train.epochs": 2})) is first
    assert describe_layers(RunConfig().replace({"model.ngf": 33})) is not first


def test_no_global_random_numbers_are_drawn() -> None:
    before = torch.random.get_rng_state()
    describe_layers(config_of("cmlp", **{"model.nz": 77}))
    assert torch.equal(torch.random.get_rng_state(), before)
