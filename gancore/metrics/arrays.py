"""What metrics take, tensors or numpy arrays, checked once; and distances between all pairs, a few rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Values: TypeAlias = Tensor | npt.NDArray[Any]

AT_ONCE = 2**20  # pairs in float64: 8 MB, which stay in the processor's cache


def as_matrix(values: Values, name: str, at_least: int = 1) -> Tensor:
    """Rows (N, D) on the CPU, in float64 if they were, else in float32. Raises `ValueError`, also if not finite."""
    rows = _numbers(values)
    if rows.dim() != 2 or rows.shape[1] == 0:
        raise ValueError(f"{name} must be a matrix of rows (N, D), not of shape {tuple(rows.shape)}.")
    return _checked(rows, name, at_least)


def as_pair(first: Values, second: Values, names: tuple[str, str], at_least: int = 1) -> tuple[Tensor, Tensor]:
    """Two matrices whose rows are equally long."""
    found = as_matrix(first, names[0], at_least), as_matrix(second, names[1], at_least)
    if found[0].shape[1] != found[1].shape[1]:
        widths = f"{found[0].shape[1]} and {found[1].shape[1]}"
        raise ValueError(f"{names[0]} and {names[1]} must have rows of the same length, not {widths}.")
    return found


def as_images(values: Values, name: str, at_least: int = 1) -> Tensor:
    """Images (N, C, H, W), as `as_matrix`."""
    images = _numbers(values)
    if images.dim() != 4 or 0 in images.shape[1:]:
        raise ValueError(f"{name} must be images (N, C, H, W), not of shape {tuple(images.shape)}.")
    return _checked(images, name, at_least)


def as_classes(values: Values, name: str, classes: int | None = None) -> Tensor:
    """Class numbers (N,) int64, each in 0 .. classes - 1."""
    found = _tensor(values)
    if found.dim() != 1 or found.is_floating_point() or found.is_complex():
        raise ValueError(f"{name} must be whole numbers (N,), not {found.dtype} of shape {tuple(found.shape)}.")
    if len(found) == 0:
        raise ValueError(f"{name} must not be empty.")
    found = found.long()
    if found.min() < 0 or (classes is not None and found.max() >= classes):
        top = "" if classes is None else f" and below {classes}"
        raise ValueError(f"{name} must be at least 0{top}, but go from {int(found.min())} to {int(found.max())}.")
    return found


def squared_distances(points: Tensor, to: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Squared distances (n, M) from a few rows of `points` (N, D) to all rows of `to` (M, D), with the rows' place.

    In float64 and around the mean of `to`: the products that make this fast cancel, and in float32 equal points would
    be 1e-3 apart.
    """
    centre = to.mean(0, dtype=torch.float64)
    to = to - centre
    norms = to.square().sum(1)
    step = max(1, AT_ONCE // len(to))
    for begin in range(0, len(points), step):
        rows = slice(begin, begin + step)
        part = points[rows] - centre
        found = torch.addmm(norms, part, to.T, alpha=-2)
        yield rows, found.add_(part.square().sum(1, keepdim=True)).clamp_(min=0)


def _checked(values: Tensor, name: str, at_least: int) -> Tensor:
    if len(values) < at_least:
        raise ValueError(f"{name} must hold at least {at_least} of them, not {len(values)}.")
    if not values.isfinite().all():
        raise ValueError(f"{name} must be finite numbers.")
    return values


def _numbers(values: Values) -> Tensor:
    found = _tensor(values)
    if found.is_complex():
        raise ValueError("Complex numbers cannot be measured.")
    return found if found.dtype == torch.float64 else found.float()


def _tensor(values: Values) -> Tensor:
    """Arrays are copied: torch warns of those that must not be written to."""
    found = values if isinstance(values, Tensor) else torch.from_numpy(np.array(values, order="C"))
    return found.detach().cpu()
