"""What figures of speed rest on: ratios with their bounds, and processes that remember nothing."""

import os

import numpy as np
import pytest
from earshot.score.speed import in_fresh_process, peak_memory_mb, ratio, timed

HUNDRED_MB = 100_000_000


def hold(count):
    """Fill so many bytes and return this process's id and its peak of memory."""
    held = np.ones(count, np.uint8)
    return os.getpid(), peak_memory_mb(), int(held[-1])


def fail():
    raise ValueError("what went wrong")


def test_a_ratio_is_of_medians_and_its_bounds_are_of_extremes():
    found = ratio(np.array([30.0, 60, 40]), np.array([5.0, 4, 8]))
    assert (found.slow_s, found.fast_s, found.ratio) == (40, 5, 8)
    assert (found.low, found.high) == (30 / 8, 60 / 4)


def test_equal_repeats_leave_no_doubt():
    found = ratio(np.full(3, 6.0), np.full(5, 2.0))
    assert found.low == found.ratio == found.high == 3


def test_a_fresh_process_has_a_memory_of_its_own():
    """What this process has held does not count there, and what it holds does not count here."""
    hold(3 * HUNDRED_MB)
    here = peak_memory_mb()
    idle_id, idle, _ = in_fresh_process(hold, 1)
    busy_id, busy, _ = in_fresh_process(hold, 2 * HUNDRED_MB)
    assert len({os.getpid(), idle_id, busy_id}) == 3
    assert idle < here - 200
    assert busy - idle == pytest.approx(200, abs=20)
    assert peak_memory_mb() < here + 100


def test_a_peak_of_memory_stays_when_the_memory_is_free_again():
    before = in_fresh_process(hold, 1)[1]
    assert in_fresh_process(peak_after_release, HUNDRED_MB) - before == pytest.approx(100, abs=20)


def peak_after_release(count):
    hold(count)
    return peak_memory_mb()


def test_a_fault_in_a_fresh_process_is_seen_here():
    with pytest.raises(ValueError, match="what went wrong"):
        in_fresh_process(fail)


def test_timing_hands_the_result_on():
    result, seconds = timed(lambda: sum(range(1000)))
    assert result == 499500 and 0 < seconds < 1
