"""Trainings that go wrong as the textbooks have it, and one that goes well: to be watched, not compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gancore.config import RunConfig, Settings
from gancore.experiments.systems import S8_TOYS, settings_of

TAG = "textbook"  # of the runs that ship with the project, beside the case's own name


@dataclass(frozen=True)
class Case:
    """A training that shows one thing clearly."""

    title: str
    look_for: str  # what is to be seen, in a sentence
    settings: Settings  # what it changes in the default settings
    sign: str = ""  # the code of `gancore.health.SIGNS` that its diagnosis comes to; empty: it is healthy

    @property
    def config(self) -> RunConfig:
        """All of its settings."""
        return RunConfig().replace(_WATCHED | dict(self.settings))


_WATCHED: dict[str, Any] = {"train.evaluate_every": 100, "train.evaluate_share": 1.0, "train.final_samples": 0}
_DCGAN: dict[str, Any] = {"model.ngf": 16, "model.ndf": 16, "train.batch_size": 32, "train.steps": 600}
_STRONG_D: dict[str, Any] = _DCGAN | {"model.ngf": 4, "model.ndf": 32, "optim.lr_d": 2e-3, "optim.lr_g": 5e-5}
_RING: dict[str, Any] = settings_of(S8_TOYS) | {"train.steps": 2_000, "train.preview_every": 50}
_MLP: dict[str, Any] = {
    "model.kind": "mlp",
    "data.image_size": 28,
    "model.init": "default",
    "model.g_hidden": (512, 512),
    "optim.lr_g": 1e-3,
    "optim.lr_d": 1e-3,
}

CASES: Mapping[str, Case] = {
    "healthy": Case(
        "A healthy training",
        "Both losses settle and circle each other; strokes come first, digits after.",
        _DCGAN | {"train.steps": 1_000, "train.preview_every": 25},
    ),
    "collapse": Case(
        "Mode collapse",
        "A row is a digit, a column a noise. Whatever the noise, G draws one image of each digit, then another one.",
        {"model.kind": "cdcgan", "model.ngf": 8, "model.ndf": 8, "train.steps": 900, "train.preview_every": 25},
        "mode_collapse",
    ),
    "oscillation": Case(
        "Oscillation",
        "G's samples chase round the ring, its loss swings wider and wider, and nothing settles.",
        _RING | {"optim.beta1": 0.9, "optim.lr_g": 5e-3, "optim.lr_d": 5e-3},
        "oscillation",
    ),
    "d-wins": Case(
        "D wins",
        "D tells every sample from a real image at once, its loss falls to 0, and G never gets beyond grey.",
        _STRONG_D | {"train.preview_every": 25},
        "d_too_strong",
    ),
    "vanishing": Case(
        "Vanishing gradient",
        "With the minimax loss G learns nothing from a D that is sure: its gradient shrinks to nothing.",
        _STRONG_D | {"objective.loss": "minimax", "train.steps": 400, "train.preview_every": 20},
        "vanishing",
    ),
    "memorising": Case(
        "Memorising",
        "Trained on 32 images alone, G ends up drawing some of them again and again: its digits are copies.",
        _MLP
        | {"data.limit": 32, "train.batch_size": 16, "train.steps": 1_600, "train.preview_every": 50}
        | {"train.evaluate_every": 200},
        "memorisation",
    ),
}
