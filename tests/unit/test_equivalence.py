"""The test of equivalence: the interval is the textbook's, and what it says of a margin is two one-sided t tests."""

import numpy as np
import pytest
from earshot.score.equivalence import paired_equivalence
from scipy import stats

BASE = np.array([10.0, 20, 30])
DIFFERENCES = np.array([0.1, 0.3, 0.5])


def test_the_interval_is_the_one_computed_by_hand():
    """Mean 0.3, SD 0.2, n 3; the 95 % quantile of t with 2 degrees of freedom is 2.91998558 in every table."""
    found = paired_equivalence(BASE + DIFFERENCES, BASE)
    half = 2.91998558 * 0.2 / np.sqrt(3)
    assert (found.difference, found.low, found.high) == pytest.approx((0.3, 0.3 - half, 0.3 + half))
    assert found.n == 3


def test_the_difference_is_first_minus_second():
    there, back = paired_equivalence(BASE + DIFFERENCES, BASE), paired_equivalence(BASE, BASE + DIFFERENCES)
    assert (back.difference, back.low, back.high) == pytest.approx((-there.difference, -there.high, -there.low))


@pytest.mark.parametrize("sign", [1, -1])
def test_it_holds_when_the_whole_interval_is_inside_the_margin(sign):
    """The interval ends at 0.637."""
    first = BASE + sign * DIFFERENCES
    assert paired_equivalence(first, BASE, margin=0.64).holds
    assert not paired_equivalence(first, BASE, margin=0.63).holds


def test_it_holds_when_both_one_sided_tests_reject_at_5_percent():
    random, seen = np.random.default_rng(1), set()
    for _ in range(200):
        difference = random.normal(random.uniform(-1.2, 1.2), 1, 20)
        below = stats.ttest_1samp(difference, -1, alternative="greater").pvalue < 0.05
        above = stats.ttest_1samp(difference, 1, alternative="less").pvalue < 0.05
        assert paired_equivalence(difference, np.zeros(20)).holds == (below and above)
        seen.add(bool(below and above))
    assert seen == {True, False}


def test_pairs_are_compared_and_not_groups():
    """Listeners differ by 40 degrees and hide nothing: each is compared with itself."""
    base = np.linspace(5, 45, 10)
    assert paired_equivalence(base + np.tile([0.1, 0.2], 5), base).holds


def test_few_listeners_prove_nothing():
    """One pair has no spread: no bounds, and it does not hold however small the difference."""
    one, none = paired_equivalence(np.array([1.0]), np.array([1.0])), paired_equivalence(np.empty(0), np.empty(0))
    assert (one.difference, one.low, one.high, one.n) == (0, -np.inf, np.inf, 1)
    assert np.isnan(none.difference) and none.n == 0
    assert not one.holds and not none.holds
