from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from gancore.pictures.grids import encode_png, grid, to_uint8

MAT = 24


@pytest.mark.parametrize(
    ("value", "byte"),
    [
        (-1.0, 0),
        (1.0, 255),
        (0.0, 128),
        (-0.5, 64),
        (1.5, 255),
        (-7.0, 0),
        (float("nan"), 0),
        (float("inf"), 255),
        (float("-inf"), 0),
    ],
)
def test_values_become_bytes_and_what_lies_outside_is_clipped(value: float, byte: int) -> None:
    assert to_uint8(torch.tensor([value])).item() == byte


def test_bytes_survive_the_way_to_the_network_and_back() -> None:
    pixels = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(to_uint8(pixels.float() / 127.5 - 1), pixels)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("count", "columns"), [(6, 3), (5, 3), (1, 4), (8, 8), (9, 8)])
@pytest.mark.parametrize("gutter", [0, 2])
def test_every_image_lies_in_its_place(channels: int, count: int, columns: int, gutter: int) -> None:
    height, width = 4, 3
    pixels = torch.randint(0, 256, (count, channels, height, width), generator=torch.Generator().manual_seed(0))
    sheet = np.asarray(grid(pixels / 127.5 - 1, columns, gutter))
    rows = -(-count // columns)
    size = (rows * (height + gutter) + gutter, columns * (width + gutter) + gutter)
    expected = np.full((*size, channels), MAT)
    for index in range(count):
        top = gutter + index // columns * (height + gutter)
        left = gutter + index % columns * (width + gutter)
        expected[top : top + height, left : left + width] = pixels[index].permute(1, 2, 0).numpy()
    assert np.array_equal(sheet.reshape(*size, channels), expected)


@pytest.mark.parametrize("scale", [1, 3])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_png_shows_each_pixel_as_it_is(channels: int, scale: int) -> None:
    picture = grid(torch.linspace(-1, 1, 5 * channels * 16).view(5, channels, 4, 4), columns=5)
    saved = Image.open(io.BytesIO(encode_png(picture, scale)))
    assert saved.format == "PNG"
    assert saved.mode == ("L" if channels == 1 else "RGB")
    assert np.array_equal(np.asarray(saved), np.asarray(picture).repeat(scale, 0).repeat(scale, 1))
