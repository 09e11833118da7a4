"""What a run will cost, on jobs whose cost is known by hand."""

import math

import pytest
from earshot.show.earlier import EarlierJob, earlier_jobs
from earshot.show.hours import PlannedJob, cost_by_rule, expected_s


def test_the_median_of_earlier_jobs_is_expected():
    earlier = [EarlierJob(seconds) for seconds in (10, 11, 300)]
    assert expected_s(PlannedJob("train", 2, 0, 60), earlier) == 11


def test_twice_the_input_takes_twice_as_long():
    earlier = [EarlierJob(10, 5), EarlierJob(22, 10), EarlierJob(30, 15)]
    assert expected_s(PlannedJob("train", 2, 0, 60, input_mb=20), earlier) == pytest.approx(40)
    assert expected_s(PlannedJob("train", 2, 0, 60), earlier) == 22, "where an input is not there yet"


def test_without_an_earlier_job_nothing_is_expected():
    assert expected_s(PlannedJob("train", 2, 0, 60), []) is None


def test_hours_of_cores_and_gpus_add_up():
    jobs = [PlannedJob("train", 4, 1, 60), PlannedJob("train", 4, 1, 60), PlannedJob("score", 1, 0, 6)]
    table = cost_by_rule(jobs, {"train": [EarlierJob(1800)], "score": [EarlierJob(36)]}).set_index("rule")
    assert table.loc["train"].to_dict() == {
        "jobs": 2, "core_h": 4.0, "gpu_h": 1.0, "most_core_h": 8.0, "most_gpu_h": 2.0, "earlier_jobs": 1
    }  # fmt: skip
    assert table.loc["score", ["core_h", "gpu_h"]].tolist() == [pytest.approx(0.01), 0]
    assert table.loc["all", ["jobs", "core_h", "gpu_h"]].tolist() == [3, pytest.approx(4.01), 1.0]


def test_no_job_is_expected_to_take_longer_than_it_may():
    table = cost_by_rule([PlannedJob("train", 1, 0, 60)], {"train": [EarlierJob(100_000)]})
    assert table.loc[0, "core_h"] == 1


def test_a_rule_that_never_ran_is_unknown_and_not_in_the_sum():
    jobs = [PlannedJob("train", 1, 1, 60), PlannedJob("score", 1, 0, 60)]
    table = cost_by_rule(jobs, {"score": [EarlierJob(3600)]}).set_index("rule")
    assert math.isnan(table.loc["train", "core_h"]) and math.isnan(table.loc["train", "gpu_h"])
    assert table.loc["all", "core_h"] == 1
    assert table.loc["all", "most_core_h"] == 2


def test_earlier_jobs_are_found_in_any_configuration(tmp_path):
    plain, extended = "s\tmax_rss\n10\t-\n", "s\tinput_size_mb\n20\t{'a.sofa': 1.5, 'b.sofa': 1e0}\n"
    for name, text in {
        "results/demo/benchmarks/train.tsv": plain,
        "resources/benchmarks/train/a/1.tsv": extended,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "results/demo/benchmarks/trainer.tsv").write_text(plain)
    assert sorted(earlier_jobs(tmp_path, "train"), key=lambda job: job.seconds) == [
        EarlierJob(10), EarlierJob(20, 2.5 * 2**20 / 1e6)
    ]  # fmt: skip
