"""The game that makes digits bold: what a page can show of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gancore.config.kinds import gan
from gancore.config.kinds.kind import Curve, Input, Kind, Panel, Preview

if TYPE_CHECKING:
    from gancore.config.run import RunConfig

WEIGHTS = {f"objective.{name}" for name in ("adversarial_weight", "pixel_weight", "diversity_weight")}


def check(config: RunConfig) -> None:
    """G needs something to learn from."""
    objective = config.objective
    if not any((objective.adversarial_weight, objective.pixel_weight, objective.diversity_weight)):
        raise ValueError("objective.adversarial_weight must be above 0 where the other two weights are 0")


def inputs(_config: RunConfig) -> dict[str, tuple[Input, ...]]:
    """What G and D take."""
    return {"generator": ("sources", "z"), "discriminator": ("samples",)}


def panels(config: RunConfig) -> dict[str, Panel]:
    """A GAN's, and the other terms of G's loss where they have a weight."""
    found = gan.panels(config)
    if config.objective.diversity_weight:
        found["diversity"] = Panel(
            "Diversity",
            "output difference / noise difference",
            "At 0, G ignores its noise: the same input always gives the same output.",
            (Curve("diversity", "diversity", "g"),),
        )
    if config.objective.pixel_weight:
        caption = "Pixel-wise cross-entropy between G's images and the bold versions."
        curve = Curve("loss_pixel", "pixel loss", "g")
        found["pixels"] = Panel("Pixel loss", "cross-entropy", caption, (curve,))
    return found


def preview(config: RunConfig) -> Preview:
    """Regular images and their translations."""
    rows = "rows of regular images, each above its translations with three noise vectors"
    names = ("regular", "bold", "bold", "bold") * 2
    return Preview(f"{rows} · {gan.sampled_network(config)}", rows=names if config.data.name != "own" else ())


TRANSLATOR = Kind(
    help="makes digits bold (report 000)",
    algorithm="gancore.algorithms.translator:Translator",
    networks="gancore.models.translator:build",
    script="gancore.export.script.networks:translator",
    inputs=inputs,
    settings=gan.PLAYERS | gan.LOSS | gan.WIDTHS | WEIGHTS | {"data.pairs"},
    panels=panels,
    preview=preview,
    needs={"data.image_size": 28, "data.range": "0..1", "model.nc": 1},
    check=check,
    condition="image",
    game=gan.game,
)
