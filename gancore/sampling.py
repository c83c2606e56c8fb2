"""Images from a saved run."""

from __future__ import annotations

import torch
from torch import Tensor

from gancore import rng
from gancore.algorithms import build_algorithm
from gancore.checkpoint import BadCheckpoint, load_checkpoint
from gancore.store import Run


def sample(run: Run, count: int = 64, seed: int | None = None, checkpoint: str = "last") -> Tensor:
    """`count` images (N, C, H, W) in [-1, 1] from a run's checkpoint, in eval mode.

    `seed` None gives the noise of the run's own previews. Raises `BadCheckpoint`, also when there is none.
    """
    path = run.checkpoints().get(checkpoint)
    if path is None:
        raise BadCheckpoint(f"{run.name} has no checkpoint {checkpoint!r} to sample from")
    algorithm = build_algorithm(run.config)
    algorithm.load_state_dict(load_checkpoint(path).algorithm)
    source = rng.generator(run.config.seed, "preview") if seed is None else rng.generator(seed, "sample")
    noise = algorithm.draw(count, source)
    return torch.cat([algorithm.sample(part) for part in torch.split(noise, 500)])
