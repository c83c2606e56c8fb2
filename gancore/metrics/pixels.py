"""What can be seen without a network: sharpness, noise, variety and likeness of images (N, C, H, W) in [-1, 1].

Grey is the mean of the channels, brightness goes from 0 (black) to 1 (white).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, pad

from gancore.metrics.arrays import Values, as_classes, as_images, squared_distances

_DARK = 0.05  # brightness
_MOSTLY = 0.95  # of the real images
_SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # weights of Wang et al. 2003, from fine to coarse
_WINDOW = 11  # pixels a side, of the structural similarity
_SIGMA = 1.5  # of the Gaussian in it
_AT_ONCE = 500  # images
_STANDS_OUT = 0.25  # brightness by which a dot exceeds what is around it
_ROUNDING = 1e-5  # beyond the range of pixels


def sharpness(images: Values) -> float:
    """Mean variance of the Laplacian (the four neighbours less four times the middle) of brightness, inner pixels."""
    grey = _brightness(as_images(images, "images"))
    if min(grey.shape[1:]) < 3:
        raise ValueError(f"images must be at least 3 x 3 pixels, not {grey.shape[1]} x {grey.shape[2]}.")
    return float(_laplacian(grey).var((1, 2), correction=0).mean())


def out_of_range(images: Values) -> float:
    """The share of pixel values of images (N, C, H, W) below -1 or above 1, which a picture cannot show."""
    return float((as_images(images, "images").abs() > 1 + _ROUNDING).double().mean())


def background_noise(images: Values, real: Values) -> float | None:
    """Root mean square brightness of `images` at the pixels that are dark in nearly all `real` ones; None without such.

    0 for a clean background; photographs have none.
    """
    images, real = _same_shape(as_images(images, "images"), as_images(real, "real"))
    dark = _background(real)
    return float(_brightness(images)[:, dark].square().mean().sqrt()) if dark.any() else None


def background_detail(images: Values, real: Values) -> float | None:
    """Root mean square difference of a background pixel's brightness from the mean of its four neighbours.

    That is what the background holds of high frequencies: 0 for an even haze, sqrt(1.25) times the standard deviation
    for independent noise. Of pixels whose neighbours belong to the background, too (see `background_noise`); None
    without such.
    """
    images, real = _same_shape(as_images(images, "images"), as_images(real, "real"))
    dark = _background(real)
    inner = dark[1:-1, 1:-1] & dark[:-2, 1:-1] & dark[2:, 1:-1] & dark[1:-1, :-2] & dark[1:-1, 2:]
    if not inner.any():
        return None
    return float(_laplacian(_brightness(images))[:, inner].square().mean().sqrt() / 4)


def white_dots(images: Values, real: Values) -> float | None:
    """The share of background pixels (see `background_noise`) that are white dots; None where there is no background.

    Brighter by a quarter than the median of the 3 x 3 pixels around: dots of up to four pixels, but no strokes' edges.
    """
    images, real = _same_shape(as_images(images, "images"), as_images(real, "real"))
    dark = _background(real)
    if not dark.any():
        return None
    dots = [_stands_out(_brightness(part).float())[:, dark].double().mean(1) for part in torch.split(images, _AT_ONCE)]
    return float(torch.cat(dots).mean())


def _background(real: Tensor) -> Tensor:
    """The pixels (H, W) that are dark in nearly all images."""
    return (_brightness(real) < _DARK).double().mean(0) >= _MOSTLY


def _laplacian(grey: Tensor) -> Tensor:
    """The four neighbours less four times the middle, of inner pixels: (N, H - 2, W - 2)."""
    upright = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1]
    across = grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    return upright + across - 4 * grey[:, 1:-1, 1:-1]


def _stands_out(grey: Tensor) -> Tensor:
    """Which pixels of (N, H, W) are brighter than what is around them: than the median where five of the nine are
    darker by as much."""
    wide = pad(grey[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    height, width = grey.shape[1:]
    limit = grey - _STANDS_OUT
    darker = torch.zeros(grey.shape, dtype=torch.uint8)
    for y in range(3):
        for x in range(3):
            darker += wide[:, y : y + height, x : x + width] < limit
    return darker >= 5


def high_frequency(images: Values) -> float:
    """The share of the mean power spectrum of brightness beyond 0.25 cycles a pixel, the mean left out; 0 if blank."""
    grey = _brightness(as_images(images, "images"))
    grey = grey - grey.mean((1, 2), keepdim=True)
    if grey.square().mean() < 1e-12:  # rounding, which has a spectrum too
        return 0.0
    parts = [torch.fft.fft2(part).abs().square().sum(0) for part in torch.split(grey, _AT_ONCE)]
    power = torch.stack(parts).sum(0)
    power[0, 0] = 0
    down, right = (torch.fft.fftfreq(size, dtype=torch.float64) for size in grey.shape[1:])
    fine = torch.hypot(down[:, None], right[None]) > 0.25
    return float(power[fine].sum() / power.sum())


def mean_distance(images: Values) -> float:
    """Mean Euclidean distance between two different images, over all pairs: 0 if they are all the same.

    10,000 images of 28 x 28 take seconds.
    """
    rows = as_images(images, "images", at_least=2).flatten(1)
    total = sum(float(distances.sqrt_().sum()) for _, distances in squared_distances(rows, rows))
    return total / (len(rows) * (len(rows) - 1))


def contrast(images: Values) -> float:
    """Mean standard deviation of an image's pixels, brought to [0, 1]: 0 if blank, at most 0.5."""
    return float(as_images(images, "images").double().flatten(1).std(1, correction=0).mean() / 2)


def similarity_within_classes(images: Values, classes: Values, pairs: int, source: torch.Generator) -> float | None:
    """Mean MS-SSIM of `pairs` random pairs of different images with the same class (N,): 1 if they are all the same.

    After Odena et al. 2017; None where no class has two images. An image counts equally often as the first of a pair,
    whatever its class. Of the five scales of Wang et al. 2003 the first ones are used, as many as the window of 11
    pixels has room for (2 from 22 x 22, 3 from 44 x 44, all from 176 x 176), their weights made to sum to 1: values
    of images of different sizes do not compare. The last scale's images are mirrored at their edges.
    """
    images, classes = as_images(images, "images"), as_classes(classes, "classes")
    if len(images) != len(classes):
        raise ValueError(f"images and classes must be equally many, not {len(images)} and {len(classes)}.")
    if min(images.shape[2:]) < _WINDOW:
        raise ValueError(f"images must be at least {_WINDOW} pixels a side, not {min(images.shape[2:])}.")
    if pairs < 1:
        raise ValueError(f"pairs must be at least 1, not {pairs}.")
    drawn = _pairs(classes, pairs, source)
    return None if drawn is None else _similarity((images + 1) / 2, *drawn)


def _pairs(classes: Tensor, count: int, source: torch.Generator) -> tuple[Tensor, Tensor] | None:
    """Places (count,) of random images and of random other images of their classes."""
    sizes = classes.bincount()
    able = (sizes[classes] > 1).nonzero()[:, 0]
    if len(able) == 0:
        return None
    first = able[torch.randint(len(able), (count,), generator=source)]
    order = classes.argsort(stable=True)  # class after class
    size = sizes[classes[first]]
    begin = (sizes.cumsum(0) - sizes)[classes[first]]
    onward = 1 + (torch.rand(count, generator=source, dtype=torch.float64) * (size - 1)).long()
    return first, order[begin + (order.argsort()[first] - begin + onward) % size]


def _similarity(images: Tensor, first: Tensor, second: Tensor) -> float:
    """Mean MS-SSIM of the pairs, from images in [0, 1], for which its constants are meant."""
    room = min(images.shape[2:])
    # each scale halves the images; the square keeps to the scales of values that were recorded with torchmetrics
    weights = [each for scale, each in enumerate(_SCALES) if room // max(2**scale, scale**2) >= _WINDOW]
    shares = [each / sum(weights) for each in weights]
    total = 0.0
    for chosen, other in zip(torch.split(first, _AT_ONCE), torch.split(second, _AT_ONCE), strict=True):
        total += float(_multiscale(images[chosen].float(), images[other].float(), shares).sum())
    return total / len(first)


def _multiscale(images: Tensor, others: Tensor, shares: Sequence[float]) -> Tensor:
    """MS-SSIM (N,) of pairs of images in [0, 1]: contrast at each scale, and all of SSIM at the last one (Wang et al.
    2003, eq. 7), none below 0."""
    found = torch.ones(len(images))
    for scale, share in enumerate(shares):
        if scale:
            images, others = avg_pool2d(images, 2), avg_pool2d(others, 2)
        whole, contrast = _structure(images, others)
        found = found * (whole if scale == len(shares) - 1 else contrast).clamp(min=0) ** share
    return found


def _structure(images: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """SSIM (N,) of pairs of images mirrored at their edges (Wang et al. 2004, eq. 13), and its contrast term where the
    window fits."""
    edge = _WINDOW // 2
    offsets = torch.arange(-edge, edge + 1, dtype=images.dtype)
    line = torch.softmax(-offsets.square() / (2 * _SIGMA**2), 0)
    window = (line[:, None] * line)[None, None]

    def blur(fields: Tensor) -> Tensor:
        padded = pad(fields.flatten(0, 1)[:, None], (edge,) * 4, mode="reflect")
        return conv2d(padded, window).view(fields.shape)

    mean, other = blur(images), blur(others)
    spread = (blur(images**2) - mean**2).clamp(min=0) + (blur(others**2) - other**2).clamp(min=0)
    contrast = (2 * (blur(images * others) - mean * other) + 0.03**2) / (spread + 0.03**2)
    luminance = (2 * mean * other + 0.01**2) / (mean**2 + other**2 + 0.01**2)
    inner = contrast[..., edge:-edge, edge:-edge]
    return (contrast * luminance).flatten(1).mean(1), inner.flatten(1).mean(1)


def _brightness(images: Tensor) -> Tensor:
    """(N, H, W) float64 in [0, 1]."""
    return (images.mean(1, dtype=torch.float64) + 1) / 2


def _same_shape(images: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
    if images.shape[1:] != real.shape[1:]:
        shapes = f"{tuple(images.shape[1:])} and {tuple(real.shape[1:])}"
        raise ValueError(f"images and real must have the same shape, not {shapes}.")
    return images, real
