"""What is written about the configuration is what the model says."""

import json
from pathlib import Path

import pytest
import yaml
from earshot.config import read_config
from earshot.config_clips import ChordModel, SoundModel
from earshot.config_localisation import Model
from earshot.config_reverb import ReverbModel
from earshot.config_rooms import OtherRooms
from earshot.show import config_docs

FOLDER = Path(__file__).parents[2] / "config"
LAYERS = sorted(path for path in FOLDER.glob("*.yaml") if path.name != "sources.yaml")


def leaves(values, before=""):
    """Go through dotted keys and their values."""
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{before}{name}.")
        else:
            yield before + name, value


@pytest.mark.parametrize("name", ["README.md", "config.schema.json"])
def test_the_committed_files_are_in_step_with_the_model(name, tmp_path):
    config_docs.write(tmp_path)
    found, wanted = (folder / name for folder in (FOLDER, tmp_path))
    in_step = found.is_file() and found.read_bytes() == wanted.read_bytes()
    assert in_step, f"config/{name} is out of step with earshot/config.py: run make config-docs"


def test_every_key_has_a_row_with_its_default():
    rows = [line.split(" | ") for line in config_docs.key_tables().splitlines() if line.startswith("| `")]
    defaults = {key: "`" + (value if isinstance(value, str) else json.dumps(value)) + "`"
                for key, value in leaves(read_config({"name": "any"}).model_dump(mode="json"))}  # fmt: skip
    of_names = {"localisation": Model(), "sounds": SoundModel(), "chords": ChordModel(), "reverb": ReverbModel()}
    defaults |= {key: "`" + (value if isinstance(value, str) else json.dumps(value)) + "`"
                 for section, model in of_names.items()
                 for key, value in leaves(model.model_dump(mode="json"), f"{section}.models.<name>.")}  # fmt: skip
    defaults |= {f"rooms.others.<name>.{key}": f"`{json.dumps(value)}`" for key, value in OtherRooms()}
    defaults |= {"chords.other_pianos.<name>.clips_per_cell": "`1`"}
    materials = [f"rooms.materials.{surface}" for surface in ("floor", "ceiling", "walls")]
    measured = "reverb.measured.<name>."
    defaults |= {f"{measured}facing_deg": "`0`", f"{measured}clockwise": "`false`"}
    of_measured = [f"{measured}{key}" for key in ("file", "dimensions_m", "listener_m")]
    heard = "scenes.measured.<name>."
    defaults |= {f"{heard}clockwise": "`false`", f"{heard}count": "`1000`"}
    of_measured += [f"{heard}{key}" for key in ("file", "anechoic")]
    must = ["name", "chords.other_pianos.<name>.folder", *materials, *of_measured]
    defaults |= dict.fromkeys(must, "none: it must be set")
    assert {row[0].strip("| `"): row[2] for row in rows} == defaults
    assert all(len(row) == 4 and len(row[3]) > 5 for row in rows), "every key is described"


@pytest.mark.parametrize(
    ("key", "allowed"),
    [
        ("seed", "integer ≥ 0"),
        ("device", "`auto`, `cpu`, `cuda`"),
        ("data_dir", "path or `null`"),
        ("localisation.subjects", "`all` or list, 1 or more (each: name)"),
        ("localisation.held_out", "number > 0, < 1"),
        ("localisation.network.hidden_layers", "list, 1 or more (each: integer > 0)"),
        ("localisation.features.level_bands.spacing", "`erb`, `mel`, `octave`, `linear`"),
    ],
)
def test_types_values_and_limits_are_said(key, allowed):
    assert f"\n| `{key}` | {allowed} | " in config_docs.key_tables()


def test_each_section_has_one_heading_and_one_table():
    tables = config_docs.key_tables()
    headings = [line.removeprefix("## ") for line in tables.splitlines() if line.startswith("## ")]
    assert len(set(headings)) == len(headings) == tables.count("| Key |")
    for heading, part in zip(headings, tables.split("## ")[1:], strict=True):
        keys = [line.split("`")[1] for line in part.splitlines() if line.startswith("| `")]
        assert all(key.rpartition(".")[0] == heading.replace("Top level", "") for key in keys)


def test_the_page_names_every_file_of_the_folder():
    page = config_docs.readme()
    assert all(f"`{path.name}`" in page for path in FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("layer", LAYERS, ids=lambda path: path.name)
def test_editors_find_no_fault_with_our_own_files(layer):
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(yaml.safe_load(layer.read_text()), config_docs.schema())


def test_editors_find_what_a_run_would_refuse():
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(config_docs.schema())
    wrong = {"widht": 3, "device": "gpu", "seed": -1, "localisation": {"held_out": 1, "network": {"hidden_layers": []}}}
    assert len(list(validator.iter_errors(wrong))) == 5
    assert not list(validator.iter_errors({"localisation": {"subjects": ["MRT01"], "sample_rate_hz": None}}))
