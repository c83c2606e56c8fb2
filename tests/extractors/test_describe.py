from __future__ import annotations

import math
import os
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from gancore import rng
from gancore.config import RunConfig
from gancore.data import load
from gancore.data.batches import to_range
from gancore.extractors import inception
from gancore.extractors.classifier import CLASSES, WEIGHTS, WIDTH, Classifier, load_classifier
from gancore.extractors.describe import EXTRACTOR_OF, NotAvailable, describe, extractor_for, fitted
from gancore.extractors.training import RECIPES, SHIFT, accuracy, augmented, save

WANTED = {"mnist-cnn-v1": 0.99, "fashion-cnn-v1": 0.91}
needs_data = pytest.mark.skipif("GANCORE_DATA" not in os.environ, reason="needs the full data sets")


def held_out(name: str = "mnist-5k", size: int = 28) -> tuple[torch.Tensor, torch.Tensor]:
    images = load(RunConfig().replace({"data.name": name, "data.image_size": size, "model.kind": "mlp"}), "test")
    return to_range(images.pixels, "-1..1"), images.labels


@needs_data
@pytest.mark.parametrize("name", WANTED)
def test_an_extractor_tells_the_real_test_set_as_well_as_its_file_says(name: str) -> None:
    reached = accuracy(load_classifier(name), RECIPES[name].dataset)
    assert reached >= WANTED[name]
    with safe_open(WEIGHTS / f"{name}.safetensors", "pt") as file:
        assert float(file.metadata()["test_accuracy"]) == pytest.approx(reached, abs=3e-4)


def test_the_digits_that_come_along_are_told() -> None:
    """All are of MNIST's training set, from which the extractor learned: its weights are whole, no more than that."""
    images = load(RunConfig().replace({"data.image_size": 28, "model.kind": "mlp"}))
    found = describe(to_range(images.pixels, "-1..1"), "mnist-cnn-v1").classes
    assert (found == images.labels).float().mean() >= 0.995
    assert all((found[images.labels == label] == label).float().mean() >= 0.985 for label in range(CLASSES))


@pytest.mark.parametrize("size", [28, 32, 64])
def test_digits_are_told_in_any_size(size: int) -> None:
    images, labels = held_out(size=size)
    found = describe(images, "mnist-cnn-v1")
    assert found.features.shape == (500, WIDTH)
    assert found.probabilities.shape == (500, CLASSES)
    assert torch.allclose(found.probabilities.sum(1), torch.ones(500), atol=1e-5)
    assert (found.classes == labels).float().mean() >= 0.98


def test_an_image_is_described_alone() -> None:
    """Neither its neighbours nor the portion that it comes in matter; colour channels are averaged."""
    images, _ = held_out()
    together, alone = describe(images, "mnist-cnn-v1"), describe(images[7:8], "mnist-cnn-v1")
    assert torch.allclose(together.features[7:8], alone.features, atol=1e-4)
    coloured = describe(images[:5].expand(-1, 3, -1, -1), "mnist-cnn-v1")
    assert torch.allclose(together.features[:5], coloured.features, atol=1e-4)


@pytest.mark.parametrize("name", WANTED)
def test_the_weights_are_small_and_fixed(name: str) -> None:
    assert (WEIGHTS / f"{name}.safetensors").stat().st_size < 400_000
    network = load_classifier(name)
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert load_classifier(name) is network


def test_every_extractor_has_its_recipe_and_its_weights() -> None:
    assert set(EXTRACTOR_OF.values()) == set(RECIPES) == {path.stem for path in WEIGHTS.glob("*.safetensors")}


def test_images_are_scaled_as_real_ones_are() -> None:
    small = torch.linspace(-1, 1, 28)[None, None, :, None].expand(1, 1, 28, 28)
    assert fitted(small) is not None
    assert torch.equal(fitted(small), small)
    assert fitted(torch.full((2, 3, 64, 64), 0.25)).shape == (2, 1, 28, 28)
    assert torch.allclose(fitted(torch.full((2, 3, 64, 64), 0.25)), torch.tensor(0.25))


@pytest.mark.parametrize("shape", [(40, 28), (28, 40), (28, 12)])
def test_images_of_any_shape_become_squares(shape: tuple[int, int]) -> None:
    """Also where one side is right already: a ramp along the other stays a ramp."""
    images = torch.linspace(-1, 1, shape[0])[:, None].expand(1, 1, *shape)
    found = fitted(images)
    assert found.shape == (1, 1, 28, 28)
    assert torch.allclose(found[0, 0, :, 0], torch.linspace(-1, 1, 28), atol=0.03)
    assert torch.allclose(found, found[..., :1].expand_as(found), atol=1e-5)


@pytest.mark.parametrize("dataset", ["cifar10", "olivetti", "own", "kmnist"])
def test_where_no_extractor_fits_it_says_what_is_missing(dataset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inception, "find_spec", lambda _name: None)
    with pytest.raises(NotAvailable, match="Inception needs torch-fidelity with its weights") as caught:
        extractor_for(dataset)
    assert "\n" not in str(caught.value)


def test_inception_is_taken_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(inception, "find_spec", lambda _name: object())
    monkeypatch.setattr(inception, "weights_path", lambda: tmp_path / "weights")
    with pytest.raises(NotAvailable):
        extractor_for("cifar10")
    (tmp_path / "weights").touch()
    assert extractor_for("cifar10") == "inception-v3"
    assert extractor_for("mnist") == "mnist-cnn-v1"


def test_inception_is_given_coloured_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    given = []

    def network(pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        given.append(pixels)
        return torch.ones(len(pixels), 2048), torch.zeros(len(pixels), 1008)

    monkeypatch.setattr(inception, "_load", lambda: network)
    images = torch.linspace(-1, 1, 260)[:, None, None, None].expand(260, 1, 8, 8)
    done: list[int] = []
    found = describe(images, "inception-v3", done.append)
    assert done[-1] == sum(len(pixels) for pixels in given) == 260
    assert {tuple(pixels.shape[1:]) for pixels in given} == {(3, 8, 8)}
    assert given[0].dtype == torch.uint8
    assert (given[0][0].max(), given[-1][-1].min()) == (0, 255)
    assert found.features.shape == (260, 2048)
    assert torch.allclose(found.probabilities, torch.tensor(1 / 1008))


# --- training one -----------------------------------------------------------------------------------------------------


def test_images_are_moved_and_nothing_else() -> None:
    """A dot stays a dot, at most `SHIFT` away in each direction, and reaches every such place."""
    images = torch.full((2_000, 1, 28, 28), -1.0)
    images[:, 0, 14, 10] = 1
    moved = augmented(images, torch.Generator().manual_seed(0), mirrored=False)
    assert moved.shape == images.shape
    assert ((moved == 1).sum((1, 2, 3)) == 1).all()
    places = (moved == 1).nonzero()[:, 2:] - torch.tensor([14, 10])
    assert {tuple(place) for place in places.tolist()} == {
        (down, right) for down in range(-SHIFT, SHIFT + 1) for right in range(-SHIFT, SHIFT + 1)
    }


def test_half_of_the_images_are_mirrored_where_that_is_allowed() -> None:
    images = torch.full((2_000, 1, 28, 28), -1.0)
    images[:, 0, :, 3] = 1
    moved = augmented(images, torch.Generator().manual_seed(0), mirrored=True)
    right = (moved[:, 0, 14, 14:] == 1).any(1).float().mean()
    assert float(right) == pytest.approx(0.5, abs=0.05)


def test_an_extractor_survives_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = Classifier()
    with torch.no_grad():
        for weight in network.parameters():
            weight.copy_(torch.randn(weight.shape, generator=rng.generator(0, "test")) / math.sqrt(weight.numel()))
    save(network, tmp_path / "small.safetensors", {"test_accuracy": "0"})
    monkeypatch.setattr("gancore.extractors.classifier.WEIGHTS", tmp_path)
    images = torch.rand(3, 1, 28, 28, generator=rng.generator(1, "test"))
    assert torch.allclose(load_classifier("small")(images), network.eval()(images), atol=1e-5)
