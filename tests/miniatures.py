"""Every family in miniature, batches drawn by hand, and how to tell whether two states are the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from gancore.algorithms import Algorithm, build_algorithm
from gancore.config import RunConfig, needed
from gancore.config.kinds import KINDS, ModelKind
from gancore.data import Batch, Images
from gancore.rng import StepRng

Scalars = dict[str, Tensor]

# 5 batches an epoch with 3 images left over, 20 steps in all.
SHORT = {"data.limit": 43, "train.batch_size": 8, "train.epochs": 4, "train.preview_every": 1000, "model.nz": 4}
SHORT |= {"train.evaluate_every": 0, "train.final_samples": 0}
TINY: Mapping[str, Any] = SHORT | {
    "data.labels": 10,
    "model.ngf": 2,
    "model.ndf": 2,
    "model.hidden": (16,),
    "model.g_hidden": (16,),
    "model.d_hidden": (16,),
}
CONDITIONAL = tuple(name for name, kind in KINDS.items() if kind.condition == "class")


def tiny(kind: ModelKind, changes: Mapping[str, Any] | None = None) -> RunConfig:
    """A config of that kind which trains in milliseconds; cs231n alone has no widths to make small."""
    size = {"mlp": 28, "cmlp": 28, "vae": 28}.get(kind, 32)
    fitting = {"data.image_size": size, "model.kind": kind} | needed("model.kind", kind)
    return RunConfig().replace({**TINY, **fitting, **(changes or {})})


def toy(changes: Mapping[str, Any] | None = None) -> RunConfig:
    """A config of points, of those that can be stacked, which trains in milliseconds."""
    hidden = {"model.g_hidden": (32, 32), "model.d_hidden": (32, 32), "train.batch_size": 32, "train.steps": 40}
    quiet = {"train.evaluate_every": 0, "train.final_samples": 0, "train.device": "cpu", "model.nz": 2}
    return RunConfig().replace(
        {"data.name": "ring", **needed("data.name", "ring"), **hidden, **quiet, **(changes or {})}
    )


class Batches:
    """Fixed samples in the range of the run, drawn one batch after the other."""

    def __init__(self, config: RunConfig) -> None:
        self._config = config
        self.drawn: list[Batch] = []

    def __call__(self) -> Batch:
        source = torch.Generator().manual_seed(len(self.drawn))
        labelled = self._draw(source) if self._config.labelled else None
        plain = self._draw(source)
        sources = self._draw(source).images if self._config.kind.condition == "image" else None
        self.drawn.append(Batch(plain.images, plain.labels, sources, labelled))
        return self.drawn[-1]

    def _draw(self, source: torch.Generator) -> Batch:
        config = self._config
        images = torch.rand(config.train.batch_size, *config.shape, generator=source)
        labels = torch.randint(config.classes, (len(images),), generator=source)
        return Batch(images if config.data.range == "0..1" else images * 2 - 1, labels)


def held_out(config: RunConfig, count: int = 11) -> Images:
    """Images as bytes, such as a test split has."""
    source = torch.Generator().manual_seed(7)
    pixels = torch.randint(256, (count, *config.shape), generator=source, dtype=torch.uint8)
    sources = pixels.flip(0) if config.kind.condition == "image" else None
    return Images(pixels, torch.randint(config.classes, (count,), generator=source), sources)


def train(
    algorithm: Algorithm, config: RunConfig, steps: int, after: Callable[[], object] = lambda: None
) -> list[Scalars]:
    """Steps 1, 2, ... of a run, always with the same batches and noise."""
    batches, scalars = Batches(config), []
    for step in range(1, steps + 1):
        scalars.append(algorithm.step(batches, StepRng(config.seed, step)))
        after()
    return scalars


def trained(config: RunConfig, steps: int = 3) -> Any:
    """An algorithm after its first steps."""
    algorithm = build_algorithm(config)
    train(algorithm, config, steps)
    return algorithm


def conditions(config: RunConfig, count: int) -> Tensor | None:
    """What the first `count` samples are made from besides noise."""
    if config.kind.condition == "class":
        return torch.arange(count) % config.classes
    if config.kind.condition == "image":
        return torch.rand(count, *config.shape, generator=torch.Generator().manual_seed(5))
    return None


def tensors(state: object) -> list[Tensor]:
    """Copies of all tensors in nested dicts and lists."""
    if isinstance(state, Tensor):
        return [state.detach().clone()]
    parts = state.values() if isinstance(state, dict) else state if isinstance(state, list | tuple) else []
    return [tensor for part in parts for tensor in tensors(part)]


def equal(left: object, right: object) -> bool:
    """Whether all tensors are the same, bit for bit."""
    pairs = list(zip(tensors(left), tensors(right), strict=True))
    return bool(pairs) and all(torch.equal(one, other) for one, other in pairs)
