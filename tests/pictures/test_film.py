from __future__ import annotations

import io
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gancore.pictures import film


def frames(count: int = 5, side: int = 9, mode: str = "L") -> list[Image.Image]:
    """Frames that grow brighter, each with one white pixel that moves."""
    made = []
    for place in range(count):
        picture = np.full((side, side), 20 * place, np.uint8)
        picture[place, place] = 255
        made.append(Image.fromarray(picture).convert(mode))
    return made


def unpacked(content: bytes) -> list[Image.Image]:
    with Image.open(io.BytesIO(content)) as image:
        found = []
        for place in range(getattr(image, "n_frames", 1)):
            image.seek(place)
            found.append(image.convert("RGB"))
        return found


def test_a_gif_holds_the_frames_pixel_by_pixel() -> None:
    made = frames()
    found = unpacked(film.encode_gif(made, scale=3))
    assert len(found) == 5
    for one, other in zip(made, found, strict=True):
        larger = np.repeat(np.repeat(np.asarray(one.convert("RGB")), 3, 0), 3, 1)
        assert np.array_equal(np.asarray(other), larger)


def test_a_gif_plays_as_fast_as_it_should_and_again_and_again() -> None:
    with Image.open(io.BytesIO(film.encode_gif(frames(), rate=10))) as image:
        assert image.info["duration"] == 100
        assert image.info["loop"] == 0


@pytest.mark.parametrize("encode", [film.encode_gif, film.encode_mp4])
def test_frames_must_be_there_and_of_one_size(encode) -> None:  # type: ignore[no-untyped-def]
    for wrong in ([], [*frames(1), *frames(1, side=10)]):
        with pytest.raises(ValueError, match="same size"):
            encode(wrong)
    with pytest.raises(ValueError, match="at most"):
        encode(frames(1), scale=1_000)


@pytest.mark.parametrize("side", [64, 65])
def test_an_mp4_has_the_frames_of_even_sides(side: int, tmp_path: Path) -> None:
    from imageio_ffmpeg import get_ffmpeg_exe

    path = tmp_path / "film.mp4"
    path.write_bytes(film.encode_mp4(frames(8, side), rate=8))
    even = side + side % 2
    command = [get_ffmpeg_exe(), "-loglevel", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "gray", "-"]
    decoded = subprocess.run(command, capture_output=True, check=True).stdout
    pictures = np.frombuffer(decoded, np.uint8).reshape(-1, even, even)
    assert [int(np.median(each)) for each in pictures] == pytest.approx([20 * place for place in range(8)], abs=8)


def test_without_an_encoder_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film, "can_encode_mp4", lambda: False)
    with pytest.raises(film.NoEncoder, match="imageio-ffmpeg"):
        film.encode_mp4(frames())
