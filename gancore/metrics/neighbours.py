"""Metrics of nearest neighbours: fidelity, variety and memorisation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import torch
from torch import Tensor

from gancore.metrics.arrays import Values, as_matrix, as_pair, squared_distances

PLANE = 2  # dimensions in which a tree of points pays


def prdc(real: Values, fake: Values, k: int = 5) -> dict[str, float]:
    """Precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020) of (N, D) and (M, D).

    A point's ball reaches to the k-th nearest other point of its own set. `precision`: the share of fakes in a real
    one's ball; `recall`: of reals in a fake one's; `density`: how many reals' balls hold a fake, on average, over k;
    `coverage`: the share of reals with a fake in their ball.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}.")
    real, fake = as_pair(real, fake, ("real", "fake"), at_least=k + 1)
    held, recalled, covered = (_balls_in_plane if real.shape[1] == PLANE else _balls)(real, fake, k)
    return {
        "precision": _share(held > 0),
        "recall": _share(recalled),
        "density": float(held.double().mean()) / k,
        "coverage": _share(covered),
    }


Balls = tuple[Tensor, Tensor, Tensor]  # reals' balls that hold a fake (M,), reals in a fake's ball, those with a fake


def _balls(real: Tensor, fake: Tensor, k: int) -> Balls:
    """Whose ball holds whom, from the distances of all pairs."""
    real_reach, fake_reach = (_wider(_kth(points, k), points) for points in (real, fake))
    held = torch.zeros(len(fake))
    recalled = torch.zeros(len(real), dtype=torch.bool)
    covered = torch.zeros(len(real), dtype=torch.bool)
    for rows, distances in squared_distances(fake, real):
        inside = distances <= real_reach
        held[rows] = inside.sum(1).float()
        covered |= inside.any(0)
        recalled |= (distances <= fake_reach[rows, None]).any(0)
    return held, recalled, covered


def _balls_in_plane(real: Tensor, fake: Tensor, k: int) -> Balls:
    """The same of points (N, 2), of which a tree finds those that are near: a hundredth of the time."""
    from scipy.spatial import cKDTree  # here, as it takes long to import

    reals, fakes = (cKDTree(points.double().numpy()) for points in (real, fake))
    real_reach, fake_reach = (
        _wider(torch.from_numpy(tree.query(tree.data, k + 1)[0][:, -1]).square(), points).sqrt().numpy()
        for tree, points in ((reals, real), (fakes, fake))
    )
    of_reals = fakes.query_ball_point(reals.data, real_reach)
    of_fakes = reals.query_ball_point(fakes.data, fake_reach)
    held = torch.bincount(_joined(of_reals), minlength=len(fake))
    recalled = torch.bincount(_joined(of_fakes), minlength=len(real)) > 0
    covered = torch.tensor([len(inside) > 0 for inside in of_reals])
    return held, recalled, covered


def _joined(places: Iterable[Sequence[int]]) -> Tensor:
    return torch.tensor([*chain.from_iterable(places)], dtype=torch.int64)


def _kth(points: Tensor, k: int) -> Tensor:
    """The squared distance (N,) of each point to its k-th nearest other one."""
    return torch.cat(
        [distances.topk(k + 1, largest=False).values[:, -1] for _, distances in squared_distances(points, points)]
    )


def _wider(reach: Tensor, points: Tensor) -> Tensor:
    """Squared radii of the points' balls, a hair larger, so that ties count however they are rounded."""
    largest = (points - points.mean(0, dtype=torch.float64)).square().sum(1).max()
    return reach * (1 + 1e-9) + 1e-13 * largest


def _share(flags: Tensor) -> float:
    return float(flags.double().mean())


def nearest_distance(points: Values, training: Values) -> Tensor:
    """The distance of each of `points` (N, D) to the nearest row of `training` (T, D): (N,) float64, 0 for a copy."""
    points, training = as_pair(points, training, ("points", "training"))
    best = torch.full((len(points),), torch.inf, dtype=torch.float64)
    nearest = torch.zeros(len(points), dtype=torch.int64)
    for rows, distances in squared_distances(training, points):
        found, place = distances.min(0)
        nearest = torch.where(found < best, place + rows.start, nearest)
        best = torch.minimum(found, best)
    apart = points.double() - training[nearest]  # anew: the quick way leaves 1e-8 for copies
    return apart.square().sum(1).sqrt()


def nearest(points: Values, training: Values, count: int) -> tuple[Tensor, Tensor]:
    """The `count` rows of `training` (T, D) nearest to each of `points` (N, D): distances and places, (N, count) each,
    the nearest first. Fewer columns where there are fewer rows."""
    points, training = as_pair(points, training, ("points", "training"))
    count = min(count, len(training))
    places = torch.cat([found.topk(count, largest=False).indices for _, found in squared_distances(points, training)])
    apart = (points.double()[:, None] - training[places].double()).norm(dim=2)  # anew, as above
    distances, order = apart.sort(dim=1, stable=True)
    return distances, places.gather(1, order)


def closer(distances: Tensor, held_out: Tensor) -> float:
    """Memorisation, from the `nearest_distance`s to training images of samples (N,) and of held-out images (H,).

    The chance that a sample is nearer to its nearest training image than a held-out image to its own, ties counted half
    (after Meehan et al. 2020): 0.5 for new images, 1 for copies.
    """
    found = as_matrix(distances[:, None], "distances")[:, 0]
    others = as_matrix(held_out[:, None], "held_out")[:, 0].sort().values
    further = len(others) - torch.searchsorted(others, found, right=True)
    not_closer = len(others) - torch.searchsorted(others, found)
    return float((further + not_closer).double().mean()) / (2 * len(others))
