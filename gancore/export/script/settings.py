"""The settings of a run as constants of a script: those that its code names, each with what it means."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gancore.config import RunConfig
from gancore.export.script.imports import used
from gancore.store.records import Change

# By the constant's name: its value, and its meaning where the name does not say it.
_CONSTANTS: dict[str, tuple[Callable[[RunConfig], object], str]] = {
    "SEED": (lambda c: c.seed, ""),
    "STEPS": (lambda c: c.total_steps, ""),
    "BATCH": (lambda c: c.train.batch_size, "images of one update"),
    "SIZE": (lambda c: c.data.image_size, "pixels of a side"),
    "CHANNELS": (lambda c: c.model.nc, ""),
    "LIMIT": (lambda c: c.data.limit, "training images"),
    "CLASS_COUNTS": (lambda c: list(c.class_counts), "images of each class"),
    "LABELLED": (lambda c: c.data.labels, "images whose labels are used"),
    "CLASSES": (lambda c: c.classes, ""),
    "NZ": (lambda c: c.model.nz, "numbers in z"),
    "NGF": (lambda c: c.model.ngf, "channels before G's last layer"),
    "NDF": (lambda c: c.model.ndf, "channels after D's first layer"),
    "LR": (lambda c: c.optim.lr, ""),
    "LR_G": (lambda c: c.optim.lr_g, ""),
    "LR_D": (lambda c: c.optim.lr_d, ""),
    "LR_END": (lambda c: c.optim.lr_end, "learning rate at the end, as a share of the first"),
    "BETAS": (lambda c: (c.optim.beta1, c.optim.beta2), "Adam's"),
    "MOMENTUM": (lambda c: c.optim.momentum, ""),
    "MOMENTUM_END": (lambda c: c.optim.momentum_end, "reached linearly"),
    "D_STEPS": (lambda c: c.optim.d_steps, "updates of D in one iteration"),
    "G_STEPS": (lambda c: c.optim.g_steps, "updates of G in one iteration"),
    "EMA": (lambda c: c.optim.ema, "decay of the moving average of G"),
    "DROPOUT": (lambda c: c.model.dropout, "share of D's hidden units that are dropped"),
    "INPUT_DROPOUT": (lambda c: c.model.input_dropout, "share of D's inputs that are dropped"),
    "SMOOTHING": (lambda c: c.objective.label_smoothing, "how far below 1 D's target for real images lies"),
    "INSTANCE_NOISE": (lambda c: c.objective.instance_noise, "at first, on D's inputs"),
    "PENALTY_WEIGHT": (lambda c: c.objective.penalty_weight, ""),
    "CLIP": (lambda c: c.objective.clip, "the largest weight of D"),
    "ADVERSARIAL_WEIGHT": (lambda c: c.objective.adversarial_weight, "in G's loss"),
    "PIXEL_WEIGHT": (lambda c: c.objective.pixel_weight, "in G's loss"),
    "DIVERSITY_WEIGHT": (lambda c: c.objective.diversity_weight, "in G's loss"),
    "UNSUPERVISED_WEIGHT": (lambda c: c.objective.unsupervised_weight, "in D's loss"),
}

_STEERED = {
    "optim.lr": "LR",
    "optim.lr_g": "LR_G",
    "optim.lr_d": "LR_D",
    "optim.d_steps": "D_STEPS",
    "optim.g_steps": "G_STEPS",
    "objective.label_smoothing": "SMOOTHING",
    "objective.penalty_weight": "PENALTY_WEIGHT",
}


def constants(config: RunConfig, code: str) -> str:
    """The settings that `code` names, a line each."""
    lines, names = [], used(code)
    for name, (value, meaning) in _CONSTANTS.items():
        if name in names:
            lines.append(f"{name} = {value(config)!r}" + (f"  # {meaning}" if meaning else ""))
    return "\n".join(lines)


def changes(config: RunConfig, changed: Sequence[Change]) -> str:
    """The changes that were made while the run trained, each at its step."""
    lines = []
    for change in changed:
        made = {path: value for path, value in change.changes.items() if config.uses(path)}
        if made:
            lines.append(f"if step == {(change.step or 0) + 1}:  # changed while it trained")
            lines += [f"    {_STEERED[path]} = {value!r}" for path, value in made.items()]
    return "\n".join(lines)
