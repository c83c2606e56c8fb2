"""What can be said of every dataset without loading it. No torch in here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

DatasetName = Literal[
    "mnist-5k",
    "mnist",
    "fashion-mnist",
    "kmnist",
    "cifar10",
    "olivetti",
    "digits-8x8",
    "ring",
    "grid",
    "spirals",
    "drawn",
    "own",
]

TOYS: tuple[DatasetName, ...] = ("ring", "grid", "spirals", "drawn")  # points in the plane, not images
IMAGES: tuple[DatasetName, ...] = tuple(name for name in get_args(DatasetName) if name not in TOYS)
TOY_POINTS = 20_000

_DIGITS = tuple("0123456789")
_GARMENTS = ("T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
_KANA = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
_CIFAR = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@dataclass(frozen=True)
class DatasetInfo:
    """A dataset's training split, for people and for counting steps."""

    title: str
    counts: tuple[int, ...]  # samples of each class, in the order of the labels; empty where the config says it
    classes: tuple[str, ...] = ()  # their names
    channels: Literal[1, 3] = 1
    download: str = ""  # what the first use fetches, for people; empty when nothing


DATASETS: dict[DatasetName, DatasetInfo] = {
    "mnist-5k": DatasetInfo(
        "MNIST, 5,000 digits (no download)", (442, 447, 445, 464, 452, 449, 455, 457, 443, 446), _DIGITS
    ),
    "mnist": DatasetInfo(
        "MNIST, 60,000 digits",
        (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949),
        _DIGITS,
        download="12 MB",
    ),
    "fashion-mnist": DatasetInfo("Fashion-MNIST, 60,000 garments", (6_000,) * 10, _GARMENTS, download="31 MB"),
    "kmnist": DatasetInfo("KMNIST, 60,000 Kuzushiji characters", (6_000,) * 10, _KANA, download="21 MB"),
    "cifar10": DatasetInfo("CIFAR-10, 50,000 colour photographs", (5_000,) * 10, _CIFAR, 3, "171 MB"),
    "olivetti": DatasetInfo("Olivetti, 400 faces", (9,) * 40, tuple(f"person {n}" for n in range(1, 41)), 1, "4 MB"),
    "digits-8x8": DatasetInfo(
        "scikit-learn's 8x8 digits (no download)", (151, 151, 150, 153, 148, 152, 151, 149, 146, 149), _DIGITS
    ),
    "ring": DatasetInfo("Toy: ring of 8 Gaussians", (TOY_POINTS // 8,) * 8),
    "grid": DatasetInfo("Toy: grid of 25 Gaussians", (TOY_POINTS // 25,) * 25),
    "spirals": DatasetInfo("Toy: two spirals", (TOY_POINTS // 2,) * 2),
    "drawn": DatasetInfo("Toy: drawn by hand", (TOY_POINTS,)),
    "own": DatasetInfo("Images of your own", ()),
}


@lru_cache(maxsize=1_000)
def used_counts(counts: tuple[int, ...], classes: tuple[int, ...] | None, imbalance: float) -> tuple[int, ...]:
    """Samples of each class that are left: none of classes that were not chosen, and fewer from class to class.

    `imbalance` is the share of its samples that the last chosen class keeps; the first keeps all, and those between
    follow a geometric series (the long tail of Cui et al. 2019).
    """
    chosen = range(len(counts)) if classes is None else sorted(set(classes))
    last = max(len(chosen) - 1, 1)
    kept = {label: max(1, round(counts[label] * imbalance ** (place / last))) for place, label in enumerate(chosen)}
    return tuple(kept.get(label, 0) for label in range(len(counts)))
