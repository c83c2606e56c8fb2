"""Datasets, held in memory as tensors and prepared once; batches as a function of (seed, images drawn)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gancore.config import RunConfig
from gancore.config.datasets import TOYS
from gancore.data import cifar, idx, olivetti
from gancore.data.batches import Batch, BatchStream, Images
from gancore.data.bold import bold_twins, thin_and_thick
from gancore.data.digits import load_digits8
from gancore.data.errors import BadImages, DataUnavailable
from gancore.data.identity import digest
from gancore.data.imported import find, load_imported, version
from gancore.data.mnist5k import load_mnist5k
from gancore.data.roots import cache_root, data_root
from gancore.data.toys import TOY_SIGMA, load_toy

__all__ = [
    "BadImages",
    "Batch",
    "BatchStream",
    "DataUnavailable",
    "Images",
    "available",
    "cache_root",
    "data_root",
    "load",
]


def available(name: str, own: str = "") -> bool:
    """Whether `name` can be loaded without a download; of imported images, whether the set `own` is here."""
    if name == "own":
        return find(own) is not None
    if name in idx.IDX_SETS:
        return idx.is_present(name, data_root())
    others = {"cifar10": cifar.is_present, "olivetti": olivetti.is_present}
    return name not in others or others[name](data_root())


def load(config: RunConfig, split: str = "train") -> Images:
    """A split as `config` wants it: `train`, of which there are `config.images`, or `test`. Raises `DataUnavailable`.

    The chosen classes keep their numbers. Of each, an imbalance leaves the first in the file, and a limit then leaves
    the first of all; neither applies to the test split. Imported images have no test split: it is all of them.
    """
    data, training = config.data, split == "train"
    stamp = version(data.own) if data.name == "own" else 0
    whole = _load(
        *(data.name, data.own, stamp, data.own_counts, data.own_hash, data.points),
        *(split, data.image_size, data_root(), cache_root()),
    )
    images = _first_of_each(whole, [count if training else count and len(whole) for count in config.class_counts])
    limit = data.limit if training else None
    if data.name in TOYS:
        return images[:limit]
    if config.model.nc == 1:
        images = replace(images, pixels=_grey(images.pixels))
    if config.kind.condition == "image":
        images = _translations(images, data.pairs, limit)
    return replace(images, pixels=images.pixels.expand(-1, config.model.nc, -1, -1))[:limit]


@lru_cache(maxsize=4)
def _load(
    name: str,
    own: str,
    _stamp: int,  # tells an imported set from an earlier one of that name
    own_counts: tuple[int, ...],
    own_hash: str,
    points: tuple[tuple[float, ...], ...],
    split: str,
    size: int,
    root: Path,
    cache: Path,
) -> Images:
    """A whole split, in the order of its files."""
    if name in TOYS:
        coordinates, labels = load_toy(name, split, points)
        drawn = points if name == "drawn" else ()
        return Images(coordinates, labels, origin=digest(f"{name} {TOY_SIGMA[name]} {drawn}", labels))
    if name == "own":
        pixels, labels, held = load_imported(own, own_counts, own_hash)
        return Images(resize(pixels, size), labels, origin=held)
    if name == "cifar10":
        pixels, labels = cifar.load_cifar(split, root)
    elif name in idx.IDX_SETS:
        pixels, labels = idx.load_idx(name, split, root)
    elif name == "olivetti":
        pixels, labels = olivetti.load_olivetti(split, root)
    elif name == "digits-8x8":
        pixels, labels = load_digits8(split)
    else:
        pixels, labels = load_mnist5k(split, cache)
    resized = resize(pixels if pixels.ndim == 4 else pixels[:, None], size)
    return Images(resized, labels, origin=digest(pixels, labels))


def resize(pixels: Tensor, size: int) -> Tensor:
    """uint8 images (N, C, H, W) scaled to `size` x `size`, bilinear and antialiased as torchvision's Resize on PIL."""
    if pixels.shape[-1] == size:
        return pixels.contiguous()
    parts = [
        interpolate(part.float(), size=(size, size), mode="bilinear", antialias=True).round().clamp(0, 255).byte()
        for part in torch.split(pixels, 10_000)
    ]
    return torch.cat(parts)


def _grey(pixels: Tensor) -> Tensor:
    """The luminance (N, 1, H, W) of images as ITU-R 601 weighs it and PIL rounds it; grey ones stay as they are."""
    if pixels.shape[1] == 1:
        return pixels
    weights = torch.tensor([19595, 38470, 7471], dtype=torch.int32)[:, None, None]  # of 2**16
    parts = [
        ((part * weights).sum(dim=1, keepdim=True, dtype=torch.int32) + 2**15 >> 16).byte()
        for part in torch.split(pixels, 10_000)
    ]
    return torch.cat(parts)


def _first_of_each(images: Images, counts: Sequence[int]) -> Images:
    """The first so many images of each class, in the order in which they were."""
    places = [(images.labels == label).nonzero()[:count, 0] for label, count in enumerate(counts)]
    chosen = torch.cat(places).sort().values
    return images if len(chosen) == len(images) else images[chosen]  # most runs use all, and need no copy


def _translations(images: Images, pairs: str, limit: int | None) -> Images:
    """Bold images, each with a regular one as its source: its own twin, or another one's."""
    if pairs == "thickened":
        images = images[:limit]  # first, for each twin takes its time
        return replace(images, pixels=bold_twins(images.pixels, cache_root()), sources=images.pixels)
    thin, thick = thin_and_thick(images.pixels, images.labels, cache_root())
    return replace(images[thick], sources=images.pixels[thin])
