"""The slant of strokes, and how much of a property of images their noise decides."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gancore.metrics.arrays import Values, as_images, as_matrix


def slant(images: Values) -> Tensor:
    """The slant (N,) of images (N, C, H, W), bright on black, in degrees: 0 for upright, above 0 for leaning right.

    The shear that deskewing undoes, from second-order moments: atan(-mu11 / mu02), with the brightness above an image's
    darkest pixel as mass and rows counted downwards (Morpho-MNIST, Castro et al. 2019). 0 for what has no height.
    """
    grey = as_images(images, "images").mean(1, dtype=torch.float64)
    mass = grey - grey.amin((1, 2), keepdim=True)
    mass = mass / mass.sum((1, 2), keepdim=True).clamp(min=1e-12)
    down, right = (torch.arange(size, dtype=torch.float64) for size in grey.shape[1:])
    rows, columns = mass.sum(2), mass.sum(1)
    y, x = (rows * down).sum(1), (columns * right).sum(1)
    across = torch.einsum("nhw,h,w->n", mass, down, right) - x * y
    height = (rows * down.square()).sum(1) - y.square()
    return torch.rad2deg(torch.atan(torch.where(height > 1e-9, -across / height.clamp(min=1e-9), 0)))


def column_likeness(values: Values) -> float:
    """How alike the columns of `values` (K, M) are inside, once each row's mean is removed: an intraclass correlation.

    Rows are classes and a column's K images share one noise: 1 if the noise alone decides the value, 0 on average if a
    column is like any other, at least -1 / (K - 1). ICC(3,1) of Shrout and Fleiss 1979, with noises as targets and
    classes as judges. Not a number where all is the same.
    """
    table = as_matrix(values, "values", at_least=2).double()
    classes, noises = table.shape
    if noises < 2:
        raise ValueError("values must have at least 2 columns, not 1.")
    table = table - table.mean(1, keepdim=True)
    column = table.mean(0)
    between = classes * column.square().sum() / (noises - 1)
    within = (table - column).square().sum() / ((noises - 1) * (classes - 1))
    total = float(between + (classes - 1) * within)
    return float(between - within) / total if total > 1e-18 else math.nan
