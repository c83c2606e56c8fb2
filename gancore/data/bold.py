"""Regular and bold strokes, measured and made as in Morpho-MNIST (Castro et al. 2019, JMLR 20).

An image is enlarged fourfold and cut at half its own range of grey, so that strokes have smooth edges and widths in
quarters of a pixel.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from gancore import rng
from gancore.data.arrays import Array, remembered

SCALE = 4
RADII = (2.0, 7.0)  # of the disk that thickens a stroke, in enlarged pixels: 1 to 3.5 pixels are added to its width

_CHUNK = 100  # images at once: a few megabytes, which stay in the processor's cache
_FAR = np.float32(1e4)  # further than any image is wide
_VERSION = 1  # of what is computed here: kept results of another are not used

Mask = npt.NDArray[np.bool_]


def stroke_thickness(images: Tensor) -> Tensor:
    """The mean width (N,) of the strokes of images (N, 1, H, W), in pixels: bright on dark, uint8 or float.

    Morpho-MNIST's definition: twice the mean distance from the strokes' middle line to their edge. Its middle line is
    the medial axis; ours is the skeleton of Zhang and Suen, which has fewer spurs and no random ties. 0 for an image
    without strokes.
    """
    return torch.cat([_thickness(part) for part in torch.split(images.cpu(), _CHUNK)])


def thicken(pixels: Tensor, radii: Tensor) -> Tensor:
    """Images (N, 1, H, W) uint8 with their strokes dilated by disks of `radii` (N,), in quarters of a pixel.

    The edges are grey as before, from the way back to the size of `pixels`, and nothing becomes darker.
    """
    parts = zip(torch.split(pixels, _CHUNK), torch.split(radii, _CHUNK), strict=True)
    return torch.cat([_thicken(part, radius) for part, radius in parts])


def bold_twins(pixels: Tensor, cache: Path) -> Tensor:
    """A bold twin of each image, (N, 1, H, W) uint8, dilated by a random radius from `RADII` that never changes."""

    def compute() -> dict[str, Array]:
        low, high = RADII
        radii = low + (high - low) * torch.rand(len(pixels), generator=rng.generator(0, "bold/radius"))
        return {"twins": thicken(pixels, radii).numpy()}

    wanted = {"twins": (np.uint8, tuple(pixels.shape))}
    made = remembered(cache / "bold", f"twins-{_VERSION}", pixels, wanted, compute)
    return torch.from_numpy(made["twins"])


def thin_and_thick(pixels: Tensor, labels: Tensor, cache: Path) -> tuple[Tensor, Tensor]:
    """The places of the half of each class with the thinner strokes, and of the half with the thicker.

    Class by class, or thickness would tell them apart; an odd image is left out.
    """

    def compute() -> dict[str, Array]:
        return {"thickness": stroke_thickness(pixels).numpy()}

    wanted = {"thickness": (np.float32, (len(pixels),))}
    widths = remembered(cache / "bold", f"thickness-{_VERSION}", pixels, wanted, compute)
    order = torch.argsort(torch.from_numpy(widths["thickness"]), stable=True)
    thin, thick = [], []
    for label in sorted(set(labels.tolist())):
        own = order[labels[order] == label]
        half = len(own) // 2
        thin.append(own[:half])
        thick.append(own[len(own) - half :])
    return torch.cat(thin).sort().values, torch.cat(thick).sort().values


def _thickness(images: Tensor) -> Tensor:
    from skimage.morphology import skeletonize

    strokes = np.pad(_strokes(images), ((0, 0), (1, 1), (1, 1)))  # beyond the image there is no stroke
    middle = np.stack([skeletonize(stroke) for stroke in strokes])  # type: ignore[no-untyped-call]
    distance = np.where(middle, _distance(strokes), 0).sum(axis=(1, 2))
    return torch.from_numpy(2 / SCALE * distance / middle.sum(axis=(1, 2)).clip(min=1)).float()


def _thicken(pixels: Tensor, radii: Tensor) -> Tensor:
    away = torch.from_numpy(_distance(~_strokes(pixels), RADII[1]))
    bold = (away <= radii[:, None, None]).float()
    return torch.maximum(pixels, (255 * avg_pool2d(bold[:, None], SCALE)).round().byte())


def _strokes(images: Tensor) -> Mask:
    """Where there is ink, enlarged: (N, 4 H, 4 W)."""
    grey = images.float()
    middle = (grey.amin(dim=(1, 2, 3)) + grey.amax(dim=(1, 2, 3))) / 2
    strokes: Mask = (interpolate(grey, scale_factor=SCALE, mode="bicubic")[:, 0] > middle[:, None, None]).numpy()
    return strokes


def _distance(inside: Mask, reach: float = math.inf) -> npt.NDArray[np.float32]:
    """The distance of each pixel inside to the nearest one outside of its image (N, H, W), exact up to `reach`.

    First along each column, then to the nearest column (Felzenszwalb and Huttenlocher 2012). Since strokes are narrow
    and many images share each pass, that is a few times faster than scipy's transform of one image after another.
    """
    height, width = inside.shape[1:]
    rows = np.arange(height, dtype=np.float32)[:, None]
    above = rows - np.maximum.accumulate(np.where(inside, -_FAR, rows), axis=1)
    below = np.minimum.accumulate(np.where(inside, _FAR, rows)[:, ::-1], axis=1)[:, ::-1] - rows
    column = np.minimum(above, below) ** 2
    nearest = column.copy()
    for step in range(1, width):
        if step > reach or step**2 >= nearest.max():
            break
        further = column + np.float32(step**2)
        np.minimum(nearest[..., step:], further[..., :-step], out=nearest[..., step:])
        np.minimum(nearest[..., :-step], further[..., step:], out=nearest[..., :-step])
    distance: npt.NDArray[np.float32] = np.sqrt(nearest)
    return distance
