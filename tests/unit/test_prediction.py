"""Predictions from trained files alone: recordings of every kind get an answer, and what is none gets a clear word."""

import json
import shutil

import numpy as np
import pytest
import soundfile
import torch
from earshot.cli import main
from earshot.config_clips import ConstantQOfChords, LevelsOfSounds, MelOfChords
from earshot.data.shards import write_tensors
from earshot.errors import ConfigError
from earshot.learn.classifier import TYPES, Task, build, write_network
from earshot.learn.prediction import predict, read_classifier
from earshot.models.manifest import find_models, write_manifest, write_manifests

RATE = 16000
HEADERLESS = ("samples.raw", "samples.RAW", "samples.vox", "samples.gsm", "samples.au")  # which may be any samples
ROOTS = ("Cn", "Df", "Dn", "Ef", "En", "Fn", "Gf", "Gn", "Af", "An", "Bf", "Bn")


def write(folder, network, study, model, tasks, section, kind, shape, seed=1):
    """Write a network that has learnt nothing."""
    torch.manual_seed(seed)
    made_with = {"rate_hz": RATE, "duration_s": 1.0, "padding": "zeros", "kind": kind, "settings": section.model_dump()}
    made = build(network, tasks, shape, made_with["settings"])
    about = {"study": study, "model": model, "settings": {"network": network}, "made_with": made_with}
    path = folder / "any" / study / model / "random" / f"{seed}" / "networks" / f"{made.name}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_network(path, made, about)


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("networks")
    root, kind = Task("root", ROOTS), Task("type", TYPES)
    for seed in (1, 2):
        write(folder, "transposable", "chords", "ours", (root, kind), ConstantQOfChords(), "constant_q", (252, 4), seed)
    for task in (root, kind):
        write(folder, "triad", "chords", "published", (task,), MelOfChords(), "mel", (64, 32))
    levels = LevelsOfSounds(highest_hz=8000, bands=32)
    write(
        folder, "residual", "sounds", "residual", (Task("category", ("dog", "sea_waves")),), levels, "levels", (32, 16)
    )
    write_manifest(folder / "any")
    return folder


@pytest.fixture
def recordings(tmp_path):
    """A file of each kind that people have."""
    rng = np.random.default_rng(1)

    def noise(seconds, rate=RATE, channels=1):
        return 0.1 * rng.normal(size=(round(seconds * rate), channels))

    files = {
        "short.wav": (noise(0.3), RATE),
        "long.wav": (noise(3.4), RATE),
        "studio.wav": (noise(1, 192_000, 6), 192_000),
        "telephone.wav": (noise(1, 8000), 8000),
        "loud.wav": (50 * noise(1), RATE),
        "late.wav": (np.concatenate([np.zeros((RATE, 1)), noise(0.2)]), RATE),
        "empty.wav": (noise(0), RATE),
        "click.wav": (noise(0.01), RATE),
        "silent.wav": (0 * noise(1), RATE),
        "high.wav": (np.sin(2 * np.pi * 15 / 48 * np.arange(48000)) * np.hanning(48000), 48000),
        "nan.wav": (np.where(np.arange(RATE) == 7, np.nan, 0.1)[:, None], RATE),
    }
    for name, (signal, rate) in files.items():
        soundfile.write(tmp_path / name, signal, rate, subtype="FLOAT")
    (tmp_path / "words.wav").write_text("no audio")
    for name in HEADERLESS:
        (tmp_path / name).write_bytes(rng.bytes(RATE))
    return tmp_path


def classifier(networks, name):
    (model,) = [one for one in find_models(networks, "classifier").values() if one.name.endswith(name)]
    return read_classifier(model.name, model.files)


@pytest.mark.parametrize("name", ["short.wav", "long.wav", "studio.wav", "telephone.wav", "loud.wav", "late.wav"])
@pytest.mark.parametrize("model", ["ours", "published", "residual"])
def test_recordings_of_every_kind_get_probabilities(networks, recordings, name, model):
    answer = predict(classifier(networks, model), recordings / name, torch.device("cpu"))
    tasks = {"category": 2} if model == "residual" else {"root": 12, "type": 4}
    assert {task: len(shares) for task, shares in answer.probabilities.items()} == tasks
    assert all(sum(shares.values()) == pytest.approx(1, abs=1e-3) for shares in answer.probabilities.values())
    assert answer.pieces == (3 if name == "long.wav" else 1)
    assert bool(answer.doubts) == (name == "telephone.wav")


def test_networks_of_several_seeds_answer_together(networks, recordings):
    together = classifier(networks, "ours")
    alone = [classifier(networks / "any/chords/ours/random" / seed, "ours") for seed in ("1", "2")]
    assert together.trainings == 2 and [one.trainings for one in alone] == [1, 1]
    said, one, other = (
        predict(some, recordings / "short.wav", torch.device("cpu")).probabilities["root"]
        for some in (together, *alone)
    )
    assert all(said[name] == pytest.approx((one[name] + other[name]) / 2, abs=1e-6) for name in ROOTS)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("empty.wav", "is empty"),
        ("click.wav", "is 0.010 s long, and 0.1 s are the least"),
        ("silent.wav", "is silent"),
        ("high.wav", "is silent up to 8000 Hz, where the network hears"),
        ("nan.wav", "holds values that are not finite"),
        ("words.wav", "cannot be read as audio"),
        *((name, "cannot be read as audio: Format not recognised. Retrieve it again, convert") for name in HEADERLESS),
        ("nowhere.wav", "there is no such file"),
    ],
)
def test_what_is_no_recording_gets_a_clear_word_and_the_others_their_answers(networks, recordings, capsys, name, said):
    files = [str(recordings / some) for some in ("short.wav", name, "long.wav")]
    assert main(["predict", *files, "--networks", str(networks), "--model", "ours"]) == 1
    out, err = capsys.readouterr()
    assert f"{recordings / name}: {said}" in err and len(err.splitlines()) == 1
    assert "short.wav\n  root: " in out and "long.wav (3 pieces)\n  root: " in out


def test_words_and_json_say_the_same(networks, recordings, capsys):
    asked = ["predict", str(recordings / "short.wav"), "--networks", str(networks), "--model", "chords/ours"]
    assert main(asked) == 0
    words = capsys.readouterr().out
    assert words.startswith("any/chords/ours: mean of 2 networks\n")
    assert main([*asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["classifier"], found["networks"]) == ("any/chords/ours", 2)
    (answer,) = found["answers"]
    assert list(answer["probabilities"]["root"]) == list(ROOTS)
    best = max(answer["probabilities"]["type"].items(), key=lambda one: one[1])
    long_name = {"j": "major", "n": "minor", "d": "diminished", "a": "augmented"}[best[0]]
    assert f"type: {long_name} {100 * best[1]:.1f} %" in words


def test_several_classifiers_are_named(networks, recordings, capsys):
    asked = ["predict", str(recordings / "short.wav"), "--networks", str(networks)]
    assert main(asked) == 2
    said = "any/chords/ours, any/chords/published, any/sounds/residual. Name one with --model"
    assert said in capsys.readouterr().err
    assert main([*asked, "--model", "other"]) == 2
    assert "no classifier is called other; there are any/chords/ours" in capsys.readouterr().err


def test_where_no_networks_are_it_is_said_what_to_do(networks, recordings, tmp_path, capsys):
    asked = ["predict", str(recordings / "short.wav"), "--networks"]
    assert main([*asked, str(recordings)]) == 2
    assert "no models.json is in it" in capsys.readouterr().err
    (tmp_path / "rooms").mkdir()
    (tmp_path / "rooms/models.json").write_text('{"version": 1, "models": {}}')
    assert main([*asked, str(tmp_path)]) == 2
    assert "no classifiers are among its models. Train some (snakemake -- sounds chords)" in capsys.readouterr().err


def test_a_folder_of_networks_may_be_named_alone(networks, recordings, capsys):
    folder = networks / "any/chords/ours/random/2"
    assert main(["predict", str(recordings / "short.wav"), "--networks", str(folder)]) == 0
    assert capsys.readouterr().out.startswith("any/chords/ours: one network\n")


def test_networks_given_other_spectrograms_do_not_answer_together(networks, tmp_path):
    root = Task("root", ROOTS)
    write(tmp_path, "triad", "chords", "one", (root,), MelOfChords(), "mel", (64, 32), seed=1)
    write(tmp_path, "triad", "chords", "one", (root,), MelOfChords(bands=32), "mel", (32, 32), seed=2)
    write_manifests(tmp_path)
    with pytest.raises(ConfigError, match="were trained with different settings"):
        classifier(tmp_path, "one")


def test_files_of_other_classifiers_keep_none_from_its_answer(networks, recordings, tmp_path, capsys, caplog):
    """One of another version, one that tells no clips apart, and one that is damaged."""
    shutil.copytree(networks / "any/sounds", tmp_path / "any/sounds")
    about = {"study": "sounds", "model": "next", "settings": {}, "made_with": {}, "shape": []}
    for model, own in (("next", about), ("localiser", {"variant": "control"})):
        path = tmp_path / "any/sounds" / model / "fold1/1/networks/category.safetensors"
        path.parent.mkdir(parents=True)
        write_tensors(path, {"weight": np.ones(3)}, own)
    (path.parent / "damaged.safetensors").write_bytes(path.read_bytes()[:20])
    write_manifests(tmp_path)
    assert "damaged.safetensors: no tensors of ours are in it" in caplog.text
    assert "next/fold1/1/networks/category.safetensors: is no classifier of this version" in caplog.text
    assert list(find_models(tmp_path, "classifier")) == ["any/sounds/residual"]
    assert main(["predict", str(recordings / "short.wav"), "--networks", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("any/sounds/residual: one network\n")
