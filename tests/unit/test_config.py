"""The configuration: what is wrong with it is said in a line that a person can act on, and its files are right."""

import functools
import itertools
from pathlib import Path

import pytest
import yaml
from earshot.config import Config, read_config
from earshot.config_scenes import require_scenes
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
        update_config(values, in_file(layer) if isinstance(layer, Path) else layer)
    return values


@functools.cache
def in_file(path):
    """Return what a configuration file holds."""
    return yaml.safe_load(path.read_text())


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


def refusal(*layers):
    """Return the lines that say why the full configuration with these values is refused."""
    with pytest.raises(ConfigError) as caught:
        read_config(merged(MAIN, *layers))
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("device", "gpu", "be 'auto', 'cpu' or 'cuda'"),
        ("seed", "abc", "be a valid integer"),
        ("seed", -1, "be greater than or equal to 0"),
        ("data_dir", 5, "be a path"),
        ("name", "a/b", "begin with a letter or digit and hold only these, . _ and -"),
        ("localisation", None, "be a section with keys of its own"),
        ("localisation.held_out", 1.5, "be less than 1"),
        ("localisation.subjects", 5, "be 'all' or a list"),
        ("localisation.sample_rate_hz", "high", "be a valid number"),
        ("localisation.stimulus.duration_s", float("nan"), "be a finite number"),
        ("localisation.network.hidden_layers", 128, "be a list"),
        ("localisation.network.hidden_layers", [], "have at least 1 valid entry"),
    ],
)
def test_what_is_wrong_is_said_with_its_key_and_what_is_allowed(key, value, wanted):
    assert f"config key {key} should {wanted} (it is {value!r})" in refusal(at(key, value))


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("localisation.network.hidden_layers", [9, 0], ".1 should be greater than 0 (it is 0)"),
        ("localisation.variants", ["fast"], ".0 should be 'control' or 'accelerated' (it is 'fast')"),
        ("localisation.subjects", ["a", "/"], ".1 should begin with a letter or digit and hold only these, . _ and -"),
        ("localisation.features.level_bands", BANDS | {"spacing": "x"}, ".spacing should be 'erb', 'mel', 'octave' or"),
    ],
)
def test_a_fault_inside_a_list_or_section_is_said_with_its_place(key, value, line):
    assert any(said.startswith(f"config key {key}{line}") for said in refusal(at(key, value)))


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("features.hop_samples", 600, ".features: hop_samples must be at most half of window_samples, or sound"),
        (
            "features.level_bands",
            BANDS | {"lowest_hz": 5e3},
            ".features.level_bands: lowest_hz must be below highest_hz",
        ),
        ("collection", "folder", ": collection `folder` and the key folder go together: set both or neither"),
        ("folder", "mine", ": collection `folder` and the key folder go together: set both or neither"),
    ],
)
def test_keys_that_contradict_each_other_are_said_together(key, value, line):
    (said,) = refusal(at(f"localisation.{key}", value))
    assert said.startswith(f"config key localisation{line}")


def test_the_headline_is_of_a_model_that_is_known():
    (said,) = refusal(at("sounds.headline", "loudest"))
    assert said == "config key sounds: headline: loudest is none of the models (published, residual)"
    assert read_config(merged(MAIN, at("chords.headline", "published"))).chords.heading == "published"
    without = read_config(merged(MAIN, at("chords.models.transposable", None)))
    assert without.chords.heading == without.chords.classifiers[-1] == "amplified"


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        (
            "sounds.sample_rate_hz",
            22050,
            "sounds: levels.highest_hz, 20000 Hz, is above half of sample_rate_hz, 11025 Hz",
        ),
        ("chords.mel.highest_hz", 9000, "chords: mel.highest_hz, 9000 Hz, is above half of sample_rate_hz, 8000 Hz"),
        ("chords.constant_q.octaves", 8, "chords: the top of constant_q, 14080 Hz, is above half of sample_rate_hz"),
        ("chords.constant_q.octaves", 3, "chords.constant_q: 3 octaves from 55 Hz do not reach the highest root, B4"),
        ("chords.constant_q.lowest_hz", 110, "chords.constant_q.lowest_hz should be less than or equal to 65.5"),
    ],
)
def test_spectra_of_what_signals_do_not_have_are_refused(key, value, line):
    (said,) = refusal(at(key, value))
    assert said.startswith(f"config key {line}")


@pytest.mark.parametrize(
    ("keys", "lines"),
    [
        ({"rooms.receivers": 1}, ["rooms.receivers: scenes need rooms with 2 at least"]),
        ({"rooms.receivers": 1, "rooms.grid_m": 1}, []),  # of which a room has as many as fit
        (
            {"rooms.sample_rate_hz": 12000},
            [
                f"scenes.{name}.highest_hz: {hz} Hz is above half of rooms.sample_rate_hz, 6000 Hz"
                for name, hz in (("spectra", 7800), ("levels", 8000))
            ]
            + ["chords.constant_q.octaves: they reach up to 7040 Hz, above half of rooms.sample_rate_hz, 6000 Hz"],
        ),
        (
            {
                "rooms.sample_rate_hz": 12000,
                "scenes.sounds": ["clips"],
                "scenes.spectra.highest_hz": 6000,
                "scenes.levels.highest_hz": 6000,
            },
            [],
        ),
        (
            {"scenes.stream.duration_s": 0.5, "scenes.spectra.window_samples": 8192},
            ["scenes.spectra.window_samples: 8192 samples are longer than scenes of scenes.stream.duration_s, 8000"],
        ),
        ({"scenes.duration_s": 0.5, "scenes.levels.window_samples": 8192}, ["scenes.levels.window_samples: 8192"]),
        ({}, []),
    ],
)
def test_rooms_that_scenes_cannot_be_in_stop_whoever_wants_scenes(keys, lines):
    """And nobody else: the configuration is read."""
    config = read_config(merged(MAIN, *(at(key, value) for key, value in keys.items())))
    found = []
    try:
        require_scenes(config.scenes, config.rooms, config.chords, range(1, 6))
    except ConfigError as error:
        found = str(error).splitlines()
    assert len(found) == len(lines)
    assert all(one.startswith(f"config key {line}") for one, line in zip(found, lines, strict=True))


def test_scenes_of_clips_want_a_fold_to_test_and_one_to_validate():
    config = read_config(merged(MAIN))
    with pytest.raises(ConfigError, match=r"config key scenes\.sounds: clips are in 2 folds, and 3 are the fewest"):
        require_scenes(config.scenes, config.rooms, config.chords, [1, 2])


def test_clips_of_ones_own_have_a_folder_and_maybe_a_table():
    both = "collection `folder` and the key folder go together: set both or neither"
    assert refusal(at("sounds.collection", "folder")) == [f"config key sounds: {both}"]
    assert refusal(at("sounds.folder", "own")) == [f"config key sounds: {both}"]
    assert refusal(at("sounds.table", "clips.csv"))[0].startswith("config key sounds: table is of the collection")


def test_sounds_of_scenes_are_named_once():
    assert refusal(at("scenes.sounds", ["clips", "clips"])) == ["config key scenes: sounds names one twice"]


def test_numbers_from_the_command_line_are_numbers():
    """Snakemake hands on what stands in a nested value there as text."""
    config = read_config(merged(MAIN, at("localisation.network", {"max_epochs": "50", "learning_rate": "1e-4"})))
    assert (config.localisation.network.max_epochs, config.localisation.network.learning_rate) == (50, 1e-4)


def test_a_default_that_is_written_out_is_the_default():
    """A whole number in the place of one with a point too: else params would differ, and all would run again."""

    def whole(value):
        if isinstance(value, dict):
            return {key: whole(one) for key, one in value.items()}
        if isinstance(value, list):
            return [whole(one) for one in value]
        return int(value) if isinstance(value, float) and value.is_integer() else value

    default = read_config(merged(MAIN))
    written = default.model_dump(mode="json")
    assert repr(read_config(written)) == repr(read_config(whole(written))) == repr(default)


@pytest.mark.parametrize("section", ["", "retrieve.", "synthetic.", "localisation.", "localisation.network."])
def test_an_unknown_key_is_refused_with_those_that_are_known(section):
    (line,) = refusal(at(f"{section}widht", 3))
    known = [key for key in flat(read_config(merged(MAIN)).model_dump()) if key.startswith(section)]
    assert line.startswith(f"config key {section}widht is unknown; known here: ")
    assert all(key.removeprefix(section).split(".")[0] in line.partition("here: ")[2].split(", ") for key in known)


def test_an_unknown_key_below_a_name_of_ones_own_is_refused_too():
    (line,) = refusal(at("localisation.models.full.features.widht", 3))
    assert line.startswith(
        "config key localisation.models.full.features.widht is unknown; known here: window_samples, "
    )


@pytest.mark.parametrize("key", ["foo[0]", "a (b)", "."])
def test_an_unknown_key_is_named_as_it_was_written(key):
    with pytest.raises(ConfigError, match="is unknown") as caught:
        read_config({"name": "any", key: 1})
    assert f"config key {key} is unknown" in str(caught.value)


def test_a_missing_key_is_named():
    with pytest.raises(ConfigError, match=r"^config key name is missing$"):
        read_config({})


def test_every_fault_has_a_line():
    assert len(refusal(at("seed", -1), at("device", "gpu"), at("localisation.network.widht", 3))) == 3


def test_nothing_that_pydantic_says_of_python_reaches_a_person():
    """Whatever stands in the place of whatever: each line names its key, and no class."""
    for key in flat(read_config(merged(MAIN)).model_dump()):
        for value in ({"a": 1}, [[]], object, "", -5.5, None):
            try:
                read_config(merged(MAIN, at(key, value)))
            except ConfigError as error:
                for line in str(error).splitlines():
                    said = line.partition(" (it is ")[0]
                    assert said.startswith(("config key " + key, f"config key {key.partition('.')[0]}"))
                    assert not any(word in said for word in ("<class", "Input", "input", "tuple", "instance", "Value"))


@pytest.mark.parametrize("layer", LAYERS, ids=lambda path: path.name)
def test_every_configuration_in_the_folder_is_valid_over_the_full_one(layer):
    config = read_config(merged(MAIN, layer))
    assert config.name == layer.stem


def test_the_full_configuration_is_valid_and_is_the_study():
    study = read_config(merged(MAIN)).localisation
    assert (study.collection, study.subjects, study.held_out) == ("ita", "all", 0.2)
    assert (study.stimulus.duration_s, study.variants) == (0.5, ("control", "accelerated"))
    assert study.tuning_subjects["ita"] == ("MRT01", "MRT03", "MRT05")


def test_the_demo_differs_from_the_full_study_in_source_and_size_of_the_data_alone():
    """What it shows of methods is then what the full study does, with fewer models, and fewer trainings."""
    full, demo = (flat(read_config(merged(*layers)).model_dump()) for layers in ([MAIN], [MAIN, FOLDER / "demo.yaml"]))
    differing = {key for key in full.keys() | demo.keys() if full.get(key) != demo.get(key)}
    left_out = ("sounds.models.published", *(f"chords.models.{one}" for one in ("published", "without_", "amplified")))
    of_clips = {f"{study}.{key}" for study in ("sounds", "chords") for key in ("collection", "duration_s", "seeds")}
    of_clips |= {"sounds.models.residual.epochs", "chords.clips_per_cell", "chords.variations", "chords.splits"}
    few = ("count", "rooms_per_job", "receivers", "length_s", "volume_m3", "t60_s", "benchmark.rooms")
    of_rooms = {f"rooms.{key}" for key in few} | {
        f"reverb.benchmark.{key}" for key in ("batches", "plain_rooms", "t60_s")
    }
    of_rooms |= {"reverb.trainings"}
    of_scenes = ("count", "scenes_per_piece", "people", "training_people", "sounds", "duration_s", "reach_deg")
    of_streams = (
        "stream.scenes",
        "stream.scenes_per_piece",
        "localiser.width",
        "separator.width",
        "separator.times_each",
    )
    of_rooms |= {f"scenes.{key}" for key in of_scenes + of_streams}
    left_out += (
        "rooms.others.",
        *(f"reverb.models.{one}" for one in ("study_", "sabine", "eyring", "nearest", "mlp", "tfno")),
    )
    assert {key for key in differing if not key.startswith(left_out)} <= of_clips | of_rooms | {
        "name",
        "localisation.collection",
        "localisation.subjects_per_job",
        "localisation.benchmark.control_subjects",
        "synthetic.people",
        "synthetic.azimuths",
        "synthetic.elevations",
    }
    assert {"name", "localisation.collection"} <= differing


def test_a_layer_changes_the_key_it_names_and_no_other():
    key = "localisation.network.max_epochs"
    before, after = (flat(read_config(merged(MAIN, *layers)).model_dump()) for layers in ([], [at(key, 7)]))
    assert {name for name in before if before[name] != after[name]} == {key}


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


@pytest.mark.parametrize(
    ("rooms", "sentence"),
    [
        (
            {"length_s": 0.9, "t60_s": [0.2, 0.3], "others": {"live": {"t60_s": [0.8, 1.0]}}},
            "others.live: length_s: 0.9 s do",
        ),
        ({"others": {"standard": {"count": 3}}}, "standard is the name of the rooms that models learn from"),
        ({"others": {"ears": {"head": "somebody.wav"}}}, "rooms.others.ears.head: somebody.wav is no SOFA file"),
        ({"head": "somebody.sofa"}, "rooms.head is unknown"),
    ],
)
def test_other_rooms_that_cannot_be_are_named(rooms, sentence):
    with pytest.raises(ConfigError, match=sentence):
        read_config({"name": "any", "rooms": rooms})


def test_other_rooms_are_as_the_standard_ones_but_for_what_they_set():
    carpet = {"floor": ["carpet_cotton"], "ceiling": ["plasterboard"], "walls": ["brickwork"]}
    rooms = read_config(
        {
            "name": "any",
            "rooms": {"t60_s": None, "materials": carpet, "others": {"dry": {"t60_s": [0.2, 0.3]}, "few": None}},
        }
    ).rooms
    dry = rooms.other("dry")
    assert dry.materials is None and dry.t60_s == (0.2, 0.3) and dry.volume_m3 == rooms.volume_m3 and dry.count == 40


def test_other_rooms_alone_may_have_heads():
    others = {"ears": {"head": "people/somebody.sofa"}, "few": {"count": 2}}
    rooms = read_config({"name": "any", "rooms": {"others": others}}).rooms
    assert rooms.other("ears").head == Path("people/somebody.sofa")
    assert rooms.head is None and rooms.other("few").head is None


def test_a_model_without_images_heads_no_report():
    with pytest.raises(ConfigError, match="one of them has to be of a kind that can head the report"):
        read_config({"name": "any", "reverb": {"models": {"formula": {"kind": "sabine"}}}})
    both = {"ours": {}, "formula": {"kind": "sabine"}}
    assert read_config({"name": "any", "reverb": {"models": both}}).reverb.heading == "ours"


def test_trials_are_their_own_whatever_the_others_are():
    few, more = (
        read_config({"name": "any", "reverb": {"search": {"trials": n}}}).reverb.search.drawn(1) for n in (3, 9)
    )
    assert list(few) == ["trial001", "trial002", "trial003"] and few.items() <= more.items()
    rates = [model.learning_rate for model in more.values()]
    assert len(set(rates)) == 9 and min(rates) >= 0.001 and max(rates) <= 0.01
