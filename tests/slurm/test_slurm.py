"""The workflow on a running cluster: the results of a local run, whatever happens; `make acceptance` has more of it.

All in one file: there can be one cluster, and the tests of a file are run by one process.
"""

import json
import shutil
import signal
import subprocess
import time

import pandas as pd
import pytest
import scene_runs
from earshot import cluster as ours
from runs import TINY, changed, planned_rules
from searches import POOL, POOL_APART, WORKERS, WORKERS_APART, Killing, added, faults, trials, without_times
from slurm import cluster
from slurm.events import Campaign, jobs, wait_for_job

pytestmark = [pytest.mark.slurm, pytest.mark.usefixtures("slurm")]

# A few made-up clips, and networks that learn from them for a moment.
CLIPS = changed(
    {
        "sounds": {"clips_per_cell": 1, "duration_s": 0.3, "models": {"residual": {"epochs": 2}}},
        "chords": {"clips_per_cell": 1, "duration_s": 0.3, "models": {"transposable": {"epochs": 2}}},
    }
)
SCORES = ["results/tiny/localisation/control/scores.parquet"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The results of a run without the cluster."""
    runs = Campaign(tmp_path_factory.mktemp("alone"), TINY, SCORES)
    runs.run_undisturbed()
    return runs.undisturbed


@pytest.fixture
def held(tmp_path, undisturbed):
    """Runs whose jobs of interaural_control are at work until what is to happen has happened."""
    runs = Campaign(tmp_path, TINY, SCORES, held="interaural_control")
    runs.undisturbed = undisturbed
    return runs


def test_a_run_on_the_cluster_makes_the_bytes_of_a_run_without_it(tmp_path):
    runs = Campaign(tmp_path, TINY)
    runs.run_undisturbed()
    runs.finish(runs.start())
    assert runs.faults() == []
    said = runs.output.read_text()
    assert "has been submitted with SLURM jobid" in said
    assert "Submitted array job" in said
    alone, on_cluster = runs.scripts()
    assert on_cluster == alone, "no job makes again what its inputs are made of"
    # What asks for a GPU got a node with one, and the rest did not.
    gpu, cpu = (set(asked_for(f"rule_interaural_{variant}")) for variant in ("accelerated", "control"))
    assert gpu == {("spare", "gpu", "gres/gpu=1")}
    assert cpu == {("spare", "cpu", "")}
    log = next((runs.project / "logs/tiny/interaural_accelerated").glob("*.log")).read_text()
    assert "gave this job the GPU 0: computing on the CPU" in log
    # What each job used of what it had asked for.
    (efficiency,) = (runs.project / "logs/slurm").glob("efficiency_report_*.csv")
    assert len(efficiency.read_text().splitlines()) > 6


def test_classifiers_of_clips_on_the_cluster_make_the_bytes_of_a_run_without_it(tmp_path):
    """The spectrograms are there already, so that what is submitted is trainings.

    In 32 bits: of clips as short as these the last maps are a column wide, and in bfloat16 oneDNN leaves the gradient
    of what then sees nothing but padding as it finds the memory.
    """
    files = [f"sounds/residual/fold1/1/{name}" for name in ("predictions.parquet", "networks/category.safetensors")]
    training = "chords/transposable/by_performance/1"
    files += [f"{training}/{name}" for name in ("predictions.parquet", "networks/root_type.safetensors")]
    config = changed({"sounds.models.residual.precision": "float32"}, CLIPS)
    runs = Campaign(tmp_path, config, [f"results/tiny/{name}" for name in files[::2]])
    runs.run_undisturbed()
    shutil.copytree(runs.undisturbed / "shared", runs.project / "results/shared")
    runs.finish(runs.start())
    assert runs.meetings() == []
    made, expected = runs.project / "results/tiny", runs.undisturbed / "tiny"
    assert [name for name in files if (made / name).read_bytes() != (expected / name).read_bytes()] == []
    assert runs.output.read_text().count("has been submitted with SLURM jobid") == 2
    assert set(asked_for("rule_classify_clips")) == {("spare", "gpu", "gres/gpu=1")}


def asked_for(comment):
    """Go through account, partition and GPUs of each job that SLURM kept account of."""
    command = ["sacct", "-n", "-P", "-X", "-o", "Comment,Account,Partition,ReqTRES", "-S", "now-1hours"]
    for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
        of, account, partition, asked = line.split("|")
        if of.startswith(comment):
            yield account, partition, ",".join(part for part in asked.split(",") if "gpu" in part)


def test_a_run_that_is_killed_alone_is_started_again_at_once(held):
    """Its jobs live on when it dies. The next run ends them before it begins: no job ever meets one of another run."""
    held.interrupted("interaural_control", signal.SIGKILL, "cancelling jobs of an earlier run")
    assert held.faults() == []


def test_a_job_that_is_cancelled_by_somebody_is_started_again(held):
    def cancel(job):
        subprocess.run(["scancel", job], check=True)

    held.disturbed("interaural_control", cancel, "Trying to restart job")
    assert held.faults() == []


def test_jobs_that_the_controller_has_forgotten_are_started_again(held):
    """The executor would take them for jobs that are about to appear, and wait for ever."""

    def forget(job):
        cluster.kill_controller()
        cluster.forget_jobs()
        cluster.start_controller()

    held.disturbed("interaural_control", forget, "SLURM knows nothing more of job")
    assert held.faults() == []


def test_jobs_of_other_folders_and_of_other_making_are_left_alone(tmp_path):
    uuid = "00000000-1111-2222-3333-444444444444"
    here, there = (tmp_path / name for name in ("here", "there"))
    numbers = []
    for folder, name in ((here, uuid), (here, f"earshot_{uuid}"), (here, "mine"), (there, uuid)):
        folder.mkdir(exist_ok=True)
        sleep = ["sbatch", "--parsable", "-J", name, "-D", str(folder), "-o", "/dev/null", "--wrap", "sleep 60"]
        numbers.append(subprocess.run(sleep, check=True, capture_output=True, text=True).stdout.strip())
    assert sorted(ours.cancel_jobs(here)) == sorted(numbers[:2])
    left = {number for number, *_ in jobs()}
    assert {*numbers[2:]} <= left and not {*numbers[:2]} & left
    subprocess.run(["scancel", *numbers[2:]], check=True)


def test_a_gpu_that_is_asked_for_and_not_there_is_an_error_in_words(tmp_path):
    runs = Campaign(
        tmp_path, changed({"device": "cuda"}), ["--until", "interaural_accelerated"], (), ["--retries", "0"]
    )
    assert runs.start().wait(300)
    (log, *_) = (runs.project / "logs/tiny/interaural_accelerated").glob("*.log")
    assert "device: cuda was asked for, but torch finds no CUDA device on" in log.read_text()
    assert "which gave this job the GPU 0" in log.read_text()
    assert "Traceback" not in log.read_text()


def test_what_a_cluster_made_after_its_run_was_killed_is_not_taken_for_current(held):
    """Nobody wrote down how it was made, so an edit of its settings would not be seen."""
    held.hold.touch()
    run = held.start()
    wait_for_job("interaural_control")
    run.kill()
    run.wait()
    held.go_on()
    while any(state != "COMPLETING" for _, state, _ in jobs()):
        time.sleep(0.5)
    made = list((held.project / "results").glob("tiny/interaural/*/control/*.safetensors"))
    assert made, "the job went on"
    planned = planned_rules(held.project, "--rerun-incomplete", *SCORES, project=held.project)
    assert planned["interaural_control"] == 2
    held.finish(held.start())
    assert held.faults() == []


def test_a_submission_that_fails_leaves_old_results_stale(tmp_path):
    """They were made with other settings, and the attempt to make them anew came to nothing."""
    runs = Campaign(tmp_path, TINY, ["--until", "interaural_control"])
    runs.finish(runs.start())
    other = changed({"localisation.stimulus.duration_s": 0.1, "seed": 2})
    (runs.project.parent / "smaller.json").write_text(json.dumps(other))
    no_account = runs.project.parent / "site.yaml"
    no_account.write_text("account: nobody\npartitions: {cpu: {max_threads: 8}}\n")
    failing = [*runs.profile, "--slurm-partition-config", str(no_account), "--retries", "0"]
    assert runs.start(failing).wait(300)
    planned = planned_rules(runs.project, "--until", "interaural_control", project=runs.project, config=other)
    assert planned["interaural_control"] == 2


def test_a_limit_beside_arrays_is_refused_in_words(tmp_path):
    runs = Campaign(tmp_path, TINY, SCORES, None, ["--jobs", "2"])
    assert runs.start().wait(300)
    assert "--jobs: 2 may hold back a part of an array" in runs.output.read_text()


# The search on two nodes: workers that share it, and ranks of MPI; one dies in mid-trial, and nothing else is lost.


def test_two_workers_on_two_nodes_share_a_search_though_one_is_killed(tmp_path):
    runs = Campaign(tmp_path, WORKERS, ["search_localisation"], None, WORKERS_APART, held="search_trials")
    killing = Killing(runs.project)

    def kill(_job):
        wait_for_job("search_trials", 2)  # else one could have done all before the other begins
        runs.go_on()
        killing.of_a_worker()

    assert "Trying to restart job" in runs.disturbed("search_trials", kill)
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


# Scenes: by processes on one node, as a configuration has it that says nothing of ranks, and by ranks on two.


@pytest.fixture(scope="module")
def scenes_alone(tmp_path_factory):
    """A finished run of the scenes without the cluster."""
    runs = Campaign(tmp_path_factory.mktemp("scenes"), scene_runs.SCENES, ["scenes"])
    runs.run_undisturbed()
    return runs


def unanswered(alone, folder, config, arguments=()):
    """Runs in whose folder all is there but the answers."""
    runs = Campaign(folder, config, ["scenes"], None, arguments)
    shutil.copytree(alone.project, runs.project, dirs_exist_ok=True)
    shutil.copytree(alone.undisturbed, runs.project / "results")
    runs.undisturbed = shutil.copytree(alone.undisturbed, folder / "alone/results").parent
    scene_runs.without_answers(runs.project)
    return runs


@pytest.mark.long
def test_scenes_are_answered_by_processes_of_one_job(tmp_path, scenes_alone):
    """Though the profile names a launcher of ranks."""
    runs = unanswered(scenes_alone, tmp_path, changed({"scenes.ranks": 2}, scene_runs.SCENES))
    runs.finish(runs.start())
    assert runs.scripts() == [{"answer_scenes": 1, "report_scenes": 1}]
    assert set(pd.read_parquet(runs.project / scene_runs.PIECES)["rank"]) == {0, 1}
    assert scene_runs.same_answers(runs.project, runs.undisturbed)


@pytest.mark.long
@pytest.mark.mpi
def test_ranks_on_two_nodes_answer_scenes_though_one_is_killed(tmp_path, scenes_alone):
    runs = unanswered(scenes_alone, tmp_path, scene_runs.POOL, scene_runs.POOL_APART)
    killing = scene_runs.Killing(runs.project)
    run = runs.start()
    killing.of_a_rank()
    runs.finish(run)
    assert killing.nodes == {"cn1", "cn2"}
    assert "Trying to restart job" in runs.output.read_text()
    logs = (runs.project / "logs/slurm/rule_answer_scenes").glob("*.log")
    assert any(f"srun: {scene_runs.KILLED}" in path.read_text() for path in logs)
    made = pd.read_parquet(runs.project / scene_runs.PIECES)
    of_killed = set(made.loc[made["name"].isin(killing.before), "run"])
    assert len(of_killed) == 1 and set(made["run"]) > of_killed, "what was finished was kept"
    assert scene_runs.same_answers(runs.project, runs.undisturbed)
