"""A data set in memory, and the stream of batches from it: an index into one tensor, and a scaling.

No DataLoader and no PIL in the loop: a batch is a function of (seed, images drawn).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gancore import rng
from gancore.data.identity import digest


@dataclass(frozen=True)
class Images:
    """A split of a dataset: pixels (N, C, H, W) uint8, or points (N, 2) float32; labels (N,) int64."""

    pixels: Tensor
    labels: Tensor
    sources: Tensor | None = None  # regular images (N, 1, H, W) uint8, of which `pixels` are bold ones
    origin: str = ""  # digest of the whole data set from which they were taken, as it was read

    def fingerprint(self) -> str:
        """32 hexadecimal digits that tell this data set from any other, the same on every machine.

        Taken before images were chosen and resized: the settings say how, and the arithmetic of resizing may differ
        in the last bit between processors. Of images that were not read from anywhere, the digest of what they are.
        """
        sources = () if self.sources is None else (self.sources,)
        return self.origin or digest(self.pixels, self.labels, *sources)

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, chosen: Tensor | slice) -> Images:
        sources = None if self.sources is None else self.sources[chosen]
        return Images(self.pixels[chosen], self.labels[chosen], sources, self.origin)


@dataclass(frozen=True)
class Batch:
    """Images (B, C, H, W) in the run's pixel range, or points (B, 2), and their labels (B,)."""

    images: Tensor
    labels: Tensor
    sources: Tensor | None = None  # images (B, 1, H, W) to translate into such as `images`
    labelled: Batch | None = None  # images whose labels may be used, where those of `images` may not


class BatchStream:
    """The endless sequence of batches of a run, epoch after epoch.

    What is left at the end of an epoch makes a smaller batch if it has `least` images, and is dropped if not. `drawn`
    counts images taken, dropped ones included; it is all the state there is. The same seed, data and
    `drawn` give the same batch, so a resumed run goes on exactly where it was.
    """

    def __init__(
        self,
        images: Images,
        batch_size: int,
        seed: int,
        *,
        least: int | None = None,  # images of a batch at the end of an epoch; None: as many as of any other
        shuffle: bool = True,
        scale: str = "-1..1",  # what black and white become, as `data.range`
        labelled: int = 0,  # images whose labels may be used, as many of each class; 0 where that makes no difference
        drawn: int = 0,
        device: str | torch.device = "cpu",
    ) -> None:
        if batch_size > len(images):
            raise ValueError(f"a batch of {batch_size} cannot be drawn from {len(images)} images")
        self.drawn = drawn
        sources = None if images.sources is None else images.sources.to(device)
        self._images = Images(images.pixels.to(device), images.labels.to(device), sources)
        self._batch_size = batch_size
        self._least = batch_size if least is None else least
        self._seed = seed
        self._shuffle = shuffle
        self._scale = scale
        self._labelled = evenly(images.labels, labelled, seed)
        self._order: tuple[int, Tensor] | None = None  # (epoch, permutation)

    @property
    def epoch(self) -> float:
        """Passes over the data so far."""
        return self.drawn / len(self._images)

    def next(self) -> Batch:
        """The next batch."""
        count = len(self._images)
        epoch, start = divmod(self.drawn, count)
        if count - start < self._least:
            epoch, start = epoch + 1, 0
        end = min(start + self._batch_size, count)
        self.drawn = epoch * count + end
        labelled = self._batch(self._any_labelled()) if len(self._labelled) else None
        return self._batch(self._permutation(epoch)[start:end], labelled)

    def _batch(self, chosen: Tensor, labelled: Batch | None = None) -> Batch:
        part = self._images[chosen.to(self._images.labels.device)]
        sources = None if part.sources is None else self._scaled(part.sources)
        return Batch(self._scaled(part.pixels), part.labels, sources, labelled)

    def _scaled(self, pixels: Tensor) -> Tensor:
        if pixels.is_floating_point():  # points of the plane are what they are
            return pixels
        images = to_range(pixels, self._scale)
        return images.contiguous(memory_format=torch.channels_last)

    def _any_labelled(self) -> Tensor:
        """A full batch of the labelled images, each drawn anew, for there may be fewer of them than a batch takes."""
        stream = rng.generator(self._seed, "labelled/batch", self.drawn)
        return self._labelled[torch.randint(len(self._labelled), (self._batch_size,), generator=stream)]

    def _permutation(self, epoch: int) -> Tensor:
        if self._order is None or self._order[0] != epoch:
            count = len(self._images)
            shuffled = torch.randperm(count, generator=rng.generator(self._seed, "shuffle", epoch))
            self._order = (epoch, shuffled if self._shuffle else torch.arange(count))
        return self._order[1]


def to_range(pixels: Tensor, scale: str) -> Tensor:
    """Bytes as numbers in the pixel range `scale`, as `data.range`."""
    images = pixels.float()
    return images.div_(255) if scale == "0..1" else images.div_(127.5).sub_(1)


def evenly(labels: Tensor, count: int, seed: int) -> Tensor:
    """The places of `count` images, as many of each class, chosen at random; the first classes take what is left over.

    Where a class has too few images, the others make up for it.
    """
    shuffled = torch.randperm(len(labels), generator=rng.generator(seed, "labelled"))
    classes = labels.cpu()[shuffled]
    turn = torch.empty_like(classes)  # an image's place within its class: one of each class a turn
    for label in set(classes.tolist()):
        of_class = classes == label
        turn[of_class] = torch.arange(int(of_class.sum()))
    by_class = torch.argsort(classes, stable=True)
    return shuffled[by_class[torch.argsort(turn[by_class], stable=True)]][:count]
