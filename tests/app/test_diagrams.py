"""The picture of networks, read as XML."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from gancore.config import RunConfig, needed
from gancore.config.kinds import KINDS
from gancore.models.layers import Layer, describe_layers
from ui.figures.networks import arrange, networks_svg, short_kind

NAMESPACE = "{http://www.w3.org/2000/svg}"


def networks(kind: str, **changes: object):
    return describe_layers(RunConfig().replace({"model.kind": kind} | needed("model.kind", kind) | changes))


def texts(picture: str, tag: str = "text") -> list[str]:
    return ["".join(element.itertext()) for element in ElementTree.fromstring(picture).iter(NAMESPACE + tag)]


def test_the_picture_of_the_baseline_says_what_there_is():
    picture = networks_svg(networks("dcgan"))
    words = texts(picture)
    for text in ("z", "100", "128×4×4", "64×8×8", "32×16×16", "1×32×32", "G(z)", "images", "D(images)"):
        assert text in words
    assert "Generator369,600 parameters" in words
    assert "BN · LeakyReLU" in words
    assert f"{100 * 128 * 16 + 2 * 128:,}" in words
    assert f"ConvTranspose2d 4×4 → 128×4×4, {100 * 128 * 16:,} parameters" in texts(picture, "title")[1].splitlines()
    assert "#D55E00" in picture.split("Discriminator<")[0]
    assert "#0072B2" in picture.split("Discriminator<")[1]
    assert picture == networks_svg(networks("dcgan"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn_without_overlap(kind):
    found = networks(kind)
    root = ElementTree.fromstring(networks_svg(found))
    assert root.get("role") == "img"
    assert "Discriminator with" in root.get("aria-label") or "Decoder with" in root.get("aria-label")
    for layers in found.values():
        blocks = arrange(layers)
        assert len({(block.column, block.lane) for block in blocks}) == len(blocks)
        assert min(block.column for block in blocks) == 0
        for block in blocks:
            assert all(blocks[source].column < block.column for source in block.sources)
        assert any(block.is_output and block.lane == 0 for block in blocks)


def test_normalisation_and_activation_join_their_layer_and_pooling_does_not():
    kinds = [[layer.kind for layer in block.layers] for block in arrange(networks("cs231n")["discriminator"])]
    assert kinds[1:3] == [["Conv2d 5×5", "LeakyReLU 0.01"], ["MaxPool2d 2×2, stride 2"]]
    assert len(arrange(networks("dcgan")["generator"])) == 5


def test_branches_lie_below_the_main_path():
    blocks = arrange(networks("cdcgan")["generator"])
    lanes = {block.layers[0].branch: block.lane for block in blocks}
    assert (lanes["z"], lanes["from_z"], lanes["layers"]) == (0, 0, 0)
    assert (lanes["y"], lanes["from_y"]) == (1, 1)


def test_nothing_moves_while_a_width_changes():
    def frame(ngf: int, nz: int) -> str | None:
        found = networks("dcgan", **{"model.ngf": ngf, "model.nz": nz})
        return ElementTree.fromstring(networks_svg(found)).get("viewBox")

    assert frame(4, 2) == frame(1024, 4096)


def test_names_are_text_whatever_they_hold():
    odd = "<b>\"&'"
    layers = [Layer("input", (3,), 0, odd, ()), Layer(odd, (2,), 8, odd, (0,)), Layer("output", (2,), 0, "", (1,))]
    words = texts(networks_svg({odd: layers}))
    assert odd in words
    assert f"{odd}({odd})" in words


@pytest.mark.parametrize(
    ("kind", "short"),
    [
        ("ConvTranspose2d 4×4, stride 2", "ConvT 4×4 ↑2"),
        ("Conv2d 4×4, stride 2, spectral norm", "Conv 4×4 ↓2 SN"),
        ("MaxPool2d 2×2, stride 2", "MaxPool 2×2 ↓2"),
        ("Linear, spectral norm", "Linear SN"),
        ("BatchNorm1d", "BN"),
        ("LeakyReLU 0.2", "LeakyReLU"),
        ("Dropout 0.3", "Dropout"),
    ],
)
def test_words_fit_below_a_block(kind, short):
    assert short_kind(kind) == short
