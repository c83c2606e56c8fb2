"""What the metrics must say of images whose quality is known, whatever else they say."""

from __future__ import annotations

import math
import os
from decimal import Decimal
from pathlib import Path

import pytest
import torch

from gancore.config import RunConfig
from gancore.evaluation import calibration
from gancore.evaluation.calibration import (
    FLOOR,
    OF_NETWORKS,
    PERMUTED,
    TOYS_SHOWN,
    blurred,
    calibrate,
    calibrate_toy,
    calibrate_translations,
    config_of,
    floors,
    known_sets,
)
from gancore.evaluation.evaluator import Evaluator
from gancore.evaluation.measures import MEASURES, last
from gancore.store import Run
from tests.recordings import RECORDED, RECORDINGS

COUNT = 500  # all that mnist-5k holds out
BAD = ("half the classes missing", "blurred", "one image repeated", "noise")
Found = dict[str, dict[str, float]]
Table = dict[str, dict[str, str]]  # cells by row and column
needs_data = pytest.mark.skipif("GANCORE_DATA" not in os.environ, reason="needs the full data sets")


@pytest.fixture(scope="module")
def found() -> Found:
    return calibrate(Evaluator(RunConfig()), COUNT)


@pytest.fixture(scope="module")
def translations() -> Found:
    return calibrate_translations()


def test_every_set_has_as_many_images_as_there_are() -> None:
    sets = {name: draw().images for name, draw in known_sets(RunConfig(), COUNT).items()}
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
    assert real["classes"] == 10
    assert real["conditional_accuracy"] > 0.98
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
    assert half["classes"] == 5
    assert half["precision"] > 0.85  # what is there is good
    assert half["recall"] < 0.7


def test_one_image_repeated_has_no_variety(found: Found) -> None:
    one = found["one image repeated"]
    assert one["classes"] == 1
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
    assert noise["background_detail"] > 10 * found[FLOOR]["background_detail"]
    assert noise["white_dots"] > 0.1 > 50 * found[FLOOR]["white_dots"]
    assert all(values["out_of_range"] == 0 for name, values in found.items() if name != PERMUTED)


def test_who_is_not_what_was_asked_for_obeys_by_chance_alone(found: Found) -> None:
    for name in (PERMUTED, "one image repeated", "noise"):
        assert found[name]["conditional_accuracy"] == pytest.approx(0.1, abs=0.05)
    assert found["blurred"]["conditional_accuracy"] < 0.9
    assert set(found[PERMUTED]) == {"conditional_accuracy"}


@pytest.mark.parametrize("name", TOYS_SHOWN)
def test_points_score_as_many_modes_as_they_have(name: str) -> None:
    count = {"ring": 8, "grid": 25}[name]
    real, half, one, noise = calibrate_toy(name).values()
    assert [each["modes"] for each in (real, half, one, noise)] == [count, count // 2, 1, 0]
    assert [each["near_modes"] > 0.97 for each in (real, half, one, noise)] == [True, True, True, False]
    kept = [count, count // 2, 1]
    divergences = [each["reverse_kl"] for each in (real, half, one)]
    assert divergences == pytest.approx([math.log(count / modes) for modes in kept], abs=1e-3)
    assert [each["coverage"] for each in (real, half, one)] == pytest.approx([m / count for m in kept], abs=0.04)
    assert min(each["precision"] for each in (real, half, one)) > 0.95
    assert max(noise["precision"], noise["density"], noise["coverage"]) < 0.1
    found = [each["js_divergence"] for each in (real, half, one)]
    assert found == pytest.approx([divergence(m / count) for m in (count, count // 2, 1)], abs=0.03)
    assert noise["js_divergence"] > 0.6


def divergence(share: float) -> float:
    """Jensen-Shannon, in nats, of data from equally likely modes and of samples from that share of them."""
    of_data = (1 - share) * math.log(2) + share * math.log(2 * share / (1 + share))
    return (of_data + math.log(2 / (1 + share))) / 2


def test_translations_score_as_bold_and_as_much_alike_as_they_are(translations: Found) -> None:
    real, others, same, one = translations.values()
    assert real["boldness"] == pytest.approx(1, abs=0.05)
    assert others["boldness"] == pytest.approx(1, abs=0.05)
    assert same["thickness_ratio"] == pytest.approx(1)
    assert real["thickness_ratio"] > 1.5
    assert min(real["kept_class"], same["kept_class"]) > 0.95
    assert max(others["kept_class"], one["kept_class"]) < 0.2
    assert same["noise_spread"] == one["noise_spread"] == pytest.approx(0, abs=1e-6)
    assert 0.1 < real["noise_spread"] < 0.5 < others["noise_spread"] == pytest.approx(1, abs=0.05)


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
    found = floors(Evaluator(RunConfig()), (100, 500))
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


# --- the page ---------------------------------------------------------------------------------------------------------

PAGE = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()


def tables(title: str, page: str = PAGE) -> list[Table]:
    """The tables of values below a heading."""
    (section,) = [part for part in page.split("\n## ") if part.startswith(title)]
    found: list[Table] = []
    for line in section.splitlines():
        label, *cells = line.strip("| ").split(" | ")
        if label == "metric":
            columns = cells
            found.append({})
        elif found and line.startswith("| ") and label != "---":
            found[-1][label] = dict(zip(columns, cells, strict=True))
    return found


def is_shown(values: Found, table: Table, extractor: str | None = None) -> bool:
    """Whether a table has these values and no others, to one in the last digit."""
    keys = {key for found in values.values() for key in found}
    named = {MEASURES[key].name(extractor): {what: found[key] for what, found in values.items()} for key in keys}
    return named.keys() == table.keys() and all(
        abs(float(cell) - named[label][what]) <= 10.0 ** int(Decimal(cell).as_tuple().exponent)
        for label, cells in table.items()
        for what, cell in cells.items()
    )


@pytest.mark.parametrize("name", TOYS_SHOWN)
def test_the_page_has_the_numbers_of_toys(name: str) -> None:
    (shown,) = tables(name)
    values = calibrate_toy(name)
    assert is_shown(values, shown)
    stale = {what: found | {"recall": found["recall"] + 0.02} for what, found in values.items()}
    assert not is_shown(stale, shown)


def test_the_page_has_the_numbers_of_translations(translations: Found) -> None:
    (shown,) = tables("Making digits bold")
    assert is_shown(translations, shown, "mnist-cnn-v1")


@needs_data
@pytest.mark.parametrize(("name", "extractor"), [("mnist", "mnist-cnn-v1"), ("fashion-mnist", "fashion-cnn-v1")])
def test_the_page_has_the_numbers_of_a_thousand_real_images(name: str, extractor: str) -> None:
    """The kernel distance is a small difference of large sums, which another processor may round otherwise."""
    _, shown = tables(f"{name},")
    values = floors(Evaluator(config_of(name)), (1_000,))
    few = {label: {"1,000": cells["1,000"]} for label, cells in shown.items()}
    kid = float(few.pop(f"KID ({extractor})")["1,000"])
    assert values["1,000"].pop("kid") == pytest.approx(kid, abs=0.1 * values["1,000"]["kid_error"])
    assert is_shown(values, few, extractor)


def test_the_page_is_as_its_program_writes_it_now() -> None:
    meanings = [line for line in PAGE.splitlines() if line.startswith("- **")]
    assert meanings == [f"- **{measure.label}**: {measure.help}" for measure in MEASURES.values()]


def test_only_what_a_trained_network_says_has_no_row() -> None:
    titles = [part.splitlines()[0] for part in PAGE.split("\n## ")[1:-1]]
    rows = {label.split(" (")[0] for title in titles for table in tables(title) for label in table}
    without = {key for key, measure in MEASURES.items() if measure.label not in rows}
    assert without == set(OF_NETWORKS)
    introduction = " ".join(PAGE.split("\n## ")[0].split())
    assert all(MEASURES[key].label in introduction for key in without)


def test_what_looks_at_a_fixed_number_of_images_is_not_shown_by_their_number() -> None:
    for name in ("mnist,", "fashion-mnist,"):
        _, by_number = tables(name)
        labels = {label.split(" (")[0] for label in by_number}
        assert {"FID", "KID", "recall", "classes found"} <= labels
        fixed = ("diversity", "contrast", "sharpness", "high_frequency", "background", "similarity", "thickness")
        assert not labels & {MEASURES[key].label for key in (*fixed, "closer_to_training")}


def test_the_page_names_every_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "DATASETS_SHOWN", ("mnist-5k",))
    monkeypatch.setattr(calibration, "COUNT", 60)
    monkeypatch.setattr(calibration, "FLOORS", (50, 100))
    monkeypatch.setattr(calibration, "TOYS_SHOWN", ("ring",))
    monkeypatch.setattr(calibration, "POINTS", 50)
    monkeypatch.setattr(calibration, "TRANSLATED", 20)
    calibration.write_page(tmp_path)
    page = (tmp_path / "metrics.md").read_text()
    assert all(measure.label in page for measure in MEASURES.values())
    assert "FID (mnist-cnn-v1)" in page
    pictures = [line.split("](")[1].split(")")[0] for line in page.splitlines() if "](metrics/" in line]
    assert len(pictures) == 6
    assert all((tmp_path / picture).is_file() for picture in pictures)
