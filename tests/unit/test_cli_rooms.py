"""The command `earshot rooms`: what there is, and how a recording sounds in a room."""

from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
import soundfile
from earshot.cli import main
from earshot.data.schemas.reverb import REVERB_ERRORS
from earshot.data.synthetic_hrtf import Person, grid, synthesise_hrirs
from earshot.data.tables import write_table
from earshot.learn.reverb_models import build, write_network
from earshot.models.manifest import write_manifests
from earshot.rooms.heads import Head
from earshot.rooms.room_shards import read_rooms, simulate_rooms, write_rooms
from test_page_reverb import errors
from test_reverb_models import SETTINGS
from test_rooms import CPU, SAMPLING, SIMULATION, rooms

KINDS = ("safetensors", "parquet")
SHORT = replace(SIMULATION, length_s=0.4)
OWN = {"volume_m3": (20, 40), "t60_s": (0.2, 0.25), "receivers": 3}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A folder of results with two rooms and a model that has learnt nothing."""
    folder = tmp_path_factory.mktemp("results")
    drawn = rooms(2, **OWN)
    index, responses = simulate_rooms(drawn, SHORT, CPU)
    shards = folder / "shared/rooms/abc-cpu"
    shards.mkdir(parents=True)
    settings = {"sampling": asdict(replace(SAMPLING, **OWN)), "simulation": asdict(SHORT)}
    paths = shards / "000000-000001.safetensors", shards / "000000-000001.parquet"
    write_rooms(*paths, drawn, index, responses, settings)
    training = folder / "mine/reverb/fno/1"
    training.mkdir(parents=True)
    network, _ = build(SETTINGS, SHORT)
    about = {"settings": SETTINGS, "simulation": asdict(SHORT)}
    write_network(training / "network.safetensors", network, about)
    table = errors()
    write_table(training / "errors.parquet", table[(table["model"] == "fno") & (table["number"] == 1)], REVERB_ERRORS)
    write_manifests(folder)
    return folder


@pytest.fixture(scope="module")
def binaural(tmp_path_factory, results):
    """The same folder with a set of one room more, whose receivers are heads."""
    folder = tmp_path_factory.mktemp("binaural")
    (folder / "mine").symlink_to(results / "mine")
    shards = folder / "shared/rooms/ears-cpu"
    shards.mkdir(parents=True)
    (folder / "shared/rooms/abc-cpu").symlink_to(results / "shared/rooms/abc-cpu")
    drawn = rooms(3, **OWN)
    head = Head.of(synthesise_hrirs(Person("somebody", pinna_size=0), *grid(), rate_hz=SHORT.rate_hz))
    index, responses = simulate_rooms(drawn, SHORT, CPU, head)
    settings = {"sampling": asdict(replace(SAMPLING, **OWN)), "simulation": asdict(SHORT), "head": "somebody.sofa"}
    paths = shards / "000000-000002.safetensors", shards / "000000-000002.parquet"
    write_rooms(*paths, drawn, index, responses, settings)
    return folder


@pytest.fixture
def click(tmp_path):
    """A recording of one click, at another rate than rooms have."""
    path = tmp_path / "click.wav"
    soundfile.write(path, np.eye(1, 4800, 100)[0], 48000)
    return path


def said(capsys, results, *arguments, status=0):
    assert main(["rooms", "--results", str(results), *map(str, arguments)]) == status
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return err if status else out


def test_it_lists_rooms_and_models(results, capsys):
    found = said(capsys, results)
    assert "abc-cpu: 2 rooms, 6 responses; " in found and "measured T60 0.2" in found
    assert "mine/reverb/fno: 1 training; nobody would notice at 90.0 % of positions" in found


def test_it_tells_of_a_room(results, capsys):
    found = said(capsys, results, "--room", 1)
    assert found.startswith("room000001: ") and found.count("receiver ") == 3 and "C50 " in found


def test_it_tells_of_a_model(results, capsys):
    found = said(capsys, results, "--model", "fno")
    assert "kind: operator" in found and "in rooms of the set standard: 90.0 % unnoticed" in found
    assert "in rooms of the set larger" in found


def test_a_recording_is_heard_in_a_room_simulated_and_by_a_model(results, click, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "simulated" in said(capsys, results, "--room", 0, "--hear", click)
    assert "by mine/reverb/fno" in said(capsys, results, "--room", "room000000", "--hear", click, "--model", "fno")
    simulated, predicted = (soundfile.read(tmp_path / f"click-room000000-0{by}.wav") for by in ("", "-fno"))
    assert simulated[1] == predicted[1] == 16000 and len(simulated[0]) == 1600 + 6400 - 1
    assert abs(simulated[0]).max() == pytest.approx(0.9, abs=0.01)
    early = slice(0, 400)  # images, of which both have the same
    assert np.corrcoef(simulated[0][early], predicted[0][early])[0, 1] > 0.95
    assert pd.Series(predicted[0][-1600:]).abs().max() < 0.05


def test_it_says_which_rooms_have_heads(binaural, capsys):
    listed = said(capsys, binaural).splitlines()
    (with_heads,) = [line for line in listed if "heads" in line]
    assert with_heads.startswith("ears-cpu: 3 rooms, 18 responses; ")
    assert with_heads.endswith("; receivers are heads with two ears, of somebody.sofa")
    told = said(capsys, binaural, "--room", 1)
    assert told.count("receiver 2, left ear of a head that looks to ") == 1 and told.count("right ear") == 3
    assert " ear" not in said(capsys, binaural, "--room", 1, "--set", "abc-cpu")


def test_a_head_hears_a_recording_in_stereo(binaural, click, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "simulated" in said(capsys, binaural, "--room", 1, "--receiver", 2, "--hear", click)
    heard, rate_hz = soundfile.read(tmp_path / "click-room000001-2.wav")
    assert rate_hz == 16000 and heard.shape == (1600 + 6400 - 1, 2)
    _, responses, _ = read_rooms(*(binaural / f"shared/rooms/ears-cpu/000000-000002.{kind}" for kind in KINDS))
    true = responses["responses"][6 + 4 : 6 + 6].float().numpy()
    levels = [10 * np.log10(np.square(ears).sum(1)) for ears in (heard.T, true)]
    assert np.diff(levels[0]) == pytest.approx(np.diff(levels[1]), abs=0.3), "both by one factor, left first"
    assert abs(heard).max() == pytest.approx(0.9, abs=0.01)


def test_a_model_has_no_ears(binaural, click, capsys):
    asked = ["--room", "1", "--set", "ears-cpu", "--hear", str(click), "--model", "fno"]
    assert "ears-cpu are heads with two ears, and a model says what a microphone hears" in said(
        capsys, binaural, *asked, status=2
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--room", "7"], "room000007 is none of the rooms"),
        (["--room", "kitchen"], "--room wants the number of a room"),
        (["--room", "0", "--receiver", "9", "--hear", "CLICK"], "has receivers 0 to 2, and no 9"),
        (["--hear", "CLICK"], "--hear wants a room"),
        (["--model", "other"], "no model of rooms is called other; there are mine/reverb/fno"),
        (["--room", "0", "--hear", "missing.wav"], "there is no such file"),
        (["--room", "0", "--receiver", "1"], "--receiver wants something to hear"),
        (["--room", "0", "--set", "other"], "no set of rooms is called other"),
        (["--room", "0", "--model", "fno"], "wants something to hear"),
    ],
)
def test_what_is_not_there_is_a_sentence(arguments, sentence, results, click, capsys):
    given = [str(click) if one == "CLICK" else one for one in arguments]
    assert sentence in said(capsys, results, *given, status=2)


def test_a_folder_without_rooms_says_how_to_make_some(tmp_path, capsys):
    assert "snakemake --cores 2 -- rooms" in said(capsys, tmp_path, status=2)
