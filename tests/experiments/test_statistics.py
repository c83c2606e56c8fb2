"""The statistics of a few seeds, against scipy's own, published numbers and simulations."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from gancore.experiments import statistics
from gancore.experiments.statistics import Estimate, beyond, compare, of_pairs, of_values, q_values, welch, within

TRIES = 4_000


def draw(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def by_seed(values: np.ndarray, first: int = 0) -> dict[int, float]:
    return {first + seed: float(value) for seed, value in enumerate(values)}


@pytest.mark.parametrize("n", [2, 3, 5, 20])
def test_pairs_are_those_of_scipy(n: int) -> None:
    ones, others = draw(n).normal(1.0, 1.0, n), draw(n + 1).normal(0.0, 2.0, n)
    made, known = compare(by_seed(ones), by_seed(others), 0.0), stats.ttest_rel(ones, others)
    assert made.method == "paired t"
    assert made.n == n
    assert (made.effect, made.freedom) == (pytest.approx(np.mean(ones - others)), n - 1)
    for confidence in (0.9, 0.95):
        assert made.interval(confidence) == pytest.approx(tuple(known.confidence_interval(confidence)))
    assert beyond(made, 0.0).supports == pytest.approx(
        min(1.0, 2 * stats.ttest_rel(ones, others, alternative="greater").pvalue)
    )
    assert made.p_below(0.0) == pytest.approx(stats.ttest_rel(ones, others, alternative="less").pvalue)


@pytest.mark.parametrize(("n", "m"), [(2, 2), (3, 5), (20, 3)])
def test_seeds_with_nothing_in_common_are_compared_as_scipy_does(n: int, m: int) -> None:
    ones, others = draw(n).normal(1.0, 1.0, n), draw(m + 100).normal(0.0, 2.0, m)
    made = compare(by_seed(ones), by_seed(others, first=100), 0.0)
    known = stats.ttest_ind(ones, others, equal_var=False)
    assert made.method == "Welch's t"
    assert made.n == min(n, m)
    assert made.freedom == pytest.approx(known.df)
    for confidence in (0.9, 0.95):
        assert made.interval(confidence) == pytest.approx(tuple(known.confidence_interval(confidence)))
    assert made.p_above(0.5) == pytest.approx(
        stats.ttest_ind(ones - 0.5, others, equal_var=False, alternative="greater").pvalue
    )


def test_an_arm_alone_is_compared_with_a_level_as_scipy_does() -> None:
    values = draw(0).normal(3.0, 1.0, 5)
    made, known = of_values(list(values), 0.0), stats.ttest_1samp(values, 2.5)
    assert made.interval() == pytest.approx(tuple(known.confidence_interval()))
    assert 2 * min(made.p_above(2.5), made.p_below(2.5)) == pytest.approx(known.pvalue)


@pytest.mark.parametrize(
    ("ones", "others", "method", "n"),
    [
        ((0, 1, 2), (0, 1, 2), "paired t", 3),
        ((0, 1), (0, 1), "paired t", 2),
        ((0, 1, 2, 3), (1, 2, 3, 9), "paired t", 3),
        ((0, 1, 2), (1, 2, 3), "Welch's t", 3),
        ((0, 1, 2), (0,), "Welch's t", 1),
        ((0,), (0,), "paired t", 1),
    ],
)
def test_the_seeds_alone_choose_the_test(ones: tuple[int, ...], others: tuple[int, ...], method: str, n: int) -> None:
    made = compare({seed: seed / 10 for seed in ones}, {seed: seed**2 / 7 for seed in others}, 0.0)
    assert (made.method, made.n) == (method, n)


@pytest.mark.parametrize("made", [of_pairs([3.0], 0.1), of_values([3.0], 0.1), welch([4.0], [1.0, 1.0], 0.1)])
def test_one_seed_says_nothing(made: Estimate) -> None:
    assert not made.known
    assert made.effect == 3.0
    assert made.interval() == (-math.inf, math.inf)
    assert beyond(made, 1.0).supports == beyond(made, 100.0).contradicts == within(made, 100.0).supports == 1.0
    assert statistics.seeds_needed(made, 1.0) is None


def test_no_interval_is_narrower_than_a_run_can_be_measured() -> None:
    """Values that agree to the last digit are known as well as each was measured, and no better."""
    half = stats.t.ppf(0.975, 2) * 0.1 * math.sqrt(2 / 3)
    assert of_pairs([1.0, 1.0, 1.0], 0.1).interval() == pytest.approx((1 - half, 1 + half))
    assert welch([1.0] * 3, [0.0] * 3, 0.1).interval() == pytest.approx((1 - half, 1 + half))
    values = draw(1).normal(0, 1, 6)
    for make in (of_pairs, of_values):
        narrow, wide = make(list(values), 0.0).interval(), make(list(values), 0.5).interval()
        assert wide[0] < narrow[0]
        assert wide[1] > narrow[1]


def test_two_one_sided_tests_are_those_of_scipy() -> None:
    differences = draw(3).normal(0.1, 0.3, 8)
    made = within(of_pairs(list(differences), 0.0), 0.5)
    above = stats.ttest_1samp(differences, -0.5, alternative="greater").pvalue
    below = stats.ttest_1samp(differences, 0.5, alternative="less").pvalue
    assert made.supports == pytest.approx(max(above, below))


@pytest.mark.parametrize("center", [0.0, 0.3, 0.5, 0.9])
def test_p_values_say_where_the_intervals_lie(center: float) -> None:
    for seed in range(50):
        made = of_pairs(list(draw(seed).normal(center, 0.25, 4)), 0.02)
        low, high = made.interval()
        inner_low, inner_high = made.interval(0.9)
        assert (beyond(made, 0.5).supports < 0.05) == (low > 0.5)
        assert (beyond(made, 0.5).contradicts < 0.05) == (high < 0.5)
        assert (within(made, 0.5).supports < 0.05) == (inner_low > -0.5 and inner_high < 0.5)
        assert (within(made, 0.5).contradicts < 0.05) == (low > 0.5 or high < -0.5)


# --- error rates ------------------------------------------------------------------------------------------------------


def draws(make: Callable[[np.random.Generator], Estimate]) -> list[Estimate]:
    source = draw(11)
    return [make(source) for _ in range(TRIES)]


def share(made: list[Estimate], decided: Callable[[Estimate], bool]) -> float:
    return float(np.mean([decided(each) for each in made]))


def most(rate: float) -> float:
    """What a rate may come out as in so many tries, four deviations from it."""
    return rate + 4 * math.sqrt(rate * (1 - rate) / TRIES)


def pairs_of(effect: float, n: int) -> Callable[[np.random.Generator], Estimate]:
    return lambda source: of_pairs(list(source.normal(effect, 1.0, n)), 0.2)


def exact_pairs_of(effect: float, n: int) -> Callable[[np.random.Generator], Estimate]:
    return lambda source: of_pairs(list(source.normal(effect, 1.0, n)), 0.0)


def arms_of(effect: float, n: int, m: int) -> Callable[[np.random.Generator], Estimate]:
    return lambda source: welch(list(source.normal(effect, 1.0, n)), list(source.normal(0.0, 2.0, m)), 0.2)


@pytest.mark.parametrize("make", [pairs_of(0.5, 3), arms_of(0.5, 3, 4), pairs_of(0.5, 5)])
def test_an_effect_that_just_does_not_count_is_rarely_called_one(
    make: Callable[[np.random.Generator], Estimate],
) -> None:
    made = draws(make)
    assert share(made, lambda each: beyond(each, 0.5).supports < 0.05) <= most(0.025)
    assert share(made, lambda each: beyond(each, 0.5).contradicts < 0.05) <= most(0.025)
    assert share(made, lambda each: within(each, 0.5).supports < 0.05) <= most(0.05)
    assert share(made, lambda each: within(each, 0.5).contradicts < 0.05) <= most(0.05)


def test_shuffled_labels_support_no_more_than_the_stated_share() -> None:
    """Values of one pool, dealt out to two arms at random."""
    pool = draw(5).lognormal(1.0, 0.3, 10)

    def deal(source: np.random.Generator) -> Estimate:
        dealt = source.permutation(np.log(pool))
        return compare(by_seed(dealt[:5]), by_seed(dealt[5:]), 0.02)

    made = draws(deal)
    assert share(made, lambda each: beyond(each, 0.0).supports < 0.05) <= most(0.025)
    assert share(made, lambda each: beyond(each, math.log(1.25)).supports < 0.05) <= 0.01


# --- power ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [3, 5, 20])
def test_an_effect_at_the_visible_gap_is_seen_four_times_in_five(n: int) -> None:
    effect = statistics.visible_gap(n - 1) / math.sqrt(n)
    seen = share(draws(exact_pairs_of(effect, n)), lambda each: each.interval()[0] > 0)
    assert seen == pytest.approx(0.8, abs=0.025)


def test_seeds_needed_are_those_of_a_textbook() -> None:
    """Cohen 1988, table 2.4: 34 pairs for d = 0.5, two-sided at 5 %, with 80 % power, and 64 in each of two groups."""
    pairs = Estimate(0.0, 0.1, 9, 10, 1.0, "paired t")
    assert statistics.seeds_needed(pairs, 0.5) == 34
    groups = Estimate(0.0, 0.1, 18, 10, math.sqrt(2), "Welch's t", arms=2)
    assert statistics.seeds_needed(groups, 0.5) == 64
    assert statistics.seeds_needed(pairs, 1e-3) is None
    assert statistics.seeds_needed(pairs, 100.0) == 3


@pytest.mark.parametrize("n", [3, 6, 30])
def test_no_difference_is_proved_within_the_provable_margin_four_times_in_five(n: int) -> None:
    margin = statistics.provable_margin(n - 1) / math.sqrt(n)
    proved = share(draws(exact_pairs_of(0.0, n)), lambda each: within(each, margin).supports < 0.05)
    assert proved == pytest.approx(0.8, abs=0.025)
    made = Estimate(0.0, 1 / math.sqrt(n), n - 1, n, 1.0, "paired t")
    assert statistics.seeds_needed(made, margin * 1.0001, statistics.provable_margin) == n


def test_many_tests_are_corrected_as_scipy_does() -> None:
    p = [0.001, 0.04, 0.03, 0.2, 1.0, 0.04]
    assert q_values(p) == pytest.approx(list(stats.false_discovery_control(p)))
    assert q_values([0.03]) == [0.03]
    assert q_values([]) == []
