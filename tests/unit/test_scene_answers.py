"""Networks run over scenes: what is answered, by whose ears, and what becomes of a scene that cannot be made."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from earshot.data.clips import TRIAD_ROOTS
from earshot.data.schemas.scenes import SCENE_ANSWERS, SCENES
from earshot.data.sofa import write_hrirs
from earshot.data.tables import write_table
from earshot.directions import great_circle_deg, unit_vectors
from earshot.learn import classifier, direction_network
from earshot.learn.classifier import Task, build
from earshot.learn.direction_network import DirectionNetwork, DirectionNetworkSettings
from earshot.learn.direction_templates import templates
from earshot.learn.localiser import LocaliserSettings, write_localiser
from earshot.learn.perceptron import TrainingSettings
from earshot.scenes import classifier_learning, separator_learning, without_rooms
from earshot.scenes.drawing import draw_scenes, table_of
from earshot.scenes.inference import paired, work
from earshot.scenes.levels import SceneLevels, levels_at_ears, levels_of
from earshot.scenes.making import Maker
from earshot.scenes.measured import try_room
from earshot.scenes.sounds import write_sounds
from earshot.scenes.stream import SceneValues
from earshot.signal.bands import Bands
from earshot.signal.binaural_spectra import BinauralSettings
from earshot.signal.interaural import InterauralSettings
from earshot.signal.melspectrogram import MelSettings
from earshot.signal.noise import NoiseSettings
from earshot.signal.spectra import spectrogram
from test_measured_scenes import measured, room_and_head  # noqa: F401 (fixtures)
from test_rooms import CPU
from test_scenes import DRAWING, MAKING, RATE_HZ, cast, maker, people, places, sounds  # noqa: F401 (fixtures)

SPECTRA = BinauralSettings(RATE_HZ, 512, 256, 12, 100, 7000)
LEVELS = {"window_samples": 512, "hop_samples": 256, "bands": 32, "lowest_hz": 20, "highest_hz": 8000, "scale": "htk"}
FEATURES = {
    "window_samples": 512,
    "hop_samples": 256,
    "level_bands": {"count": 8, "spacing": "erb", "lowest_hz": 200, "highest_hz": 8000},
    "phase_bands": {"count": 4, "spacing": "erb", "lowest_hz": 200, "highest_hz": 1500},
}
STREAM = {
    "scenes": 16,
    "duration_s": 0.5,
    "scenes_per_place": 4,
    "scenes_per_piece": 8,
    "shards_at_once": 2,
    "batch_size": 4,
}
CHORDS = {
    "seed": 1,
    "heard_in": "rooms",
    "sounds": "chord",
    "drawing": {"seed": 1, "signal_to_noise_db": (10, 40), "apart_deg": 30, "reach_deg": 8},
    "making": {"seed": 1, "exact_s": 0.05},
    "stream": STREAM,
    "made_with": {"kind": "constant_q", "settings": {"hop_samples": 4096, "lowest_hz": 55, "octaves": 7}},
    "network": {"learning_rate": 1e-3, "weight_decay": 0.0},
}
SEPARATOR = {
    "seed": 1,
    "heard_in": "rooms",
    "drawing": CHORDS["drawing"] | {"level_db": (-3, 3)},
    "making": CHORDS["making"],
    "stream": STREAM,
    "network": {"learning_rate": 1e-3, "times_each": 2, "window_samples": 256, "bands": 8, "width": 8, "dropped": 0.1},
}
INTERAURAL = InterauralSettings(512, 256, Bands(8, "erb", 200, 8000), Bands(4, "erb", 200, 1500))
STUDY = TrainingSettings((64,), "relu", 5e-3, 32, 1e-4, 150, 20, 1e-4)


@pytest.fixture(scope="module")
def study(people):  # noqa: F811
    """Study A's networks of both people."""
    how = LocaliserSettings(1, 0.2, STUDY)
    return without_rooms.train(list(people.values()), NoiseSettings(1, 0.2, 2), INTERAURAL, how, CPU)


@pytest.fixture(scope="module")
def chords(sounds, places, people, tmp_path_factory):  # noqa: F811
    """A network of chords that has learnt from a few scenes."""
    state = tmp_path_factory.mktemp("chords")
    network, history = classifier_learning.train(sounds, places, people, CHORDS, 0, CPU, state)
    assert [len(task.classes) for task in network.tasks] == [12, 4] and len(history) == 2
    return network


@pytest.fixture(scope="module")
def separator(sounds, places, people, tmp_path_factory):  # noqa: F811
    """A network that has learnt from a few scenes to tell two sources apart."""
    state = tmp_path_factory.mktemp("separator")
    network, history = separator_learning.train(sounds, places, people, SEPARATOR, 0, CPU, state)
    assert len(history) == 2 and all(0 < piece["training"] < 40 for piece in history)
    return network


@pytest.fixture(scope="module")
def settings(cast, maker, places, people, study, chords, separator, tmp_path_factory):  # noqa: F811
    """Files and sections as the rule gives them, with networks that have learnt next to nothing."""
    folder = tmp_path_factory.mktemp("answers")
    files = [str(folder / f"sounds.{kind}") for kind in ("safetensors", "parquet")]
    known = maker.sounds
    write_sounds(*files, known.index, known.samples.numpy(), RATE_HZ)
    write_table(folder / "scenes.parquet", table_of(draw_scenes(range(8), cast, DRAWING), cast), SCENES)
    torch.manual_seed(1)
    network = DirectionNetwork(DirectionNetworkSettings(100, 16, 0.0), SPECTRA)
    ears = torch.from_numpy(np.stack([maker.make(scene).mixture for scene in draw_scenes(range(4), cast, DRAWING)]))
    known = torch.stack([templates(one, SPECTRA, 100)[0] for one in people.values()])
    network.begin_with(ears, known[0, :, :4].T, known)
    direction_network.write_network(folder / "localiser.safetensors", network, {})
    shape = levels_at_ears(torch.zeros(1, 2, 8000), MelSettings(RATE_HZ, **LEVELS)).shape[1:]
    net = build("residual", (Task("category", ("noise0", "noise1", "noise2")),), tuple(shape), LEVELS)
    levels, kind = {"kind": "levels", "settings": LEVELS}, {"network": "residual"}
    classifier.write_network(folder / "classifier.safetensors", net, {"settings": kind, "made_with": levels})
    classifier_learning.write(folder / "chords_rooms.safetensors", chords, CHORDS)
    of_study = CHORDS | {"made_with": CHORDS["made_with"] | {"rate_hz": 22050.0}}  # what it learnt from
    classifier_learning.write(folder / "chords_study.safetensors", chords, of_study)
    separator_learning.write(folder / "separator.safetensors", separator, SEPARATOR)
    for (name, one), own in zip(people.items(), study, strict=True):
        write_hrirs(folder / f"{name}.sofa", one)
        write_localiser(folder / f"{name}.safetensors", own, {})
    return {
        "device": "cpu",
        "sounds": files[0],
        "sounds_index": files[1],
        "rooms": [],
        "scenes": str(folder / "scenes.parquet"),
        "people": {name: str(folder / f"{name}.sofa") for name in people},
        "localisers": {"rooms": str(folder / "localiser.safetensors")},
        "separators": {"rooms": str(folder / "separator.safetensors")},
        "classifiers": {
            "clip": {"rooms": str(folder / "classifier.safetensors")},
            "chord": {name: str(folder / f"chords_{name}.safetensors") for name in ("rooms", "study")},
        },
        "without_rooms": {name: str(folder / f"{name}.safetensors") for name in people},
        "making": vars(MAKING),
        "interaural": {"features": FEATURES},
        "part_s": 0.2,
    }


@pytest.fixture
def answering(settings, places, monkeypatch):  # noqa: F811
    monkeypatch.setattr("earshot.scenes.inference.read_places", lambda pairs: places)
    return work(settings)


def test_everything_is_answered_once(answering, cast):  # noqa: F811
    rows = SCENE_ANSWERS.validate(answering("000000-000007"))
    scenes = {scene.name: scene for scene in draw_scenes(range(8), cast, DRAWING)}
    assert set(rows["scene"]) == set(scenes)
    for name, own in rows.groupby("scene"):
        sources = len(scenes[name].sources)
        directions = own[own["task"] == "direction"]
        expected = {"rooms", "rooms, another's ears"} | ({"study"} if sources == 1 else set())
        assert set(directions["by"]) == expected and len(directions) == len(expected) * sources
        clips = [source for source in scenes[name].sources if cast.kind[source.item] == "clip"]
        heard = {1: {"rooms"}, 2: {"rooms of the mixture", "rooms of what was separated"}}[sources]
        classes = own[own["task"] == "class"]
        assert len(classes) == len(heard) * len(clips) and set(classes["by"]) <= heard
        played = sum(cast.kind[source.item] == "chord" for source in scenes[name].sources)
        for task in ("root", "type"):
            said = own[own["task"] == task]
            assert (
                len(said) == 2 * len(heard) * played
                and set(said["said"]) <= {"root": set(TRIAD_ROOTS), "type": set("jnda")}[task]
            )
        apart = own[own["task"] == "separation"]
        assert len(apart) == (4 if sources == 2 else 0) and apart["si_sdr_gain_db"].notna().all()
        if sources == 2:
            fitting, left_first = (own["si_sdr_gain_db"].sum() for _, own in apart.groupby("by"))
            assert set(apart["by"]) == {"rooms", "rooms, from left to right"} and fitting >= left_first
    assert rows.loc[rows["task"] == "direction", "error_deg"].between(0, 180).all()


def test_parts_of_a_scene_are_the_scene_and_the_left_source_is_louder_at_the_left_ear(cast, maker):  # noqa: F811
    scenes = [one for one in draw_scenes(range(40), cast, DRAWING) if len(one.sources) == 2]
    anechoic = Maker(maker.sounds, maker.places, maker.heads, replace(maker.settings, anechoic=True))
    values = SceneValues(anechoic, scenes, 0)
    every = np.arange(len(scenes))
    parts = separator_learning.SceneParts(values).rows(every)
    assert torch.allclose(parts.sum(1), values.rows(every), atol=1e-6)
    power = parts[:, :2].square().sum(3)
    sides = separator_learning.to_the_left_deg(scenes)
    assert (abs(sides) > 30).sum() > 5
    for side, (left, right) in zip(sides.ravel(), power.flatten(0, 1).tolist(), strict=True):
        assert abs(side) < 30 or (left > right) == (side > 0)


def test_what_is_separated_from_left_to_right_is_of_the_sources_from_left_to_right(answering, cast, monkeypatch):  # noqa: F811
    """A separator that knows what ears hear of each source gives the left one's first."""
    own, known = answering.__self__, {}

    def make(scene, made=own._maker.make):
        heard = known["heard"] = made(scene)
        known["left first"] = np.argsort([-source.direction[1] for source in scene.sources])
        return heard

    monkeypatch.setattr(own._maker, "make", make)
    monkeypatch.setattr(
        "earshot.scenes.inference.separate",
        lambda mixture, network: known["heard"].images[known["left first"]].astype(float),
    )
    rows = answering("000000-000007")
    gains = rows[rows["task"] == "separation"].groupby("by")["si_sdr_gain_db"].min()
    assert set(gains.index) == {"rooms", "rooms, from left to right"} and (gains > 50).all()


def test_answers_do_not_depend_on_the_piece(answering):
    whole = answering("000000-000007")
    parts = [answering("000004-000007"), answering("000000-000003")]
    for part in parts:
        own = whole[whole["scene"].isin(part["scene"])].reset_index(drop=True)
        assert own.equals(part.reset_index(drop=True))


def test_a_scene_that_cannot_be_made_is_a_row_with_its_reason(settings, places, sounds, monkeypatch, cast):  # noqa: F811
    monkeypatch.setattr("earshot.scenes.inference.read_places", lambda pairs: places)
    answer = work(settings)
    first = draw_scenes([0], cast, DRAWING)[0].sources[0].item
    answer.__self__._maker.sounds.rows.pop(first)
    rows = SCENE_ANSWERS.validate(answer("000000-000007"))
    (reason,) = rows.loc[rows["scene"] == "test000000", "said"]
    assert first in reason and set(rows.loc[rows["scene"] == "test000000", "task"]) == {"none"}
    assert rows["scene"].nunique() == 8


def test_in_a_measured_room_nothing_is_said_that_is_far_from_where_the_head_is_known(measured, settings, study, sounds):  # noqa: F811
    place, head = measured
    table, answers = try_room(place, head, study[0], sounds, 12, DRAWING, settings)
    rows = SCENE_ANSWERS.validate(answers)
    directions = rows[rows["task"] == "direction"]
    assert set(directions["by"]) == {"rooms", "study", "chance"} and not (rows["task"] == "none").any()
    counted = directions.groupby(["scene", "by"]).size().unstack()
    assert (counted["rooms"] == SCENES.validate(table).set_index("scene")["sources"]).all()
    assert (counted["chance"] == counted["rooms"]).all()
    said = directions[directions["by"] == "rooms"]
    vectors = unit_vectors(said["azimuth_deg"].to_numpy(float), said["elevation_deg"].to_numpy(float))
    assert great_circle_deg(vectors[:, None], head.unit_vectors[None]).min(1).max() < 11
    assert {"class", "separation"} <= set(rows["task"])


def test_directions_are_paired_with_the_nearest():
    true = np.eye(3)[:2]
    assert paired(true[::-1], true) == (1, 0) and paired(true, true) == (0, 1)


def test_study_as_network_hears_noise_without_a_room(people, study):  # noqa: F811
    """From directions that it has learnt, half a second at a time."""
    person, random = people["one"], np.random.default_rng(5)
    errors = []
    for at in random.choice(len(person.hrirs), 30, replace=False):
        sound = random.standard_normal(8000)
        ears = np.stack([np.convolve(sound, hrir)[:8000] for hrir in person.hrirs[at]]).astype(np.float32)
        said = without_rooms.answer(study[0], ears, INTERAURAL, RATE_HZ, 0.2)
        assert np.linalg.norm(said) == pytest.approx(1)
        errors.append(float(great_circle_deg(said, person.unit_vectors[at])))
    assert np.median(errors) < 25


def test_bands_end_where_there_is_nothing_to_hear():
    found = without_rooms.features_below({**FEATURES, "window_samples": 1}, 10000)
    assert found["level_bands"]["highest_hz"] == 5000 and found["phase_bands"]["highest_hz"] == 1500
    assert found["window_samples"] == 1 and FEATURES["level_bands"]["highest_hz"] == 8000


def test_chords_at_two_equal_ears_are_as_the_study_hears_them(sounds):  # noqa: F811
    item = next(iter(sounds.index.loc[sounds.index["kind"] == "chord", "item"]))
    signal, settings = torch.from_numpy(sounds.signal(item)[None]), CHORDS["made_with"]["settings"]
    heard = levels_at_ears(signal.expand(2, -1)[None], levels_of(CHORDS["made_with"], RATE_HZ))
    assert torch.allclose(heard, spectrogram("constant_q", settings, RATE_HZ)(signal).float(), atol=0.05)


def test_levels_are_of_both_ears_together(cast, maker):  # noqa: F811
    scenes = draw_scenes(range(3), cast, DRAWING)
    mel = MelSettings(RATE_HZ, **LEVELS)
    values = SceneLevels(SceneValues(maker, scenes, 0), mel)
    rows = values.rows(np.array([2, 0]))
    assert rows.shape == (2, *values.shape)
    mixture = torch.from_numpy(maker.make(scenes[2]).mixture[None])
    assert torch.allclose(rows[0], levels_at_ears(mixture, mel)[0])
    assert torch.allclose(levels_at_ears(mixture.flip(1), mel), levels_at_ears(mixture, mel), atol=1e-4)
