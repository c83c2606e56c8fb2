"""Verdicts on stores whose answer is known, both ways."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from gancore.experiments import EXPERIMENTS, Claim, Scale, Verdict, counted, judge, judge_all, verdicts
from gancore.experiments.claims import CLAIMS
from gancore.experiments.claims.claim import Arm, Difference, Equivalence, Level, Rule, ratio
from gancore.store import RunStore
from gancore.store.index import Index
from tests.experiments.making import make_run

SMALL, LARGE = Arm("nz 10"), Arm("nz 100")
HIGHER = Difference("fid", SMALL, LARGE, "higher", ratio(1.25), "for the test")
LOWER = Difference("fid", SMALL, LARGE, "lower", ratio(1.25), "for the test")
ALIKE = Equivalence("fid", SMALL, LARGE, ratio(1.25), "for the test")
BELOW = Level("fid", SMALL, "lower", 10.0, "for the test")
COVERS = Difference("coverage", SMALL, LARGE, "higher", 0.05, "for the test")

CLOSE, FAR = (5.0, 5.2, 4.9), (12.0, 11.5, 12.6)
SCATTERED = (3.0, 9.0, 20.0)


def claim(*rules: Rule) -> Claim:
    return Claim("test", "dcgan-nz", "the tests", "Something is said.", rules)


def fill(
    store: RunStore,
    arm: str,
    values: Sequence[float],
    *,
    key: str = "fid",
    seeds: Sequence[int] | None = None,
    scale: Scale = "full",
) -> None:
    for seed, value in zip(range(len(values)) if seeds is None else seeds, values, strict=True):
        make_run(store, "dcgan-nz", arm, seed, {key: value}, scale=scale)


def of(store: RunStore, *rules: Rule) -> Verdict:
    return judge(claim(*rules), store)


# --- known answers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("small", "large", "rule", "expected"),
    [
        (FAR, CLOSE, HIGHER, "supported"),
        (FAR, CLOSE, LOWER, "contradicted"),
        (CLOSE, FAR, HIGHER, "contradicted"),
        (CLOSE, FAR, LOWER, "supported"),
        (CLOSE, CLOSE, HIGHER, "contradicted"),
        (SCATTERED, CLOSE, HIGHER, "not decided"),
        (CLOSE, CLOSE[::-1], ALIKE, "supported"),
        (FAR, CLOSE, ALIKE, "contradicted"),
        (CLOSE, FAR, ALIKE, "contradicted"),
        (SCATTERED, CLOSE, ALIKE, "not decided"),
        (CLOSE, (), BELOW, "supported"),
        (FAR, (), BELOW, "contradicted"),
        (SCATTERED, (), BELOW, "not decided"),
    ],
)
def test_a_known_answer_is_found(
    store: RunStore,
    small: Sequence[float],
    large: Sequence[float],
    rule: Rule,
    expected: str,
) -> None:
    fill(store, "nz 10", small)
    fill(store, "nz 100", large)
    found = of(store, rule)
    assert found.verdict == expected
    assert found.n == 3
    assert found.scale == "full"
    assert found.low is not None
    assert found.high is not None
    assert found.low < (found.effect or math.nan) < found.high
    assert found.words.startswith(expected.capitalize())
    assert len(found.runs) == 3 + len(large)
    assert (found.missing == {}) == (expected != "not decided")


def test_effects_are_ratios_in_the_direction_of_the_rule(store: RunStore) -> None:
    fill(store, "nz 10", (12.0, 12.0, 12.0))
    fill(store, "nz 100", (4.0, 4.0, 4.0))
    assert of(store, HIGHER).effect == pytest.approx(3.0)
    assert of(store, LOWER).effect == pytest.approx(1 / 3)
    assert of(store, ALIKE).effect == pytest.approx(3.0)
    assert of(store, BELOW).effect == pytest.approx(10 / 12)
    finding = of(store, HIGHER).findings[0]
    assert (finding.arm, finding.than) == (pytest.approx(12.0), pytest.approx(4.0))


def test_other_effects_are_differences(store: RunStore) -> None:
    fill(store, "nz 10", (0.6, 0.61, 0.6), key="coverage")
    fill(store, "nz 100", (0.3, 0.31, 0.3), key="coverage")
    found = of(store, COVERS)
    assert found.verdict == "supported"
    assert found.effect == pytest.approx(0.3)
    assert "0.30 higher (0.2" in found.words
    lower = Difference("coverage", SMALL, LARGE, "lower", 0.05, "for the test")
    assert of(store, lower).effect == pytest.approx(-0.3)
    assert "0.30 higher (0.2" in of(store, lower).words
    assert of(store, lower).findings[0].measured == of(store, COVERS).findings[0].measured
    assert of(store, lower).findings[0].measured.startswith("coverage +0.30 (+0.2")


def test_the_words_have_the_numbers(store: RunStore) -> None:
    fill(store, "nz 10", FAR)
    fill(store, "nz 100", CLOSE)
    words = of(store, HIGHER).words
    assert words.startswith("Supported: FID 12 (nz 10) against 5.03 (nz 100), 2.39 times as high (1.")
    assert words.endswith("3 seeds), more than the factor of 1.25 that counts.")
    assert "2.39 times as high (1." in of(store, LOWER).words
    for rule in (HIGHER, LOWER):
        assert of(store, rule).findings[0].measured == "FID × 2.39 (1.93 to 2.96)"
    assert of(store, BELOW).findings[0].measured == "FID 12 (10.5 to 13.8)"
    assert of(store, BELOW).words.endswith("3 seeds), not below 10.")


# --- which runs count -------------------------------------------------------------------------------------------------


def test_one_seed_decides_nothing(store: RunStore) -> None:
    fill(store, "nz 10", (50.0,))
    fill(store, "nz 100", (5.0,))
    for rule in (HIGHER, LOWER, ALIKE, BELOW):
        found = of(store, rule)
        assert (found.verdict, found.n, found.low, found.high, found.p) == ("not decided", 1, None, None, None)
        assert "One seed proves nothing" in found.words
    assert of(store, HIGHER).effect == pytest.approx(10.0)
    assert of(store, HIGHER).missing == {"nz 10": 2, "nz 100": 2}
    assert of(store, BELOW).missing == {"nz 10": 2}


def test_two_seeds_are_said_to_be_few(store: RunStore) -> None:
    fill(store, "nz 10", (50.0, 51.0))
    fill(store, "nz 100", (5.0, 5.1))
    found = of(store, HIGHER)
    assert (found.verdict, found.n) == ("supported", 2)
    assert "2 seeds are few" in found.words


def test_no_runs_are_no_verdict(store: RunStore) -> None:
    found = of(store, HIGHER)
    assert (found.verdict, found.effect, found.n, found.runs, found.scale) == ("not decided", None, 0, (), None)
    assert found.missing == {"nz 10": 3, "nz 100": 3}
    fill(store, "nz 10", CLOSE)
    found = of(store, HIGHER)
    assert (found.verdict, found.effect, found.n) == ("not decided", None, 0)
    assert "no run of nz 100" in found.words
    assert found.missing == {"nz 100": 3}


def test_what_was_not_measured_is_said(store: RunStore) -> None:
    fill(store, "nz 10", CLOSE, key="coverage")
    fill(store, "nz 100", CLOSE)
    assert "FID was not measured of the runs of nz 10" in of(store, HIGHER).words


def test_a_run_that_failed_counts_as_the_worst(store: RunStore) -> None:
    for seed in range(3):
        make_run(store, "dcgan-nz", "nz 10", seed, {}, state="failed", error_code="diverged")
    fill(store, "nz 100", CLOSE)
    found = of(store, HIGHER)
    assert found.verdict == "supported"
    assert found.findings[0].arm == pytest.approx(219.0)
    assert "Failed, and counted as 219: 3 of 3 runs of nz 10." in found.words


@pytest.mark.parametrize(("state", "code"), [("stopped", ""), ("running", ""), ("queued", ""), ("failed", "no-space")])
def test_a_run_that_never_ended_does_not_count(store: RunStore, state: str, code: str) -> None:
    fill(store, "nz 100", CLOSE)
    fill(store, "nz 10", FAR[:2])
    make_run(store, "dcgan-nz", "nz 10", 2, {"fid": 5.0}, state=state, error_code=code)  # type: ignore[arg-type]
    assert of(store, BELOW).n == 2


@pytest.mark.parametrize("changes", [{"model.ngf": 16}, {"train.epochs": 1}])
def test_a_run_with_other_settings_does_not_count(store: RunStore, changes: Mapping[str, object]) -> None:
    fill(store, "nz 10", CLOSE)
    make_run(store, "dcgan-nz", "nz 10", 3, {"fid": 100.0}, changes=changes)
    assert of(store, BELOW).n == 3


def test_a_run_that_was_steered_does_not_count(store: RunStore) -> None:
    fill(store, "nz 10", CLOSE)
    run = make_run(store, "dcgan-nz", "nz 10", 3, {"fid": 100.0}, state="stopped")
    run.steer({"optim.lr_g": 1e-3})
    run.write_status(run.status.model_copy(update={"state": "finished"}))
    assert of(store, BELOW).n == 3


def test_a_seed_counts_once_the_newest_that_finished(store: RunStore) -> None:
    fill(store, "nz 10", (50.0, 50.0, 50.0))
    fill(store, "nz 10", CLOSE)
    make_run(store, "dcgan-nz", "nz 10", 0, {}, state="failed")
    runs = counted(store.list(), EXPERIMENTS["dcgan-nz"], "full")
    assert list(runs) == ["nz 10", "nz 100", "nz 1000"]
    assert list(runs["nz 100"]) == []
    assert {seed: run.evaluations()[0].values["fid"] for seed, run in runs["nz 10"].items()} == dict(enumerate(CLOSE))
    assert of(store, BELOW).runs == tuple(run.id for _, run in sorted(runs["nz 10"].items()))


def test_pairs_are_pairs_of_seeds(store: RunStore) -> None:
    """Seeds that scatter alike in both arms: compared pair by pair the difference is clear, and else it is not."""
    fill(store, "nz 10", [2 * value for value in SCATTERED])
    fill(store, "nz 100", SCATTERED)
    fill(store, "nz 1000", SCATTERED, seeds=(7, 8, 9))
    found = of(store, HIGHER)
    assert (found.verdict, found.findings[0].method) == ("supported", "paired t, 95 %")
    unpaired = Difference("fid", SMALL, Arm("nz 1000"), "higher", ratio(1.25), "for the test")
    found = of(store, unpaired)
    assert (found.verdict, found.findings[0].method, found.n) == ("not decided", "Welch's t, 95 %", 3)


def test_a_seed_that_one_arm_lacks_is_left_out_of_the_pairs(store: RunStore) -> None:
    fill(store, "nz 10", (*FAR, 1.0))
    fill(store, "nz 100", (*CLOSE, 900.0), seeds=(0, 1, 2, 9))
    found = of(store, HIGHER)
    assert (found.verdict, found.n) == ("supported", 3)
    assert found.findings[0].than == pytest.approx(5.03, abs=0.01)


# --- scale ------------------------------------------------------------------------------------------------------------


def test_the_full_scale_is_preferred_where_it_can_be_judged(store: RunStore) -> None:
    for arm, full in (("nz 10", FAR), ("nz 100", CLOSE)):
        fill(store, arm, (5.0, 5.1, 5.2), scale="quick")
        fill(store, arm, full[:1])
    assert (of(store, HIGHER).scale, of(store, HIGHER).verdict) == ("quick", "contradicted")
    assert judge(claim(HIGHER), store, "full").n == 1
    for arm, full in (("nz 10", FAR), ("nz 100", CLOSE)):
        fill(store, arm, full[1:], seeds=(1, 2))
    assert (of(store, HIGHER).scale, of(store, HIGHER).verdict) == ("full", "supported")
    assert judge(claim(HIGHER), store, "quick").verdict == "contradicted"


def test_another_arm_stands_in_at_the_quick_scale(store: RunStore) -> None:
    stands_in = Arm("nz 1000", quick="nz 100")
    fill(store, "nz 10", CLOSE, scale="quick")
    fill(store, "nz 100", FAR, scale="quick")
    assert of(store, Difference("fid", stands_in, SMALL, "higher", ratio(1.25), "for the test")).verdict == "supported"


def test_an_arm_may_be_of_another_experiment(store: RunStore) -> None:
    fill(store, "nz 10", FAR)
    for seed, value in enumerate(CLOSE):
        make_run(store, "dcgan-init", "init custom", seed, {"fid": value})
    other = Arm("init custom", experiment="dcgan-init")
    found = of(store, Difference("fid", SMALL, other, "higher", ratio(1.25), "for the test"))
    assert found.verdict == "supported"
    assert "dcgan-init: init custom" in found.words


# --- several rules, many claims ---------------------------------------------------------------------------------------


def test_rules_are_judged_apart_and_together(store: RunStore) -> None:
    fill(store, "nz 10", FAR)
    fill(store, "nz 100", CLOSE)
    fill(store, "nz 1000", SCATTERED)
    unclear = Difference("fid", Arm("nz 1000"), LARGE, "higher", ratio(1.25), "for the test")
    found = of(store, HIGHER, unclear)
    assert [finding.verdict for finding in found.findings] == ["supported", "not decided"]
    assert found.verdict == "not decided"
    assert found.effect == found.findings[0].effect
    assert found.words.startswith("Not decided: 1 of 2 parts are supported, the others open: FID ")
    assert found.missing.keys() == {"nz 100", "nz 1000"}
    assert of(store, HIGHER, HIGHER).verdict == "supported"
    assert of(store, unclear, BELOW).verdict == "contradicted"
    assert len(of(store, HIGHER, unclear).runs) == 9


def test_what_was_not_decided_says_what_could_have_been_seen(store: RunStore) -> None:
    fill(store, "nz 10", (5.0, 8.0, 6.0))
    fill(store, "nz 100", (6.0, 5.0, 7.0))
    found = of(store, HIGHER)
    assert found.verdict == "not decided"
    [finding] = found.findings
    assert finding.detectable is not None
    assert finding.detectable > 1.25
    assert finding.seeds_needed is not None
    assert f"3 seeds). So many seeds could have seen a factor of {finding.detectable:.2f}" in found.words
    assert f"about {finding.seeds_needed} would decide on a factor of 1.25" in found.words
    assert found.missing == {"nz 10": finding.seeds_needed - 3, "nz 100": finding.seeds_needed - 3}


def test_the_seeds_that_were_said_to_be_needed_decide(store: RunStore) -> None:
    source = np.random.default_rng(2)
    fill(store, "nz 10", (5.0, 7.0, 6.0))
    fill(store, "nz 100", (6.0, 5.0, 7.0))
    needed = of(store, HIGHER).findings[0].seeds_needed
    assert needed is not None
    fill(store, "nz 10", list(source.lognormal(1.7, 0.1, needed)), seeds=range(10, 10 + needed))
    fill(store, "nz 100", list(source.lognormal(1.7, 0.1, needed)), seeds=range(10, 10 + needed))
    assert of(store, HIGHER).verdict == "contradicted"


def test_all_claims_are_said_to_be_many(store: RunStore) -> None:
    for scale, seeds in (("quick", 3), ("full", 1)):
        for arm, value in (("init custom", 6.0), ("init default", 30.0)):
            for seed in range(seeds):
                make_run(store, "dcgan-init", arm, seed, {"fid": value + seed / 10}, scale=scale)  # type: ignore[arg-type]
    found = {verdict.claim: verdict for verdict in judge_all(store)}
    assert list(found) == list(CLAIMS)
    alone = judge(CLAIMS["init-matters-little"], store)
    among = found["init-matters-little"]
    assert among.verdict == alone.verdict == "contradicted"
    assert (alone.q, alone.judged) == (None, 1)
    assert (among.q, among.judged) == (pytest.approx(among.p), 1)
    assert found["ndf-hurts"].q is None


def test_snapshots_of_an_index_say_the_same(store: RunStore) -> None:
    fill(store, "nz 10", FAR)
    fill(store, "nz 100", CLOSE)
    assert (
        judge(claim(HIGHER), Index(store.root).runs())
        == judge(claim(HIGHER), store)
        == judge(claim(HIGHER), store.list())
    )


def test_what_was_measured_since_is_seen(store: RunStore) -> None:
    fill(store, "nz 10", FAR)
    fill(store, "nz 100", CLOSE[:2])
    assert of(store, HIGHER).n == 2
    fill(store, "nz 100", CLOSE[2:], seeds=(2,))
    assert of(store, HIGHER).n == 3


@pytest.mark.parametrize(
    ("verdicts_of_rules", "expected"),
    [
        (("supported", "supported"), "supported"),
        (("supported", "not decided"), "not decided"),
        (("not decided", "contradicted"), "contradicted"),
        ((), "not decided"),
    ],
)
def test_all_rules_must_hold(verdicts_of_rules: Sequence[verdicts.Judgement], expected: str) -> None:
    assert verdicts.together(verdicts_of_rules) == expected


# --- error rates ------------------------------------------------------------------------------------------------------

DEALT = 400  # stores that are judged


def most(rate: float) -> float:
    """What a rate may come out as in so many stores, four deviations from it."""
    return rate + 4 * math.sqrt(rate * (1 - rate) / DEALT)


@pytest.mark.parametrize("paired", [True, False])
def test_arms_that_do_not_differ_support_no_more_than_the_stated_share(store: RunStore, paired: bool) -> None:
    """Two arms of one distribution, of which three seeds each are drawn again and again."""
    source = np.random.default_rng(8)
    for arm in ("nz 10", "nz 100"):
        fill(store, arm, list(source.lognormal(2.0, 0.3, 24)))
    runs = counted(Index(store.root).runs(), EXPERIMENTS["dcgan-nz"], "full")
    found: dict[Rule, list[str]] = {rule: [] for rule in (HIGHER, LOWER, ALIKE)}
    for _ in range(DEALT):
        ones = source.permutation(24)[:3]
        others = ones if paired else source.permutation(24)[:3]
        chosen = [runs["nz 10"][seed] for seed in ones] + [runs["nz 100"][seed] for seed in others]
        for rule, verdicts_on_it in found.items():
            verdicts_on_it.append(judge(claim(rule), chosen).verdict)
    for rule in (HIGHER, LOWER):
        assert found[rule].count("supported") / DEALT <= most(0.025)
    assert found[ALIKE].count("contradicted") / DEALT <= most(0.05)


def test_a_store_that_did_not_change_is_not_read_again(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store, "nz 10", FAR)
    fill(store, "nz 100", CLOSE)
    then = time.time() - 60
    for path in store.root.rglob("*"):
        os.utime(path, (then, then))
    before = judge_all(store)
    for reader in ("gancore.store.records.read_regular", "gancore.store.evaluations.read_regular"):
        monkeypatch.setattr(reader, lambda *_: pytest.fail("it was read again"))
    assert judge_all(store) == before
