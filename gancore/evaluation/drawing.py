"""What is drawn from a run's networks to be measured, and what it was made from besides noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from gancore import rng
from gancore.algorithms import Algorithm
from gancore.config import RunConfig
from gancore.sampling.latent import linear_path, spherical_path
from gancore.sampling.samples import draw, shown

NOISES = 16  # that a translator is given with each of some images
COLUMNS = 40  # noises that each of the classes is drawn with
PATHS, STEPS = 16, 16  # through the latent space, and the steps of each
MANY = 20_000  # points of which a density is estimated


@dataclass(frozen=True)
class Samples:
    """Samples of a run's networks and what they were made from besides noise.

    Images may go beyond [-1, 1], where a network's output has no such bounds; `shown` are those that are measured.
    """

    images: Tensor  # (N, C, H, W), black -1 and white 1, or points (N, 2)
    classes: Tensor | None = None  # (N,), of a conditional or translating network
    sources: Tensor | None = None  # images (N, 1, H, W) in [0, 1] that were to be translated
    variants: Tensor | None = None  # (S, M, 1, H, W): what M noises make of each of the first S sources
    others: Tensor | None = None  # (N, 1, H, W): what is made of sources of classes that the run has not seen
    columns: Tensor | None = None  # (K, M, C, H, W): images of K classes from the same M noises
    paths: Mapping[str, Tensor] = field(default_factory=dict)  # (P, S + 1, C, H, W) along each kind of path
    many: Tensor | None = None  # (N, 2): more points

    def shown(self) -> Samples:
        """The same as pictures show it."""
        return replace(
            self,
            images=shown(self.images),
            variants=None if self.variants is None else shown(self.variants),
            others=None if self.others is None else shown(self.others),
            columns=None if self.columns is None else shown(self.columns),
            paths={name: shown(images) for name, images in self.paths.items()},
        )


@dataclass(frozen=True)
class Drawing:
    """How samples are drawn beside the plain ones: from G itself, or from the average of its weights.

    The noise of each kind is the same each time.
    """

    algorithm: Algorithm
    config: RunConfig
    raw: bool

    def variants(self, sources: Tensor) -> Tensor:
        """What different noises make of each of some sources (S, 1, H, W): (S, M, 1, H, W)."""
        given = sources.repeat_interleave(NOISES, 0)
        return self._draw(self._noise(len(given), "noise"), given).view(len(sources), NOISES, *sources.shape[1:])

    def others(self, sources: Tensor) -> Tensor:
        """What is made of sources (N, 1, H, W) that are unlike those of the training."""
        return self._draw(self._noise(len(sources), "others"), sources)

    def columns(self) -> Tensor:
        """Images of each class (K, M, C, H, W), a column of them from the same noise."""
        classes = torch.tensor(self.config.labels_in_use)
        noise = self._noise(COLUMNS, "columns").repeat(len(classes), 1)
        images = self._draw(noise, classes.repeat_interleave(COLUMNS))
        return images.view(len(classes), COLUMNS, *images.shape[1:])

    def paths(self) -> dict[str, Tensor]:
        """Images along straight and along spherical paths, and as many from unrelated noise: (P, S + 1, C, H, W).

        Along each path the class stays the same.
        """
        start, end = self._noise(2 * PATHS, "paths").chunk(2)
        unrelated = self._noise(PATHS * (STEPS + 1), "sequences").view(PATHS, STEPS + 1, -1)
        ways = {
            "linear": linear_path(start, end, STEPS),
            "spherical": spherical_path(start, end, STEPS),
            "random": unrelated,
        }
        classes = None
        if self.config.kind.condition == "class":
            in_use = torch.tensor(self.config.labels_in_use)
            classes = in_use[torch.arange(PATHS) % len(in_use)].repeat_interleave(STEPS + 1)
        images = {name: self._draw(noise.flatten(0, 1), classes) for name, noise in ways.items()}
        return {name: found.view(PATHS, STEPS + 1, *found.shape[1:]) for name, found in images.items()}

    def many(self) -> Tensor:
        """Many points (N, 2)."""
        return self._draw(self._noise(MANY, "many"), None)

    def _noise(self, count: int, stream: str) -> Tensor:
        return self.algorithm.latents(count, rng.generator(self.config.seed, f"evaluation/{stream}"))

    def _draw(self, noise: Tensor, condition: Tensor | None) -> Tensor:
        return draw(self.algorithm, noise, condition, raw=self.raw)
