"""Pieces are made once, whoever makes them, whoever is killed; their bytes are those of one process alone."""

import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import psutil
import pytest
from earshot import pieces, threads
from earshot.errors import DataError, EarshotError
from earshot.piece_files import Record, require_names
from earshot.pieces import named_work, run_pieces, start, usage
from pieces_made_up import NAMES, described, job

HERE = Path(__file__).parent
# What is killed in one test is not run undisturbed in another: to start processes takes most of these tests' time.
UNDISTURBED = [
    pytest.param({"ranks": 2}, id="managed", marks=pytest.mark.mpi),
    pytest.param({"ranks": 3, "split": "static"}, id="static", marks=pytest.mark.mpi),
]
KILLED = [
    pytest.param({"processes": 2}, id="processes"),
    pytest.param({"ranks": 3}, id="managed", marks=pytest.mark.mpi),
]


@pytest.fixture(autouse=True)
def made_up(monkeypatch, caplog):
    """Ranks and processes of the program of these tests, which look for no GPU."""
    caplog.set_level(logging.INFO)
    for name in threads._VARIABLES:
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("PYTHONPATH", f"{HERE.parent.parent / 'workflow'}{os.pathsep}{HERE}")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(pieces, "__name__", "pieces_made_up")


def finish(job):
    """Do a job, by processes in a program of its own: these tests' workers would not know its work."""
    if job.processes > 1:
        ended = subprocess.run(described(job), check=False, capture_output=True, text=True)
        if ended.returncode:
            raise EarshotError(ended.stderr.rstrip())
    return start(job, "mpiexec")


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The folder of a job that one process did."""
    folder = tmp_path_factory.mktemp("alone")
    records = start(job(folder), "")
    assert [record.name for record in records] == NAMES
    assert {record.rank for record in records} == {0}
    assert [record.loading_s > 0 for record in records] == [True] + [False] * (len(NAMES) - 1)
    return folder


def results(folder):
    return {path.name: path.read_bytes() for path in (folder / "state").glob("*.parquet")}


def times(folder):
    return {path.name: path.stat().st_mtime_ns for path in (folder / "state").rglob("scene-*.*")}


def wait_for(folder, name, patience_s=60):
    """Return the process that is at a piece."""
    give_up = time.monotonic() + patience_s
    while not (found := list((folder / "seen").glob(f"{name}-*"))):
        assert time.monotonic() < give_up, f"nobody came to {name}"
        time.sleep(0.01)
    return psutil.Process(int(found[0].name.rpartition("-")[2]))


@pytest.mark.parametrize("way", UNDISTURBED)
def test_ranks_give_the_bytes_of_one_process(way, alone, tmp_path):
    records = finish(job(tmp_path, seconds=0.05, **way))
    assert results(tmp_path) == results(alone) and len(results(alone)) == len(NAMES)
    assert [record.name for record in records] == NAMES and len({record.run for record in records}) == 1
    assert all(0.05 <= record.seconds < 60 and record.ended_s <= time.time() + 1 for record in records)
    # A manager makes none itself.
    assert [record.rank for record in records] == ([0, 1, 2, 0, 1, 2, 0, 1] if "split" in way else [1] * len(NAMES))


@pytest.mark.parametrize("way", KILLED)
def test_who_is_killed_ends_all_and_costs_its_piece_alone(way, alone, tmp_path):
    running = ThreadPoolExecutor(1).submit(finish, job(tmp_path, seconds=0.3, **way))
    wait_for(tmp_path, NAMES[4]).send_signal(signal.SIGKILL)
    killed = time.monotonic()
    with pytest.raises(EarshotError, match=r"of the scenes ended before its time.*Finished pieces are kept, and a new"):
        running.result(60)
    assert time.monotonic() - killed < 10
    before = times(tmp_path)
    there = {name: made for name, made in results(tmp_path).items() if f"{Path(name).stem}.json" in before}
    assert 2 <= len(there) < len(NAMES) and NAMES[4] + ".parquet" not in there
    shutil.rmtree(tmp_path / "seen")
    records = finish(job(tmp_path, **way))
    assert results(tmp_path) == results(alone)
    after = times(tmp_path)
    assert all(after[name] == before[name] for name in there)
    assert len({record.run for record in records}) == 2
    assert sum(record.run == records[4].run for record in records) == len(NAMES) - len(there)
    assert not [path for path in (tmp_path / "state").iterdir() if path.name.startswith(f".{NAMES[4]}")]


@pytest.mark.parametrize("damage", ["truncated", "changed", "gone", "record"])
def test_a_damaged_piece_is_made_again_and_no_other(damage, alone, tmp_path, caplog):
    shutil.copytree(alone / "state", tmp_path / "state")
    piece, record = tmp_path / f"state/{NAMES[2]}.parquet", tmp_path / f"state/records/{NAMES[2]}.json"
    whole = piece.read_bytes()
    match damage:
        case "truncated":
            piece.write_bytes(whole[:-100])
        case "changed":
            piece.write_bytes(whole[:200] + bytes([whole[200] ^ 1]) + whole[201:])
        case "gone":
            piece.unlink()
        case "record":
            record.write_text(record.read_text()[:20])
    before = times(tmp_path)
    records = start(job(tmp_path), "")
    after = times(tmp_path)
    assert {name for name in after if after[name] != before.get(name)} == {piece.name, record.name}
    assert results(tmp_path) == results(alone) and records[2].run != records[1].run
    assert ("is damaged, and is made again" in caplog.text) == (damage != "gone")
    assert "scenes: 1 pieces of the scenes made, 7 were there" in caplog.text


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_in_a_piece_is_raised_and_leaves_nothing_half(processes, tmp_path):
    with pytest.raises(EarshotError, match=r"^scene-03: no such room$"):
        finish(job(tmp_path, fails=NAMES[3], processes=processes))
    made = {f"{name}.parquet" for name in NAMES if name != NAMES[3]}
    assert {path.name for path in (tmp_path / "state").iterdir()} <= {"records"} | made


@pytest.mark.mpi
@pytest.mark.parametrize("wrong", ["fails", "breaks"])
def test_an_error_in_a_piece_ends_all_ranks_and_is_said_once(wrong, tmp_path, caplog):
    way = {"ranks": 3} if wrong == "fails" else {"ranks": 2, "split": "static"}
    with pytest.raises(EarshotError, match="mpiexec: a rank of the scenes ended before its time"):
        start(job(tmp_path, **{wrong: NAMES[3]}, **way), "mpiexec")
    if wrong == "fails":
        assert caplog.messages.count("scene-03: no such room") == 1 and "Traceback" not in caplog.text
    else:
        assert "IndexError: scene-03" in caplog.text and "does not know why" in caplog.text
    assert f"{NAMES[3]}.parquet" not in results(tmp_path)


@pytest.mark.mpi
def test_ranks_that_do_not_find_each_other_make_nothing(tmp_path, caplog, monkeypatch):
    """As where srun starts them by a plugin that their MPI library does not know."""
    strangers = tmp_path / "strangers"
    strangers.write_text('#!/bin/sh\nshift 2\nexec mpiexec -n 2 env -u PMI_FD -u PMI_RANK -u PMI_SIZE "$@"\n')
    strangers.chmod(0o755)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    with pytest.raises(EarshotError):
        start(job(tmp_path, ranks=2), str(strangers))
    assert "resource mpi of scenes: 2 ranks were started, and they see 1 of them" in caplog.text
    assert not results(tmp_path)


def test_the_program_runs_alone_and_says_its_errors(alone, tmp_path):
    subprocess.run(described(job(tmp_path)), check=True)
    assert results(tmp_path) == results(alone)
    ended = subprocess.run(
        described(job(tmp_path / "again", fails=NAMES[0])), check=False, capture_output=True, text=True
    )
    assert ended.returncode == 1 and ended.stderr == "scene-00: no such room\n"


def test_processes_end_with_who_started_them(tmp_path):
    program = subprocess.Popen(described(job(tmp_path, seconds=0.2, processes=2)))
    workers = [wait_for(tmp_path, name) for name in NAMES[1:3]]
    program.kill()
    program.wait()
    assert not psutil.wait_procs(workers, 10)[1]


def test_results_may_be_bytes(tmp_path):
    files = pieces.PieceFiles(tmp_path, ".txt")
    program = pieces.Program("scenes", "the scenes", "")
    run_pieces(["b", "a"], lambda: lambda name: name.encode() * 3, files, program)
    assert files.path("a").read_bytes() == b"aaa" and files.path("a").name == "a.txt"


def test_tables_are_gathered_in_the_order_of_names(alone):
    files = job(alone).files
    table = files.table(NAMES[::-1])
    assert list(table["item"].str.partition("/")[0].unique()) == NAMES[::-1] and len(table) == 50 * len(NAMES)
    pd.testing.assert_frame_equal(files.table([NAMES[7]]), table[:50])
    with pytest.raises(DataError, match="scene-99"):
        files.table(["scene-99"])


@pytest.mark.parametrize("name", ["os:system", "earshot:work", "earshot.made_up:Path", "earshot.made_up:nothing",
                                  "earshot.nowhere:work", "earshot.made_up.work", "earshot.files:_clear"])  # fmt: skip
def test_no_work_but_earshots_is_taken(name):
    with pytest.raises(EarshotError, match="work '"):
        named_work(name, {})


@pytest.mark.parametrize("names", [["../a"], [".a"], [""], ["a/b"], ["a", "a"], ["a\n"]])
def test_names_are_those_of_files_each_once(names):
    with pytest.raises(ValueError, match="names of pieces"):
        require_names(names)


def record(run, rank, began_s, seconds, loading_s=0.0, host="node"):
    return Record(f"{run}-{began_s}", run, rank, host, began_s, seconds, loading_s, "")


def test_usage_is_that_of_the_last_start():
    rows = [record("old", 1, 0, 1), record("new", 1, 101, 4, 1), record("new", 2, 101, 2), record("new", 1, 105, 3)]
    used = usage(rows, 3)
    assert (used.pieces, used.wall_s, used.per_s) == (3, 8, 3 / 8)
    assert used.busy == 9 / 24 and used.manager == 1 / 3 and used.waiting == pytest.approx(7 / 24)
    assert used.balance == 4.5 / 7
    assert usage(rows, 3, "static").manager == 0 and usage(rows[:1], 1).balance == 1


def test_clocks_of_hosts_are_not_compared():
    """One host's is an hour ahead: the job took no longer for that, and nobody waited."""
    rows = [record("new", 1, 101, 4, 1), record("new", 1, 105, 3), record("new", 2, 3701, 8, 0, "ahead")]
    used = usage(rows, 2, "static")
    assert (used.wall_s, used.per_s) == (8, 3 / 8) and used.busy == 15 / 16 and used.waiting == 1 / 16


def test_progress_is_said_though_no_piece_is_done(monkeypatch, caplog):
    from earshot.progress import counting

    with counting("scenes", 2, every_s=0.05) as count:
        time.sleep(0.2)
        count()
        time.sleep(0.2)
    assert "scenes: 0 of 2" in caplog.text and "scenes: 1 of 2" in caplog.text
