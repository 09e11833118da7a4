"""The search in the workflow: killed and continued, made longer, and stale where it should be."""

import json
import os
import shutil
import signal
import time

import pandas as pd
import pytest
from earshot.score.search import search_speed
from runs import changed, copy_project, planned_rules, run, start
from searches import trials, without_times

SEARCH = changed(
    {
        "localisation.tuning_subjects": {"synthetic": ["person01", "person02"]},
        "localisation.search": {
            "trials": 4,
            "trials_at_once": 2,
            "halving_epochs": [1],
            "benchmark_trials": 2,
            "space": {"width": [8, 16], "layers": [1, 2]},
        },
    }
)
TARGET = ("--", "search_localisation")


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    folder = copy_project(tmp_path_factory.mktemp("searched"))
    run(folder, "--", "search", config=SEARCH, project=folder)
    return folder


def test_a_search_writes_its_trials_and_a_winner_that_is_a_configuration(searched):
    table = trials(searched)
    assert table.groupby("trial")["subject"].agg(list).tolist() == [["person01", "person02"]] * 4
    winner = json.loads((searched / "results/tiny/search/winner.json").read_text())
    own = table[table["trial"] == winner["trial"]]
    assert own["winner"].all() and table["winner"].sum() == 2
    assert own["on_front"].all() and not own["stopped_early"].any()
    assert winner["worst_deg"] == own["p95_deg"].max()
    # What it says can be put into a configuration as it stands.
    features = {
        name: winner["features"][name] for name in ("window_samples", "hop_samples", "level_bands", "phase_bands")
    }
    config = changed({"localisation.features": features, "localisation.network": winner["network"]}, SEARCH)
    assert planned_rules(searched, config=config, project=searched)["localise_accelerated"] == 2


def test_some_trials_are_run_again_by_the_control(searched):
    rows = pd.read_parquet(searched / "results/tiny/search/benchmark.parquet")
    assert rows.groupby("trial")["subject"].agg(list).to_dict() == {
        2: ["person01", "person02"],
        4: ["person01", "person02"],
    }
    speed = search_speed(trials(searched), rows)
    assert speed.low <= speed.ratio <= speed.high and speed.control_trials == 2
    more = changed({"localisation.search.benchmark_trials": 3}, SEARCH)
    assert set(planned_rules(searched, "--", "search", config=more, project=searched)) == {"benchmark_search"}


def test_a_search_that_is_killed_goes_on_where_it_was(searched, tmp_path):
    folder = copy_project(tmp_path / "project")
    longer = {"localisation.search.trials": 12}
    process = start(folder, *TARGET, config=changed(longer, SEARCH), project=folder)
    journal = "results/tiny/state/*/*/journal.log"
    give_up = time.monotonic() + 300
    while sum(path.read_bytes().count(b"\n") for path in folder.glob(journal)) < 4:  # the study and a few trials
        assert process.poll() is None and time.monotonic() < give_up
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (folder / "results/tiny/search/trials.parquet").exists()
    (path,) = folder.glob(journal)
    finished = path.read_bytes()
    run(folder, *TARGET, config=changed(longer, SEARCH), project=folder)
    whole = shutil.copytree(searched, tmp_path / "whole")
    before = trials(whole)
    run(whole, *TARGET, config=changed(longer, SEARCH), project=whole)
    pd.testing.assert_frame_equal(without_times(trials(folder)), without_times(trials(whole)))
    assert path.read_bytes().startswith(finished[: finished.rfind(b"\n") + 1]), "it went on where it was"
    # Those that were finished were not run again: their times are the old ones.
    assert trials(whole)["seconds"].tolist()[:8] == before["seconds"].tolist()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seed", 2),
        ("localisation.search.trials", 5),
        ("localisation.search.trials_at_once", 3),
        ("localisation.search.halving_epochs", [2]),
        ("localisation.search.winner_within_deg", 1.0),
        ("localisation.search.space.width", [8]),
        ("localisation.stimulus.duration_s", 0.2),
        ("localisation.network.max_epochs", 4),
        ("localisation.features.phase_bands.highest_hz", 1200),
        ("localisation.tuning_subjects", {"synthetic": ["person03"]}),
    ],
)
def test_a_changed_key_makes_the_search_stale(key, value, searched):
    assert planned_rules(searched, *TARGET, config=changed({key: value}, SEARCH), project=searched)[
        "search_localisation"
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("localisation.network.learning_rate", 0.01),  # which the search chooses
        ("localisation.features.level_bands.count", 9),
        ("localisation.benchmark.repeats", 4),
        ("localisation.variants", ["accelerated"]),
    ],
)
def test_a_key_that_the_search_does_not_use_makes_nothing_stale(key, value, searched):
    assert not planned_rules(searched, *TARGET, config=changed({key: value}, SEARCH), project=searched)


def test_a_search_without_people_to_try_on_is_refused_in_words(tmp_path):
    said = run(tmp_path, "-n", *TARGET, succeeds=False)
    assert "config key localisation.tuning_subjects.synthetic is missing" in said
