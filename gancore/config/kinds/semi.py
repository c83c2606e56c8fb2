"""Semi-supervised training: what a page can show of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gancore.config.kinds import gan
from gancore.config.kinds.kind import IMAGES_FIRST, Curve, Kind, Panel, Preview
from gancore.config.losses import LOSS_FACTS, LossFacts

if TYPE_CHECKING:
    from gancore.config.run import RunConfig

WEIGHTS = {"objective.feature_matching", "objective.unsupervised_weight"}


def game(config: RunConfig) -> LossFacts | None:
    """A D that also classifies has cross-entropy, whatever the setting says; one that only does plays no game."""
    return LOSS_FACTS["nonsaturating"] if config.objective.unsupervised_weight else None


def check(config: RunConfig) -> None:
    """There must be labels of every class, and no more than images."""
    least = len(config.labels_in_use)
    if not least <= config.data.labels <= config.images:
        raise ValueError(f"data.labels must be from {least}, one of each class, to {config.images:,}, all images")


def panels(config: RunConfig) -> dict[str, Panel]:
    """A GAN's, and how well D classifies."""
    classifying = _classifying()
    if not config.objective.unsupervised_weight:
        return {"losses": classifying["classes"], "accuracy": classifying["accuracy"]} | gan.gradients("d")
    return gan.panels(config) | classifying


def _classifying() -> dict[str, Panel]:
    return {
        "accuracy": Panel(
            "Accuracy",
            "share classified correctly",
            "Of D, on its batches of all training images, most of which it gets without their labels.",
            (Curve("accuracy", "accuracy", "d"),),
        ),
        "classes": Panel(
            "Class loss",
            "cross-entropy",
            "On the labelled images alone: near 0, D has memorised them.",
            (Curve("loss_class", "cross-entropy of the labels", "d", alone="class loss"),),
        ),
    }


def preview(config: RunConfig) -> Preview:
    """A GAN's, or what a G that is not trained makes of noise."""
    if config.objective.unsupervised_weight:
        return gan.preview(config)
    return Preview("G is not trained: D learns from the labelled images alone")


SEMI = Kind(
    help="D also classifies, learning from few labels",
    algorithm="gancore.algorithms.semi:SemiSupervised",
    networks="gancore.models.semi:build",
    script="gancore.export.script.networks:semi",
    inputs=gan.inputs,
    settings=gan.PLAYERS | gan.WIDTHS | {"model.d_norm", "data.labels"} | WEIGHTS,
    panels=panels,
    preview=preview,
    needs={"data.image_size": 32},
    check=check,
    game=game,
    headline=("fid", "test_accuracy", *IMAGES_FIRST[1:]),
)
