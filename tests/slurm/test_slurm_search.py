"""The search on two nodes: workers that share it, and ranks of MPI; one dies in mid-trial, and nothing else is lost."""

import pandas as pd
import pytest
from searches import POOL, POOL_APART, WORKERS, WORKERS_APART, Killing, added, faults, trials, without_times
from slurm.events import Campaign

pytestmark = [pytest.mark.slurm, pytest.mark.usefixtures("slurm")]


def test_two_workers_on_two_nodes_share_a_search_though_one_is_killed(tmp_path):
    runs = Campaign(tmp_path, WORKERS, ["search_localisation"], None, WORKERS_APART)
    killing = Killing(runs.project)
    assert "Trying to restart job" in runs.disturbed("search_trials", killing.of_a_worker)
    assert killing.nodes == {"cn1", "cn2"}
    assert faults(runs.project, WORKERS, killing.before) == []


@pytest.mark.mpi
def test_ranks_on_two_nodes_go_on_when_one_is_killed_in_mid_trial(tmp_path):
    runs = Campaign(tmp_path, POOL, ["search_localisation"], None, POOL_APART)
    runs.run_undisturbed()
    killing = Killing(runs.project)
    assert "Trying to restart job" in runs.disturbed("search_pool", killing.of_a_rank)
    assert killing.nodes == {"cn1", "cn2"}
    assert added(runs.project)[: len(killing.before)] == killing.before
    assert len(added(runs.project)) == 16, "nothing was done twice"
    undisturbed = pd.read_parquet(runs.undisturbed / "tiny/search/trials.parquet")
    pd.testing.assert_frame_equal(without_times(trials(runs.project)), without_times(undisturbed))
