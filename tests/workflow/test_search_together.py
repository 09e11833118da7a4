"""The search by several workers, and by ranks of MPI: complete whoever dies, and nothing done twice."""

import json
import shutil

import pandas as pd
import pytest
from runs import changed, copy_project, planned_rules, run, start
from searches import added, ranks, trials, wait_for_trials, without_times
from test_search_runs import SEARCH, TARGET

# Nobody stops early, as with MPI.
SMALL = changed(
    {"localisation.threads": 1, "localisation.search.halving_kept": 1.0, "localisation.search.trials": 8}, SEARCH
)
WORKERS = changed({"localisation.search.workers": 2}, SMALL)
POOL = changed({"localisation.search.arrangement": "mpi", "localisation.search.ranks": 2}, SMALL)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A project's folder in which one worker has searched."""
    folder = copy_project(tmp_path_factory.mktemp("alone"))
    run(folder, *TARGET, config=SMALL, project=folder)
    return folder


def rounds_of_workers(folder):
    files = sorted((folder / "results/tiny/search/workers").glob("*.json"))
    return [json.loads(path.read_text())["rounds"] for path in files]


def test_two_workers_share_one_search(tmp_path):
    folder = copy_project(tmp_path)
    run(folder, *TARGET, config=WORKERS, project=folder)
    table = trials(folder)
    assert table.groupby("trial").size().to_dict() == dict.fromkeys(range(1, 9), 2)
    first, second = rounds_of_workers(folder)
    assert sorted(first + second) == [1, 2, 3, 4]


def test_more_workers_find_a_finished_search_done(alone, tmp_path):
    folder = shutil.copytree(alone, tmp_path / "project")
    assert planned_rules(folder, *TARGET, config=WORKERS, project=folder) == {
        "search_trials": 1,
        "search_localisation": 1,
    }
    run(folder, *TARGET, config=WORKERS, project=folder)
    pd.testing.assert_frame_equal(trials(folder), trials(alone))
    assert rounds_of_workers(folder) == [[1, 2, 3, 4], []]


@pytest.mark.mpi
def test_a_rank_that_is_killed_costs_its_trial_alone(alone, tmp_path):
    folder = copy_project(tmp_path / "project")
    process = start(folder, *TARGET, config=POOL, project=folder)
    # Sought before it has anything to do: trials take less time than to seek it.
    while 2 not in (there := ranks(folder)):
        assert process.poll() is None
    wait_for_trials(folder, 3)
    there[2].kill()
    said, _ = process.communicate(timeout=300)
    assert process.returncode
    assert "search_pool: mpiexec: a rank of the search ended before its time" in said
    assert "Traceback" not in said
    assert not ranks(folder), "all end with the first"
    before = added(folder)
    assert 3 <= len(before) < 8
    run(folder, *TARGET, config=POOL, project=folder)
    # What each rank trains alone is what a cohort trains together, to rounding.
    pd.testing.assert_frame_equal(without_times(trials(folder)), without_times(trials(alone)), rtol=1e-3)
    assert added(folder)[: len(before)] == before and len(added(folder)) == 8


@pytest.mark.mpi
def test_ranks_that_do_not_find_each_other_are_an_error_in_words(tmp_path):
    """As where srun starts them by a plugin that their MPI library does not know."""
    strangers = tmp_path / "strangers"
    strangers.write_text('#!/bin/sh\nshift 2\nunset PMI_FD PMI_RANK PMI_SIZE\nexec "$@"\n')
    strangers.chmod(0o755)
    said = run(
        tmp_path, "--set-resources", f"search_pool:mpi={strangers}", *TARGET, config=POOL, succeeds=False
    )  # fmt: skip
    assert "resource mpi of search_pool: 3 ranks were started, and they see 1 of them" in said
    assert "Traceback" not in said
