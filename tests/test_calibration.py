"""What the metrics must say of images whose quality is known, whatever else they say."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from gancore import calibration
from gancore.calibration import FLOOR, blurred, calibrate, floors, known_sets
from gancore.config import RunConfig
from gancore.measures import MEASURES, last
from gancore.store import Run
from tests.recordings import RECORDED, RECORDINGS

COUNT = 500  # all that mnist-5k holds out
BAD = ("half the classes missing", "blurred", "one image repeated", "noise")
Found = dict[str, dict[str, float]]


@pytest.fixture(scope="module")
def found() -> Found:
    return calibrate(RunConfig(), COUNT)


def test_every_set_has_as_many_images_as_there_are() -> None:
    sets = {name: draw() for name, draw in known_sets(RunConfig(), COUNT).items()}
    assert next(iter(sets)) == FLOOR
    assert all(len(images) == COUNT for name, images in sets.items() if name != "half the classes missing")
    assert 0.4 * COUNT < len(sets["half the classes missing"]) < 0.6 * COUNT
    assert all(images.min() >= -1 and images.max() <= 1 for images in sets.values())


@pytest.mark.parametrize("name", ["fid", "kid"])
@pytest.mark.parametrize("bad", BAD)
def test_distances_are_near_zero_for_real_images_and_far_from_it_for_bad_ones(
    found: Found, name: str, bad: str
) -> None:
    assert found[bad][name] > 10 * abs(found[FLOOR][name])


@pytest.mark.parametrize("bad", BAD)
def test_coverage_falls_for_every_bad_set(found: Found, bad: str) -> None:
    assert found[FLOOR]["coverage"] > 0.9
    assert found[bad]["coverage"] < 0.6


def test_the_worse_the_further(found: Found) -> None:
    distances = [found[name]["fid"] for name in (FLOOR, "half the classes missing", "one image repeated", "noise")]
    assert distances == sorted(distances)


def test_real_images_are_as_the_data_in_every_respect(found: Found) -> None:
    real = found[FLOOR]
    for name in ("diversity", "contrast", "sharpness", "high_frequency"):
        assert real[name] == pytest.approx(1, abs=0.1)
    assert real["closer_to_training"] == pytest.approx(0.5, abs=0.05)
    assert real["inception_score"] > 9.6
    assert real["modes"] == 10
    assert min(real["precision"], real["recall"]) > 0.9
    assert not any(name.startswith("parzen") for name in real)  # of held-out images under themselves


def test_copies_are_told_from_new_images_by_nothing_else(found: Found) -> None:
    copies = found["copies of training images"]
    assert copies["closer_to_training"] == 1
    assert copies["fid"] == pytest.approx(found[FLOOR]["fid"], abs=0.2)
    assert all(found[name]["closer_to_training"] < 0.6 for name in BAD)
    assert copies["parzen"] > found["one image repeated"]["parzen"]


def test_missing_classes_show_in_classes(found: Found) -> None:
    half = found["half the classes missing"]
    assert half["inception_score"] == pytest.approx(5, abs=0.3)
    assert half["kl_to_uniform"] == pytest.approx(math.log(2), abs=0.1)
    assert half["modes"] == 5
    assert half["precision"] > 0.85  # what is there is good
    assert half["recall"] < 0.7


def test_one_image_repeated_has_no_variety(found: Found) -> None:
    one = found["one image repeated"]
    assert one["modes"] == 1
    assert one["diversity"] == pytest.approx(0, abs=1e-6)
    assert one["similarity"] == pytest.approx(1, abs=1e-3)
    assert one["inception_score"] == pytest.approx(1, abs=1e-3)
    assert one["precision"] == 1
    assert one["recall"] < 0.01


def test_blur_and_noise_show_in_pixels(found: Found) -> None:
    blur, noise = found["blurred"], found["noise"]
    assert blur["sharpness"] < 0.2 < 5 < noise["sharpness"]
    assert blur["high_frequency"] < 0.1 < 5 < noise["high_frequency"]
    assert noise["background"] > 10 * found[FLOOR]["background"]


@pytest.mark.parametrize("name", [name for name in RECORDINGS if name.startswith("quickstart")])
def test_the_quickstart_draws_every_digit_clearly(name: str) -> None:
    """1,000 samples of each seed, as measured when it had been trained for real."""
    newest = last(Run(RECORDED / name).evaluations(), "fid")
    assert newest is not None
    assert newest.step == 1_050
    assert newest.samples == sum(newest.histogram) == 1_000
    assert min(newest.histogram) > 0
    assert newest.values["confidence"] >= 0.8


def test_real_images_are_nearer_than_what_any_trained_run_draws(found: Found) -> None:
    """Though there are 500 of them alone, which makes their FID higher."""
    runs = [Run(RECORDED / name) for name in RECORDINGS]
    trained = [each.values["fid"] for run in runs for each in run.evaluations() if each.extractor == "mnist-cnn-v1"]
    assert len(trained) > 100
    assert found[FLOOR]["fid"] < min(trained)


def test_fewer_images_have_a_higher_floor() -> None:
    """The bias of the FID: the fewer, the further; the kernel distance has none."""
    found = floors(RunConfig(), (100, 500))
    assert found["100"]["fid"] > 2 * found["500"]["fid"]
    assert abs(found["100"]["kid"]) < 4 * found["100"]["kid_error"]


def test_a_blur_keeps_the_mean_and_widens_a_dot() -> None:
    dot = torch.zeros(1, 1, 21, 21)
    dot[0, 0, 10, 10] = 1
    wide = blurred(dot, 2.0)[0, 0]
    assert wide.sum() == pytest.approx(1, abs=1e-5)
    places = torch.arange(21.0) - 10
    assert (wide.sum(1) * places.square()).sum() == pytest.approx(4, rel=0.05)
    assert torch.allclose(wide, wide.T, atol=1e-7)
    assert torch.allclose(blurred(torch.full((2, 3, 9, 9), 0.3)), torch.tensor(0.3))


def test_the_page_is_as_its_program_writes_it_now() -> None:
    page = (Path(__file__).parents[1] / "docs" / "metrics.md").read_text()
    assert all(f"- **{measure.label}**: {measure.help}" in page for measure in MEASURES.values())


def test_the_page_names_every_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "DATASETS_SHOWN", ("mnist-5k",))
    monkeypatch.setattr(calibration, "COUNT", 60)
    monkeypatch.setattr(calibration, "FLOORS", (50, 100))
    calibration.write_page(tmp_path)
    page = (tmp_path / "metrics.md").read_text()
    assert all(measure.label in page for measure in MEASURES.values())
    assert "FID (mnist-cnn-v1)" in page
    pictures = [line.split("](")[1].split(")")[0] for line in page.splitlines() if "](metrics/" in line]
    assert len(pictures) == 6
    assert all((tmp_path / picture).is_file() for picture in pictures)
