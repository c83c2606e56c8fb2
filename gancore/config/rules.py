"""What must fit together among the settings of a run: the networks ask for one size, one range, one kind of data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from gancore.config.datasets import TOYS
from gancore.config.kinds import KINDS
from gancore.expressions import ExpressionError, loss_of_d, loss_of_g

if TYPE_CHECKING:
    from gancore.config.run import RunConfig

SINGLE_IMAGE_PENALTIES = ("gradient", "dragan")  # batch normalisation in D mixes the images of a batch
MIN_SAMPLES = 10  # of which anything can be said
MAX_CONDITIONS = 100  # classes that a network can be conditioned on

Settings = Mapping[str, Any]  # values by path

# What else must hold where a setting has a certain value; what a kind of networks needs, it declares itself.
NEEDS: dict[tuple[str, Any], Settings] = {
    ("data.pairs", "unpaired"): {"objective.pixel_weight": 0.0},  # there is nothing to compare
    **{("data.name", toy): {"model.kind": "mlp", "model.g_output": "linear"} for toy in TOYS},
}


def _needs(path: str, value: Any) -> Settings:
    if path == "model.kind":
        return KINDS[value].needs if value in KINDS else {}
    return NEEDS.get((path, value), {})


def needed(path: str, value: Any) -> dict[str, Any]:
    """What else must be set where `value` stands at `path`, for the settings to fit together."""
    changes: dict[str, Any] = {}
    for other, wanted in _needs(path, value).items():
        changes |= {other: wanted} | needed(other, wanted)
    return changes


def check_fit(config: RunConfig) -> None:
    """Refuse, by a `ValueError` of one sentence, settings that are each allowed but do not go together."""
    for path in ("model.kind", *dict.fromkeys(path for path, _ in NEEDS)):
        value = _read(config, path)
        for other, wanted in _needs(path, value).items():
            if _read(config, other) != wanted:
                raise ValueError(f"{other} must be {wanted} for {path} {value}")
    _check_data(config)
    _check_networks(config)
    _check_lengths(config)


def _read(config: RunConfig, path: str) -> Any:
    part, _, name = path.partition(".")
    return getattr(getattr(config, part), name)


def _check_data(config: RunConfig) -> None:
    """Whether there is data at all."""
    data = config.data
    if data.name == "own" and not (data.own and data.own_counts):
        raise ValueError("data.own must name an imported image set for data.name own: import one first")
    if data.name == "drawn" and len(data.points) < 2:
        raise ValueError("data.points must hold at least 2 points for data.name drawn: draw them first")
    if data.classes is not None and max(data.classes) >= config.classes:
        raise ValueError(f"data.classes must be numbers from 0 to {config.classes - 1} for data.name {data.name}")


def _check_networks(config: RunConfig) -> None:
    """What the networks and what they minimise ask of each other and of the data."""
    if config.kind.condition == "class" and not 2 <= config.classes <= MAX_CONDITIONS:
        raise ValueError(f"model.kind {config.model.kind} needs images of 2 to {MAX_CONDITIONS} classes")
    penalty = config.objective.penalty
    mixing = config.uses("model.d_norm") and config.model.d_norm == "batch"
    if penalty in SINGLE_IMAGE_PENALTIES and config.uses("objective.penalty") and mixing:
        raise ValueError(f"model.d_norm must be none for objective.penalty {penalty}, which looks at single images")
    _check_own_loss(config)
    config.kind.check(config)


def _check_own_loss(config: RunConfig) -> None:
    """Whether the expressions, where they are used, are losses."""
    readers: dict[str, Callable[[str], object]] = {"objective.own_d": loss_of_d, "objective.own_g": loss_of_g}
    for path, read in readers.items():
        if config.uses(path):
            try:
                read(_read(config, path))
            except ExpressionError as problem:
                raise ValueError(f"{path}: {problem}") from None


def _check_lengths(config: RunConfig) -> None:
    """Whether there are images enough to train on, and samples enough to measure."""
    train = config.train
    if 0 < train.final_samples < MIN_SAMPLES:
        raise ValueError(f"train.final_samples must be 0 or at least {MIN_SAMPLES}")
    if train.batch_size * config.batches_per_step > config.images:
        taken = "train.batch_size x optim.d_steps" if config.batches_per_step > 1 else "train.batch_size"
        raise ValueError(f"{taken} must be at most {config.images:,}, the number of training images")
