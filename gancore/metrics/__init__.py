"""One metric is one function: of features, class probabilities, pixels or points, given as tensors or numpy arrays.

All of them raise `ValueError`, with one sentence, on what cannot be measured.
"""

from gancore.data.bold import stroke_thickness
from gancore.metrics.classes import conditional_accuracy, inception_score, mode_coverage
from gancore.metrics.distances import frechet_distance, kernel_distance
from gancore.metrics.neighbours import closer, nearest_distance, prdc
from gancore.metrics.parzen import parzen_log_likelihood
from gancore.metrics.pixels import (
    background_noise,
    contrast,
    high_frequency,
    mean_distance,
    sharpness,
    similarity_within_classes,
)
from gancore.metrics.points import toy_quality

__all__ = [
    "background_noise",
    "closer",
    "conditional_accuracy",
    "contrast",
    "frechet_distance",
    "high_frequency",
    "inception_score",
    "kernel_distance",
    "mean_distance",
    "mode_coverage",
    "nearest_distance",
    "parzen_log_likelihood",
    "prdc",
    "sharpness",
    "similarity_within_classes",
    "stroke_thickness",
    "toy_quality",
]
