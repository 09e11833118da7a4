"""Ranks are started as their launcher wants it, find each other or say so, and share the GPUs of a node."""

import logging
import os
from types import SimpleNamespace

import pytest
from earshot import threads
from earshot.errors import EarshotError
from earshot.ranks import Program, ending_all, require_all, start, started_with, take_gpu

PROGRAM = Program("scenes", "the scenes", "Finished pieces are kept.")
SIZES = ("EARSHOT_RANKS", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS")


@pytest.fixture(autouse=True)
def own_environment(monkeypatch):
    """Let what starts ranks change the environment of one test alone."""
    for name in (*threads._VARIABLES, "CUDA_VISIBLE_DEVICES"):
        monkeypatch.setenv(name, "1")
    for name in SIZES:
        monkeypatch.delenv(name, raising=False)


def launcher(folder, does):
    path = folder / "somerun"
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)
    return str(path)


def test_a_launcher_gets_its_options_and_what_srun_must_know(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    says = 'echo "$@"; echo kill $SLURM_KILL_BAD_EXIT cores $SRUN_CPUS_PER_TASK ranks $EARSHOT_RANKS $OMP_NUM_THREADS'
    path = tmp_path / "state" / "job.json"
    start(PROGRAM, "earshot.some", {"names": ["a"]}, path, f"{launcher(tmp_path, says)} --mpi=pmi2 -v", 5, 3)
    command, environment = (record.message for record in caplog.records if record.name == "earshot.ranks")
    assert command.startswith("--mpi=pmi2 -v -n 5 ") and command.endswith(f"-m mpi4py -m earshot.some {path}")
    assert environment == "kill 1 cores 3 ranks 5 3"
    assert path.read_text() == '{"names": ["a"]}'


def test_a_launcher_that_is_not_there_is_an_error_in_words(tmp_path):
    with pytest.raises(EarshotError, match=r"nosuchrun: no such MPI launcher here\. Set the resource mpi of scenes to"):
        start(PROGRAM, "earshot.some", {}, tmp_path / "job.json", "nosuchrun --mpi=pmi2", 2, 1)


def test_ranks_that_end_badly_are_an_error_that_says_what_is_kept(tmp_path):
    said = r"a rank of the scenes ended before its time \(exit status 9; .* above\)\. Finished pieces are kept\.$"
    with pytest.raises(EarshotError, match=said):
        start(PROGRAM, "earshot.some", {}, tmp_path / "job.json", launcher(tmp_path, "exit 9"), 2, 1)


@pytest.mark.parametrize("name", SIZES)
def test_ranks_are_known_by_the_environment(name, monkeypatch):
    assert started_with() == 1
    monkeypatch.setenv(name, "4")
    assert started_with() == 4


def test_ranks_that_do_not_see_each_other_are_an_error_in_words():
    require_all(SimpleNamespace(size=3), 3, PROGRAM)
    with pytest.raises(EarshotError, match="resource mpi of scenes: 3 ranks were started, and they see 1 of them"):
        require_all(SimpleNamespace(size=1), 3, PROGRAM)


@pytest.mark.parametrize(("given", "taken"), [("0,1", ["0", "1", "0"]), ("GPU-7", ["GPU-7"] * 3), ("", ["", "", ""])])
def test_ranks_of_a_node_take_its_gpus_in_turn(given, taken):
    for number, name in enumerate(taken):
        os.environ["CUDA_VISIBLE_DEVICES"] = given
        take_gpu(number)
        assert os.environ["CUDA_VISIBLE_DEVICES"] == name


@pytest.mark.parametrize(("error", "said"), [(EarshotError("b.sofa: no ears"), "b.sofa: no ears"), (KeyError(), "why")])
def test_a_rank_that_fails_ends_all(error, said, caplog):
    statuses = []
    with ending_all(SimpleNamespace(Abort=statuses.append)):
        raise error
    assert statuses == [1] and said in caplog.text
    assert ("Traceback" in caplog.text) == isinstance(error, KeyError)
