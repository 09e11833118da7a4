"""ONNX files answer as the project does, for batches of any size, and say what the card says."""

import json
import sys

import models_made_up as made
import numpy as np
import pytest
import torch
from earshot.errors import ConfigError, EarshotError
from earshot.learn import direction_network
from earshot.learn.clip_values import ClipValues
from earshot.learn.localiser import read_localiser
from earshot.learn.prediction import read_classifier
from earshot.models import export
from earshot.models.export import export_onnx
from earshot.models.manifest import read_manifests, write_manifest
from earshot.signal.binaural_spectra import binaural_spectra

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

# One of each graph; others are made of the same parts.
EXPORTED = [
    "mine/sounds/residual",
    "mine/chords/ours",
    "mine/localisation/control",
    "mine/localisation/templates",
    "mine/scenes/localiser_rooms",
]
BATCHES = (1, 7)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = made.write_run(tmp_path_factory.mktemp("results") / "mine")
    made.write_chapters(folder)
    write_manifest(folder)
    return read_manifests(folder)


@pytest.fixture(scope="module")
def files(models, tmp_path_factory):
    """What is exported, by model: exporting takes seconds, so each is once."""
    folder = tmp_path_factory.mktemp("onnx")
    found = {name: folder / f"{name.replace('/', '-')}.onnx" for name in EXPORTED}
    for name, path in found.items():
        export_onnx(models[name], path)
    return found


def answers(path, **given):
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    said = session.run(None, {name: np.asarray(value, np.float32) for name, value in given.items()})
    return dict(zip((one.name for one in session.get_outputs()), said, strict=True))


def levels(clips, shape):
    """Of which every third clip falls silent early, and begins again where that is heard."""
    found = 20 * np.random.default_rng(clips).normal(size=(clips, *shape)) - 40
    found[::3, :, 2 * shape[1] // 3 :] = -140
    return found.astype(np.float32)


@pytest.mark.parametrize("clips", BATCHES)
@pytest.mark.parametrize(("name", "shape"), [("sounds/residual", (32, 48)), ("chords/ours", (252, 4))])
def test_a_classifiers_networks_say_their_mean(name, shape, clips, models, files):
    spectra = levels(clips, shape)
    read = read_classifier(name, models[f"mine/{name}"].files)
    values = ClipValues([torch.from_numpy(spectra)])
    wanted = {}
    for network in read.networks:
        for task, own in network.says(values, np.arange(clips), torch.device("cpu")):
            wanted.setdefault(task.name, []).append(own)
    said = answers(files[f"mine/{name}"], spectra=spectra)
    assert said.keys() == wanted.keys() and len(read.networks) == 2
    for task, own in wanted.items():
        np.testing.assert_allclose(said[task], np.mean(own, axis=0), atol=2e-5)
        assert np.ptp(own, axis=0).max() > 1e-3, "networks that agree would prove no mean"


@pytest.mark.parametrize("sounds", BATCHES)
@pytest.mark.parametrize("name", ["control", "templates"])
def test_each_persons_localiser_says_its_own_direction(name, sounds, models, files):
    features = 5 * np.random.default_rng(sounds).normal(size=(sounds, len(made.NAMES))).astype(np.float32)
    features[:, -3:] *= 400  # phase delays, which wrap
    said = answers(files[f"mine/localisation/{name}"], features=features)
    assert list(said) == ["anna", "bert"] and not np.allclose(said["anna"], said["bert"], atol=0.01)
    for path in models[f"mine/localisation/{name}"].files:
        wanted = read_localiser(path)[0](features)
        wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
        np.testing.assert_allclose(said[path.stem], wanted, atol=1e-5)


@pytest.mark.parametrize("scenes", BATCHES)
def test_a_localiser_of_scenes_maps_what_ears_hear(scenes, models, files):
    """From spectra on, which this project makes of half a second of waveforms."""
    network, _ = direction_network.read_network(models["mine/scenes/localiser_rooms"].files[0])
    random = torch.Generator().manual_seed(scenes)
    ears = torch.randn(scenes, 2, made.RATE // 2, generator=random)
    templates = torch.randn(made.SPECTRA.values, 60, generator=random)
    measured = torch.arange(60) % 5 > 0
    with torch.no_grad():
        wanted = network(ears, [(templates, measured, torch.arange(scenes))]).exp().numpy()
    session = runtime.InferenceSession(files["mine/scenes/localiser_rooms"], providers=["CPUExecutionProvider"])
    given = {"spectra": binaural_spectra(ears, made.SPECTRA), "templates": templates, "measured": measured}
    found, directions = session.run(["map", "directions"], {name: one.numpy() for name, one in given.items()})
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    assert found[:, ~measured.numpy()].max() < 1e-8 and found.sum(1) == pytest.approx(1, abs=1e-3)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("name", EXPORTED)
def test_names_are_words_and_the_batch_is_of_any_size(name, files):
    graph = onnx.load(files[name]).graph
    batch = {"sounds": "clips", "chords": "clips", "localisation": "sounds", "scenes": "scenes"}[name.split("/")[1]]
    axes = {
        one.name: [axis.dim_param or axis.dim_value for axis in one.type.tensor_type.shape.dim]
        for one in (*graph.input, *graph.output)
    }
    batched = [own for name, own in axes.items() if name not in ("templates", "measured", "directions")]
    assert all(own[0] == batch for own in batched) and len(batched) > 1
    assert all(name.isalpha() for name in axes)


@pytest.mark.parametrize("name", EXPORTED)
def test_the_card_goes_with_the_graph_and_nothing_of_this_machine(name, models, files):
    read, card = onnx.load(files[name]), models[name].card
    found = {one.key: one.value for one in read.metadata_props}
    assert (found["name"], found["does"], found["split"], found["licence"]) == (
        name,
        card.does,
        card.split,
        card.licence,
    )
    assert json.loads(found["data"]) == (None if card.data is None else [vars(one) for one in card.data])
    assert (json.loads(found["measure"]) is None) == (card.measure is None)
    assert json.loads(found["measures"]) == [f"{one.what}: {one.words}" for one in card.measures]
    assert json.loads(found["tasks"]) == {task: list(classes) for task, classes in card.tasks.items()}
    assert b"site-packages" not in files[name].read_bytes() and b"earshot/" not in files[name].read_bytes()


def test_what_has_to_be_known_of_inputs_is_there(files):
    def metadata(name):
        return {one.key: one.value for one in onnx.load(files[name]).metadata_props}

    def about(name, key):
        return json.loads(metadata(name)[key])

    assert "begins with spectra" in metadata("mine/scenes/localiser_rooms")["graph"]
    assert about("mine/sounds/residual", "spectra_are")["settings"]["bands"] == 32
    assert about("mine/localisation/control", "features_are") == made.NAMES
    spectra = about("mine/scenes/localiser_rooms", "spectra_are")
    assert (spectra["samples"], spectra["frames"], spectra["window_samples"]) == (8000, 30, 512)


def test_the_exporter_keeps_its_chatter_to_itself(models, tmp_path, capfd, recwarn):
    export_onnx(models["mine/localisation/control"], tmp_path / "control.onnx")
    assert capfd.readouterr() == ("", "") and not recwarn.list


def test_a_graph_that_answers_otherwise_is_not_kept(models, tmp_path, monkeypatch):
    """As onnxscript's rules once made of a level's floor nothing."""
    monkeypatch.setattr(export, "_error", lambda graph, session, batch: 2e-3 * batch)
    (tmp_path / "before.onnx").write_text("before")
    for path in (tmp_path / "new.onnx", tmp_path / "before.onnx"):
        with pytest.raises(EarshotError, match=rf"{path}: what the graph answers is 1\.0e-02 .* 0\.0001 is the most"):
            export_onnx(models["mine/localisation/control"], path)
    assert [path.name for path in tmp_path.iterdir()] == ["before.onnx"]
    assert (tmp_path / "before.onnx").read_text() == "before"


@pytest.mark.parametrize("name", ["mine/reverb/fno", "mine/scenes/separator_rooms"])
def test_kinds_that_are_not_exported_say_which_are(name, models, tmp_path):
    with pytest.raises(ConfigError, match=r"is not exported\. Choose a classifier, scene classifier, person localiser"):
        export_onnx(models[name], tmp_path / "none.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("missing", ["onnx", "onnxruntime", "onnxscript"])
def test_what_is_not_installed_is_named_with_a_remedy(missing, models, tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == missing]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ConfigError, match=rf"{missing}\S* is not installed.*pip install -r envs/requirements-app.txt"):
        export_onnx(models["mine/localisation/control"], tmp_path / "none.onnx")
