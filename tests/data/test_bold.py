from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.ndimage import distance_transform_edt

from gancore import data
from gancore.config import RunConfig
from gancore.data import bold

TRANSLATOR = {
    "model.kind": "translator",
    "data.image_size": 28,
    "data.range": "0..1",
    "data.classes": (1,),
    "train.batch_size": 2,
    "objective.pixel_weight": 0.0,
}


def bar(width: float, slant: bool = False) -> torch.Tensor:
    """A white bar on black, with smooth edges, (1, 1, 28, 28) from 0 to 1."""
    row, column = torch.meshgrid(torch.arange(28.0), torch.arange(28.0), indexing="ij")
    away = (row - column).abs() / 2**0.5 if slant else (column - 13.5 - (width % 2) / 2).abs()
    ends = (row >= 4) & (row < 24)
    return ((width / 2 - away + 0.5).clamp(0, 1) * ends)[None, None]


@pytest.mark.parametrize("width", [2, 3, 4, 6])
def test_the_thickness_of_a_bar_is_its_width(width: int) -> None:
    assert bold.stroke_thickness(bar(width)).item() == pytest.approx(width, abs=0.15)
    assert bold.stroke_thickness((bar(width) * 255).byte()).item() == pytest.approx(width, abs=0.15)


@pytest.mark.parametrize("width", [2, 3, 4])
def test_a_slanted_bar_is_as_thick(width: int) -> None:
    assert bold.stroke_thickness(bar(width, slant=True)).item() == pytest.approx(width, rel=0.15)


def test_thickness_does_not_depend_on_brightness_place_or_company() -> None:
    images = torch.cat([bar(2), bar(3).roll((2, 5), (2, 3)), bar(4) * 0.3, bar(6) * 2 - 1])
    together = bold.stroke_thickness(images)
    assert together.tolist() == pytest.approx([2, 3, 4, 6], abs=0.15)
    assert torch.equal(together, torch.cat([bold.stroke_thickness(image[None]) for image in images]))


def test_an_image_without_strokes_has_no_thickness() -> None:
    images = torch.stack([torch.zeros(1, 28, 28), torch.ones(1, 28, 28), torch.full((1, 28, 28), float("nan"))])
    assert bold.stroke_thickness(images).tolist() == [0, 0, 0]
    black = torch.zeros(2, 1, 28, 28, dtype=torch.uint8)
    assert torch.equal(bold.thicken(black, torch.tensor([7.0, 2.0])), black)


def test_distances_are_scipys() -> None:
    source = torch.Generator().manual_seed(0)
    for share in (0.5, 0.95, 0.999):
        inside = (torch.rand(5, 40, 60, generator=source) < share).numpy()
        inside[:, 0, 0] = False
        expected = np.stack([distance_transform_edt(each) for each in inside])
        assert np.allclose(bold._distance(inside), expected, atol=1e-5)
        near = expected <= 7
        assert np.allclose(bold._distance(inside, 7)[near], expected[near], atol=1e-5)
        assert (bold._distance(inside, 7)[~near] > 7).all()


@pytest.mark.parametrize("radius", [2.0, 4.0, 7.0])
def test_thickening_adds_twice_the_radius(radius: float) -> None:
    pixels = (bar(3) * 255).byte()
    thick = bold.thicken(pixels, torch.tensor([radius]))
    added = bold.stroke_thickness(thick) - bold.stroke_thickness(pixels)
    assert added.item() == pytest.approx(2 * radius / bold.SCALE, abs=0.3)


def test_thickened_digits_have_more_ink_everywhere_and_smooth_edges() -> None:
    config = RunConfig().replace(TRANSLATOR | {"data.classes": None, "data.limit": 200})
    images = data.load(config)
    assert images.sources is not None
    assert len(images) == config.images == 200
    assert images.pixels.shape == images.sources.shape == (200, 1, 28, 28)
    assert (images.pixels >= images.sources).all()
    added = bold.stroke_thickness(images.pixels) - bold.stroke_thickness(images.sources)
    assert added.min() > 0.2
    assert added.std() > 0.4  # some are much bolder than others
    between = (images.pixels > 20) & (images.pixels < 235)
    assert between.float().mean() > 0.05
    plain = data.load(RunConfig().replace({"data.image_size": 28, "data.limit": 200, "model.kind": "mlp"}))
    assert torch.equal(images.sources, plain.pixels)


@pytest.mark.parametrize("split", ["train", "test"])
def test_unpaired_halves_are_the_thin_and_the_thick(split: str) -> None:
    config = RunConfig().replace(TRANSLATOR | {"data.pairs": "unpaired"})
    images = data.load(config, split)
    assert images.sources is not None
    assert split == "test" or len(images) == config.images == 447 // 2
    assert len(images.pixels) == len(images.sources) == len(images.labels)
    assert set(images.labels.tolist()) == {1}
    assert bold.stroke_thickness(images.sources).max() <= bold.stroke_thickness(images.pixels).min()


def test_a_limit_counts_pairs() -> None:
    for pairs in ("thickened", "unpaired"):
        config = RunConfig().replace(TRANSLATOR | {"data.pairs": pairs, "data.limit": 50})
        images = data.load(config)
        assert images.sources is not None
        assert len(images.pixels) == len(images.sources) == config.images == 50


@pytest.mark.parametrize("damage", [b"", b"torn", None])
def test_results_are_kept_and_made_again_when_damaged(
    damage: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = torch.cat([(bar(width) * 255).byte() for width in (2, 3, 4)])
    twins = bold.bold_twins(pixels, tmp_path)
    (kept,) = (tmp_path / "bold").iterdir()
    if damage is not None:
        kept.write_bytes(damage)
    calls: list[int] = []
    thicken = bold.thicken
    monkeypatch.setattr(bold, "thicken", lambda *given: calls.append(1) or thicken(*given))
    assert torch.equal(bold.bold_twins(pixels, tmp_path), twins)
    assert len(calls) == (damage is not None)
    bold.bold_twins(pixels + 1, tmp_path)
    assert len(list((tmp_path / "bold").iterdir())) == 2


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    bars = torch.cat([(bar(w) * 255).byte() for w in (6, 2, 3, 4, 5)])
    thin, thick = bold.thin_and_thick(bars, torch.zeros(5), tmp_path / "file")
    assert (thin.tolist(), thick.tolist()) == ([1, 2], [0, 4])


def test_each_class_has_a_thin_and_a_thick_half(tmp_path: Path) -> None:
    bars = torch.cat([(bar(w) * 255).byte() for w in (2, 3, 4, 5, 6, 7)])
    thin, thick = bold.thin_and_thick(bars, torch.tensor([0, 0, 0, 0, 8, 8]), tmp_path)
    assert (thin.tolist(), thick.tolist()) == ([0, 1, 4], [2, 3, 5])


def test_a_thousand_ones_of_mnist_take_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(os.environ.get("GANCORE_DATA") or Path(__file__).parents[3] / "shared" / "data")
    if not (root / "MNIST").is_dir():
        pytest.skip("no mnist on this machine")
    monkeypatch.setenv("GANCORE_DATA", str(root))
    config = RunConfig().replace(TRANSLATOR | {"data.name": "mnist", "data.limit": 1_000})
    monkeypatch.setenv("GANCORE_CACHE", str(tmp_path))
    start = time.process_time()
    assert len(data.load(config)) == 1_000
    assert time.process_time() - start < 10
