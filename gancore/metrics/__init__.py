"""One metric is one function: of features, class probabilities, pixels or points, given as tensors or numpy arrays.

All of them raise `ValueError`, with one sentence, on what cannot be measured.
"""

from gancore.data.bold import stroke_thickness
from gancore.metrics.classes import conditional_accuracy, inception_score, mode_coverage
from gancore.metrics.discrimination import (
    discrimination_accuracy,
    divergence_of_loss,
    jensen_shannon,
    log_mixture,
    optimal_output,
)
from gancore.metrics.distances import frechet_distance, kernel_distance
from gancore.metrics.neighbours import closer, nearest, nearest_distance, prdc
from gancore.metrics.parzen import parzen_log_likelihood
from gancore.metrics.paths import largest_step, step_lengths
from gancore.metrics.pixels import (
    background_detail,
    background_noise,
    contrast,
    high_frequency,
    mean_distance,
    out_of_range,
    sharpness,
    similarity_within_classes,
    white_dots,
)
from gancore.metrics.points import toy_quality
from gancore.metrics.strokes import column_likeness, slant

__all__ = [
    "background_detail",
    "background_noise",
    "closer",
    "column_likeness",
    "conditional_accuracy",
    "contrast",
    "discrimination_accuracy",
    "divergence_of_loss",
    "frechet_distance",
    "high_frequency",
    "inception_score",
    "jensen_shannon",
    "kernel_distance",
    "largest_step",
    "log_mixture",
    "mean_distance",
    "mode_coverage",
    "nearest",
    "nearest_distance",
    "optimal_output",
    "out_of_range",
    "parzen_log_likelihood",
    "prdc",
    "sharpness",
    "similarity_within_classes",
    "slant",
    "step_lengths",
    "stroke_thickness",
    "toy_quality",
    "white_dots",
]
