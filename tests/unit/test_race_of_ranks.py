"""Every way in which ranks are timed makes the same pieces, and who hands out has its time measured."""

import os
from itertools import pairwise
from pathlib import Path

import pytest
from earshot import pieces, threads
from earshot.scenes import race_of_ranks
from earshot.scenes.handing_out import handing_s
from earshot.scenes.race_of_ranks import Race, time_ranks, uneven_pieces
from pieces_made_up import NAMES, job

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """That of ranks and processes, which find the library and look for no GPU."""
    for name in threads._VARIABLES:
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("PYTHONPATH", f"{HERE.parent.parent / 'workflow'}{os.pathsep}{HERE}")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


def sizes(names):
    return [int(name[7:]) - int(name[:6]) + 1 for name in names]


@pytest.mark.parametrize(("scenes", "count"), [(400, 20), (40, 8), (8, 8), (5, 1)])
def test_uneven_pieces_hold_every_scene_once(scenes, count):
    names = uneven_pieces(scenes, count, 1)
    ends = [(int(name[:6]), int(name[7:])) for name in names]
    assert len(names) == count and ends[0][0] == 0 and ends[-1][1] == scenes - 1
    assert all(first == last + 1 for (_, last), (first, _) in pairwise(ends))
    assert min(sizes(names)) >= 1 and names == uneven_pieces(scenes, count, 1)


def test_uneven_pieces_are_very_uneven_and_in_no_order():
    there = sizes(uneven_pieces(400, 20, 1))
    assert max(there) > 0.2 * 400 and min(there) <= 3 and there != sorted(there) != there[::-1]
    assert sorted(there) == sorted(sizes(uneven_pieces(400, 20, 2))) and there != sizes(uneven_pieces(400, 20, 2))
    with pytest.raises(ValueError, match="3 scenes are too few for 4 pieces"):
        uneven_pieces(3, 4, 1)


def timed(job, launcher, monkeypatch, repeats=1):
    """Time one rank alone in every way, the head's time made up, and uneven pieces by other names' order."""
    monkeypatch.setattr(race_of_ranks, "handing_s", lambda *_: 0.001)
    return time_ranks(Race(job, NAMES[::-1], (1,), repeats, launcher))


def each_way(times):
    """How many starts there were of each way, with how many ranks, and who made pieces."""
    assert set(times.groupby("run").size()) == {len(NAMES)}, "each start makes all pieces anew"
    starts = times.drop_duplicates("run")
    by_run = times.groupby("run")
    assert (by_run["whole_s"].first() > by_run["seconds"].sum()).all()
    return {key: (len(own), set(own["rank"])) for key, own in starts.groupby(["costs", "split", "ranks", "of_ranks"])}


@pytest.mark.mpi
def test_ranks_are_timed_managed_and_static(tmp_path, monkeypatch):
    monkeypatch.setattr(pieces, "__name__", "pieces_made_up")
    times = timed(job(tmp_path), "mpiexec", monkeypatch)
    managed, static = (1, {1}), (1, {0})
    assert each_way(times) == {
        ("even", "managed", 1, 2): managed,
        ("even", "static", 1, 1): static,
        ("uneven", "managed", 1, 2): managed,
        ("uneven", "static", 1, 1): static,
    }
    assert times.groupby("name")["sha256"].nunique().max() == 1, "whoever makes a piece, it has the same bytes"
    first = times[times["costs"] == "uneven"].sort_values("began_s").drop_duplicates("run")
    assert set(first["name"]) == {NAMES[-1]} and not (tmp_path / "state").exists()


def test_without_a_launcher_processes_are_timed(tmp_path, monkeypatch):
    def in_this_process(function, own, launcher):
        for path in (tmp_path / "seen").glob("loaded-*"):  # which stands for a fresh one
            path.unlink()
        return function(own, launcher)

    monkeypatch.setattr(race_of_ranks, "in_fresh_process", in_this_process)
    times = timed(job(tmp_path), "", monkeypatch, repeats=2)
    assert each_way(times) == {(costs, "managed", 1, 1): (2, {0}) for costs in ("even", "uneven")}


@pytest.mark.parametrize("launcher", [pytest.param("mpiexec", marks=pytest.mark.mpi), ""], ids=["ranks", "processes"])
def test_what_a_piece_costs_its_head_is_less_than_what_it_lasts(launcher, tmp_path):
    """So much that a thousandth of a second is not far, on any machine: messages, and no file."""
    assert 1e-5 < handing_s(1, pieces.Program("benchmark_scenes", "the scenes", ""), launcher, tmp_path) < 0.01
