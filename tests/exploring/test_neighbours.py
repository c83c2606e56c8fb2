from __future__ import annotations

from typing import Any

import pytest
import torch

from gancore import metrics
from gancore.data import DataUnavailable, Images
from gancore.exploring import neighbours
from gancore.exploring.neighbours import Gallery, NotAvailable, gallery_of
from gancore.extractors import describe
from tests.miniatures import tiny

CONFIG = tiny("dcgan")


def images(count: int, seed: int) -> Images:
    source = torch.Generator().manual_seed(seed)
    pixels = torch.randint(256, (count, 1, 32, 32), generator=source, dtype=torch.uint8)
    return Images(pixels, torch.arange(count) % 10)


@pytest.fixture
def gallery(monkeypatch: pytest.MonkeyPatch) -> Gallery:
    splits = {"train": images(60, 1), "test": images(40, 2)}
    monkeypatch.setattr(neighbours, "load", lambda _config, split="train": splits[split])
    monkeypatch.setattr(neighbours, "_AT_ONCE", 25)  # so that there are several portions
    return Gallery(CONFIG)


def as_shown(pixels: torch.Tensor) -> torch.Tensor:
    return pixels.float() / 127.5 - 1


def test_a_copy_of_a_training_image_is_found_at_no_distance(gallery: Gallery) -> None:
    found = gallery.in_pixels(as_shown(gallery.training.pixels[37:38]))
    assert found.places[0] == 37
    assert found.distances[0] == 0
    assert found.labels[0] == 7
    assert torch.equal(found.images[0], as_shown(gallery.training.pixels[37]))
    assert found.searched == 60
    assert found.closer == 1


def test_neighbours_are_the_nearest_ones_in_order(gallery: Gallery) -> None:
    image = as_shown(images(1, 3).pixels)
    every = (as_shown(gallery.training.pixels).flatten(1).double() - image.flatten(1)).norm(dim=1)
    found = gallery.in_pixels(image)
    wanted = every.topk(neighbours.FOUND, largest=False)
    assert found.places == wanted.indices.tolist()
    assert found.distances == pytest.approx(wanted.values.tolist())


def test_held_out_images_say_what_is_usual(gallery: Gallery) -> None:
    found = gallery.in_pixels(as_shown(images(1, 3).pixels))
    test = as_shown(images(40, 2).pixels).flatten(1)
    wanted = metrics.nearest_distance(test, as_shown(gallery.training.pixels).flatten(1)).sort().values
    assert found.usual == pytest.approx(wanted.tolist())
    assert found.closer is not None
    assert 0 < found.closer < 1


def test_in_features_a_copy_is_found_too(gallery: Gallery) -> None:
    found = gallery.in_features(as_shown(gallery.training.pixels[37:38]))
    assert found.places[0] == 37
    assert found.distances[0] == pytest.approx(0, abs=1e-4)
    features = [
        describe.describe(as_shown(part), "mnist-cnn-v1").features for part in gallery.training.pixels.split(60)
    ]
    mine = describe.describe(as_shown(images(1, 3).pixels), "mnist-cnn-v1").features
    wanted = (features[0] - mine).norm(dim=1).topk(3, largest=False)
    assert gallery.in_features(as_shown(images(1, 3).pixels)).places[:3] == wanted.indices.tolist()


def test_without_held_out_images_nothing_is_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    training = images(60, 1)

    def load(_config: Any, split: str = "train") -> Images:
        if split == "test":
            raise DataUnavailable("there are none")
        return training

    monkeypatch.setattr(neighbours, "load", load)
    found = Gallery(CONFIG).in_pixels(as_shown(images(1, 3).pixels))
    assert found.usual == []
    assert found.closer is None


def test_images_that_no_extractor_knows_have_no_features(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_name: str) -> str:
        raise NotAvailable("no features")

    monkeypatch.setattr(neighbours, "extractor_for", refuse)
    with pytest.raises(NotAvailable):
        gallery.in_features(as_shown(images(1, 3).pixels))


def test_runs_of_the_same_data_share_a_gallery() -> None:
    assert gallery_of(CONFIG) is gallery_of(CONFIG.replace({"optim.lr_g": 1e-3, "seed": 4}))
    assert gallery_of(CONFIG) is not gallery_of(CONFIG.replace({"data.limit": 42}))
