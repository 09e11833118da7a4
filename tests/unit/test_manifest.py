"""The manifest lists every network that a run has trained, and nothing that cannot be used."""

import json
import os
import shutil
import subprocess
import sys

import models_made_up as made
import numpy as np
import pandas as pd
import pytest
from earshot.data.schemas.classes import CLASS_SCORES
from earshot.data.shards import write_tensors
from earshot.data.tables import write_table
from earshot.errors import ConfigError, DataError
from earshot.learn.prediction import read_classifier
from earshot.models.manifest import MANIFEST, find_models, named, read_manifests, write_manifest, write_manifests


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder of results with a run that has networks of every kind."""
    results = tmp_path_factory.mktemp("results")
    made.write_run(results / "mine")
    write_manifest(results / "mine")
    return results


@pytest.fixture
def results(trained, tmp_path):
    """The same, to be changed."""
    shutil.copytree(trained, tmp_path / "results")
    return tmp_path / "results"


def test_networks_of_every_kind_are_found_and_those_that_answer_together_are_one_model(trained):
    found = read_manifests(trained)
    assert list(found) == made.NAMES_OF_ALL
    assert {name: len(model.files) for name, model in found.items() if len(model.files) > 1} == {
        "mine/chords/ours": 2,
        "mine/chords/published": 2,
        "mine/localisation/control": 2,
        "mine/localisation/templates": 2,
        "mine/scenes/without_rooms": 2,
        "mine/sounds/residual": 2,
    }
    assert [path.stem for path in found["mine/localisation/control"].files] == ["anna", "bert"]
    assert all(path.is_file() for model in found.values() for path in model.files)
    assert all(model.name == model.card.name == name for name, model in found.items())


def test_models_of_a_kind_are_those_and_no_others(trained):
    by_kind = {
        "classifier": ["mine/chords/ours", "mine/chords/published", "mine/sounds/residual"],
        "person_localiser": ["mine/localisation/control", "mine/localisation/templates", "mine/scenes/without_rooms"],
        "scene_localiser": ["mine/scenes/localiser_rooms"],
        "scene_classifier": ["mine/scenes/classifier_rooms"],
        "separator": ["mine/scenes/separator_rooms"],
        "room_model": ["mine/reverb/fno"],
    }
    assert {kind: list(find_models(trained, kind)) for kind in by_kind} == by_kind
    for name, model in find_models(trained, "classifier").items():
        assert read_classifier(name, model.files).name == name


def test_the_file_is_one_that_people_can_read_and_compare(results):
    path = results / "mine" / MANIFEST
    before = path.read_text()
    written = json.loads(before)
    assert written["version"] == 1 and len(before.splitlines()) > 100
    files = [file for model in written["models"].values() for file in model["files"]]
    assert all((results / "mine" / file).is_file() for file in files), "they are below the run's folder"
    there = sorted((results / "mine").iterdir())
    assert write_manifest(results / "mine") == path and path.read_text() == before
    assert sorted((results / "mine").iterdir()) == there, "nothing else is written"


def test_a_run_that_was_moved_and_renamed_keeps_its_models(results):
    (results / "mine").rename(results / "ours")
    assert list(read_manifests(results)) == [name.replace("mine/", "ours/") for name in made.NAMES_OF_ALL]


def test_a_run_may_be_asked_for_by_its_folder_and_a_model_by_one_in_it(results):
    shutil.copytree(results / "mine", results / "other")
    assert len(read_manifests(results)) == 2 * len(made.NAMES_OF_ALL)
    assert list(read_manifests(results / "mine")) == made.NAMES_OF_ALL
    assert list(read_manifests(results / "mine/chords")) == ["mine/chords/ours", "mine/chords/published"]
    (model,) = read_manifests(results / "mine/sounds/residual/fold2").values()
    assert [path.parts[-4] for path in model.files] == ["fold2"], "of others no word"


def test_files_that_cannot_be_used_are_passed_over_with_a_word(results, caplog):
    folder = results / "mine/sounds"
    good = next(folder.rglob("*.safetensors"))
    names = ("cut", "next", "old")
    damaged, other, older = (folder / name / "fold1/1/networks/category.safetensors" for name in names)
    for path in (damaged, other, older):
        path.parent.mkdir(parents=True)
    damaged.write_bytes(good.read_bytes()[:20])
    write_tensors(other, {"weight": np.ones(3)}, {"tasks": {}, "shape": []})
    write_tensors(older, {"weight": np.ones(3)}, {"tasks": {}, "shape": [1, 2], "settings": {}, "made_with": {}})
    write_manifest(results / "mine")
    assert list(read_manifests(results)) == made.NAMES_OF_ALL
    cut, foreign, old = (record.getMessage() for record in caplog.records)
    assert f"{damaged}: no tensors of ours are in it" in cut
    assert f"{other}: is no classifier of this version, since it does not say its made_with, settings" in foreign
    assert f"{older}: was written by another version (KeyError: 'settings')" in old


def test_what_is_being_written_is_no_model_yet(results):
    rooms, anna = (next((results / "mine").rglob(name)) for name in ("scenes/localiser/rooms.*", "models/00/anna.*"))
    shutil.copy(rooms, rooms.with_name(".rooms.node1-123.safetensors"))
    shutil.copytree(anna.parent, anna.parent.with_name(".00.node1-123"))
    write_manifest(results / "mine")
    assert list(read_manifests(results)) == made.NAMES_OF_ALL
    assert not any("node1" in str(path) for model in read_manifests(results).values() for path in model.files)


def test_of_a_person_who_was_dealt_anew_the_last_network_counts(results):
    folder = results / "mine/localisation/control/models"
    again = folder / "99-abcdef/anna.safetensors"
    again.parent.mkdir()
    shutil.copy(folder / "00/anna.safetensors", again)
    os.utime(folder / "00/anna.safetensors", (1e9, 1e9))
    write_manifest(results / "mine")
    found = read_manifests(results)["mine/localisation/control"]
    assert found.files == (again.resolve(), (folder / "01/bert.safetensors").resolve())


def test_networks_of_folds_that_are_no_more_answer_no_longer(results):
    """Their table of scores says which there are; where it cannot be read, all are taken."""
    table = results / "mine/sounds/residual/scores.parquet"
    row = {"study": "sounds", "model": "residual", "split": "fold2", "seed": 2, "task": "category", "clips": 8}
    write_table(table, pd.DataFrame([row | {"accuracy": 0.5, "calibration_error": 0.1}]), CLASS_SCORES)
    for splits in (["fold2"], ["fold1", "fold2"]):
        write_manifests(results)
        model = find_models(results, "classifier")["mine/sounds/residual"]
        assert [path.parts[-4] for path in model.files] == splits
        table.write_bytes(b"damaged")


def test_where_no_manifest_is_what_writes_it_is_named(results, tmp_path):
    (results / "mine" / MANIFEST).unlink()
    with pytest.raises(ConfigError, match=r"no models\.json is in it.* `earshot models --results FOLDER` writes it"):
        read_manifests(results)
    assert write_manifests(results) == [results / "mine" / MANIFEST]
    assert list(read_manifests(results)) == made.NAMES_OF_ALL


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"version": 2, "models": {}}', '{"version": 1, "models": {"sounds/a": {"kind": "spell"}}}']
)
def test_a_damaged_manifest_is_named_with_a_remedy(results, text):
    path = results / "mine" / MANIFEST
    path.write_text(text)
    with pytest.raises(DataError, match=rf"{path}: is no manifest of this version .*earshot models --results"):
        read_manifests(results)


def test_a_model_of_which_a_file_is_gone_is_passed_over_and_others_are_there(results, caplog):
    gone = results / "mine/reverb/fno/1/network.safetensors"
    gone.unlink()
    assert find_models(results, "classifier") and not find_models(results, "room_model")
    assert f"{gone} is gone. Write it anew: earshot models --results" in caplog.text
    write_manifests(results)
    assert "mine/reverb/fno" not in read_manifests(results)


def test_runs_without_networks_have_no_manifest_and_one_that_lost_them_lists_none(results):
    (results / "shared/rooms").mkdir(parents=True)
    (results / "lost").mkdir()
    shutil.copy(results / "mine" / MANIFEST, results / "lost" / MANIFEST)
    written = write_manifests(results)
    assert written == [results / name / MANIFEST for name in ("lost", "mine")]
    assert not read_manifests(results / "lost") and list(read_manifests(results)) == made.NAMES_OF_ALL
    assert write_manifests(results / "mine") == [results / "mine" / MANIFEST]
    with pytest.raises(ConfigError, match="no trained networks are in it"):
        write_manifests(results / "shared")


@pytest.mark.parametrize(("asked", "found"), [("residual", 2), ("sounds/residual", 2), ("mine/sounds/residual", 2)])
def test_a_model_may_be_named_by_the_end_of_its_name(asked, found):
    assert named({"mine/chords/ours": 1, "mine/sounds/residual": 2}, asked, "model", "--model") == found


def test_one_alone_need_not_be_named_and_others_are_told():
    both = {"mine/chords/ours": 1, "mine/sounds/ours": 2}
    assert named({"mine/chords/ours": 1}, None, "model", "--model") == 1
    for asked in (None, "ours"):
        with pytest.raises(ConfigError, match=r"several models: mine/chords/ours, mine/sounds/ours\. Name .* --model"):
            named(both, asked, "model", "--model")
    for asked in ("urs", "other"):
        with pytest.raises(ConfigError, match=f"no model is called {asked}; there are mine/chords/ours"):
            named(both, asked, "model", "--model")


def test_whoever_lists_models_waits_for_no_torch():
    call = "import sys, earshot.models.manifest; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", call], check=False).returncode == 0
