"""Sample grids of runs as they go into a document: read with care, of bounded size, pixels as they are."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from gancore.config.datasets import TOYS
from gancore.export.study import Study
from gancore.files import read_regular
from gancore.store import Run

MOST_BYTES = 20_000_000  # of a file that is read
MOST_PIXELS = 8_000_000
MOST_WIDE = 1_000  # pixels of a picture in a document
SHADES = 32  # of a picture that would be too large otherwise


@dataclass(frozen=True)
class Picture:
    """A sample grid for a document."""

    png: bytes
    width: int
    height: int
    step: int
    cut: bool  # whether its lower part is missing, for want of room

    @property
    def address(self) -> str:
        """As a data URI."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode()


def last_samples(run: Run, most: int) -> Picture | None:
    """A run's last sample grid in at most `most` bytes; None if it has none that can be read."""
    samples = run.samples()
    for step in reversed(samples):
        image = read_picture(samples[step])
        if image is not None:
            png, cut = _within(image, most)
            width, height = Image.open(io.BytesIO(png)).size
            return Picture(png, width, height, step, cut)
    return None


def read_picture(path: Path) -> Image.Image | None:
    """A picture of grey levels or colours; None for whatever else lies there."""
    try:
        file = Image.open(io.BytesIO(read_regular(path, MOST_BYTES)), formats=["PNG"])
        if file.width * file.height > MOST_PIXELS:
            return None
        file.load()
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError):
        return None
    image = file.convert("L" if file.mode in ("1", "L", "LA") else "RGB")
    if image.width > MOST_WIDE:
        scale = -(-image.width // MOST_WIDE)
        image = image.reduce(scale)
    return image


def _within(image: Image.Image, most: int) -> tuple[bytes, bool]:
    """A PNG of at most `most` bytes: with fewer shades if it must be, and if that is not enough a part of it."""
    png = encode_picture(image)
    if len(png) <= most:
        return png, False
    part = image.convert("RGB").quantize(SHADES, dither=Image.Dither.NONE)
    while len(png := encode_picture(part)) > most and part.height > 1:
        part = part.crop((0, 0, part.width, part.height // 2))
    return png, part.height < image.height


def encode_picture(image: Image.Image) -> bytes:
    """PNG bytes."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=7)
    return buffer.getvalue()


# --- strips ---------------------------------------------------------------------------------------------------------

STRIP_HEIGHT = 104  # pixels that are shown of each arm: three lines of digits
STRIP_WIDTH = 276  # eight columns of them
STRIP_ACROSS = 4  # arms in a line
STRIP_SHADES = 24
_GAP, _MAT = 8, 255


def strip(study: Study) -> tuple[int, bytes | None]:
    """The upper parts of the arms' last sample grids, of one seed, side by side as a small PNG.

    Returns the seed, and None where no arm has samples. An arm without any leaves its place empty.
    """
    seed = study.shared_seed
    images = [_last_image(arm.of_seed(seed)) for arm in study.arms]
    if not any(images):
        return seed, None
    parts = [None if image is None else _upper(image, whole=study.arms[0].config.data.name in TOYS) for image in images]
    width = max(part.width for part in parts if part)
    height = max(part.height for part in parts if part)
    across = min(STRIP_ACROSS, len(parts))
    lines = -(-len(parts) // across)
    sheet = Image.new("RGB", (across * (width + _GAP) - _GAP, lines * (height + _GAP) - _GAP), (_MAT,) * 3)
    for place, part in enumerate(parts):
        if part is not None:
            sheet.paste(part, (place % across * (width + _GAP), place // across * (height + _GAP)))
    return seed, encode_picture(sheet.quantize(STRIP_SHADES, dither=Image.Dither.NONE))


def _last_image(run: Run | None) -> Image.Image | None:
    samples = run.samples() if run else {}
    return next((image for step in reversed(samples) if (image := read_picture(samples[step])) is not None), None)


def _upper(image: Image.Image, *, whole: bool) -> Image.Image:
    """Of a picture of the plane all of it, half as large; of a grid its first lines."""
    if whole:
        return image.convert("RGB").reduce(max(1, round(image.height / (1.5 * STRIP_HEIGHT))))
    return image.convert("RGB").crop((0, 0, min(image.width, STRIP_WIDTH), min(image.height, STRIP_HEIGHT)))
