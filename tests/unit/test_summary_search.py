"""What is said of the search and its winner is what their tables hold."""

import json

import numpy as np
import pandas as pd
import pytest
import tables_made_up as made
from earshot.score.samples import difference, same_distribution_p
from earshot.show import summary_search
from scipy import stats


def test_the_difference_of_two_groups_is_welchs():
    """Of a textbook: groups of unequal size and variance."""
    first, other = np.array([27.5, 21.0, 19.0, 23.6, 17.0, 17.9]), np.array([27.1, 22.0, 20.8, 23.4])
    found = difference(first, other)
    variances = [values.var(ddof=1) / len(values) for values in (first, other)]
    freedom = sum(variances) ** 2 / sum(v**2 / (len(x) - 1) for v, x in zip(variances, (first, other), strict=True))
    half = stats.t.ppf(0.975, freedom) * np.sqrt(sum(variances))
    assert found.difference == pytest.approx(first.mean() - other.mean())
    assert (found.low, found.high) == pytest.approx((found.difference - half, found.difference + half))
    assert (found.n, found.n_other) == (6, 4)


def test_groups_of_one_have_a_difference_without_bounds():
    found = difference(np.array([3.0, 4.0]), np.array([1.0]))
    assert found.difference == 2.5 and np.isinf([found.low, found.high]).all() and np.isnan(found.p)


def test_equal_distributions_are_not_refuted_and_others_are():
    random = np.random.default_rng(1)
    one, same, other = random.normal(0, 1, 40), random.normal(0, 1, 40), random.normal(2, 1, 40)
    assert same_distribution_p(one, same) > 0.05 > same_distribution_p(one, other)
    assert np.isnan(same_distribution_p(one, one[:0]))


def test_the_search_is_counted_by_trials_and_not_by_listeners():
    trials, _ = made.search()
    found = summary_search.search(trials, {"trial": 2}, "trials.parquet")
    assert (found["trials"], found["rounds"], found["stopped_early"], found["diverged"]) == (6, 2, 3, 0)
    assert found["seconds"] == pytest.approx(6 * 2.0)
    assert found["subjects"] == ["nh1", "nh2"] and found["winner"] == {"trial": 2}


def test_accuracy_of_the_search_is_compared_where_a_trial_ran_to_its_end():
    """Trials 1 and 3 of the control's sample: 3 was stopped early, so two listeners of trial 1 are compared."""
    trials, benchmark = made.search()
    found = summary_search.search_speedup(trials, benchmark, "benchmark.parquet")
    assert found["ratio"] == pytest.approx(found["control_s"] / found["accelerated_s"])
    assert (found["control_trials"], found["trials"], found["cores"]) == (2, 6, 2)
    assert found["accuracy"]["n"] == 2 and found["accuracy"]["difference_deg"] == pytest.approx(-0.5)


def test_cost_of_the_study_is_what_was_measured_and_what_is_scaled_says_so():
    """Two cores: 10 s a trial of the control; its two jobs were at work for 600 s, one thread each."""
    speed = {"control_s": 10.0, "accelerated_s": 0.5, "trials": 40, "cores": 2}
    jobs = [
        {"rule": "localise_winner, control", "seconds": 600.0},
        {"rule": "localise_winner, accelerated", "seconds": 30.0},
    ]
    both = {
        "device": "CPU",
        "subjects": 48,
        "scaled": True,
        "stages": {"features": {"control_s": 90, "accelerated_s": 9}},
    }
    found = summary_search.study_speedup(speed, both, jobs, 48, 2, 375)
    rows = {(row["stage"], row["implementation"]): row for row in found["stages"]}
    assert rows["search", "control"]["seconds"] == 400 and rows["search", "control"]["scaled"]
    assert rows["search", "accelerated"]["seconds"] == 20 and not rows["search", "accelerated"]["scaled"]
    assert rows["listeners", "control"]["seconds"] == 300 and rows["listeners", "accelerated"]["seconds"] == 30
    assert rows["whole study", "control"]["seconds"] == 3750 + 300 and rows["whole study", "control"]["scaled"]
    assert rows["whole study", "accelerated"]["core_hours"] == pytest.approx((375 * 0.5 + 30) * 2 / 3600)
    assert rows["features", "control"]["scaled"] and not rows["features", "accelerated"]["scaled"]
    assert all(row["gpu_hours"] == 0 for row in found["stages"])
    on_gpu = summary_search.study_speedup(speed, both | {"device": "a GPU"}, jobs, 48, 2, 375)
    hours = {(row["stage"], row["implementation"]): row["gpu_hours"] for row in on_gpu["stages"]}
    assert hours["features", "control"] == 0 and hours["features", "accelerated"] == pytest.approx(9 / 3600)


def test_the_winner_is_judged_by_people_that_the_search_did_not_see():
    """The first listener was for tuning, the last was left out: six others."""
    scores = made.scores(variants=("control", "accelerated"))
    winners = scores.assign(variant="winner_" + scores["variant"])
    found = summary_search.winner_figures(pd.concat([scores, winners]))
    json.dumps(found, allow_nan=False)
    assert found["equivalence"]["n"] == 6 and 0 <= found["equivalence"]["same_distribution_p"] <= 1
    for implementation in ("control", "accelerated"):
        own = scores[(scores["variant"] == implementation) & scores["excluded"].isna()]
        over = found[f"overfitting_{implementation}"]
        assert over["searched_deg"] == pytest.approx(own.loc[own["tuning"], "p95_deg"].mean())
        assert over["others_deg"] == pytest.approx(own.loc[~own["tuning"], "p95_deg"].mean())
        assert (over["n_searched"], over["n_others"], over["p"]) == (1, 6, None)


def test_one_implementation_alone_is_compared_with_nothing():
    scores = made.scores(variants=("control",))
    found = summary_search.winner_figures(scores.assign(variant="winner_control"))
    assert set(found) == {"overfitting_control"}
    assert summary_search.winner_figures(scores) == {}
