"""A picture of a two-dimensional game: data, samples, D's field as a heat map, and where it pulls the samples."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

SIDE = 320  # pixels
CELLS = 64  # of the field, along each side
MARGIN = 1.25  # how far the picture reaches beyond the data

_DARK = np.array([24.0, 24.0, 24.0])
_REAL, _FAKE, _ARROW = (178, 184, 194), (255, 120, 30), (255, 214, 170)
_BLUE = np.array([0.0, 114.0, 178.0])  # D's colour: the brighter, the more real D takes a place for

Field = Callable[[Tensor], Tensor]  # D: points (N, 2) -> logits (N,)


def draw_plane(data: Tensor, samples: Tensor, discriminate: Field, arrows: int = 60) -> Image.Image:
    """One square picture of points (N, 2) of data and of samples; the frame is fixed by the data alone.

    The heat map is D's logit between its smallest and its largest value in view. An arrow starts at a sample and
    points where D's logit rises, which is where G's gradient moves it; its length is the gradient's, against the
    longest.
    """
    reach = MARGIN * float(data.abs().max())
    picture = _field(discriminate, reach)
    draw = ImageDraw.Draw(picture)
    for x, y in _to_pixels(data, reach).tolist():  # discs, or samples on narrow modes would hide them
        draw.ellipse([x - 3, y - 3, x + 3, y + 3], fill=_REAL)
    draw.point([(x, y) for x, y in _to_pixels(samples.nan_to_num(2 * reach), reach).tolist()], fill=_FAKE)
    starts = samples[:arrows].nan_to_num(2 * reach)
    tips = starts + _pull(discriminate, starts, reach)
    for start, tip in zip(_to_pixels(starts, reach).tolist(), _to_pixels(tips, reach).tolist(), strict=True):
        draw.line([tuple(start), tuple(tip)], fill=_ARROW)
        x, y = start
        draw.ellipse([x - 2, y - 2, x + 2, y + 2], fill=_FAKE)
    return picture


def _field(discriminate: Field, reach: float) -> Image.Image:
    axis = torch.linspace(-reach, reach, CELLS)
    y, x = torch.meshgrid(axis.flip(0), axis, indexing="ij")
    logits = discriminate(torch.stack([x.flatten(), y.flatten()], 1)).view(CELLS, CELLS)
    logits = logits.nan_to_num().double()  # where the difference of the ends of float32 fits
    low, high = logits.min(), logits.max()
    share = ((logits - low) / (high - low).clamp(min=1e-12)).numpy()[:, :, None]
    colors = _DARK + share * (_BLUE - _DARK)
    small = Image.fromarray(colors.round().astype(np.uint8))
    return small.resize((SIDE, SIDE), Image.Resampling.BILINEAR)


def _pull(discriminate: Field, points: Tensor, reach: float) -> Tensor:
    """Gradient of D's logit at `points` (N, 2), by central differences; the longest as a tenth of the picture."""
    step = 1e-3 * reach
    offsets = step * torch.eye(2)
    ends = torch.cat([points + sign * offset for offset in offsets for sign in (1, -1)])
    right, left, above, below = discriminate(ends).view(4, -1)
    gradient = torch.stack([right - left, above - below], 1) / (2 * step)
    gradient = gradient.nan_to_num(0.0, 0.0, 0.0)
    longest = max(torch.linalg.vector_norm(gradient, dim=1).tolist(), default=0.0)
    return gradient * (0.2 * reach / max(longest, 1e-12))


def _to_pixels(points: Tensor, reach: float) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    scaled = (points.double() / reach + 1) / 2 * (SIDE - 1)
    scaled[:, 1] = SIDE - 1 - scaled[:, 1]  # pixels count from the top
    found: np.ndarray[tuple[int, int], np.dtype[np.int64]] = scaled.round().clamp(-SIDE, 2 * SIDE).long().numpy()
    return found
