from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from gancore.pictures.planes import MARGIN, SIDE, draw_plane

REAL, FAKE, ARROW = (178, 184, 194), (255, 120, 30), (255, 214, 170)
DARK, BLUE = (24, 24, 24), (0, 114, 178)
CORNERS = torch.tensor([[1.0, 1.0], [-1.0, -1.0]])  # of the data: the picture reaches to +-1.25
FAR = torch.tensor([[50.0, 50.0]])  # out of view


def to_the_right(points: Tensor) -> Tensor:
    return points[:, 0]


def constant(points: Tensor) -> Tensor:
    return torch.full((len(points),), 3.0)


def pixel(x: float, y: float) -> tuple[int, int]:
    """Column and row of a point."""
    reach = MARGIN
    return round((x / reach + 1) / 2 * (SIDE - 1)), round((1 - (y / reach + 1) / 2) * (SIDE - 1))


def places(picture: Image.Image, color: tuple[int, int, int]) -> np.ndarray:
    """Columns and rows of all pixels of a colour."""
    return np.argwhere((np.asarray(picture) == color).all(-1))[:, ::-1]


def test_the_picture_is_square_and_of_one_size() -> None:
    picture = draw_plane(CORNERS, FAR, constant)
    assert picture.size == (SIDE, SIDE)
    assert picture.mode == "RGB"


def test_data_and_samples_are_where_they_should_be() -> None:
    """x to the right, y upwards; data are discs, and samples points on top of them."""
    samples = torch.tensor([[0.5, 0.0], [0.0, 0.75]])
    picture = draw_plane(CORNERS, samples, constant, arrows=0)
    discs = places(picture, REAL)
    assert all((discs == pixel(*corner)).all(1).any() for corner in CORNERS.tolist())
    assert np.mean([np.hypot(*(discs - pixel(*corner)).T) < 5 for corner in CORNERS.tolist()]) == 0.5
    assert {tuple(place) for place in places(picture, FAKE)} == {pixel(0.5, 0), pixel(0, 0.75)}
    assert pixel(1, 1)[0] > SIDE / 2 > pixel(1, 1)[1]
    on_top = draw_plane(CORNERS, CORNERS, constant, arrows=0)
    assert {tuple(place) for place in places(on_top, FAKE)} == {pixel(1, 1), pixel(-1, -1)}


def test_the_frame_is_that_of_the_data_alone() -> None:
    near, far = (draw_plane(CORNERS, samples, to_the_right, arrows=0) for samples in (FAR, 1000 * FAR))
    assert np.array_equal(np.asarray(near), np.asarray(far))


def test_the_field_is_brighter_where_d_believes_more() -> None:
    picture = np.asarray(draw_plane(CORNERS, FAR, to_the_right, arrows=0)).astype(int)
    middle = picture[SIDE // 4]
    assert tuple(middle[0]) == DARK
    assert tuple(middle[-1]) == BLUE
    assert (np.diff(middle[:, 2]) >= 0).all()
    upwards = np.asarray(draw_plane(CORNERS, FAR, lambda points: points[:, 1], arrows=0)).astype(int)
    assert tuple(upwards[0, SIDE // 4]) == BLUE
    assert tuple(upwards[-1, SIDE // 4]) == DARK


@pytest.mark.parametrize(
    ("direction", "wanted"),
    [((1, 0), (1, 0)), ((-1, 0), (-1, 0)), ((0, 1), (0, -1)), ((0, -1), (0, 1)), ((1, 1), (1, -1))],
    ids=["right", "left", "up", "down", "up and right"],
)
def test_arrows_point_uphill(direction: tuple[int, int], wanted: tuple[int, int]) -> None:
    """From the sample in the middle to a tenth of the picture away; rows count downwards."""
    slope = torch.tensor(direction, dtype=torch.float32)
    start = torch.zeros(1, 2)
    picture = draw_plane(CORNERS, start, lambda points: points @ slope, arrows=1)
    from_middle = places(picture, ARROW) - np.array(pixel(0, 0))
    tip = from_middle[np.abs(from_middle).sum(1).argmax()]
    length = SIDE / 10 / np.linalg.norm(direction)
    assert tip.tolist() == pytest.approx([length * wanted[0], length * wanted[1]], abs=1.5)
    along = from_middle @ np.array(wanted)
    assert along.min() > 0


def test_lengths_of_arrows_are_in_proportion_to_the_gradient() -> None:
    """Of |x|^2 / 2, which is x itself."""
    samples = torch.tensor([[0.4, 0.0], [-0.2, 0.0]])
    picture = draw_plane(CORNERS, samples, lambda points: points.square().sum(1) / 2, arrows=2)
    columns = places(picture, ARROW)[:, 0]
    right, left = columns.max() - pixel(0.4, 0)[0], pixel(-0.2, 0)[0] - columns.min()
    assert right == pytest.approx(SIDE / 10, abs=1.5)
    assert left == pytest.approx(SIDE / 20, abs=1.5)


def test_only_so_many_arrows_are_drawn() -> None:
    samples = torch.tensor([[0.0, 0.0], [0.0, 0.5], [0.0, -0.5]])
    rows = set(places(draw_plane(CORNERS, samples, to_the_right, arrows=2), ARROW)[:, 1].tolist())
    assert rows == {pixel(0, 0)[1], pixel(0, 0.5)[1]}


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf"), 1e30, -1e30])
def test_samples_of_a_g_that_has_diverged_are_left_out_of_the_picture(bad: float) -> None:
    samples = torch.tensor([[bad, 0.0], [0.0, bad], [bad, bad]])
    picture = draw_plane(CORNERS, samples, to_the_right)
    expected = draw_plane(CORNERS, FAR, to_the_right, arrows=0)
    assert np.array_equal(np.asarray(picture), np.asarray(expected))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf"), 1e38, -1e38])
def test_a_d_that_has_diverged_is_drawn_all_the_same(bad: float) -> None:
    def broken(points: Tensor) -> Tensor:
        return torch.where(points[:, 0] > 0, bad, -bad)

    for judge in (broken, lambda points: torch.full((len(points),), bad)):
        picture = draw_plane(CORNERS, torch.zeros(1, 2), judge)
        assert picture.size == (SIDE, SIDE)


def test_a_constant_d_has_a_plain_field_and_arrows_of_no_length() -> None:
    picture = draw_plane(CORNERS, torch.zeros(1, 2), constant)
    assert len(places(picture, ARROW)) == 0
    assert len(places(picture, DARK)) > 0.99 * SIDE**2


def test_nothing_but_the_arguments_is_needed() -> None:
    samples = torch.rand(100, 2, generator=torch.Generator().manual_seed(0))
    before, kept = torch.random.get_rng_state(), samples.clone()
    first, again = (np.asarray(draw_plane(CORNERS, samples, to_the_right)) for _ in range(2))
    assert np.array_equal(first, again)
    assert torch.equal(samples, kept)
    assert torch.equal(torch.random.get_rng_state(), before)
