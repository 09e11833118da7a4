"""The time of a search by its workers is what was measured, scaled; beyond that each is as fast as one alone."""

import pytest
import tables_made_up as made
from earshot.score.scaling import scaling

TRIALS, AT_ONCE, LISTENERS, CONTROL_S = 375, 10, 3, 12.0


@pytest.fixture
def found():
    rows = scaling(made.workers(), TRIALS, AT_ONCE, LISTENERS, CONTROL_S, [4, 38, 100])
    return {(row.implementation, row.workers): row for row in rows}


def test_cohorts_share_rounds(found):
    """38 rounds: one worker has all of them, two have 19 each, and each is half as long again."""
    assert found["accelerated", 1].seconds == pytest.approx(6 + 38 * 10)
    assert found["accelerated", 2].seconds == pytest.approx(9 + 19 * 15)
    assert found["accelerated", 4].seconds == pytest.approx(6 + 10 * 10)


def test_more_workers_than_rounds_buy_nothing(found):
    assert found["accelerated", 38].seconds == found["accelerated", 100].seconds == pytest.approx(16)


def test_the_control_shares_listeners_and_is_as_slow_as_it_was_in_all_trials(found):
    """12 s on average with two at work, so 8 s alone: 1,125 of them."""
    assert found["control", 1].seconds == pytest.approx(1125 * 8)
    assert found["control", 2].seconds == pytest.approx(563 * 12)
    assert found["control", 100].seconds == pytest.approx(12 * 8)


def test_what_is_modelled_says_so_and_bounds_are_those_of_repeats(found):
    assert [workers for (of, workers), row in found.items() if of == "control" and row.modelled] == [4, 38, 100]
    one = found["accelerated", 1]
    assert (one.low, one.high) == (pytest.approx(6 + 38 * 9), pytest.approx(6 + 38 * 11))
    assert found["control", 1].low is None, "no repeat, no spread"
