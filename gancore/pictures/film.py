"""Pictures in a row as one file that plays anywhere: a GIF, or an MP4 where an encoder is installed."""

from __future__ import annotations

import io
import subprocess
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from PIL import Image

FRAMES_PER_SECOND = 12.5  # a GIF counts in hundredths of a second: 8 of them
MOST_PIXELS = 4_000_000  # of a frame
PATIENCE = 120  # seconds for the encoder


class NoEncoder(LookupError):
    """There is nothing here that writes an MP4; the message says what is missing."""


def can_encode_mp4() -> bool:
    """Whether `encode_mp4` works here."""
    return find_spec("imageio_ffmpeg") is not None


def encode_gif(frames: Sequence[Image.Image], rate: float = FRAMES_PER_SECOND, scale: int = 1) -> bytes:
    """The bytes of an endless GIF of `frames`, all of one size, so many a second, each pixel `scale` times as large.

    Grey frames keep all of their 256 values. Raises `ValueError` where there is no frame, or they differ in size.
    """
    first, *others = _prepared(frames, scale)
    buffer = io.BytesIO()
    duration = max(20, round(100 / rate) * 10)  # milliseconds; browsers take less than 20 for 100
    first.save(buffer, "GIF", save_all=True, append_images=others, duration=duration, loop=0, optimize=False)
    return buffer.getvalue()


def encode_mp4(frames: Sequence[Image.Image], rate: float = FRAMES_PER_SECOND, scale: int = 1) -> bytes:
    """The bytes of an MP4 (H.264) of `frames`, all of one size, each pixel `scale` times as large.

    Players want even sides: an odd one gets a row or a column of black. Raises `NoEncoder`, and `ValueError` where
    there is no frame, or they differ in size.
    """
    if not can_encode_mp4():
        raise NoEncoder("MP4 needs the package imageio-ffmpeg: pip install 'gan-workbench[export]', or save a GIF")
    from imageio_ffmpeg import get_ffmpeg_exe

    pictures = [_even(frame.convert("RGB")) for frame in _prepared(frames, scale)]
    width, height = pictures[0].size
    given = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", f"{rate:g}", "-i", "-"]
    wanted = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "12", "-movflags", "+faststart"]
    with tempfile.TemporaryDirectory() as folder:  # an MP4 is written with jumps back, which a pipe cannot do
        path = Path(folder) / "film.mp4"
        command = [get_ffmpeg_exe(), "-loglevel", "error", *given, *wanted, str(path)]
        pixels = b"".join(picture.tobytes() for picture in pictures)
        subprocess.run(command, input=pixels, capture_output=True, check=True, timeout=PATIENCE)
        return path.read_bytes()


def _prepared(frames: Sequence[Image.Image], scale: int) -> list[Image.Image]:
    if len({frame.size for frame in frames}) != 1:
        raise ValueError("a film needs one or more frames, all of the same size")
    width, height = (side * scale for side in frames[0].size)
    if width * height > MOST_PIXELS:
        raise ValueError(f"a frame of a film must have at most {MOST_PIXELS:,} pixels, not {width} x {height}")
    modes = [frame if frame.mode == "L" else frame.convert("RGB") for frame in frames]
    return [frame.resize((width, height), Image.Resampling.NEAREST) for frame in modes]


def _even(frame: Image.Image) -> Image.Image:
    width, height = (side + side % 2 for side in frame.size)
    if (width, height) == frame.size:
        return frame
    whole = Image.new("RGB", (width, height))
    whole.paste(frame)
    return whole
