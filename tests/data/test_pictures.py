from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image

from gancore.data import pictures
from gancore.data.untrusted import Unusable
from tests.data.uploads import (
    encoded,
    header_of_png,
    picture,
)


def sixteen_bits() -> Image.Image:
    return Image.fromarray(np.full((20, 20), 200 * 257, np.uint16))


def palette(transparent: bool) -> Image.Image:
    image = picture((10, 200, 30)).convert("P", palette=Image.Palette.ADAPTIVE)
    if transparent:
        image.info["transparency"] = image.getpixel((0, 0))
    return image


KINDS = {
    "grey": (encoded(picture(77)), (77, 77, 77)),
    "colour": (encoded(picture()), (10, 200, 30)),
    "16 bits": (encoded(sixteen_bits()), (200, 200, 200)),
    "16 bits in a PGM": (b"P5 20 20 65535\n" + struct.pack(">H", 200 * 257) * 400, (200, 200, 200)),
    "1 bit": (encoded(picture(255).convert("1")), (255, 255, 255)),
    "palette": (encoded(palette(False)), (10, 200, 30)),
    "transparent palette": (encoded(palette(True)), (0, 0, 0)),
    "alpha": (encoded(Image.new("RGBA", (20, 20), (100, 200, 50, 128))), (50, 100, 25)),
    "grey with alpha": (encoded(Image.new("LA", (20, 20), (200, 0))), (0, 0, 0)),
    "CMYK": (encoded(Image.new("CMYK", (20, 20), (255, 0, 255, 0)), "JPEG", quality=100), (0, 255, 0)),
    "JPEG": (encoded(picture(), "JPEG", quality=100), (10, 200, 30)),
    "WebP": (encoded(picture(), "WEBP", lossless=True), (10, 200, 30)),
    "BMP": (encoded(picture(), "BMP"), (10, 200, 30)),
    "TIFF": (encoded(picture(), "TIFF"), (10, 200, 30)),
    "animation": (encoded(picture(9), "GIF", save_all=True, append_images=[picture(200)]), (9, 9, 9)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_pixels_becomes_rgb(kind: str) -> None:
    content, color = KINDS[kind]
    square = pictures.read_picture(content)
    assert square.shape == (20, 20, 3)
    assert square.dtype == np.uint8
    assert np.abs(square.astype(int) - color).max() <= 2


def test_the_middle_square_is_kept_and_made_small() -> None:
    wide = np.zeros((100, 300, 3), np.uint8)
    wide[:, 100:200] = 255
    square = pictures.read_picture(encoded(Image.fromarray(wide)))
    assert square.shape == (64, 64, 3)
    assert square.min() == 255


def test_a_photograph_is_turned_upright() -> None:
    image = picture(0, (40, 20))
    image.paste(255, (0, 0, 40, 10))  # the upper half is white
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise: what was above is on the right
    square = pictures.read_picture(encoded(image, exif=exif.tobytes()))
    assert square[:, 12:].min() == 255
    assert square[:, :8].max() == 0


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a readable image"),
        (b"hello, world", "not a readable image"),
        (encoded(picture())[:-30], "not a readable image"),
        (encoded(picture())[:40] + bytes(20) + encoded(picture())[60:], "not a readable image"),
        (encoded(picture(size=(100, 7))), "smaller than 8 pixels"),
        (header_of_png(8_000, 8_000), "more than 50 million pixels"),
        (header_of_png(60_000, 60_000), "not a readable image"),  # Pillow itself refuses
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 20 20\n", "not a readable image"),  # would start Ghostscript
        (encoded(Image.new("F", (20, 20), 0.5), "TIFF"), "whose range of values is unknown"),
    ],
    ids=["empty", "text", "torn", "hole", "small", "large", "huge", "postscript", "floats"],
)
def test_what_is_no_image_is_said_so(content: bytes, reason: str) -> None:
    with pytest.raises(Unusable, match=reason):
        pictures.read_picture(content)


def test_photographs_that_are_made_small_at_once_cost_little() -> None:
    large = Image.fromarray(np.random.default_rng(0).integers(256, size=(2_000, 2_000, 3), dtype=np.uint8))
    assert pictures.cost_of(encoded(large, "JPEG")) == 2_000 * 2_000 // 8
    assert pictures.cost_of(encoded(large)) == 2_000 * 2_000
    assert pictures.cost_of(encoded(picture(), "JPEG")) == 20 * 20
