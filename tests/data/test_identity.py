from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gancore import data
from gancore.config import RunConfig
from gancore.data import Images
from gancore.data.identity import digest

REPOSITORY = Path(__file__).parents[2]


def images(*, sources: bool = False) -> Images:
    generator = torch.Generator().manual_seed(3)
    pixels = torch.randint(0, 256, (20, 1, 8, 8), dtype=torch.uint8, generator=generator)
    return Images(pixels, torch.arange(20), pixels.flip(0) if sources else None)


def changed(pixels: torch.Tensor) -> torch.Tensor:
    """The same but for one pixel of the last image."""
    other = pixels.clone()
    other[-1, 0, -1, -1] ^= 1
    return other


def test_the_digest_is_the_same_for_ever() -> None:
    """It is written into run folders, which later versions and other machines read."""
    assert digest("a", torch.arange(6).view(2, 3)) == "3004a4190b5875c215f205634e114122"
    assert data.load(RunConfig()).fingerprint() == "eaa2beb2165164585572ad499b9ea8fd"


def test_whatever_differs_shows_in_the_fingerprint() -> None:
    whole, paired = images(), images(sources=True)
    assert paired.sources is not None
    others = [
        whole,
        paired,
        whole[:19],
        whole[torch.arange(20).flip(0)],
        replace(whole, pixels=changed(whole.pixels)),
        replace(whole, pixels=whole.pixels.view(20, 1, 4, 16)),
        replace(whole, labels=whole.labels.flip(0)),
        replace(paired, sources=changed(paired.sources)),
    ]
    assert len({each.fingerprint() for each in others}) == len(others)
    assert images().fingerprint() == whole.fingerprint()


def test_how_a_tensor_lies_in_memory_does_not_matter() -> None:
    whole = images()
    grey = whole.pixels.expand(-1, 3, -1, -1)
    last = whole.pixels.contiguous(memory_format=torch.channels_last)
    assert digest(grey) == digest(grey.contiguous())
    assert replace(whole, pixels=last).fingerprint() == whole.fingerprint()
    assert digest("ab", "c") != digest("a", "bc")


def test_what_a_run_chooses_from_its_data_does_not_matter() -> None:
    """Resizing may differ in the last bit between processors; the file is the same everywhere."""
    ways = ({}, {"data.limit": 50}, {"data.classes": (1, 7)}, {"data.image_size": 28}, {"model.nc": 3})
    configs = [RunConfig().replace({"model.kind": "mlp", "train.batch_size": 2} | way) for way in ways]
    assert len({data.load(config).fingerprint() for config in configs}) == 1
    digits = RunConfig().replace({"data.name": "digits-8x8"})
    assert data.load(digits).fingerprint() != data.load(RunConfig()).fingerprint()
    assert data.load(RunConfig(), "test").fingerprint() != data.load(RunConfig()).fingerprint()


def test_points_drawn_by_hand_are_told_apart() -> None:
    toy = {"model.kind": "mlp", "model.g_output": "linear"}
    drawn = [((0.0, 0.0), (1.0, 1.0)), ((0.0, 0.0), (1.0, 0.5))]
    configs = [RunConfig().replace(toy | {"data.name": "drawn", "data.points": points}) for points in drawn]
    assert len({data.load(config).fingerprint() for config in configs}) == 2
    rings = [RunConfig().replace(toy | {"data.name": "ring", "data.points": points}) for points in drawn]
    assert len({data.load(config).fingerprint() for config in rings}) == 1


@pytest.mark.parametrize("name", ["mnist-5k", "ring", "drawn"])
def test_threads_do_not_matter(name: str) -> None:
    changes = {"data.name": name}
    if name != "mnist-5k":
        changes |= {"model.kind": "mlp", "model.g_output": "linear", "data.points": ((0.0, 0.25), (0.5, -1.0))}
    code = (
        "import torch; from gancore.config import RunConfig; from gancore import data; "
        f"torch.set_num_threads(2); print(data.load(RunConfig().replace({changes!r})).fingerprint())"
    )
    other = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert other.stdout.strip() == data.load(RunConfig().replace(changes)).fingerprint()


def test_a_fingerprint_is_fast() -> None:
    pixels = torch.zeros((60_000, 1, 32, 32), dtype=torch.uint8)
    many = Images(pixels, torch.zeros(60_000, dtype=torch.int64))
    times = []
    for _ in range(3):
        start = time.perf_counter()
        many.fingerprint()
        times.append(time.perf_counter() - start)
    assert min(times) < 0.5  # 0.1 s on a quiet machine
