"""What a fork may change, and how long it is. No torch in here."""

from __future__ import annotations

from typing import Any

from gancore.config import ConfigError, RunConfig

_LENGTH = ("train.epochs", "train.steps", "train.batch_size", "optim.d_steps", "data.last_batch")


def check_networks(parent: RunConfig, config: RunConfig) -> None:
    """Refuse, by `ConfigError`, what would give the networks' weights or their optimisers' state another shape."""
    fixed, given = _what_is_fixed(parent), _what_is_fixed(config)
    for what, value in fixed.items():
        if given[what] != value:
            owner = "the checkpoint's networks have" if what.startswith("model.") else "the checkpoint has"
            raise ConfigError(f"{what} cannot change in a fork: {owner} {value}")


def is_fixed(path: str) -> bool:
    """Whether no fork can change the setting at `path`."""
    return path.startswith("model.") or path in ("data.image_size", "optim.optimizer")


def _what_is_fixed(config: RunConfig) -> dict[str, Any]:
    sees_classes = config.kind.condition == "class" or config.labelled > 0
    return {
        **{path: value for path, value in config.flat.items() if path.startswith("model.")},
        "the shape of a sample": " x ".join(str(size) for size in config.shape),
        "the number of classes": config.classes if sees_classes else None,
        "optim.optimizer": config.optim.optimizer,
        "whether there is an average of G": "one" if config.optim.ema else "none",
    }


def with_length(config: RunConfig, before: RunConfig, total_steps: int, step: int, epoch: float) -> RunConfig:
    """`config` with as many steps as a fork of it takes, which begins after `step` steps and `epoch` passes.

    `before` are the parent's settings there and `total_steps` its length: where nothing that decides the length was
    changed, the fork ends where the parent does. Else the epochs that are left are counted in its own batches. Raises
    `ConfigError` if nothing is left.
    """
    if _same_length(config, before):
        total = total_steps
    elif config.train.steps is not None and config.train.steps != before.train.steps:
        total = config.train.steps
    else:
        left = _batches_left(config, max(config.train.epochs - epoch, 0.0)) // config.batches_per_step
        total = step + left
    if total <= step:
        raise ConfigError(f"train.epochs must be at least {int(epoch) + 1}: the fork starts at step {step:,}")
    return config if config.total_steps == total else config.replace({"train.steps": total})


def _batches_left(config: RunConfig, epochs: float) -> int:
    """Batches in so many passes, the first of which has begun; it, too, ends with a partial batch where one is kept."""
    if config.data.last_batch == "drop":
        return int(epochs * config.batches_per_epoch)
    whole, rest = divmod(round(epochs * config.images), config.images)
    size = config.train.batch_size
    return whole * config.batches_per_epoch + (rest + size - config.least_batch) // size


def _same_length(config: RunConfig, before: RunConfig) -> bool:
    same = all(config.flat[path] == before.flat[path] for path in _LENGTH)
    return same and config.images == before.images
