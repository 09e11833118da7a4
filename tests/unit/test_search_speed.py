"""The ratio of the search is that of the mean seconds of a trial, and its bounds are those of the sample."""

import pandas as pd
import pytest
from earshot.score.search import search_speed


def tables(control_s, cohort_s, listeners=3, cores=2):
    trials = [{"trial": n, "subject": str(k), "seconds": s} for n, s in enumerate(cohort_s) for k in range(listeners)]
    wall = sum(control_s) * listeners / cores
    rows = [{"trial": n, "subject": str(k), "seconds": s} for n, s in enumerate(control_s) for k in range(listeners)]
    return pd.DataFrame(trials), pd.DataFrame(rows).assign(wall_s=wall, cores=cores)


def test_the_ratio_is_of_a_trial_on_all_cores():
    """Three listeners of 20 s each are 30 s on two cores; in the cohort the trial took 2 s."""
    speed = search_speed(*tables([20.0] * 4, [2.0] * 10))
    assert (speed.control_s, speed.cohort_s) == (30, 2)
    assert speed.ratio == speed.low == speed.high == 15
    assert (speed.control_trials, speed.trials) == (4, 10)


def test_bounds_are_wide_where_the_sample_is_uneven():
    speed = search_speed(*tables([5.0, 5.0, 5.0, 65.0], [1.0, 3.0]))
    assert speed.ratio == pytest.approx(15)
    assert speed.low < 6 and speed.high > 24
