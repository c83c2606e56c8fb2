"""An image file from an untrusted source, made into a small square of pixels."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from gancore.data.untrusted import Unusable

MIN_SIDE, MAX_SIDE = 8, 64
MAX_PIXELS = 50_000_000  # of an image before it is made small; Pillow itself warns at 89 million

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")  # plain pixels; none that runs another program

Picture = npt.NDArray[np.uint8]  # (S, S, 3)


def read_picture(content: bytes) -> Picture:
    """The middle square of an image, at most 64 pixels wide, as RGB. Raises `Unusable`.

    Turned as its EXIF says, transparent parts on black, 16 bits to 8; of an animation the first frame.
    """
    with _opened(content) as image:
        image.draft(None, (4 * MAX_SIDE, 4 * MAX_SIDE))  # large JPEGs need not be unpacked in full
        ImageOps.exif_transpose(image, in_place=True)
        return _square(_to_rgb(image))


def cost_of(content: bytes) -> int:
    """About how many pixels must be unpacked to read an image, as its header says. Raises `Unusable`.

    A pixel of a JPEG that is made small at once costs about an eighth.
    """
    with _opened(content) as image:
        whole = image.width * image.height
        image.draft(None, (4 * MAX_SIDE, 4 * MAX_SIDE))
        return max(image.width * image.height, whole // 8)


@contextmanager
def _opened(content: bytes) -> Iterator[Image.Image]:
    """An image of which only the header was read; whatever goes wrong in the block is `Unusable`."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            _check_size(image)
            yield image
    except Unusable:
        raise
    except Exception:  # damage raises any
        raise Unusable("not a readable image") from None


def scaled(picture: Picture, side: int) -> Picture:
    """A square picture at another size, bilinear and antialiased."""
    if len(picture) == side:
        return picture
    return np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BILINEAR))


def is_grey(picture: Picture) -> bool:
    """Whether its three channels are the same."""
    return bool((picture == picture[..., :1]).all())


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    if min(width, height) < MIN_SIDE:
        raise Unusable(f"smaller than {MIN_SIDE} pixels")
    if width * height > MAX_PIXELS:
        raise Unusable(f"more than {MAX_PIXELS / 1e6:.0f} million pixels")


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits of grey, of which Pillow's own conversion keeps only the dark ones
        grey = np.asarray(image).astype(np.int64).clip(0, 65535)
        image = Image.fromarray((grey / 257).round().astype(np.uint8))
    if image.has_transparency_data:
        image = image if image.mode == "RGBA" else image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, 255)), image)
    if image.mode == "F":
        raise Unusable("in a format whose range of values is unknown")
    return image.convert("RGB")


def _square(image: Image.Image) -> Picture:
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    square = np.asarray(image.crop((left, top, left + side, top + side)))
    return scaled(square, min(side, MAX_SIDE))
