"""Runs made ready to try: what each tab answers, and what it says where something is missing."""

import json
import shutil

import numpy as np
import pytest
import soundfile
import torch
from app_made_up import DOG, make_run
from earshot.app import answers
from earshot.app.answers import answered, fault_on_page, how_it_sounds, warm, what_it_is, where_it_is
from earshot.app.limits import read_ears
from earshot.app.open_run import open_run
from earshot.app.runs import choose
from earshot.app.sounds import made_up
from earshot.app.where import Localiser
from earshot.data.synthetic_hrtf import Person, grid, synthesise_hrirs
from earshot.errors import ConfigError, DataError
from earshot.learn.direction_network import read_network
from earshot.models.manifest import write_manifest

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project") / "results"
    make_run(folder)
    return folder


@pytest.fixture(scope="module")
def tabs(results):
    return open_run(choose(results, None), None, CPU)


@pytest.fixture(scope="module")
def ears(tmp_path_factory):
    """A recording of two ears."""
    path = tmp_path_factory.mktemp("given") / "ears.wav"
    soundfile.write(path, 0.1 * np.random.default_rng(1).normal(size=(16000, 2)), 16000)
    return str(path)


@pytest.fixture
def without(results, tmp_path):
    """The tabs of a copy of the run that lacks a part."""

    def lacking(part):
        copy = tmp_path / "project/results"
        shutil.copytree(results, copy)
        shutil.rmtree(copy / part) if (copy / part).is_dir() else (copy / part).unlink()
        write_manifest(copy / "made")
        return open_run(choose(copy, None), None, CPU)

    return lacking


def test_the_run_with_most_to_try_is_chosen_unless_one_is_named(results, tmp_path):
    copy = tmp_path / "results"
    shutil.copytree(results, copy)
    shutil.copytree(results / "made", copy / "less")
    shutil.rmtree(copy / "less/reverb")
    write_manifest(copy / "less")
    assert choose(copy, None).name == "made" and choose(copy, "less").folder == copy / "less"
    assert choose(copy / "less", None).folder == copy / "less"
    with pytest.raises(ConfigError, match="is called other; there are less, made"):
        choose(copy, "other")
    with pytest.raises(ConfigError):
        choose(tmp_path / "nothing", None)


def test_a_scene_is_answered_beside_the_truth(tabs, tmp_path):
    scenes = tabs.where.scenes
    assert 2 <= len(scenes.words) <= 6 and all("sea waves" in words for words in scenes.words.values())
    for name in scenes.words:
        made = scenes.make(name)
        assert made.shape == (2, 8000)
        soundfile.write(tmp_path / "scene.wav", made.T, round(scenes.rate_hz))
        sources = len(scenes.directions(name))
        page = where_it_is(tabs.where, str(tmp_path / "scene.wav"), scenes.person(name), sources, name)
        assert page.count("<svg") == 2 and "In truth: " in page and page.count("beside what is heard") >= sources
    assert {len(scenes.directions(name)) for name in scenes.words} == {1, 2}


def test_whose_ears_hear_changes_what_is_heard(results, ears):
    network, _ = read_network(results / "made/scenes/localiser/rooms.safetensors")
    people = {
        name: synthesise_hrirs(Person(name, head_radius_m=radius), *grid(36, 12), rate_hz=network.spectra.rate_hz)
        for name, radius in (("small", 0.075), ("large", 0.1))
    }
    localiser = Localiser(network, people, CPU)
    small, large = (localiser.hear(read_ears(ears), person, 1).likely for person in people)
    assert small.sum() == pytest.approx(1) and abs(small - large).max() > 1e-6


def test_a_clip_is_answered_by_networks_that_did_not_learn_from_it(tabs, results, tmp_path):
    sounds = {sound.words: sound for sound in tabs.what.sounds}
    assert set(sounds) == {"dog", "sea waves"}
    (network,) = sounds["dog"].unheard_by
    assert network == results / "made/sounds/residual/fold1/1/networks/category.safetensors"
    path = str(tmp_path / DOG)
    soundfile.write(path, sounds["dog"].signal, round(sounds["dog"].rate_hz))
    said = what_it_is(tabs.what, "sounds/residual", path, sounds["dog"])
    assert "By one network of sounds/residual that did not learn from this clip. In truth: dog." in said
    all_of_them = what_it_is(tabs.what, "sounds/residual", path, None)
    assert "By 2 networks of sounds/residual." in all_of_them and "In truth" not in all_of_them


def test_where_no_clip_was_held_out_sounds_are_made_up(tabs, tmp_path):
    """The networks of chords learnt from clips at random, which leaks."""
    assert [sound.words for sound in tabs.chord.sounds] == ["C major, made up"]
    for sound in made_up():
        assert sound.signal.shape == (88200,) and abs(sound.signal).max() == pytest.approx(0.5)
    (chord,) = tabs.chord.sounds
    soundfile.write(tmp_path / "chord.wav", chord.signal, round(chord.rate_hz))
    page = what_it_is(tabs.chord, "chords/ours", str(tmp_path / "chord.wav"), chord)
    assert page.count("<table") == 2 and "did not learn" not in page


def test_a_room_is_heard_and_measured(tabs, ears):
    rooms = tabs.room.models["fno"]
    answer, page = how_it_sounds(tabs.room, "fno", ears, rooms.learnt.usual)
    assert tabs.room.person == "anna" and [one.ndim for one in answer.heard.values()] == [1, 2, 2]
    assert page.count("<tr>") == 4 and page.count("<svg") == 1 and "T60 (s)" in page


def test_nothing_given_is_no_fault(tabs):
    hint = answers.nothing_yet()
    assert where_it_is(tabs.where, None, "anna", 1, None) == hint
    assert what_it_is(tabs.what, "sounds/residual", None, None) == hint
    assert how_it_sounds(tabs.room, "fno", None, tabs.room.models["fno"].learnt.usual) == (None, hint)
    warm(tabs)


def test_faults_are_sentences_of_text(caplog):
    def refuse(error):
        def answer():
            raise error

        return answered(answer, str)

    assert refuse(DataError("<b>.wav: is silent.")) == fault_on_page("<b>.wav: is silent.")
    assert "<b>" not in fault_on_page("<b>.wav: is silent.") and 'role="alert"' in fault_on_page("")
    unknown = refuse(RuntimeError("secret"))
    assert "secret" not in unknown and "does not know why" in unknown and "secret" in caplog.text


@pytest.mark.parametrize(
    ("part", "tab", "target"),
    [
        ("made/scenes/localiser", "where", "scenes"),
        ("made/scenes/made_of.json", "where", "scenes"),
        ("made/sounds", "what", "sounds"),
        ("made/chords", "chord", "chords"),
        ("made/reverb", "room", "reverb"),
        ("shared/rooms", "room", "rooms"),
    ],
)
def test_a_tab_that_lacks_something_says_what_makes_it(part, tab, target, without):
    said = getattr(without(part), tab)
    assert isinstance(said, str) and f"snakemake --cores 2 -- {target}" in said


def test_what_is_damaged_costs_its_tab_alone(results, tmp_path):
    copy = tmp_path / "project/results"
    shutil.copytree(results, copy)
    (copy / "made/scenes/made_of.json").write_text(json.dumps({"people": {}}))
    network = next((copy / "made/reverb").rglob("*.safetensors"))
    network.write_bytes(network.read_bytes()[:-100])
    damaged = open_run(choose(copy, None), None, CPU)
    assert "made_of.json" in damaged.where and "network.safetensors" in damaged.room
    assert not isinstance(damaged.what, str) and not isinstance(damaged.chord, str)


def test_others_hear_where_their_ears_are_given(results, tmp_path):
    shutil.copy(results / "made/hrtf/anna.sofa", tmp_path / "clara.sofa")
    assert open_run(choose(results, None), tmp_path, CPU).where.localiser.people == ["anna", "bert", "clara"]
    with pytest.raises(ConfigError, match="no SOFA files"):
        open_run(choose(results, None), tmp_path / "nowhere", CPU)
