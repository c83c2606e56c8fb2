"""What the latent space means: what a noise decides in every class, and how images change along paths."""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor

from gancore import metrics


def columns(images: Tensor) -> dict[str, float]:
    """Whether images (K, M, C, H, W) of one noise have similar strokes in all classes (report 002, question 9)."""
    flat = images.flatten(0, 1).mean(1, keepdim=True)
    measured = {"thickness": metrics.stroke_thickness(flat), "slant": metrics.slant(flat)}
    return {f"column_{key}": metrics.column_likeness(value.view(images.shape[:2])) for key, value in measured.items()}


def paths(images: Mapping[str, Tensor]) -> dict[str, float]:
    """Whether images (P, S + 1, C, H, W) change smoothly along paths (report 002, to do 7), against unrelated ones."""
    found = {f"path_{name}": metrics.largest_step(along) for name, along in images.items()}
    unrelated = float(metrics.step_lengths(images["random"]).mean())
    largest = float(metrics.step_lengths(images["linear"]).amax(1).mean())
    return found | {"path_jump": largest / unrelated if unrelated else math.nan}
