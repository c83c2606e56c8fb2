"""Images from a saved run."""

from __future__ import annotations

from collections.abc import Callable

import torch
from PIL import Image
from torch import Tensor

from gancore import rng
from gancore.algorithms import Algorithm, build_algorithm
from gancore.config import RunConfig
from gancore.data import load
from gancore.models.own import BadNetwork
from gancore.store import Run
from gancore.store.checkpoints import BadCheckpoint, load_checkpoint

AT_ONCE = 500  # samples: what they need of memory stays small


def load_algorithm(run: Run, checkpoint: str = "last") -> Algorithm:
    """A run's networks as a checkpoint has them. Raises `BadCheckpoint`, also when there is none."""
    return load_step(run, checkpoint)[1]


def load_step(run: Run, checkpoint: str = "last") -> tuple[int, Algorithm]:
    """The same, with the step that the checkpoint is of: a run that trains may replace it at any moment."""
    saved = load_checkpoint(run.checkpoint_path(checkpoint))
    try:
        algorithm = build_algorithm(run.config)
    except BadNetwork as problem:
        raise BadCheckpoint(str(problem)) from None
    algorithm.load_state_dict(saved.algorithm)
    return saved.step, algorithm


def sample(run: Run, count: int = 64, seed: int | None = None, checkpoint: str = "last") -> Tensor:
    """`count` images (N, C, H, W) as shown, in [-1, 1], or points (N, 2), from a run's checkpoint, in eval mode.

    `seed` None gives the noise of the run's own previews. Classes take turns; a translator is given held-out images.
    Raises `BadCheckpoint`, also when there is none, and `DataUnavailable`.
    """
    return shown(_draw(load_algorithm(run, checkpoint), run.config, count, seed))


def shown(samples: Tensor) -> Tensor:
    """Images (..., C, H, W) as pictures show them and as they are measured: what goes beyond black, -1, and white, 1,
    is cut off. Points (N, 2) as they are."""
    return samples if samples.dim() == 2 else samples.clamp(-1, 1)


def draw(
    algorithm: Algorithm,
    noise: Tensor,
    condition: Tensor | None = None,
    *,
    raw: bool = False,  # from G itself, where there is an average of it, too
    after: Callable[[int], object] = lambda _done: None,
) -> Tensor:
    """What a family makes of noise (N, nz) and of conditions (N, ...), in portions; `after` each, how many are done.

    Images are as G makes them, where that goes beyond [-1, 1], too.
    """
    made: list[Tensor] = []
    for start in range(0, len(noise), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        made.append(algorithm.sample(noise[part], None if condition is None else condition[part], raw=raw))
        after(min(start + AT_ONCE, len(noise)))
    return torch.cat(made)


def _draw(algorithm: Algorithm, config: RunConfig, count: int, seed: int | None) -> Tensor:
    source = rng.generator(config.seed, "preview") if seed is None else rng.generator(seed, "sample")
    return draw(algorithm, algorithm.latents(count, source), conditions(config, count))


def picture(run: Run, count: int, columns: int, seed: int | None = None, checkpoint: str = "last") -> Image.Image:
    """`sample`, as one picture: a grid of images, or points against data and D's field."""
    algorithm = load_algorithm(run, checkpoint)
    samples = _draw(algorithm, run.config, count, seed)
    return algorithm.picture(samples, columns, lambda: load(run.config, "test"))


def preview(run: Run, seed: int, checkpoint: str = "last") -> Image.Image:
    """The picture that a run shows of itself, from the noise that a run of another seed has.

    Raises `BadCheckpoint` and `DataUnavailable`.
    """
    algorithm = load_algorithm(run, checkpoint)
    return algorithm.preview(lambda: load(run.config, "test"), rng.generator(seed, "preview"))()


def conditions(config: RunConfig, count: int) -> Tensor | None:
    """What samples are made from besides noise: classes in turn, images to translate, or nothing."""
    if config.kind.condition == "class":
        classes = torch.tensor(config.labels_in_use)
        return classes[torch.arange(count) % len(classes)]
    sources = load(config, "test").sources if config.kind.condition == "image" else None
    return None if sources is None else sources[torch.arange(count) % len(sources)].float() / 255
