"""The command `earshot models`: what there is, what is to be known of it, and what leaves."""

import json
import os
import shutil
import subprocess
import sys

import models_made_up as made
import pytest
from earshot.cli import main
from earshot.models.manifest import MANIFEST


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder of results with a run that has networks and chapters, and no manifest."""
    results = tmp_path_factory.mktemp("trained")
    made.write_chapters(made.write_run(results / "mine"))
    return results


@pytest.fixture
def results(trained, tmp_path):
    """The same, to be changed."""
    return shutil.copytree(trained, tmp_path / "results")


def said(capsys, results, *arguments, status=0):
    assert main(["models", "--results", str(results), *map(str, arguments)]) == status
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return err if status else out


def test_models_are_listed_with_kind_measure_and_licence(results, capsys):
    lines = said(capsys, results).splitlines()
    assert [line.split()[0] for line in lines] == made.NAMES_OF_ALL
    assert (results / "mine" / MANIFEST).is_file()
    by_name = {line.split()[0]: line for line in lines}
    control = by_name["mine/localisation/control"]
    assert "person localiser" in control and "6 people" in control and control.endswith("CC BY-NC-SA 4.0")
    assert "median error, one source: 20.0 (10.0 to 30.0)°, 3 sources" in by_name["mine/scenes/localiser_rooms"]
    assert by_name["mine/chords/ours"].endswith("licence not known")
    assert by_name["mine/reverb/fno"].endswith("no data of others")
    assert "not measured" in by_name["mine/localisation/templates"]


def test_the_list_is_written_anew_each_time(results, capsys):
    said(capsys, results)
    network = results / "mine/reverb/fno/1/network.safetensors"
    network.unlink()
    assert "no model is called fno" in said(capsys, results, "--card", "fno", status=2)
    assert "reverb/fno" not in said(capsys, results)


def test_json_has_the_cards_and_files_that_open(results, capsys):
    found = json.loads(said(capsys, results, "--json"))
    assert [one["name"] for one in found] == made.NAMES_OF_ALL
    assert all(os.path.isfile(path) for one in found for path in one["files"])  # noqa: PTH113 (they are text here)
    (card,) = json.loads(said(capsys, results, "--card", "residual", "--json"))
    assert card == found[-1] and card["card"]["measure"]["n"] == 300


def test_a_card_is_shown_by_the_end_of_a_name(results, capsys):
    said(capsys, results)
    text = said(capsys, results, "--card", "sounds/residual")
    assert text.startswith("---\n") and "\n# mine/sounds/residual\n" in text
    err = said(capsys, results, "--card", "nothing", status=2)
    assert err.startswith("earshot: no model is called nothing; there are mine/chords/ours, ")


def test_without_a_list_a_card_says_what_writes_it(results, capsys):
    assert "`earshot models --results FOLDER` writes it" in said(capsys, results, "--card", "fno", status=2)
    assert "no trained networks are in it" in said(capsys, results / "mine/hrtf", status=2)


def test_a_model_leaves_as_onnx(results, capsys, tmp_path):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    said(capsys, results)
    path = tmp_path / "own/control.onnx"
    assert said(capsys, results, "--export", "control", path) == f"{path}: mine/localisation/control as ONNX\n"
    assert [one.name for one in onnx.load(path).graph.output] == ["anna", "bert"]
    found = json.loads(said(capsys, results, "--export", "control", path, "--json"))
    assert found == {"model": "mine/localisation/control", "file": str(path)}
    assert "is a folder. Name a file" in said(capsys, results, "--export", "control", tmp_path, status=2)
    assert "a separator is not exported" in said(capsys, results, "--export", "separator_rooms", path, status=2)


def test_who_reads_may_have_read_enough(results, capsys):
    said(capsys, results)
    command = [sys.executable, "-m", "earshot.cli", "models", "--results", str(results), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        running.stdout.close()
        assert running.stderr.read() == ""
