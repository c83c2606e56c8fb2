"""Tensors to pictures: pixels as they are, nothing smoothed."""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image
from torch import Tensor

_MAT = 24  # grey level of the gutters: dark in both themes


def to_uint8(images: Tensor) -> Tensor:
    """Images in [-1, 1] to bytes; what lies outside is clipped, what is not a number becomes black."""
    return images.nan_to_num(-1.0).add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)


def grid(images: Tensor, columns: int = 8, gutter: int = 2) -> Image.Image:
    """One picture of images (N, C, H, W) in [-1, 1], row by row, with thin gutters, at one pixel a pixel."""
    count, channels, height, width = images.shape
    rows = -(-count // columns)
    tiles = torch.full((rows * columns, channels, height + gutter, width + gutter), _MAT, dtype=torch.uint8)
    tiles[:count, :, gutter:, gutter:] = to_uint8(images)
    lines = tiles.view(rows, columns, channels, height + gutter, width + gutter).permute(0, 3, 1, 4, 2)
    sheet = lines.reshape(rows * (height + gutter), columns * (width + gutter), channels).numpy()
    sheet = np.pad(sheet, ((0, gutter), (0, gutter), (0, 0)), constant_values=_MAT)
    return Image.fromarray(sheet[:, :, 0] if channels == 1 else sheet)


def encode_png(image: Image.Image, scale: int = 1) -> bytes:
    """PNG bytes, each pixel `scale` times as large."""
    if scale > 1:
        image = image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()


COLUMNS = 8  # of pictures of given images, of which there are two rows


def first_rows(pixels: Tensor) -> Tensor:
    """The first images (N, C, H, W) of some bytes, in [0, 1]: two rows of them, or one where there are fewer."""
    count = 2 * COLUMNS if len(pixels) >= 2 * COLUMNS else COLUMNS
    return pixels[:count].float() / 255


def stacked(*versions: Tensor) -> Tensor:
    """Several versions of the same images (N, C, H, W), a row of each above the next one's."""
    rows = zip(*(torch.split(version, COLUMNS) for version in versions), strict=True)
    return torch.cat([row for group in rows for row in group])
