"""Intervals by drawing groups again: they cover what they should, and groups stay together."""

import numpy as np
import pytest
from earshot.score.intervals import interval, quantiles


def names(*counts):
    return np.repeat([f"group{number}" for number in range(len(counts))], counts).astype(object)


@pytest.mark.parametrize("statistic", ["median", "mean"])
def test_values_are_those_of_numpy(statistic):
    values = np.random.default_rng(1).normal(size=100)
    found = interval(values, names(*[1] * 100), np.random.default_rng(2), statistic)
    assert found.value == pytest.approx(getattr(np, statistic)(values))
    assert found.low < found.value < found.high and (found.n, found.groups) == (100, 100)
    again = interval(values, names(*[1] * 100), np.random.default_rng(2), statistic)
    assert found == again


def test_an_interval_of_a_mean_is_as_wide_as_its_standard_error_says():
    values = np.random.default_rng(1).normal(size=400)
    found = interval(values, names(*[1] * 400), np.random.default_rng(2), "mean", draws=4000)
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * values.std() / 20, rel=0.08)


@pytest.mark.parametrize("statistic", ["median", "mean"])
def test_copies_in_a_group_say_nothing_new(statistic):
    values = np.random.default_rng(1).normal(size=60)
    alone = interval(values, names(*[1] * 60), np.random.default_rng(2), statistic)
    copied = interval(np.repeat(values, 4), names(*[4] * 60), np.random.default_rng(2), statistic)
    assert (copied.low, copied.high) == (pytest.approx(alone.low, abs=0.06), pytest.approx(alone.high, abs=0.06))
    assert (copied.n, copied.groups) == (240, 60)


def test_medians_of_draws_are_exact():
    """Of two groups with one value each, a draw has both, or one of them twice: the mean of the middle two, or it."""
    found = interval(np.array([1.0, 3.0]), names(1, 1), np.random.default_rng(1))
    assert (found.value, found.low, found.high) == (2, 1, 3)


def test_what_has_no_number_is_left_out():
    found = interval(np.array([np.nan, 2, np.nan, 4]), names(1, 1, 1, 1), np.random.default_rng(1))
    assert (found.value, found.n, found.groups) == (3, 2, 2)
    alone = interval(np.array([2.0, 4.0]), names(2), np.random.default_rng(1))
    assert alone.value == 3 and np.isnan(alone.low) and alone.groups == 1
    nothing = interval(np.array([np.nan]), names(1), np.random.default_rng(1))
    assert np.isnan(nothing.value) and nothing.n == 0


def test_what_is_infinite_counts():
    """One of three is minus infinity: a median of draws is it where it was drawn twice or more, 7 times in 27."""
    values = np.array([3.0, -np.inf, 1.0])
    found = interval(values, names(1, 1, 1), np.random.default_rng(1))
    assert (found.value, found.low, found.high, found.n) == (1, -np.inf, 3, 3)
    assert quantiles(np.arange(5.0), [0.125]) == [0.5] and quantiles(values, [0.1, 0.5]) == [-np.inf, 1]
    mean = interval(values, names(1, 1, 1), np.random.default_rng(1), "mean")
    assert mean.value == -np.inf and np.isnan(mean.low)


def test_many_values_are_drawn_in_parts(monkeypatch):
    values = np.arange(50.0)
    whole = interval(values, names(*[1] * 50), np.random.default_rng(2), "mean")
    monkeypatch.setattr("earshot.score.intervals._AT_ONCE", 300)
    parts = interval(values, names(*[1] * 50), np.random.default_rng(2), "mean")
    assert whole == parts
