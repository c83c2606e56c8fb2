"""Sample grids of runs as they go into a document: read with care, of bounded size, pixels as they are."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

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
        image = _open(samples[step])
        if image is not None:
            png, cut = _within(image, most)
            width, height = Image.open(io.BytesIO(png)).size
            return Picture(png, width, height, step, cut)
    return None


def _open(path: Path) -> Image.Image | None:
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
    png = _encoded(image)
    if len(png) <= most:
        return png, False
    part = image.convert("RGB").quantize(SHADES, dither=Image.Dither.NONE)
    while len(png := _encoded(part)) > most and part.height > 1:
        part = part.crop((0, 0, part.width, part.height // 2))
    return png, part.height < image.height


def _encoded(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=7)
    return buffer.getvalue()
