"""What an evaluation may hold, since its file may come from anywhere, and which evaluations stand for a run."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from gancore.evaluation.meanings import PEERS, peers
from gancore.evaluation.measures import CHEAP_SAMPLES, MAIN, MEASURES, at_the_end, best, final, last, on_the_way
from gancore.store.evaluations import Evaluation


def evaluation(step: int = 1, fid: float = 1.0, **changes: Any) -> Evaluation:
    facts = {"weights": "raw", "size": "cheap", "samples": 1000, "reference": "x", "reference_count": 9, "seconds": 1.0}
    return Evaluation.model_validate({"step": step, "values": {"fid": fid}, **facts} | changes)


def full(step: int = 1, fid: float = 1.0, **changes: Any) -> Evaluation:
    return evaluation(step, fid, **{"size": "full", "samples": 10_000} | changes)


# --- the record -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"step": 10**9 + 1},
        {"step": -1},
        {"samples": 0},
        {"samples": 10**400},
        {"reference_count": 10**400},
        {"seconds": 10**400},
        {"seconds": -1.0},
        {"histogram": (10**400,)},
        {"histogram": (-1,)},
        {"histogram": (1,) * 1_001},
        {"histogram": (1,) * 12, "expected": (1,) * 10},
        {"values": {"fid": 10**400}},
        {"values": {"fid": float("inf")}},
        {"values": {"FID": 1.0}},
        {"values": {"<b>": 1.0}},
        {"values": {"fid\n": 1.0}},
        {"values": {"": 1.0}},
        {"values": {"a" * 65: 1.0}},
        {"values": {f"value_{n}": 1.0 for n in range(201)}},
        {"extractor": "x" * 501},
        {"reference": "x" * 501},
        {"missing": "x" * 501},
    ],
)
def test_what_no_page_could_show_is_no_evaluation(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        evaluation(**changes)


def test_the_bounds_are_wide() -> None:
    wide = evaluation(
        10**9,
        histogram=(10**9,) * 1_000,
        expected=(10**9,) * 1_000,
        values={"fid": 1e12, "kid": -1e12, "a" * 64: 5e-324},
    )
    assert Evaluation.model_validate_json(wide.model_dump_json()) == wide
    assert evaluation(histogram=(1, 2)).expected == ()
    assert evaluation(expected=(1, 2)).histogram == ()


def test_values_beyond_all_reason_are_left_out_as_infinite_ones_are() -> None:
    """A diverged network's must not lose the other values."""
    assert evaluation(values={"fid": 1e308, "test_kl": -1e13, "coverage": 0.5}).values == {"coverage": 0.5}


def test_its_file_says_the_number_of_samples_where_it_must() -> None:
    found = full(20, weights="ema", samples=500)
    assert (found.file, found.numbered_file) == ("000020-ema-full.json", "000020-ema-full-500.json")


# --- which of them count --------------------------------------------------------------------------------------------


def test_the_largest_full_evaluation_of_the_newest_step_is_the_final_one() -> None:
    found = [full(5, samples=50_000), full(9), full(9, samples=500), evaluation(12)]
    for order in (found, found[::-1]):
        assert final(order) == last(order, "fid", "full") == found[1]
    assert at_the_end([*found, full(2, weights="ema")]) == [full(2, weights="ema")]


def test_a_curve_is_of_the_usual_number_of_samples() -> None:
    usual, *others = [evaluation(1, 9.0), evaluation(2, 5.0, samples=40), evaluation(3, 4.0, samples=40)]
    assert on_the_way([usual, *others]) == [usual]
    assert best([usual, *others], "fid") == last([usual, *others], "fid") == usual
    assert usual.samples == CHEAP_SAMPLES


def test_without_the_usual_number_the_most_common_one_counts() -> None:
    found = [evaluation(1, 9.0, samples=20), evaluation(2, 8.0, samples=20), evaluation(3, 1.0, samples=500)]
    assert on_the_way(found) == found[:2]
    assert (best(found, "fid"), last(found, "fid")) == (found[1], found[1])
    assert on_the_way(found[1:]) == found[2:]  # of two that are as common the larger


def test_values_through_another_extractor_are_not_compared() -> None:
    found = [evaluation(1, 0.1, extractor="old"), evaluation(2, 9.0, extractor="new"), evaluation(3, 8.0)]
    assert on_the_way(found) == found[1:]
    assert best(found, "fid") == found[2]


def test_nothing_measured_is_nothing_found() -> None:
    assert final([]) is best([], "fid") is last([], "fid") is None
    assert on_the_way([]) == at_the_end([]) == []
    assert best([evaluation(values={"diversity": 1.0})], "diversity") is None  # neither more nor less is better


def test_what_a_classifier_sees_is_named_after_it_and_what_a_toy_shows_is_not() -> None:
    assert MEASURES["classes"].name("mnist-cnn-v1") == "classes found (mnist-cnn-v1)"
    assert MEASURES["modes"].name("mnist-cnn-v1") == "modes found"
    assert {"classes", "modes"} <= set(MAIN)


def test_an_old_evaluation_that_calls_classes_modes_is_still_read() -> None:
    old = evaluation(values={"fid": 2.0, "modes": 9.0}, extractor="mnist-cnn-v1")
    assert old.values["modes"] == 9
    assert best([old], "modes") == old
    assert best([old], "classes") is None


@pytest.mark.parametrize(("key", "source"), [("reverse_kl", "Srivastava et al. 2017; Lin et al. 2018")])
def test_a_measure_names_its_papers(key: str, source: str) -> None:
    assert source in MEASURES[key].help


def test_the_likelihoods_of_others_stand_beside_that_of_digits_alone() -> None:
    assert [value for value, _ in PEERS.values()] == [121, 138, 214, 225]
    said = peers("parzen", "mnist")
    assert "deep belief network 138 ± 2" in said
    assert "Goodfellow et al. 2014, table 1" in said
    assert peers("parzen", "fashion-mnist") == peers("fid", "mnist") == ""
