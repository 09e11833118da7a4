"""Scenes: what is drawn, what is heard, and that neither depends on what else there is."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from earshot.data.schemas.scenes import SCENES
from earshot.data.synthetic_hrtf import Person, grid, synthesise_hrirs
from earshot.data.synthetic_triads import synthetic_triads
from earshot.data.tables import read_table, write_table
from earshot.directions import great_circle_deg, unit_vectors
from earshot.errors import ConfigError, DataError
from earshot.learn.classifier import tasks_of
from earshot.learn.classifier_training import classes_of
from earshot.learn.partition import parts
from earshot.rooms.heads import Head
from earshot.rooms.room_shards import simulate_rooms, write_rooms
from earshot.rooms.sampling import draw_room
from earshot.scenes.drawing import Cast, DrawingSettings, draw_scenes, scenes_of, table_of
from earshot.scenes.inference import pieces_of
from earshot.scenes.making import LEVEL, Maker, MakingSettings
from earshot.scenes.places import read_places
from earshot.scenes.sounds import (
    as_clips,
    chord_pools,
    chord_rows,
    classes_by_task,
    clip_rows,
    gather,
    read_sounds,
    shard_parts,
    speech_rows,
    write_sounds,
)
from earshot.scenes.stream import OverShards, SceneValues, directions_of
from runs import damage
from test_rooms import CPU, SAMPLING, SIMULATION

RATE_HZ = 16000.0
DRAWING = DrawingSettings(
    seed=1,
    two_sources=0.5,
    signal_to_noise_db=(10, 40),
    level_db=(-3, 3),
    apart_deg=30,
    reach_deg=8,
    scenes_per_place=1,
)
MAKING = MakingSettings(seed=1, duration_s=0.5, exact_s=0.05)
POOLS = ("training", "validation", "test")


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    """Noises, tones and a chord of each pool, most noises with a silent half."""
    random = np.random.default_rng(1)
    parts = []
    for pool in POOLS:
        for number in range(3):
            noise = 0.1 * random.standard_normal(24000).astype(np.float32)
            noise[: 12000 * (number > 0)] = 0
            row = {"item": f"{pool}-noise{number}", "kind": "clip", "label": f"noise{number}", "pool": pool}
            parts.append((row, noise, RATE_HZ))
        tone = (8000 * np.sin(np.arange(6000))).astype(np.int16)
        parts.append(({"item": f"{pool}-tone", "kind": "speech", "label": None, "pool": pool}, tone, RATE_HZ))
    for pool, (name, chord) in zip(POOLS, synthetic_triads(1, 1, RATE_HZ, 1.0, octaves=[3]), strict=False):
        parts.append(({"item": f"{pool}-{name}", "kind": "chord", "label": "Cn3 j", "pool": pool}, chord, RATE_HZ))
    files = [tmp_path_factory.mktemp("sounds") / f"sounds.{kind}" for kind in ("safetensors", "parquet")]
    write_sounds(*files, *gather(parts, RATE_HZ), RATE_HZ)
    return read_sounds(*files)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Thirty rooms in three shards."""
    folder = tmp_path_factory.mktemp("rooms")
    own = replace(SAMPLING, volume_m3=(30, 60), t60_s=(0.25, 0.3), receivers=4)
    simulation = replace(SIMULATION, length_s=0.4, most_images=20_000)
    pairs = []
    for first in (0, 10, 20):
        drawn = [draw_room(number, own) for number in range(first, first + 10)]
        pairs.append((folder / f"{first}.safetensors", folder / f"{first}.parquet"))
        settings = {"sampling": vars(own), "simulation": vars(simulation)}
        write_rooms(*pairs[-1], drawn, *simulate_rooms(drawn, simulation, CPU), settings)
    return read_places(pairs)


@pytest.fixture(scope="module")
def people():
    places = grid(36, 12)
    return {name: synthesise_hrirs(Person(name), *places, rate_hz=RATE_HZ) for name in ("one", "two")}


@pytest.fixture(scope="module")
def cast(sounds, places, people):
    return Cast("test", sounds, places, people)


@pytest.fixture(scope="module")
def maker(sounds, places, people):
    return Maker(sounds, places, {name: Head.of(one) for name, one in people.items()}, MAKING)


def test_a_scene_is_the_same_whatever_else_is_drawn(cast):
    many = draw_scenes(range(40), cast, DRAWING)
    (alone,) = draw_scenes([17], cast, DRAWING)
    assert table_of([many[17]], cast).equals(table_of([alone], cast))
    assert len({scene.name for scene in many}) == 40
    other = draw_scenes(range(40), cast, replace(DRAWING, seed=2))
    assert sum(one.room == two.room for one, two in zip(many, other, strict=True)) < 20


def test_a_table_describes_scenes_wholly(cast, places, tmp_path):
    scenes = draw_scenes(range(40), cast, DRAWING)
    write_table(tmp_path / "scenes.parquet", table_of(scenes, cast), SCENES)
    table = read_table(tmp_path / "scenes.parquet", SCENES)
    assert table_of(scenes_of(table, places), cast).equals(table_of(scenes, cast))
    assert 10 < (table["sources"] == 2).sum() < 30
    assert table.loc[table["sources"] == 1, [name for name in table if name.endswith("_2")]].isna().all(axis=None)
    assert table["signal_to_noise_db"].between(10, 40).all() and table["level_db_2"].dropna().between(-3, 3).all()


def test_directions_are_as_the_head_sees_them(cast, places):
    for scene in draw_scenes(range(20), cast, DRAWING):
        room = places.by_name[scene.room].room
        for source in scene.sources:
            way = room.receivers_m[source.receiver] - room.source_m
            azimuth = np.degrees(np.arctan2(way[1], way[0])) - scene.facing_deg
            elevation = np.degrees(np.arcsin(way[2] / np.linalg.norm(way)))
            assert great_circle_deg(source.direction, unit_vectors(azimuth, elevation)) < 1e-6


def test_two_sources_are_apart_and_all_are_where_people_were_measured(cast, people):
    scenes = draw_scenes(range(60), cast, DRAWING)
    for scene in scenes:
        directions = np.stack([source.direction for source in scene.sources])
        nearest = np.degrees(np.arccos((directions @ people[scene.person].unit_vectors.T).max(1)))
        assert nearest.max() <= DRAWING.reach_deg + 1e-6
        assert len(directions) == 1 or great_circle_deg(*directions) >= DRAWING.apart_deg
    assert {scene.person for scene in scenes} == {"one", "two"}


def test_pools_have_nothing_in_common(sounds, places, people):
    seen = {}
    for pool in POOLS:
        scenes = draw_scenes(range(60), Cast(pool, sounds, places, people), DRAWING)
        seen[pool] = [
            {scene.room for scene in scenes},
            {source.item for scene in scenes for source in scene.sources},
        ]
        assert all(item.startswith(pool) for item in seen[pool][1])
    for one, other in (("training", "test"), ("training", "validation"), ("validation", "test")):
        assert not any(own & others for own, others in zip(seen[one], seen[other], strict=True))


def test_scenes_of_a_place_share_all_but_sounds(cast):
    scenes = draw_scenes(range(16), cast, replace(DRAWING, scenes_per_place=8))
    for together in (scenes[:8], scenes[8:]):
        assert len({(scene.place, scene.room, scene.person, scene.facing_deg) for scene in together}) == 1
        assert len({source.receiver for scene in together for source in scene.sources}) == 2
        assert len({scene.signal_to_noise_db for scene in together}) == 8
    assert scenes[0].place != scenes[8].place


def test_what_cannot_be_is_refused_by_its_key(cast, sounds, places, people):
    sought = r"scenes.reach_deg: of 50 rooms, drawn with 10 ways .* 179 degrees .* of (one|two)\. Raise it"
    with pytest.raises(ConfigError, match=sought):
        draw_scenes([0], cast, replace(DRAWING, apart_deg=179.0))
    gone = replace(sounds, index=sounds.index[~sounds.index["item"].eq("test-tone")])
    with pytest.raises(ConfigError, match=r"scenes.sounds: there is no speech in the test pool"):
        Cast("test", gone, places, people)
    few = replace(places, by_name={name: one for name, one in places.by_name.items() if one.pool != "test"})
    with pytest.raises(ConfigError, match=r"rooms.count: none of these rooms is in the test pool"):
        Cast("test", sounds, few, people)


def test_a_scene_is_made_the_same_whatever_was_made_before(cast, maker):
    scenes = draw_scenes(range(6), cast, DRAWING)
    before = [maker.make(scene).mixture for scene in scenes]
    fresh = replace(maker, _kept={}, _kept_of="")
    for number in (5, 2, 0):
        assert np.array_equal(fresh.make(scenes[number]).mixture, before[number])
    assert before[0].shape == (2, 8000) and all(np.isfinite(one).all() for one in before)


def test_levels_are_those_that_were_drawn(cast, maker):
    for scene in draw_scenes(range(12), cast, DRAWING):
        heard = maker.make(scene)
        powers = np.square(heard.images).mean((1, 2))
        assert np.sqrt(powers[0]) == pytest.approx(LEVEL, rel=1e-3)
        if len(powers) == 2:
            assert 10 * np.log10(powers[1] / powers[0]) == pytest.approx(scene.sources[1].level_db, abs=0.01)
        ratio = np.square(heard.images.sum(0)).mean() / np.square(heard.noise).mean()
        assert 10 * np.log10(ratio) == pytest.approx(scene.signal_to_noise_db, abs=0.01)
        assert np.allclose(heard.mixture, heard.images.sum(0) + heard.noise)


def test_the_ear_on_a_sources_side_is_louder(cast, maker):
    """In rooms less so than without, and most of the time. Chords are too low for that."""
    scenes = [scene for scene in draw_scenes(range(90), cast, DRAWING) if len(scene.sources) == 1]
    scenes = [scene for scene in scenes if cast.kind[scene.sources[0].item] != "chord"]
    apart = {}
    for anechoic in (True, False):
        own = replace(maker, settings=replace(MAKING, anechoic=anechoic), _kept={}, _kept_of="")
        left, right = np.array([np.square(own.make(scene).images[0]).mean(1) for scene in scenes]).T
        apart[anechoic] = 10 * np.log10(left / right)
    aside = np.array([scene.sources[0].direction[1] for scene in scenes])
    clear = abs(aside) > 0.4
    assert (np.sign(apart[True][clear]) == np.sign(aside[clear])).all()
    assert np.corrcoef(apart[False], aside)[0, 1] > 0.7
    assert abs(apart[False]).mean() < 0.8 * abs(apart[True]).mean()


def test_sounds_that_lie_in_files_come_back(sounds):
    assert len(sounds.signal("test-noise0")) == 24000 and len(sounds.signal("training-tone")) == 6000
    assert abs(sounds.signal("training-tone")).max() == pytest.approx(8000 / 32768, rel=1e-3)


def test_silence_is_no_sound():
    rows = [{"item": name, "kind": "clip", "label": "a", "pool": "test"} for name in ("silent", "loud")]
    signals = [np.zeros(100, np.float32), np.ones(100, np.float32)]
    index, samples = gather([(row, one, RATE_HZ) for row, one in zip(rows, signals, strict=True)], RATE_HZ)
    assert list(index["item"]) == ["loud"] and len(samples) == 100
    with pytest.raises(DataError, match="no sound"):
        gather([(rows[0], signals[0], RATE_HZ)], RATE_HZ)


def test_recordings_and_performances_are_in_one_pool():
    clips = pd.DataFrame({"item": list("abc"), "category": "dog", "fold": [1, 4, 5]})
    assert [row["pool"] for row in clip_rows(clips, range(1, 6))] == ["training", "validation", "test"]
    names = [f"piano_2_Cn_j_f_{idx:02d}" for idx in range(100)]
    about = {"octave": 2, "root": "Cn", "triad": "j", "dynamic": "f", "effect": None}
    chords = pd.DataFrame({"item": names, "idx": range(100)}).assign(**about)
    rows = chord_rows(chords, chord_pools([chords[:30], chords[30:]], 10, 1))
    pools = [row["pool"] for row in rows]
    assert all(len(set(pools[begin : begin + 10])) == 1 for begin in range(0, 100, 10)) and len(set(pools)) == 3
    # The study's networks have not heard what tests.
    tests = parts(chords, "by_performance", 1) == "test"
    assert [pool == "test" for pool in pools] == tests.tolist()
    (row, path), *_ = speech_rows({"test": ["speech/one.wav"]})
    assert row == {"item": "test_one", "kind": "speech", "label": None, "pool": "test"} and path == "speech/one.wav"


def test_sounds_are_described_as_their_studies_do():
    """By tasks, and as what classifiers of clips and of chords learn from."""
    rows = [("dog", "clip", "dog"), ("bf", "chord", "Bf3 n"), ("talk", "speech", None), ("c", "chord", "Cn2 j")]
    index = pd.DataFrame(rows, columns=["item", "kind", "label"])
    assert classes_by_task(index) == {
        "dog": {"category": "dog"},
        "bf": {"root": "Bf", "type": "n"},
        "c": {"root": "Cn", "type": "j"},
    }
    assert classes_by_task(index[:1]) == {"dog": {"category": "dog"}}
    chords = as_clips(index, "chord")
    assert classes_of(chords, tasks_of(chords)).tolist() == [4 * (12 + 10) + 1, 0]


def test_some_of_many_sounds_are_drawn_by_their_names():
    rows = [{"item": str(number), "kind": "clip", "label": None, "pool": "test"} for number in range(50)]
    values = torch.arange(50, dtype=torch.int16)[:, None]
    few = {row["item"] for row, _, _ in shard_parts(rows, values, RATE_HZ, 10, 1)}
    fewer = {row["item"] for row, _, _ in shard_parts(rows[:25], values[:25], RATE_HZ, 25, 1)}
    assert len(few) == 10 and fewer == {row["item"] for row in rows[:25]}
    for row, value, _ in shard_parts(rows, values, RATE_HZ, 10, 1):
        assert value == int(row["item"])


def test_what_a_scene_needs_and_is_not_there_is_named(cast, maker, places, sounds):
    (scene,) = draw_scenes([3], cast, DRAWING)
    with pytest.raises(DataError, match=f"{scene.room}: no shard has this room. Delete the table of scenes"):
        scenes_of(table_of([scene], cast).assign(room=scene.room), replace(places, by_name={}))
    gone = replace(scene, sources=(replace(scene.sources[0], item="nothing"),))
    with pytest.raises(DataError, match="nothing: no such sound is there"):
        maker.make(gone)
    place = places.by_name[scene.room]
    damaged = replace(place, responses=torch.full_like(place.responses, torch.nan))
    with pytest.raises(DataError, match=f"{scene.room}: its response 1 is not finite. Delete its shard"):
        damaged.response(1)


def test_pieces_are_called_by_their_first_and_last_scenes():
    assert pieces_of(7, 3) == ["000000-000002", "000003-000005", "000006-000006"]
    assert pieces_of(2, 5) == ["000000-000001"]


def test_damaged_sounds_are_named(sounds, tmp_path):
    files = [tmp_path / f"sounds.{kind}" for kind in ("safetensors", "parquet")]
    write_sounds(*files, sounds.index, sounds.samples.numpy()[:-1], RATE_HZ)
    with pytest.raises(DataError, match="do not belong together"):
        read_sounds(*files)
    with pytest.raises(DataError, match=r"sounds.safetensors"):
        read_sounds(damage(files[0]), files[1])


def test_a_pass_over_shards_has_every_scene_once_and_few_shards_at_a_time():
    shards = np.repeat(np.arange(6), 10)
    order = OverShards(shards, scenes_per_place=4, per_piece=60, at_once=2, seed=1)
    whole = np.concatenate([order(piece) for piece in range(4)])
    assert sorted(whole) == list(range(240)) and list(whole) != sorted(whole)
    assert all(len(set(shards[order(piece) // 4])) <= 4 for piece in range(4))
    assert len(set(shards[whole[:80] // 4])) == 2
    again = np.concatenate([order(piece) for piece in range(4, 8)])
    assert sorted(again) == list(range(240)) and not np.array_equal(again, whole)
    for begin in range(0, 240, 4):
        assert list(whole[begin : begin + 4]) == list(range(whole[begin], whole[begin] + 4))


def test_pieces_may_be_longer_than_what_is_left_of_a_pass():
    order = OverShards(np.zeros(5, int), scenes_per_place=2, per_piece=7, at_once=1, seed=1)
    whole = np.concatenate([order(piece) for piece in range(10)])
    assert np.array_equal(np.bincount(whole), np.full(10, 7))


def test_a_stream_makes_the_scenes_of_its_places(cast, maker):
    scenes = draw_scenes(range(8), cast, DRAWING)
    values = SceneValues(maker, scenes, workers=0)
    rows = values.rows(np.array([3, 1]))
    assert rows.shape == (2, *values.shape) and rows.dtype == torch.float32
    assert np.array_equal(rows[1].numpy(), maker.make(scenes[1]).mixture)
    wanted = directions_of(scenes)
    for row, scene in zip(wanted, scenes, strict=True):
        assert np.allclose(row[0], scene.sources[0].direction)
        assert np.isfinite(row[1]).all() == (len(scene.sources) == 2)


def test_rooms_are_drawn_as_they_were_simulated(places):
    place = next(iter(places.by_name.values()))
    assert place.responses.shape == (4, 6400) and place.response(2).dtype == np.float32
    seen = place.seen(0.0)
    assert np.allclose(seen * place.room.distances_m[:, None], place.room.receivers_m - place.room.source_m)
