"""Datasets, held in memory as tensors and prepared once; batches as a function of (seed, images drawn).

No DataLoader and no PIL in the loop: a batch is an index into one uint8 tensor and a scaling to [-1, 1].
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from platformdirs import user_cache_path
from torch import Tensor
from torch.nn.functional import interpolate

from gancore import rng
from gancore.config import RunConfig
from gancore.data.errors import DataUnavailable
from gancore.data.idx import IDX_SETS, is_present, load_idx
from gancore.data.mnist5k import load_mnist5k

__all__ = ["Batch", "BatchStream", "DataUnavailable", "Images", "available", "cache_root", "data_root", "load"]


@dataclass(frozen=True)
class Images:
    """A split of a dataset: pixels (N, C, H, W) uint8, or points (N, 2) float32; labels (N,) int64."""

    pixels: Tensor
    labels: Tensor
    sources: Tensor | None = None  # regular images (N, 1, H, W) uint8, of which `pixels` are bold ones

    def __len__(self) -> int:
        return len(self.pixels)


@dataclass(frozen=True)
class Batch:
    """Images (B, C, H, W) in the run's pixel range, or points (B, 2), and their labels (B,)."""

    images: Tensor
    labels: Tensor
    sources: Tensor | None = None  # images (B, 1, H, W) to translate into such as `images`
    labelled: Batch | None = None  # images whose labels may be used, where those of `images` may not


def cache_root() -> Path:
    """Where prepared data is kept between runs; `GANCORE_CACHE` moves it."""
    return Path(os.environ.get("GANCORE_CACHE") or user_cache_path("gan-workbench"))


def data_root() -> Path:
    """Where torchvision's datasets are looked for and downloaded to: `GANCORE_DATA`, else a folder in the cache."""
    return Path(os.environ.get("GANCORE_DATA") or cache_root() / "data")


def available(name: str) -> bool:
    """Whether loading `name` needs no download."""
    return name not in IDX_SETS or is_present(name, data_root())


def load(config: RunConfig, split: str = "train") -> Images:
    """A split as `config` wants it, from memory if it was loaded before. Raises `DataUnavailable`."""
    data = config.data
    full = _load(data.name, split, data.image_size, data_root())
    limit = data.limit if split == "train" else None
    return Images(full.pixels[:limit].expand(-1, config.model.nc, -1, -1), full.labels[:limit])


@lru_cache(maxsize=4)
def _load(name: str, split: str, size: int, root: Path) -> Images:
    raw, labels = load_idx(name, split, root) if name in IDX_SETS else load_mnist5k(split, cache_root())
    return Images(resize(raw[:, None], size), labels)


def resize(pixels: Tensor, size: int) -> Tensor:
    """uint8 images (N, C, H, W) scaled to `size` x `size`, bilinear and antialiased as torchvision's Resize on PIL."""
    if pixels.shape[-1] == size:
        return pixels.contiguous()
    parts = [
        interpolate(part.float(), size=(size, size), mode="bilinear", antialias=True).round().clamp(0, 255).byte()
        for part in torch.split(pixels, 10_000)
    ]
    return torch.cat(parts)


class BatchStream:
    """The endless sequence of batches of a run, epoch after epoch, the last partial batch of each dropped.

    `drawn` counts images taken, dropped ones included; it is all the state there is. The same seed, data and
    `drawn` give the same batch, so a resumed run goes on exactly where it was.
    """

    def __init__(
        self,
        images: Images,
        batch_size: int,
        seed: int,
        *,
        shuffle: bool = True,
        scale: str = "-1..1",  # what black and white become, as `data.range`
        labelled: int = 0,  # images whose labels may be used; 0 where that makes no difference
        drawn: int = 0,
        device: str | torch.device = "cpu",
    ) -> None:
        if batch_size > len(images):
            raise ValueError(f"a batch of {batch_size} cannot be drawn from {len(images)} images")
        self.drawn = drawn
        self._pixels = images.pixels.to(device)
        self._labels = images.labels.to(device)
        self._batch_size = batch_size
        self._seed = seed
        self._shuffle = shuffle
        self._order: tuple[int, Tensor] | None = None  # (epoch, permutation)

    @property
    def epoch(self) -> float:
        """Passes over the data so far."""
        return self.drawn / len(self._pixels)

    def next(self) -> Batch:
        """The next full batch."""
        epoch, start = divmod(self.drawn, len(self._pixels))
        if start + self._batch_size > len(self._pixels):
            epoch, start = epoch + 1, 0
        end = start + self._batch_size
        self.drawn = epoch * len(self._pixels) + end
        chosen = self._permutation(epoch)[start:end].to(self._pixels.device)
        images = self._pixels[chosen].float().div_(127.5).sub_(1)
        return Batch(images.contiguous(memory_format=torch.channels_last), self._labels[chosen])

    def _permutation(self, epoch: int) -> Tensor:
        if self._order is None or self._order[0] != epoch:
            count = len(self._pixels)
            shuffled = torch.randperm(count, generator=rng.generator(self._seed, "shuffle", epoch))
            self._order = (epoch, shuffled if self._shuffle else torch.arange(count))
        return self._order[1]
