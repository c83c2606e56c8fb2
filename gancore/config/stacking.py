"""Which runs can be trained as one computation: toys that differ in no more than their seeds, data and losses."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from types import MappingProxyType
from typing import Any

from gancore.config.run import SETTINGS, RunConfig

VECTOR = 16  # numbers in a processor's vector, at most: sums of more or fewer are rounded otherwise

# Settings that must have one of these values: what a stack computes, and does bit for bit as a run alone does.
_ALLOWED: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {
        "model.maxout": (1,),
        "model.dropout": (0.0,),
        "model.input_dropout": (0.0,),
        "model.spectral_norm": (False,),
        "objective.cross_entropy": ("logits",),
        "objective.only": ("both",),
        "objective.penalty": ("none", "gradient", "r1"),
        "optim.optimizer": ("adam",),
        "optim.ema": (0.0,),
        "train.device": ("auto", "cpu"),
        "train.precision": ("fp32",),
    }
)

# Settings in which runs of one stack may differ, besides those of their data: each draws its own batches, has its own
# loss, and sees to its own folder.
_FREE = (
    *("seed", "objective.loss", "objective.own_d", "objective.own_g", "train.epochs", "train.steps"),
    *("train.preview_every", "train.checkpoint_seconds", "train.keep_epochs", "train.keep_mb"),
    *("train.evaluate_every", "train.evaluate_share", "train.final_samples"),
)


def why_alone(config: RunConfig) -> str:
    """Why a run can be stacked with no other one, in a few words; empty if it can."""
    if not config.is_points:
        return "its samples are no points"
    if any(size % VECTOR for size in (*config.model.g_hidden, *config.model.d_hidden, config.train.batch_size)):
        return f"its widths and its batch size are not all multiples of {VECTOR}"
    if config.least_batch < config.train.batch_size:
        return "its last batches may be smaller"
    for path, allowed in _ALLOWED.items():
        if config.uses(path) and config.flat[path] not in allowed:
            return f"{SETTINGS[path].label} is {config.flat[path]}"
    return ""


def likeness(config: RunConfig) -> Hashable:
    """Equal for runs that can be stacked with each other, of those that can be stacked at all."""
    shared = (path for path in SETTINGS if path not in _FREE and not path.startswith("data."))
    return config.total_steps, config.images, *(config.flat[path] for path in shared)
