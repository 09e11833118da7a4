"""Rooms become shards of impulse responses: each once, and again only where an edit made it stale."""

import json
import shutil

import pandas as pd
import pytest
import torch
from earshot.data.shards import read_settings
from earshot.rooms.room_shards import read_rooms
from runs import changed, copy_project, damage, planned_rules, run, write_person

ROOMS = changed(
    {
        "rooms": {
            "count": 5,
            "rooms_per_job": 2,
            "length_s": 0.3,
            "volume_m3": [20, 40],
            "t60_s": [0.15, 0.25],
            "receivers": 3,
            "others": {"larger": None, "livelier": None, "grid": None},
            "benchmark": {"rooms": 2},
        }
    }
)
ALL = ["000000-000001", "000002-000003", "000004-000004"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with shards of rooms. To be read, and planned in."""
    folder = copy_project(tmp_path_factory.mktemp("rooms"))
    run(folder, "--", "rooms", config=ROOMS, project=folder)
    return folder


def shards(folder):
    """All shards, by the numbers of their rooms."""
    return {path.stem: path for path in sorted((folder / "results/shared/rooms").glob("*/*.safetensors"))}


def contents(folder):
    return {path.name: path.read_bytes() for path in (folder / "results/shared/rooms").glob("*/*.*")}


def planned(folder, changes):
    return planned_rules(folder, "--", "rooms", config=changed(changes, ROOMS), project=folder)


def test_every_room_is_in_one_shard_with_its_responses(made):
    found = shards(made)
    assert list(found) == ALL
    read = [read_rooms(path, path.with_suffix(".parquet")) for path in found.values()]
    index = pd.concat([rows for rows, _, _ in read])
    assert list(index["room"].unique()) == [f"room{number:06d}" for number in range(5)]
    assert (index.groupby("room").size() == 3).all()
    for rows, tensors, settings in read:
        assert tensors["responses"].shape == (len(rows), 4800) and tensors["responses"].dtype == torch.float16
        assert tensors["absorption"].shape == (rows["room"].nunique(), 3, 2, 1)
        assert settings["simulation"]["rate_hz"] == 16000 and settings["sampling"]["t60_s"] == [0.15, 0.25]
    assert (index["t60_s"] / index["wanted_t60_s"]).between(0.8, 1.3).all()


def test_a_second_run_has_nothing_to_do(made):
    assert planned(made, {}) == {}


@pytest.mark.parametrize(
    ("changes", "jobs"),
    [
        ({"rooms.count": 6}, 1),  # the last shard has a room more, and another name
        ({"rooms.count": 8}, 2),
        ({"rooms.threads": 1, "rooms.benchmark.rooms": 1, "name": "other"}, 0),
        ({"rooms.benchmark.cores": 1}, 0),
        ({"rooms.receivers": 2}, 3),
        ({"rooms.most_images": 1000}, 3),
        ({"seed": 2}, 3),
    ],
)
def test_an_edit_makes_the_rooms_again_that_it_changes(changes, jobs, made):
    assert planned(made, changes).get("simulate_rooms", 0) == jobs


@pytest.mark.parametrize(
    ("path", "stale"),
    [
        ("workflow/earshot/rooms/acoustics.py", {"simulate_rooms", "benchmark_rooms", "report_rooms"}),
        ("workflow/earshot/rooms/race_of_rooms.py", {"benchmark_rooms", "report_rooms"}),
        ("workflow/earshot/show/figures_rooms.py", {"report_rooms"}),
        ("workflow/earshot/learn/templates.py", set()),
    ],
)
def test_edited_code_makes_stale_the_rules_that_import_it(path, stale, tmp_path, made):
    folder = copy_project(tmp_path)
    for name in ("results", ".snakemake"):
        (folder / name).symlink_to(made / name)
    assert planned(folder, {}) == {}
    (folder / path).write_text((folder / path).read_text() + "\nANSWER = 42\n")
    assert set(planned(folder, {})) == stale


def test_a_lost_shard_is_made_again_with_the_same_bytes_and_a_damaged_one_is_named(tmp_path):
    folder = copy_project(tmp_path)
    config = changed({"rooms.count": 4}, ROOMS)
    shards_alone = ("--until", "simulate_rooms", "--", "rooms")
    run(folder, *shards_alone, config=config, project=folder)
    before = contents(folder)
    first, second = shards(folder).values()
    kept = second.stat().st_mtime_ns
    damage(first)
    with pytest.raises(Exception, match=f"{first.name}.*Delete it and run again"):
        read_settings(first)
    first.unlink()
    said = run(folder, *shards_alone, config=config, project=folder)
    assert said.count("Finished jobid") == 1 and "Simulate rooms 000000-000001" in said
    assert contents(folder) == before and second.stat().st_mtime_ns == kept


def test_what_cannot_be_is_a_sentence(tmp_path):
    config = changed({"rooms.from_source_m": 30}, ROOMS)
    said = run(tmp_path, "--", "rooms", config=config, succeeds=False)
    assert "config key rooms: " in said and "lower it" in said and "Traceback" not in said


def test_both_simulations_are_timed_and_decay_alike(made):
    times = pd.read_parquet(made / "results/tiny/rooms/speed/cpu.parquet")
    assert list(times["implementation"]) == ["earshot"] * 3 + ["plain"] * 3
    assert (times["responses"] == 6).all() and times["t60_apart"].max() < 0.03


def test_the_page_says_what_rooms_measure(made):
    folder = made / "results/tiny/rooms"
    found = json.loads((folder / "summary.json").read_text())["rooms"]
    assert found["rooms"] == 5 and found["responses"] == 15 and found["exact"] == 1
    assert found["ratio"] == pytest.approx(found["rirs_per_s"] / found["plain_rirs_per_s"])
    page = (folder / "index.html").read_text()
    assert "5 rooms of 20 to 40 m³" in page and page.count("<figure>") == 6


HEADS = {"count": 3, "receivers": 2, "head": "people/somebody.sofa"}


@pytest.fixture(scope="module")
def binaural(tmp_path_factory, made):
    """The same folder after a run with a set of rooms whose receivers are heads. To be read, and planned in."""
    folder = shutil.copytree(made, tmp_path_factory.mktemp("binaural"), dirs_exist_ok=True)
    (folder / "people").mkdir()
    for name in ("somebody", "other"):
        write_person(folder / "people" / f"{name}.sofa")
    said = run(folder, "--", "rooms", config=with_heads({}), project=folder)
    assert said.count("Simulate rooms") == 2 and "Time the simulation" not in said
    return folder


def with_heads(changes):
    """The configuration with a set of rooms whose receivers are heads."""
    return changed({"rooms.others.heads": dict(HEADS)} | changes, ROOMS)


def folders(folder):
    """The shards of each set, by whether its receivers are heads."""
    found = {}
    for path in sorted((folder / "results/shared/rooms").glob("*/*.safetensors")):
        found.setdefault("head" in read_settings(path), []).append(path)
    return found


def test_heads_have_two_ears_and_are_simulated_beside_the_standard_rooms(binaural):
    found = folders(binaural)
    assert [path.stem for path in found[False]] == ALL
    assert [path.stem for path in found[True]] == ["000000-000001", "000002-000002"]
    read = [read_rooms(path, path.with_suffix(".parquet")) for path in found[True]]
    index = pd.concat([rows for rows, _, _ in read])
    assert list(index["ear"]) == ["left", "right"] * 6 and index.groupby(["room", "receiver"]).ngroups == 6
    for rows, tensors, settings in read:
        assert tensors["responses"].shape == (len(rows), 4800) and settings["head"] == "somebody.sofa"
    summary = json.loads((binaural / "results/tiny/rooms/summary.json").read_text())
    assert summary["binaural"] == [{"set": "heads", "rooms": 3, "receivers": 6, "head": "somebody.sofa"}]
    assert summary["rooms"]["rooms"] == 5 and summary["rooms"]["responses"] == 15
    page = (binaural / "results/tiny/rooms/index.html").read_text()
    assert "In 3 rooms of the set heads 6 receivers are heads, whose ears are those of somebody.sofa" in page


@pytest.mark.parametrize(
    ("changes", "jobs"),
    [
        ({}, 0),
        ({"rooms.count": 6}, 1),
        ({"rooms.others.larger": {"count": 2}, "rooms.threads": 1, "name": "other"}, 0),
        ({"rooms.others.heads.head": "people/other.sofa"}, 2),
        ({"rooms.others.heads.receivers": 3}, 2),
        ({"rooms.others.heads": None}, 0),
        ({"rooms.others.more": HEADS}, 2),
    ],
)
def test_heads_are_made_again_by_what_changes_them(changes, jobs, binaural):
    found = planned_rules(binaural, "--", "rooms", config=with_heads(changes), project=binaural)
    assert found.get("simulate_rooms", 0) == jobs


def test_another_file_of_the_head_makes_its_rooms_again(binaural, tmp_path):
    folder = copy_project(tmp_path)
    for name in ("results", ".snakemake"):
        (folder / name).symlink_to(binaural / name)
    shutil.copytree(binaural / "people", folder / "people")
    config = with_heads({})
    assert planned_rules(folder, "--", "rooms", config=config, project=folder) == {}
    shutil.copyfile(folder / "people/other.sofa", folder / "people/somebody.sofa")
    found = planned_rules(folder, "--", "rooms", config=config, project=folder)
    assert found == {"simulate_rooms": 2, "report_rooms": 1}


def test_a_damaged_head_is_a_sentence(tmp_path):
    (tmp_path / "people").mkdir()
    damage(write_person(tmp_path / "people/somebody.sofa"))
    config = with_heads({"rooms.others.heads.count": 1})
    said = run(tmp_path, "--until", "simulate_rooms", "--", "rooms", config=config, succeeds=False)
    assert "people/somebody.sofa: not readable as SOFA" in said and "Traceback" not in said


def test_rooms_of_materials_on_a_grid_have_a_page_too(tmp_path):
    """They have no time that is asked for, walls by octave, and as many receivers as the grid has."""
    materials = {"floor": ["carpet_hairy"], "ceiling": ["ceiling_fissured_tile"], "walls": ["curtains_velvet"]}
    changes = {"count": 2, "t60_s": None, "materials": materials, "grid_m": 1.5, "length_s": 1.5, "most_images": 20000}
    config = changed({f"rooms.{key}": value for key, value in changes.items()}, ROOMS)
    run(copy_project(tmp_path), "--", "rooms", config=config, project=tmp_path)
    found = json.loads((tmp_path / "results/tiny/rooms/summary.json").read_text())["rooms"]
    assert set(found["apart"]) == {"sabine", "eyring"} and found["responses"] > 2
    assert "table of pyroomacoustics" in (tmp_path / "results/tiny/rooms/index.html").read_text()
