"""Colours of runs: to be seen on both themes, and told apart, by colour-blind eyes, too."""

from itertools import combinations

import numpy as np
import pytest

from gancore.colors import CYCLE, DASHES, REAL, D, G, Line, lines

PAGES = ("#FFFFFF", "#F4F5F7", "#0E1116", "#171B21")  # light and dark, and what stands on them

# Machado, Oliveira and Fernandes 2009: what is left of linear RGB to eyes without one kind of cones.
SIGHT = {
    "normal": np.eye(3),
    "green-blind": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "red-blind": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
}


def linear(color: str) -> np.ndarray:
    shares = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def contrast(first: str, second: str) -> float:
    """As WCAG 2 defines it."""
    low, high = sorted(float(linear(color) @ [0.2126, 0.7152, 0.0722]) for color in (first, second))
    return (high + 0.05) / (low + 0.05)


def oklab(rgb: np.ndarray) -> np.ndarray:
    """Ottosson 2020."""
    cones = [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566]]
    cones.append([0.0883024619, 0.2817188376, 0.6299787005])
    lab = [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099]]
    lab.append([0.0259040371, 0.7827717662, -0.8086757660])
    return np.asarray(lab) @ np.cbrt(np.asarray(cones) @ rgb)


def distance(first: str, second: str, sight: str) -> float:
    seen = (oklab(np.clip(np.asarray(SIGHT[sight]) @ linear(color), 0, 1)) for color in (first, second))
    return float(np.linalg.norm(next(seen) - next(seen)))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("color", CYCLE)
def test_each_is_seen_on_each_page(color, page):
    assert contrast(color, page) >= 3


@pytest.mark.parametrize(("sight", "least"), [("normal", 0.16), ("green-blind", 0.085), ("red-blind", 0.085)])
def test_all_are_told_apart(sight, least):
    assert min(distance(*pair, sight) for pair in combinations(CYCLE, 2)) >= least


@pytest.mark.parametrize("meant", [D, G, REAL])
def test_none_is_one_that_means_something_else(meant):
    assert min(distance(color, meant, "normal") for color in CYCLE) > 0.05


def test_each_has_its_own_colour_where_it_can():
    assert lines([3, 1, 2]) == [Line(CYCLE[3]), Line(CYCLE[1]), Line(CYCLE[2])]
    assert lines([11]) == [Line(CYCLE[3])]


def test_of_two_with_one_colour_the_later_gets_a_free_one():
    assert lines([1, 9, 0]) == [Line(CYCLE[1]), Line(CYCLE[2]), Line(CYCLE[0])]


def test_once_all_are_taken_they_come_again_dashed():
    found = lines([0] * 12)
    assert [each.dash for each in found] == [""] * 8 + ["6,3"] * 4
    assert len(set(found)) == 12


def test_fifty_are_all_different():
    assert len(set(lines(range(50)))) == 50
    assert len(lines([5] * (8 * len(DASHES) + 3))) == 8 * len(DASHES) + 3  # beyond, some are the same
