"""Sentences on runs whose numbers are known."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import pytest

from gancore.comparison.wording import sentences
from gancore.config import RunConfig
from gancore.store import Run, RunStore
from gancore.store.evaluations import Evaluation
from gancore.store.records import Status

Make = Callable[..., Run]


def evaluation(step: int, values: Mapping[str, float], **changes: object) -> Evaluation:
    facts = {
        "step": step, "weights": "raw", "size": "full", "samples": 10_000, "reference": "mnist-5k",
        "reference_count": 5_000, "extractor": "mnist-cnn-v1", "seconds": 1.0, "values": dict(values),
    }  # fmt: skip
    return Evaluation.model_validate(facts | changes)


@pytest.fixture
def make(store: RunStore) -> Make:
    """A finished run of an ngf and a seed, with what was measured at its end."""

    def made(
        ngf: int,
        seed: int,
        values: Mapping[str, float] | None,
        *,
        step: int = 1050,
        status: Mapping[str, object] | None = None,
        **changes: object,
    ) -> Run:
        run = store.create(RunConfig().replace({"model.ngf": ngf, "seed": seed}), name=f"ngf {ngf}")
        run.write_status(
            Status.model_validate({"state": "finished", "step": step, "total_steps": 1050, **(status or {})})
        )
        if values:
            run.add_evaluation(evaluation(step, values, **changes))
        return run

    return made


def say(*runs: Run, measure: str | None = None) -> list[str]:
    return sentences(runs, {run.id: run.name for run in runs}, measure)


def test_two_runs_of_one_seed_each(make):
    (said,) = say(make(32, 0, {"fid": 5.6}), make(64, 0, {"fid": 4.6}))
    assert said == "ngf 64 has the lower FID, 4.6 against 5.6; one seed each, so this may be chance."


def test_a_single_run_says_nothing_of_others(make):
    assert say(make(32, 0, {"fid": 5.6})) == []


def test_of_many_runs_the_best_and_the_worst(make):
    (said,) = say(*(make(ngf, 0, {"fid": fid}) for ngf, fid in ((8, 20.0), (16, 9.0), (32, 7.0))))
    assert said.startswith("Of 3 runs ngf 32 has the lowest FID, 7.0; the others have 9.0 to 20.0 of ngf 8.")


def test_what_measuring_twice_may_give_is_no_difference(make):
    """The FID of one run measured twice differs by 3 %."""
    (said,) = say(make(32, 0, {"fid": 5.6}), make(64, 0, {"fid": 5.5}))
    assert said.startswith("They hardly differ in FID, 5.5 and 5.6")


def test_means_over_seeds_whose_intervals_decide(make):
    low, high = (4.5, 4.6, 4.7), (9.0, 9.2, 9.4)
    runs = [make(64, seed, {"fid": fid}) for seed, fid in enumerate(low)]
    runs += [make(32, seed, {"fid": fid}) for seed, fid in enumerate(high)]
    means, decision = say(*runs)
    mean = math.exp(sum(map(math.log, low)) / 3)
    assert means.startswith(
        f"ngf 64 has the lower FID, {mean:.1f} on average (95 % interval 4.2 to 5.0, 3 seeds) against 9.2"
    )
    # Each pair differs by the factor 2: what is left is that of measuring two runs, sqrt(2) * 0.03, and t(2) = 4.303.
    error = math.sqrt(2) * 0.03 / math.sqrt(3)
    ends = [100 * (1 - math.exp(-(math.log(2) + side * 4.303 * error))) for side in (-1, 1)]
    assert decision == f"The difference is more than chance: {ends[0]:.2g} to {ends[1]:.2g} % with 95 % confidence."


def test_means_over_seeds_whose_interval_includes_zero(make):
    runs = [make(64, seed, {"fid": fid}) for seed, fid in enumerate((4.0, 7.0, 5.0))]
    runs += [make(32, seed, {"fid": fid}) for seed, fid in enumerate((6.0, 5.0, 7.0))]
    assert "includes zero, so this may be chance" in say(*runs)[1]


def test_a_group_beside_a_single_seed_decides_nothing(make):
    runs = [make(64, seed, {"fid": 4.0 + seed / 10}) for seed in range(3)] + [make(32, 0, {"fid": 50.0})]
    said = say(*runs)
    assert "50.0 (one seed)" in said[0]
    assert said[1] == "One of the two has a single seed, so this may be chance."


def test_the_best_of_many_settings_needs_more(make):
    """Three groups are three comparisons: what two groups alone decide stays open."""
    fids = {64: (5.0, 5.1, 5.2), 32: (5.8, 5.9, 6.1), 16: (30.0, 31.0, 32.0)}
    runs = {ngf: [make(ngf, seed, {"fid": fid}) for seed, fid in enumerate(found)] for ngf, found in fids.items()}
    assert say(*runs[64], *runs[32])[1].startswith("The difference is more than chance")
    many = say(*runs[64], *runs[32], *runs[16])
    assert many[0].startswith("Of 3 settings ngf 64 has the lowest FID, 5.1 on average")
    assert ", before ngf 32 with 5.9" in many[0]
    assert many[1].startswith("The difference is not clear: its 95 % interval, corrected for 3 comparisons")


def test_runs_that_differ_in_the_seed_alone(make):
    (said,) = say(*(make(64, seed, {"fid": fid}) for seed, fid in enumerate((4.0, 5.0, 6.25))))
    assert said == "These runs differ in their seed alone: FID 5.0 on average, from 4.0 to 6.2 over 3 seeds."


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"extractor": "inception-v3"}, "different features (inception-v3 and mnist-cnn-v1)"),
        ({"reference": "mnist"}, "different references (mnist and mnist-5k)"),
        ({"samples": 2_000}, "different numbers of samples (2,000 and 10,000)"),
    ],
)
def test_values_that_cannot_be_compared_are_not(make, changes, words):
    (said,) = say(make(32, 0, {"fid": 5.6}), make(64, 0, {"fid": 4.6}, **changes))
    assert said == f"Not every FID here can be compared: {words}."


def test_those_that_were_measured_alike_are_compared(make):
    said = say(make(8, 0, {"fid": 3.0}, extractor="other"), make(32, 0, {"fid": 5.6}), make(64, 0, {"fid": 4.6}))
    assert said[0].startswith("ngf 64 has the lower FID, 4.6 against 5.6")
    assert said[1].endswith("the 2 of 3 that were measured alike are compared.")


def test_the_features_of_what_is_not_learned_make_no_difference(make):
    (said,) = say(make(32, 0, {"parzen": 200.0}), make(64, 0, {"parzen": 250.0}, extractor="other"), measure="parzen")
    assert said.startswith("ngf 64 has the higher Parzen log-likelihood, 250 against 200")


def test_a_run_that_diverged_is_left_out(make):
    failed = {"state": "failed", "error_code": "diverged"}
    said = say(make(8, 0, {"fid": 1.0}, step=40, status=failed), make(32, 0, {"fid": 5.6}), make(64, 0, {"fid": 4.6}))
    assert said[0].startswith("ngf 64 has the lower FID")
    assert said[-1] == "ngf 8 diverged at step 40 and is left out."


def test_runs_that_ended_at_different_steps(make):
    said = say(make(32, 0, {"fid": 5.6}, step=400), make(64, 0, {"fid": 4.6}))
    assert "(ngf 32 at step 400, ngf 64 at step 1,050)" in said[1]


def test_a_better_fid_with_less_variety_is_said(make):
    said = say(make(32, 0, {"fid": 5.6, "coverage": 0.82}), make(64, 0, {"fid": 4.6, "coverage": 0.7}))
    assert said[1] == "Its coverage is lower, though: 0.70 against 0.82."
    assert len(say(make(32, 0, {"fid": 5.6, "coverage": 0.7}), make(64, 0, {"fid": 4.6, "coverage": 0.7}))) == 1


def test_what_there_is_stands_in_for_the_fid(make):
    (said,) = say(make(32, 0, {"modes": 8.0}), make(64, 0, {"modes": 5.0}))
    assert said.startswith("ngf 32 has the higher modes found, 8 against 5")


def test_values_on_the_way_are_compared_where_more_runs_have_them(make):
    runs = [make(32, 0, {"fid": 5.0}), make(64, 0, None)]
    for run, fid in zip(runs, (8.0, 7.0), strict=True):
        run.add_evaluation(evaluation(200, {"fid": fid}, size="cheap", samples=1_000))
    assert say(*runs)[0].startswith("ngf 64 has the lower FID, 7.0 against 8.0")


def test_nothing_measured(make):
    (said,) = say(make(32, 0, None), make(64, 0, {"fid": 4.0}))
    assert said.startswith("The quality of samples was not measured of two of these runs")
    (said,) = say(make(32, 0, {"slant": 1.0}), make(64, 0, {"slant": 4.0}), measure="slant")
    assert said == "No value of slant is better than another: look at its curves."
