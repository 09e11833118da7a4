"""A run that is killed and started again makes the results of an undisturbed one; `make acceptance` kills many more."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from acceptance.kills import Arena, differences, kill_often, meetings, random_moments
from runs import TINY, WATCH


def test_a_killed_run_is_taken_up_without_help_and_ends_with_the_same_bytes(tmp_path):
    # As far as the scores: the race of both variants takes longer than all else.
    scores = [f"results/tiny/localisation/{variant}/scores.parquet" for variant in ("control", "accelerated")]
    outcomes = kill_often(Arena(tmp_path / "arena", TINY, scores), 1, print)
    assert [outcome.kind for outcome in outcomes] == ["group", "alone"]
    assert [outcome.faults for outcome in outcomes] == [(), ()]


# What follows proves that the test above could fail.


def python(book, run, script, job=True):
    """Start a process of a run, as the watch sees it."""
    environment = os.environ | {"PYTHONPATH": str(WATCH), "EARSHOT_WATCH": str(book), "EARSHOT_WATCH_RUN": str(run)}
    environment |= {"EARSHOT_RUN": "somewhere"} if job else {}
    return subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True)


def entries(book):
    return [json.loads(line) for line in book.read_text().splitlines()]


@pytest.fixture
def leftover(tmp_path):
    """A job of run 1 that is at work."""
    with python(tmp_path / "book", 1, "import time; print('ready', flush=True); time.sleep(60)") as process:
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def test_a_job_beside_a_leftover_is_noticed(tmp_path, leftover):
    python(tmp_path / "book", 2, "").communicate()
    (meeting,) = meetings(entries(tmp_path / "book"))
    assert str(leftover.pid) in meeting


def test_a_leftover_that_starts_a_process_later_is_noticed(tmp_path, leftover):
    leftover.kill()
    leftover.wait()
    python(tmp_path / "book", 2, "").communicate()
    python(tmp_path / "book", 1, "").communicate()
    (meeting,) = meetings(entries(tmp_path / "book"))
    assert "of run 1 began after a job of run 2" in meeting


def test_a_job_after_a_leftover_s_end_is_no_meeting(tmp_path, leftover):
    python(tmp_path / "book", 2, "", job=False).communicate()  # Snakemake starts before it ends leftovers
    leftover.kill()
    leftover.wait()
    python(tmp_path / "book", 2, "").communicate()
    assert meetings(entries(tmp_path / "book")) == []


def test_every_kind_of_difference_is_noticed(finished, tmp_path):
    results = shutil.copytree(finished / "results", tmp_path / "results")
    assert differences(finished / "results", results) == []
    tiny = results / "tiny"
    scores = tiny / "localisation/control/scores.parquet"
    scores.write_bytes(scores.read_bytes() + b"x")
    (tiny / "localisation/hardware.json").unlink()
    (tiny / "localisation/figures/more.svg").write_text("")
    summary = tiny / "localisation/summary.json"
    figures = json.loads(summary.read_text())
    figures["seed"] += 1
    summary.write_text(json.dumps(figures))
    found = differences(finished / "results", results)
    assert [fault.partition(":")[0] for fault in found] == [
        "tiny/localisation/hardware.json is missing",
        "tiny/localisation/figures/more.svg is too much",
        "tiny/localisation/control/scores.parquet differs",
        "tiny/localisation/index.html cannot be compared",  # it shows these scores
        "tiny/localisation/summary.json differs",
        "tiny/report/index.html differs",  # it was made of that summary
    ]


def test_times_are_no_difference(finished, tmp_path):
    results = shutil.copytree(finished / "results", tmp_path / "results")
    summary = results / "tiny/localisation/summary.json"
    figures = json.loads(summary.read_text())
    figures["speedup"]["localisation"]["control_s"] *= 2
    summary.write_text(json.dumps(figures))
    drawing = results / "tiny/localisation/figures/speed.svg"
    drawing.write_text(drawing.read_text().replace("<g ", "<g  "))
    found = differences(finished / "results", results)
    assert found == ["tiny/localisation/index.html differs"], "a page has to be made from the summary beside it"


def test_moments_are_all_over_the_run_and_the_same_each_time():
    moments = random_moments(40, 10, seed=1)
    assert moments == random_moments(40, 10, seed=1)
    assert moments != sorted(moments)
    assert [int(moment // 4) for moment in sorted(moments)] == list(range(10))
