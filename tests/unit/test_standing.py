"""How far a run is, from journals whose answer is known."""

import pytest
from earshot.show.standing import Failure, failures, left_s, line, standing, table


def events(*told):
    """A journal: (time, what, job, rule) each, after a plan of three trainings and one score."""
    plan = {"time": 0, "what": "plan", "rules": {"train": 3, "score": 1}}
    return [plan, *({"time": time, "what": what, "job": job, "rule": rule} for time, what, job, rule in told)]


def counts(journal):
    rules = standing(journal)
    return {rule: (it.done, len(it.at_work), it.waiting, len(it.failed)) for rule, it in rules.items()}


def test_before_anything_begins_everything_waits():
    assert counts(events()) == {"train": (0, 0, 3, 0), "score": (0, 0, 1, 0)}


def test_what_begins_and_ends_is_counted():
    journal = events((1, "begin", 1, "train"), (2, "begin", 2, "train"), (11, "end", 1, "train"))
    assert counts(journal)["train"] == (1, 1, 1, 0)


def test_what_failed_and_began_again_is_at_work():
    journal = events((1, "begin", 1, "train"), (3, "fail", 1, "train"))
    assert counts(journal)["train"] == (0, 0, 2, 1)
    assert counts([*journal, {"time": 4, "what": "begin", "job": 1, "rule": "train"}])["train"] == (0, 1, 2, 0)


def test_what_failed_for_good_is_told_in_words_with_its_log():
    told = {"said": "Train anna", "log": "logs/anna.log"}
    journal = events(
        (1, "begin", 1, "train"), (1, "begin", 2, "train"), (3, "fail", 1, "train"), (4, "fail", 2, "train")
    )
    assert failures(journal) == [Failure("train"), Failure("train")]
    journal.append({"time": 5, "what": "begin", "job": 1, "rule": "train"})
    assert failures(journal) == [Failure("train")], "the other is tried again"
    assert failures([{"what": "begin", "job": 1, "rule": "train"} | told, {"what": "fail", "job": 1}]) == [
        Failure(**told)
    ]


def test_a_rule_that_gathers_files_is_no_work():
    assert counts(events((5, "end", 99, "all"))) == counts(events())


def test_the_rest_takes_what_the_same_took_so_far():
    """One took 10 s; one is half-way and one waits, one at a time: 5 + 10 s. Nothing is known of the score."""
    journal = events((0, "begin", 1, "train"), (10, "end", 1, "train"), (10, "begin", 2, "train"))
    assert left_s(standing(journal), {}, now=15) == (15, ["score"])
    assert left_s(standing(journal), {"score": 2.0}, now=15) == (17, [])


def test_what_runs_side_by_side_takes_less():
    journal = events(
        (0, "begin", 1, "train"), (10, "end", 1, "train"), (10, "begin", 2, "train"), (10, "begin", 3, "train")
    )
    assert left_s(standing(journal), {"score": 2.0}, now=10)[0] == pytest.approx((10 + 10 + 2) / 2)


def test_a_job_that_takes_longer_than_usual_takes_nothing_off():
    journal = events((0, "begin", 1, "train"), (10, "end", 1, "train"), (10, "begin", 2, "train"))
    assert left_s(standing(journal), {"score": 2.0}, now=99)[0] == 12


def test_it_is_said_in_a_line_and_in_a_table():
    journal = events((0, "begin", 1, "train"), (600, "end", 1, "train"), (600, "begin", 2, "train"))
    said = line(standing(journal), {}, now=600)
    assert (
        said == "1 of 4 jobs done, 1 at work, 2 waiting, 0 failed; about 20 min left and what is not known yet of score"
    )
    head, train, score = table(standing(journal)).splitlines()
    assert head.split() == ["rule", "done", "at", "work", "waiting", "failed", "usual", "time"]
    assert train.split() == ["train", "1", "1", "1", "0", "10", "min"]
    assert score.split() == ["score", "0", "0", "1", "0"]


def test_a_run_that_is_over_says_nothing_of_the_rest():
    journal = [
        {"time": 0, "what": "plan", "rules": {"train": 1}},
        *events((0, "begin", 1, "train"), (9, "end", 1, ""))[1:],
    ]
    assert line(standing(journal), {}, now=10) == "1 of 1 jobs done, 0 at work, 0 waiting, 0 failed"
