from __future__ import annotations

from typing import get_args

import pytest

from gancore.config.datasets import DATASETS, IMAGES, TOY_POINTS, TOYS, DatasetName, used_counts


def test_the_table_covers_every_name_and_every_name_is_of_images_or_a_toy() -> None:
    assert tuple(DATASETS) == get_args(DatasetName)
    assert set(IMAGES) | set(TOYS) == set(DATASETS)
    assert not set(IMAGES) & set(TOYS)


def test_what_is_there_without_a_download() -> None:
    at_hand = [name for name, info in DATASETS.items() if not info.download]
    assert at_hand == ["mnist-5k", "digits-8x8", *TOYS, "own"]


@pytest.mark.parametrize(
    ("name", "samples", "classes"),
    [
        ("mnist-5k", 4_500, 10),  # 500 of them are kept for tests
        ("mnist", 60_000, 10),
        ("fashion-mnist", 60_000, 10),
        ("kmnist", 60_000, 10),
        ("cifar10", 50_000, 10),
        ("olivetti", 360, 40),  # 9 of 10 images of each person
        ("digits-8x8", 1_500, 10),  # 297 of 1,797 are kept for tests
        ("ring", TOY_POINTS, 8),
        ("grid", TOY_POINTS, 25),
        ("spirals", TOY_POINTS, 2),
        ("drawn", TOY_POINTS, 1),
        ("own", 0, 0),
    ],
)
def test_samples_are_known_without_loading(name: DatasetName, samples: int, classes: int) -> None:
    info = DATASETS[name]
    assert (sum(info.counts), len(info.counts)) == (samples, classes)
    assert len(info.classes) in (0, classes)
    assert len(set(info.classes)) == len(info.classes)
    assert info.channels == (3 if name == "cifar10" else 1)
    assert info.title


@pytest.mark.parametrize(
    ("counts", "classes", "imbalance", "left"),
    [
        ((10, 20, 30), None, 1.0, (10, 20, 30)),
        ((10, 20, 30), (1,), 1.0, (0, 20, 0)),
        ((10, 20, 30), (2, 0), 1.0, (10, 0, 30)),
        ((10, 20, 30), (0, 0, 2), 1.0, (10, 0, 30)),
        ((100, 100, 100), None, 0.01, (100, 10, 1)),  # a geometric series from 1 to 0.01
        ((100, 100, 100), (0, 2), 0.25, (100, 0, 25)),
        ((100, 100, 100), (1,), 0.25, (0, 100, 0)),  # a single class is the first, which keeps all
        ((3, 3), None, 0.001, (3, 1)),  # never none at all
        ((), None, 1.0, ()),
    ],
)
def test_what_is_left_of_each_class(
    counts: tuple[int, ...], classes: tuple[int, ...] | None, imbalance: float, left: tuple[int, ...]
) -> None:
    assert used_counts(counts, classes, imbalance) == left
