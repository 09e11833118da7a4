"""The configuration: what is wrong with it is said in a line that a person can act on, and its files are right."""

import itertools
from pathlib import Path

import pytest
import yaml
from earshot.config import Config, read_config
from earshot.errors import ConfigError
from snakemake.utils import update_config

FOLDER = Path(__file__).parents[2] / "config"
MAIN = FOLDER / "config.yaml"
LAYERS = sorted(path for path in FOLDER.glob("*.yaml") if path not in (MAIN, FOLDER / "sources.yaml"))

BANDS = {"count": 3, "spacing": "erb", "lowest_hz": 100, "highest_hz": 5000}


def merged(*layers):
    """Merge configuration files and values over each other, as Snakemake does."""
    values = {}
    for layer in layers:
        update_config(values, yaml.safe_load(layer.read_text()) if isinstance(layer, Path) else layer)
    return values


def at(key, value):
    """Return the values that `--config` would make of a dotted key."""
    for part in reversed(key.split(".")):
        value = {part: value}
    return value


def flat(values, before=""):
    """Return nested values by dotted key."""
    return dict(
        itertools.chain.from_iterable(
            flat(value, f"{before}{key}.").items() if isinstance(value, dict) else [(before + key, value)]
            for key, value in values.items()
        )
    )


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("device", "gpu", "config key device should be 'auto', 'cpu' or 'cuda' (it is 'gpu')"),
        ("seed", "abc", "config key seed should be a valid integer (it is 'abc')"),
        ("seed", -1, "config key seed should be greater than or equal to 0 (it is -1)"),
        ("data_dir", 5, "config key data_dir should be a path (it is 5)"),
        ("name", "a/b", "config key name should begin with a letter or digit and hold only these, . _ and - (it is 'a/b')"),
        ("localisation", None, "config key localisation should be a section with keys of its own (it is None)"),
        ("localisation.held_out", 1.5, "config key localisation.held_out should be less than 1 (it is 1.5)"),
        ("localisation.sample_rate_hz", "high", "config key localisation.sample_rate_hz should be a valid number (it is 'high')"),
        ("localisation.stimulus.duration_s", float("nan"), "config key localisation.stimulus.duration_s should be a finite number (it is nan)"),
        ("localisation.network.hidden_layers", 128, "config key localisation.network.hidden_layers should be a list (it is 128)"),
        ("localisation.network.hidden_layers", [], "config key localisation.network.hidden_layers should have at least 1 valid entry (it is [])"),
        ("localisation.network.hidden_layers", [128, 0], "config key localisation.network.hidden_layers.1 should be greater than 0 (it is 0)"),
        ("localisation.variants", ["fast"], "config key localisation.variants.0 should be 'control' or 'accelerated' (it is 'fast')"),
        ("localisation.subjects", 5, "config key localisation.subjects should be 'all' or a list (it is 5)"),
        ("localisation.features.hop_samples", 600, "config key localisation.features: hop_samples must be at most half of window_samples, or sound between windows is lost"),
        ("localisation.features.level_bands", BANDS | {"lowest_hz": 5000}, "config key localisation.features.level_bands: lowest_hz must be below highest_hz"),
        ("localisation.features.level_bands", BANDS | {"spacing": "bark"}, "config key localisation.features.level_bands.spacing should be 'erb', 'mel', 'octave' or 'linear' (it is 'bark')"),
        ("localisation.collection", "folder", "config key localisation: collection `folder` and the key folder go together: set both or neither"),
        ("localisation.folder", "mine", "config key localisation: collection `folder` and the key folder go together: set both or neither"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_key_and_what_is_allowed(key, value, line):
    with pytest.raises(ConfigError) as caught:
        read_config(merged(MAIN, at(key, value)))
    assert line in str(caught.value).splitlines()


@pytest.mark.parametrize("section", ["", "retrieve.", "synthetic.", "localisation.", "localisation.network."])
def test_an_unknown_key_is_refused_with_those_that_are_known(section):
    with pytest.raises(ConfigError) as caught:
        read_config(merged(MAIN, at(f"{section}widht", 3)))
    known = [key for key in flat(read_config(merged(MAIN)).model_dump()) if key.startswith(section)]
    line = str(caught.value)
    assert line.startswith(f"config key {section}widht is unknown; known here: ")
    assert all(key.removeprefix(section).split(".")[0] in line.partition("here: ")[2].split(", ") for key in known)


@pytest.mark.parametrize("key", ["foo[0]", "a (b)", "."])
def test_an_unknown_key_is_named_as_it_was_written(key):
    with pytest.raises(ConfigError, match="is unknown") as caught:
        read_config({"name": "any", key: 1})
    assert f"config key {key} is unknown" in str(caught.value)


def test_a_missing_key_is_named():
    with pytest.raises(ConfigError, match="^config key name is missing$"):
        read_config({})


def test_every_fault_has_a_line():
    with pytest.raises(ConfigError) as caught:
        read_config(merged(MAIN, at("seed", -1), at("device", "gpu"), at("localisation.network.widht", 3)))
    assert len(str(caught.value).splitlines()) == 3


def test_nothing_that_pydantic_says_of_python_reaches_a_person():
    """Whatever stands in the place of whatever: each line names its key, and no class."""
    for key in flat(read_config(merged(MAIN)).model_dump()):
        for value in ({"a": 1}, [[]], object, "", -5.5, None):
            try:
                read_config(merged(MAIN, at(key, value)))
            except ConfigError as error:
                for line in str(error).splitlines():
                    said = line.partition(" (it is ")[0]
                    assert said.startswith(("config key " + key, "config key localisation"))
                    assert not any(word in said for word in ("<class", "Input", "input", "tuple", "instance", "Value"))


@pytest.mark.parametrize("layer", LAYERS, ids=lambda path: path.name)
def test_every_configuration_in_the_folder_is_valid_over_the_full_one(layer):
    config = read_config(merged(MAIN, layer))
    assert config.name == layer.stem


def test_the_full_configuration_is_valid_and_is_the_study():
    study = read_config(merged(MAIN)).localisation
    assert (study.collection, study.subjects, study.held_out) == ("ita", "all", 0.2)
    assert (study.stimulus.duration_s, study.variants) == (0.5, ("control", "accelerated"))
    assert study.tuning_subjects == ("MRT01", "MRT03", "MRT05")


def test_the_demo_differs_from_the_full_study_in_source_and_size_of_the_data_alone():
    """What it shows of methods is then what the full study does."""
    full, demo = (flat(read_config(merged(*layers)).model_dump()) for layers in ([MAIN], [MAIN, FOLDER / "demo.yaml"]))
    differing = {key for key in full.keys() | demo.keys() if full.get(key) != demo.get(key)}
    assert differing <= {
        "name",
        "localisation.collection",
        "localisation.tuning_subjects",
        "localisation.subjects_per_job",
        "localisation.benchmark.control_subjects",
        "synthetic.people",
        "synthetic.azimuths",
        "synthetic.elevations",
    }
    assert {"name", "localisation.collection"} <= differing


def test_a_layer_changes_the_key_it_names_and_no_other():
    before, after = (
        flat(read_config(merged(MAIN, *layers)).model_dump()) for layers in ([], [at("localisation.network.max_epochs", 7)])
    )
    assert {key for key in before if before[key] != after[key]} == {"localisation.network.max_epochs"}


def test_a_configuration_does_not_change_after_reading():
    with pytest.raises(ValueError, match="frozen"):
        read_config(merged(MAIN)).seed = 2


def test_every_key_is_described():
    def undescribed(model, before=""):
        for name, field in model.model_fields.items():
            if hasattr(field.annotation, "model_fields"):
                yield from undescribed(field.annotation, f"{before}{name}.")
            elif not field.description:
                yield before + name

    assert list(undescribed(Config)) == []
