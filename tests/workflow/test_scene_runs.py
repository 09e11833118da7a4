"""Scenes: made, learnt from and answered; the same whoever answers; and again only what an edit made stale."""

import json
import os
import shutil
import time
from contextlib import contextmanager

import numpy as np
import pandas as pd
import psutil
import pytest
import scene_runs
from earshot.config_scenes import Scenes
from earshot.data.shards import read_tensors, write_tensors
from earshot.data.sofa import write_hrirs
from earshot.data.synthetic_hrtf import Person, synthesise_hrirs
from earshot.fingerprint import fingerprint, origin
from runs import changed, copy_project, damage, planned_rules, run, start
from scene_runs import (
    ANSWERS,
    KILLED,
    PIECES,
    Killing,
    answers,
    finished,
    same_answers,
    without_answers,
)
from searches import ranks
from test_staleness import leaf_keys

TARGET = ["--", "scenes"]
# A room that was measured, here one without walls, and the head by itself.
OFFICE = {"scenes.measured.office": {"file": "office.sofa", "anechoic": "head.sofa", "count": 4}}
# The third of those who hear and of those who teach is left out.
DAMAGED = {"person03", "person06"}
PEOPLE = {"synthetic.people": 6, "scenes.people": 3, "scenes.training_people": 3}
PEOPLE["localisation.bad_subject"] = "exclude"
SCENES, POOL = (changed(OFFICE | PEOPLE, one) for one in (scene_runs.SCENES, scene_runs.POOL))
LEARNT = "results/tiny/scenes/localiser/rooms"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder where one process has answered all scenes. To be read, and planned in."""
    folder = copy_project(tmp_path_factory.mktemp("scenes"))
    for name, directions in (("office", range(-80, 81, 20)), ("head", range(-90, 91, 10))):
        head = synthesise_hrirs(Person(name), np.array(directions) % 360, 0.0)
        write_hrirs(folder / f"{name}.sofa", head)
    sofa = [f"results/tiny/hrtf/{person}.sofa" for person in sorted(DAMAGED)]
    run(folder, "--", *sofa, config=SCENES, project=folder)
    for file in sofa:
        damage(folder / file)
    run(folder, *TARGET, config=SCENES, project=folder)
    return folder


@pytest.fixture
def unanswered(made, tmp_path):
    """A copy of it without the answers."""
    return without_answers(shutil.copytree(made, tmp_path / "project"))


@contextmanager
def as_old_as_before(*paths):
    """Give files that are changed in the block their times of change back: nobody sees that they changed."""
    times = [path.stat().st_mtime_ns for path in paths]
    yield
    for path, time_ns in zip(paths, times, strict=True):
        os.utime(path, ns=(time_ns, time_ns))


def planned(folder, changes):
    return planned_rules(folder, *TARGET, config=changed(changes, SCENES), project=folder)


def test_every_source_of_every_scene_has_each_answer_once(made):
    scenes = pd.read_parquet(made / "results/tiny/scenes/scenes.parquet").set_index("scene")["sources"]
    found = answers(made)
    assert len(scenes) == 8 and set(scenes) == {1, 2}
    assert not found.duplicated(["scene", "source", "task", "by"]).any()
    said = {key: set(some["by"]) for key, some in found.groupby(["scene", "source", "task"])}
    everyone = {"rooms", "rooms, another's ears", "anechoic"}
    wanted = {}
    for scene, sources in scenes.items():
        heard = ["of the mixture", "of what was separated"] if sources == 2 else [""]
        for source in range(1, sources + 1):
            wanted[scene, source, "direction"] = everyone | ({"study"} if sources == 1 else set())
            wanted[scene, source, "class"] = {
                f"{network} {what}".strip() for network in ("rooms", "anechoic") for what in heard
            }
            if sources == 2:
                wanted[scene, source, "separation"] = {"rooms", "rooms, from left to right"}
    assert said == wanted
    assert list(found["scene"].unique()) == list(scenes.index), "in the order of the scenes"


def test_who_tests_has_taught_nobody(made):
    folder = made / "results/tiny/scenes"
    scenes, sounds = (pd.read_parquet(folder / f"{name}.parquet") for name in ("scenes", "sounds"))
    assert set(scenes["pool"]) == {"test"} and set(scenes["person"]) == {"person01", "person02"}
    rooms = pd.concat(pd.read_parquet(path) for path in (made / "results/shared/rooms").glob("*/*.parquet"))
    assert set(scenes["room"]) <= set(rooms.loc[rooms["fold"] == 0, "room"])
    assert set(scenes["item_1"]) <= set(sounds.loc[sounds["pool"] == "test", "item"])


def test_who_is_damaged_is_left_out_and_named(made):
    folder = made / "results/tiny/scenes"
    tables = [pd.read_parquet(folder / f"{name}.parquet") for name in ("hearers", "classifier/anechoic-teachers")]
    found = pd.concat(tables).set_index("subject")["excluded"]
    assert len(found) == 6 and set(found.index[found.notna()]) == DAMAGED
    assert {path.stem for path in (folder / "without_rooms").glob("*.safetensors")} == {"person01", "person02"}
    summary = json.loads((folder / "summary.json").read_text())
    assert {one["subject"] for one in summary["excluded"]} == DAMAGED
    assert summary["taught_by"] == ["person04", "person05"]
    assert "Left out: person03, person06" in (folder / "index.html").read_text()


def test_a_measured_room_is_answered_and_reported(made):
    folder = made / "results/tiny/scenes"
    scenes, found = (pd.read_parquet(folder / f"measured/office/{name}.parquet") for name in ("scenes", "answers"))
    assert len(scenes) == found["scene"].nunique() == 4 and set(scenes["person"]) == {"office"}
    directions = found[found["task"] == "direction"].groupby("by")["source"].count()
    assert directions["rooms"] == directions["anechoic"] == directions["chance"] == scenes["sources"].sum()
    assert (folder / "figures/measured_rooms.svg").exists() and "office, a measured" in (
        folder / "index.html"
    ).read_text()
    assert planned(made, {"scenes.measured.office.count": 5}) == TRIED | {"report_scenes": 1}
    assert planned(made, {"scenes.measured.office": None}) == {"report_scenes": 1}


def test_histories_say_how_long_each_piece_took_and_no_state_is_left(made):
    learners = [(name, where) for name in ("localiser", "classifier") for where in ("rooms", "anechoic")]
    for learner, heard_in in (*learners, ("separator", "rooms")):
        history = pd.read_parquet(made / f"results/tiny/scenes/{learner}/{heard_in}.parquet")
        assert history["epoch"].tolist() == [1, 2, 3, 4, 5, 6] and set(history["heard_in"]) == {heard_in}
        assert (history["waited_seconds"] <= history["seconds"]).all()
    assert not list((made / "results/tiny/state").glob("scenes-*"))


def test_a_second_run_has_nothing_to_do(made):
    assert planned(made, {}) == {}


# What an edit of a key makes stale: which trainings, whether scenes are drawn again, and what else. All scenes are
# answered then, since what a finished job had kept is gone. Of a section that is given whole to a rule, one key.
TRIED = {"try_measured_room": 1}
LOCALISERS = CLASSIFIERS = {"learn_from_scenes": 2} | TRIED
SEPARATOR, WITH_SEPARATOR = ({"learn_from_scenes": trainings} | TRIED for trainings in (1, 3))
ALL, DRAWN, ANSWERED = {"learn_from_scenes": 5} | TRIED, {"draw_scenes": 1}, {"answer_scenes": 1, "report_scenes": 1}
ROOMS = {"simulate_rooms": 1} | DRAWN | ALL
STALE = [
    ({"scenes.count": 9}, DRAWN),
    ({"scenes.people": 2}, DRAWN | ALL | {"localise_without_rooms": 1}),
    ({"scenes.training_people": 1}, ALL),
    ({"scenes.most_of_a_shard": 3}, {"gather_sounds": 1} | DRAWN | ALL),
    ({"scenes.duration_s": 0.6}, TRIED),
    ({"scenes.two_sources": 0.6, "scenes.level_db": [-2, 2]}, DRAWN | WITH_SEPARATOR),
    ({"scenes.signal_to_noise_db": [10, 30]}, DRAWN | ALL),
    ({"scenes.apart_deg": 35}, DRAWN | ALL),
    ({"scenes.reach_deg": 40}, DRAWN | ALL),
    ({"scenes.exact_s": 0.05}, WITH_SEPARATOR),  # in rooms
    ({"scenes.spectra.bands": 40}, LOCALISERS),
    ({"scenes.localiser.width": 9}, LOCALISERS),
    ({"scenes.separator.width": 9}, SEPARATOR),
    ({"scenes.levels.bands": 64}, CLASSIFIERS),
    ({"scenes.classifier.label_smoothing": 0.2}, CLASSIFIERS),
    ({"scenes.stream.shards_at_once": 2}, ALL),
    ({"rooms.most_images": 30_000}, ROOMS),
    ({"localisation.network.hidden_layers": [9]}, {"localise_without_rooms": 1} | TRIED),
]
# How many work, in which way, and how many scenes are handed out together: of no result, all of them together.
NOT_STALE = {
    "scenes.ranks": 2,
    "scenes.arrangement": "mpi",
    "scenes.split": "static",
    "scenes.scenes_per_piece": 3,
    "scenes.stream.workers": 1,
    "scenes.threads": 2,
    "scenes.benchmark.ranks": [1],
    "scenes.benchmark.scenes": 3,
    "scenes.benchmark.repeats": 1,
    "scenes.benchmark.modelled_scenes": 30,
}
# Nor does anything of sounds that scenes do not have.
UNHEARD = {"chords.collection": "synthetic_triads", "chords.variations": 1}


@pytest.mark.parametrize(("changes", "again"), STALE, ids="-".join)
def test_an_edit_makes_stale_what_depends_on_it(changes, again, made):
    assert planned(made, changes) == again | ANSWERED


def test_an_edit_of_who_works_makes_nothing_stale(made):
    assert planned(made, NOT_STALE) == planned(made, UNHEARD) == {}


def test_ranks_are_timed_when_they_are_asked_for_and_then_in_the_report(made):
    assert planned_rules(made, "--", "scene_ranks", config=SCENES, project=made) == {"benchmark_scenes": 1}
    table = made / "results/tiny/scenes/ranks.parquet"
    table.touch()
    try:
        assert planned(made, {}) == {"report_scenes": 1}
    finally:
        table.unlink()


def test_every_key_or_its_section_is_in_the_tables_above():
    tried = {key for changes in [*(changes for changes, _ in STALE), NOT_STALE] for key in changes}
    whole = {"spectra", "stream", "localiser", "separator", "levels", "classifier", "chords"}
    others = {key for key in leaf_keys(Scenes) if key.partition(".")[0] not in whole and f"scenes.{key}" not in tried}
    assert others == {"sounds", "measured"}, "of which other tests tell"


def test_rooms_that_scenes_cannot_be_in_stop_them_before_they_begin(made):
    own = changed({"rooms.receivers": 1}, SCENES)
    said = run(made, "-n", *TARGET, config=own, project=made, succeeds=False)
    assert "config key rooms.receivers: scenes need rooms with 2 at least, for two sources" in said
    assert planned_rules(made, "--until", "simulate_rooms", "--", "rooms", config=own, project=made)


def test_who_was_left_out_once_is_not_left_out_silently(made):
    assert planned(made, {"localisation.bad_subject": "stop"}) == {"report_scenes": 1}, "which refuses"


def test_other_kinds_of_sounds_are_gathered_with_those_there(made):
    found = planned(made, {"scenes.sounds": ["clips", "chords"], "chords.collection": "synthetic_triads"})
    assert (
        found["synthesise_clips"] == found["gather_sounds"] == 1
        and found["classify_clips"] == 1
        and found["learn_from_scenes"] == 7
    )


@pytest.mark.parametrize(
    ("module", "again"),
    [
        ("scenes/separation.py", TRIED),
        ("scenes/inference.py", TRIED),
        ("learn/direction_network.py", LOCALISERS),
        ("learn/separation_network.py", SEPARATOR),
        ("learn/clip_training.py", CLASSIFIERS),
        ("learn/sound_network.py", CLASSIFIERS),  # which is imported by its name
        ("scenes/stream.py", ALL),
        ("scenes/levels.py", CLASSIFIERS),
        ("signal/melspectrogram.py", CLASSIFIERS),
    ],
)
def test_an_edit_of_code_makes_stale_what_imports_it(module, again, made):
    path = made / "workflow/earshot" / module
    before = path.read_text()
    try:
        path.write_text(before + "\nANSWER = 42\n")
        assert planned(made, {}) == again | ANSWERED
    finally:
        path.write_text(before)


WAYS = [
    pytest.param({"ranks": 2}, id="processes"),
    pytest.param({"arrangement": "mpi", "ranks": 3, "split": "static"}, id="static", marks=pytest.mark.mpi),
]


@pytest.mark.parametrize("way", WAYS)
def test_answers_are_the_same_whoever_gives_them(way, made, unanswered):
    own = changed({f"scenes.{key}": value for key, value in way.items()}, SCENES)
    run(unanswered, *TARGET, config=own, project=unanswered)
    assert same_answers(unanswered, made)
    assert set(pd.read_parquet(unanswered / PIECES)["rank"]) <= set(range(way["ranks"]))
    assert planned(unanswered, {}) == {}, "and with one process there is nothing left to do"


@pytest.mark.mpi
def test_a_rank_that_is_killed_ends_the_job_at_once_and_costs_its_piece_alone(made, unanswered):
    process = start(unanswered, *TARGET, config=POOL, project=unanswered)
    killing = Killing(unanswered)
    killing.of_a_rank()
    said, _ = process.communicate(timeout=60)
    assert process.returncode and time.monotonic() - killing.at_s < 15
    assert f"answer_scenes: mpiexec: {KILLED}" in said and "Finished pieces are kept" in said
    assert "Traceback" not in said and not ranks(unanswered, "earshot.pieces")
    before = finished(unanswered)
    assert set(killing.before) <= set(before) and 0 < len(before) < 8
    # One of those is damaged meanwhile; it is made again, and no other.
    bad = next(iter(before))
    (path,) = unanswered.glob(f"results/tiny/state/scenes-*/*/{bad}.parquet")
    assert path.parent.name == made_of(unanswered)
    damage(path)
    said = run(unanswered, *TARGET, config=POOL, project=unanswered)
    assert f"{bad}.parquet is damaged, and is made again" in said
    assert f"{8 - len(before) + 1} pieces of the scenes made, {len(before) - 1} were there" in said
    assert same_answers(unanswered, made), "by ranks that are given pieces, all of them"
    assert set(pd.read_parquet(unanswered / PIECES)["rank"]) <= {1, 2}


def made_of(folder):
    """What pieces are gone on with for: all that answers are made of, study A's networks and people's ears among it."""
    scenes, rooms = folder / "results/tiny/scenes", sorted((folder / "results/shared/rooms").glob("*/*.parquet"))
    by_name = ["earshot.learn.sound_inputs.residual", "earshot.learn.chord_inputs.transposable"]
    code = fingerprint(folder / "workflow/scripts/answer_scenes.py", folder / "workflow", by_name)
    files = [scenes / name for name in ("scenes.parquet", "sounds.safetensors", "sounds.parquet")]
    files += [path.with_suffix(".safetensors") for path in rooms] + rooms
    files += [folder / f"results/tiny/hrtf/{person}.sofa" for person in ("person01", "person02", "person03")]
    of_learners = [("localiser", "rooms"), ("localiser", "anechoic"), ("separator", "rooms")]
    of_learners += [("classifier", "rooms"), ("classifier", "anechoic")]
    files += [scenes / learner / f"{heard_in}.safetensors" for learner, heard_in in of_learners]
    files += [scenes / f"without_rooms/{person}.safetensors" for person in ("person01", "person02")]
    return origin(code, "cpu", files)


def test_a_training_that_is_killed_goes_on_from_its_last_piece(made, tmp_path):
    """And though a process makes its scenes, where there was none before: the same bytes."""
    folder = shutil.copytree(made, tmp_path / "project")
    for suffix in ("safetensors", "parquet"):
        (folder / f"{LEARNT}.{suffix}").unlink()
    how = {"config": changed({"scenes.stream.workers": 1}, SCENES), "project": folder}
    process = start(folder, "--", f"{LEARNT}.safetensors", **how)
    while not list(folder.glob("results/tiny/state/scenes-localiser-rooms-*/*/last.ckpt")):
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.02)
    for one in [process, *psutil.Process(process.pid).children(recursive=True)]:
        one.kill()
    process.communicate()
    assert not (folder / f"{LEARNT}.safetensors").exists()
    assert "goes on after epoch " in run(folder, "--", f"{LEARNT}.safetensors", **how)
    assert (folder / f"{LEARNT}.safetensors").read_bytes() == (made / f"{LEARNT}.safetensors").read_bytes()
    losses = [pd.read_parquet(one / f"{LEARNT}.parquet")["training"] for one in (folder, made)]
    assert losses[0].equals(losses[1]) and not list((folder / "results/tiny/state").glob("scenes-*"))


def test_a_scene_that_cannot_be_made_is_a_row_that_says_why(made, unanswered):
    folder = unanswered / "results/tiny/scenes"
    scenes = pd.read_parquet(folder / "scenes.parquet")
    # The responses of one scene's room are damaged, and the sound of another one is gone.
    room = scenes["room"].iloc[1]
    silenced = scenes.loc[scenes["room"] != room, "item_1"].iloc[-1]
    (shard,) = (unanswered / "results/shared/rooms").glob("*/*.safetensors")
    index = pd.read_parquet(shard.with_suffix(".parquet"))
    with as_old_as_before(shard, folder / "sounds.parquet"):
        tensors, settings = read_tensors(shard)
        tensors["responses"] = tensors["responses"].copy()
        tensors["responses"][(index["room"] == room).to_numpy(), 100] = np.nan
        write_tensors(shard, tensors, settings)
        sounds = pd.read_parquet(folder / "sounds.parquet")
        sounds["item"] = sounds["item"].replace(silenced, "another")
        sounds.to_parquet(folder / "sounds.parquet")
    run(unanswered, *TARGET, config=SCENES, project=unanswered)
    found, whole = answers(unanswered), answers(made)
    lost = found[found["task"] == "none"].set_index("scene")["said"]
    in_room, with_sound = scenes["room"] == room, (scenes[["item_1", "item_2"]] == silenced).any(axis=1)
    assert set(lost.index) == set(scenes.loc[in_room | with_sound, "scene"]) and 2 <= len(lost) < 8
    of_room, of_sound = (lost[scenes.loc[some, "scene"]] for some in (in_room & ~with_sound, with_sound & ~in_room))
    assert of_room.str.fullmatch(rf"{room}: its response \d is not finite\..*").all()
    assert of_sound.str.startswith(f"{silenced}: no such sound").all()
    kept = [table[~table["scene"].isin(lost.index)].reset_index(drop=True) for table in (found, whole)]
    pd.testing.assert_frame_equal(*kept)


@pytest.mark.mpi
def test_a_damaged_network_is_an_error_with_a_sentence(unanswered):
    path = unanswered / "results/tiny/scenes/classifier/anechoic.safetensors"
    with as_old_as_before(path):
        damage(path)
    said = run(unanswered, *TARGET, config=POOL, project=unanswered, succeeds=False)
    assert "classifier/anechoic.safetensors: no tensors of ours are in it" in said and "Delete it and run again" in said
    assert KILLED in said and "Traceback" not in said and not (unanswered / ANSWERS).exists()
