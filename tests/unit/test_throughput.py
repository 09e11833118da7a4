"""The model of ranks at work is what list scheduling, queues and chance give, each worked out in another way."""

from dataclasses import astuple

import numpy as np
import pytest
from earshot.score.throughput import Course, Turn, expected, shared_out

AT_ONCE = Turn(0.0, 0.0)


def drawn(count, seed=1):
    return np.random.default_rng(seed).lognormal(0, 1, count).tolist()


def listed(seconds, ranks):
    """List scheduling as Graham (1969) has it: the next piece goes to whoever is free first."""
    free = np.zeros(ranks)
    for one in seconds:
        free[free.argmin()] += one
    return free.max()


@pytest.mark.parametrize("ranks", [1, 2, 7, 30])
def test_managed_is_list_scheduling_and_static_the_longest_sum(ranks):
    seconds = drawn(50)
    managed, static = (shared_out(seconds, ranks, split, AT_ONCE) for split in ("managed", "static"))
    assert managed.wall_s == pytest.approx(listed(seconds, ranks))
    assert static.wall_s == pytest.approx(max(sum(seconds[rank::ranks]) for rank in range(ranks)))
    least = max(sum(seconds) / ranks, *seconds)
    assert least <= managed.wall_s <= (2 - 1 / ranks) * least, "Graham's bound"


def test_all_time_is_accounted_for():
    """Three ranks read for 1 s and make pieces of 2 s with 0.5 s between: 2, 2 and 1 of them."""
    course = shared_out([2.0] * 5, 3, "static", Turn(1.0, 0.5))
    assert astuple(course) == pytest.approx((5.5, 10, 3, 1, 3 * 5.5 - 14))


def test_who_has_no_piece_reads_nothing():
    course = shared_out([2.0], 3, "managed", Turn(1.0, 0.5, 0.1))
    assert astuple(course) == pytest.approx((3.1, 2, 1, 0.1, 3 * 3.1 - 3.1))


@pytest.mark.parametrize("split", ["managed", "static"])
def test_ranks_share_cores(split):
    """Four ranks on two cores: all slower alike, and the last one alone on a core of its own."""
    assert shared_out([1.0] * 8, 4, split, AT_ONCE, cores=2).wall_s == pytest.approx(4)
    # For 4 s each has half a core or more; then 1 s is left to the longest.
    assert shared_out([2.0, 2.0, 3.0], 3, split, AT_ONCE, cores=2).wall_s == pytest.approx(3 + 1)
    seconds = drawn(40)
    apart, shared = (shared_out(seconds, 3, split, Turn(1, 0.1), cores).wall_s for cores in (3, 2))
    assert apart < shared < 1.5 * apart + 1e-9


def test_the_head_hands_out_no_faster_than_it_can():
    """A thousand ranks, pieces of 0.1 s and a head that takes 1 ms: it is busy from first to last."""
    course = shared_out([0.1] * 5000, 1000, "managed", Turn(0.0, 0.001, 0.001))
    assert course.wall_s == pytest.approx(5 + 0.1) and course.limit == "handing_out"
    few = shared_out([0.1] * 5000, 10, "managed", Turn(0.0, 0.001, 0.001))
    assert few.wall_s == pytest.approx(500 * 0.101, rel=0.01) and few.limit == "ranks"


def test_what_is_no_service_of_the_head_is_waited_for_by_many_at_once():
    course = shared_out([0.1] * 5000, 1000, "managed", Turn(0.0, 0.05, 0.0))
    assert course.wall_s == pytest.approx(4 * 0.15 + 0.1)


def test_at_the_end_ranks_wait_as_long_as_chance_has_it():
    """Pieces whose times have no memory: when none is left, the ranks at work have as much before them as ever.

    The longest of n such times is 1 + 1/2 + ... + 1/n means long, the average one mean: the difference is waited.
    """
    random, ranks, pieces = np.random.default_rng(2), 8, 100
    waited = [shared_out(random.exponential(1, pieces).tolist(), ranks, "managed", AT_ONCE).last_s for _ in range(2000)]
    assert np.mean(waited) == pytest.approx(ranks * (sum(1 / n for n in range(1, ranks + 1)) - 1), rel=0.03)


def test_equal_pieces_out_of_step_wait_half_a_piece():
    """When none is left, the ends of n equal pieces are spread evenly over one: (n - 1) / 2 pieces are waited."""
    random, ranks = np.random.default_rng(3), 10
    waited = []
    for _ in range(1000):
        # A first piece of any length puts each rank out of step, and anyone's may be the last.
        seconds = [*random.uniform(0, 1, ranks), *[1.0] * random.integers(20, 30)]
        waited.append(shared_out(seconds, ranks, "managed", AT_ONCE).last_s)
    assert np.mean(waited) == pytest.approx((ranks - 1) / 2, rel=0.05)


def test_what_limits_is_what_costs_most():
    assert Course(10, 95, 2, 2, 1).limit == "ranks"
    assert Course(10, 80, 12, 5, 3).limit == "reading"
    assert Course(10, 80, 3, 12, 5).limit == "handing_out"
    assert Course(10, 50, 3, 12, 35).limit == "last_pieces"


def test_what_is_expected_is_a_mean_over_draws():
    random = np.random.default_rng(4)
    own = expected(np.array([1.0]), 100, 10, "managed", Turn(1.0, 0.0), random)
    assert own.per_s == own.low == own.high == pytest.approx(100 / 11)
    assert (own.working, own.reading, own.limit) == (pytest.approx(10 / 11), pytest.approx(1 / 11), "ranks")
    assert expected(np.array([1.0]), 100, 101, "static", AT_ONCE, random).limit == "pieces"
    uneven = expected(np.array(drawn(30)), 100, 10, "static", AT_ONCE, random)
    assert uneven.low < uneven.per_s < uneven.high and uneven.limit == "last_pieces"
    assert uneven.working + uneven.reading + uneven.handing_out + uneven.last_pieces == pytest.approx(1)
