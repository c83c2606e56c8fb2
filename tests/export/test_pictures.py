from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gancore.export import pictures
from gancore.export.pictures import last_samples
from gancore.store import Run

Answer = Callable[..., Run]


@pytest.fixture
def run(answer: Answer) -> Run:
    """Its only samples are those of step 200."""
    return answer()


def put(run: Run, image: Image.Image, step: int = 300) -> Path:
    path = run.path / "samples" / f"{step:06d}.png"
    image.save(path)
    return path


def test_pixels_stay_as_they_are(run: Run) -> None:
    digits = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    put(run, Image.fromarray(digits))
    found = last_samples(run, 100_000)
    assert found is not None
    assert (found.step, found.width, found.height, found.cut) == (300, 64, 64, False)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(found.png))), digits)


def test_a_large_picture_gets_fewer_shades_and_then_less_of_it(run: Run) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (400, 400, 3), np.uint8)
    put(run, Image.fromarray(noise))
    whole, part = last_samples(run, 200_000), last_samples(run, 30_000)
    assert whole is not None
    assert part is not None
    assert len(whole.png) <= 200_000
    assert (whole.height, whole.cut) == (400, False)
    assert len(part.png) <= 30_000
    assert part.height < 400
    assert part.cut


def test_a_wide_picture_is_made_smaller(run: Run) -> None:
    put(run, Image.new("L", (2_400, 1_200)))
    found = last_samples(run, 100_000)
    assert found is not None
    assert found.width <= pictures.MOST_WIDE


def test_what_is_no_picture_is_passed_over(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (run.path / "samples" / "000300.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    Image.new("RGB", (8, 8)).save(run.path / "samples" / "000301.png", "JPEG")
    found = last_samples(run, 100_000)
    assert found is not None
    assert found.step == 200
    monkeypatch.setattr(pictures, "MOST_PIXELS", 1_000)  # of a file that would unpack into gigabytes
    assert last_samples(run, 100_000) is None
