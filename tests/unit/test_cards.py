"""Model cards say what files and chapters say, and what these do not say they call unknown."""

import json
from dataclasses import replace

import models_made_up as made
import pytest
import yaml
from earshot.models.cards import DataSet, Input, Measure
from earshot.models.licences import in_short, licence_of_weights, terms_of
from earshot.models.manifest import read_manifests, write_manifest


def cards(folder):
    write_manifest(folder)
    return {name.partition("/")[2]: model.card for name, model in read_manifests(folder).items()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run with networks of every kind and no chapters yet."""
    return made.write_run(tmp_path_factory.mktemp("results") / "mine")


@pytest.fixture(scope="module")
def bare(folder):
    return cards(folder)


@pytest.fixture(scope="module")
def whole(folder, bare):
    """The cards once all chapters are there."""
    made.write_chapters(folder)
    return cards(folder)


def of_chapter(folder, chapter):
    return json.loads((folder / chapter / "summary.json").read_text())


def test_classes_and_inputs_are_those_of_the_files(bare):
    assert bare["sounds/residual"].tasks == {"category": ("dog", "sea_waves")}
    assert bare["chords/ours"].tasks == {"root": made.ROOTS, "type": ("j", "n", "d", "a")}
    assert bare["chords/published"].tasks.keys() == {"root", "type"}, "of two networks together"
    assert bare["sounds/residual"].does == "Says which of 2 kinds of sound a recording is of."
    heard = bare["sounds/residual"].input
    assert (heard.rate_hz, heard.duration_s) == (made.RATE, 1)
    assert "levels in mel bands, dB, 32 x 48 (bands 32, highest_hz 8000.0" in heard.words
    assert bare["scenes/localiser_rooms"].does.startswith("Says how likely each of 60 directions is")
    control, modelled = bare["localisation/control"].input, bare["localisation/templates"].input
    assert "10 interaural features, level_difference_db to phase_delay_964Hz_us" in control.features
    assert (control.rate_hz, modelled.rate_hz) == (None, made.RATE) and "each person's file" in control.words


def test_where_no_chapter_was_written_nothing_is_claimed(bare):
    for card in bare.values():
        assert (card.data, card.measure, card.further, card.provenance) == (None, None, (), {})
        assert "What they were trained on is not known here" in card.licence
        text = card.markdown()
        assert "Not measured." in text and "Not known: the chapter of the report" in text


def test_measures_are_the_chapters_figures(folder, whole):
    def figures(name):
        return [(one.value, one.unit, one.n, one.of) for one in whole[name].measures]

    sounds = of_chapter(folder, "sounds")["sounds"]["models"]["residual"]["accuracy"]
    assert figures("sounds/residual") == [(sounds["mean"], "share", 300, "clips")]
    assert (whole["sounds/residual"].measure.spread, whole["sounds/residual"].measure.table) == (
        sounds["sd"],
        "residual/scores.parquet",
    )
    chords = of_chapter(folder, "chords")["chords"]["models"]["ours"]
    assert figures("chords/ours") == [
        (chords[task]["by_performance"]["accuracy"], "share", 60, "chords") for task in ("root", "type")
    ], "of the split that leaks nothing, though another is there"
    people = of_chapter(folder, "localisation")["localisation"]["control"]
    assert figures("localisation/control")[0] == (people["p95_deg"]["mean"], "degree", 6, "people")
    assert figures("scenes/localiser_rooms") == [(20, "degree", 3, "sources"), (55, "degree", 4, "sources")]
    assert figures("scenes/without_rooms") == [(70, "degree", 3, "sources")]
    assert figures("scenes/separator_rooms") == [(5.5, "dB", 4, "sources")]
    assert figures("scenes/classifier_rooms") == [(pytest.approx(2 / 3), "share", 3, "clips")]
    rooms = of_chapter(folder, "reverb")["reverb"]["fno"]
    assert figures("reverb/fno")[0] == (rooms["within_jnd"]["mean"], "share", 30, "responses")
    assert whole["reverb/fno"].measure.table == "reverb/fno/1/errors.parquet"


def test_who_no_chapter_measured_is_not_measured(whole):
    """Its data are not known either: other localisers may have heard other sounds."""
    card = whole["localisation/templates"]
    assert (card.measure, card.data) == (None, None) and card.provenance == {}


def test_data_are_the_chapters_and_their_licences_bind(whole):
    card = whole["localisation/control"]
    (ita,) = card.data
    assert (ita.title, ita.licence) == (made.SOURCES["ita"].title, "CC BY-NC-SA 4.0")
    assert f"{ita.title} (CC BY-NC-SA 4.0, non-commercial, share alike)" in card.licence
    assert "these terms hold for the weights too (non-commercial, share alike)" in card.licence
    assert "Audio Piano Triads Dataset (licence not known)" in whole["chords/ours"].licence
    assert "on no published data set" in whole["reverb/fno"].licence
    assert in_short(whole["scenes/localiser_rooms"].data) == "CC BY-SA 3.0; CC BY-NC 3.0"


@pytest.mark.parametrize(
    ("licence", "terms"),
    [
        ("CC BY 4.0", []),
        ("CC BY-NC-ND 4.0", ["non-commercial", "no derivatives"]),
        ("for academic research only", ["research only"]),
        ("free for non-commercial use", ["non-commercial"]),
        (None, []),
    ],
)
def test_what_a_licence_forbids_is_read_from_its_name(licence, terms):
    assert terms_of(licence) == terms
    said = licence_of_weights([DataSet("ours", licence)])
    assert all(words in said for words in terms) and ("Take it that" in said) == bool(terms)


def test_splits_say_what_was_held_out(whole, bare):
    assert "folds 1, 2; what the collection" in whole["sounds/residual"].split
    assert "others among them have learnt from it" in whole["sounds/residual"].split
    assert (
        "30 % of the clips, drawn one by one, and variations of them learnt from: it leaks"
        in whole["chords/ours"].split
    )
    assert "others among them" not in whole["chords/ours"].split, "two seeds of one split left out the same"
    assert "20 % of each person's directions, drawn one by one" in whole["localisation/control"].split
    assert "(1 of these people)" in whole["localisation/control"].split, "who settings were chosen on"
    assert "whole regions of 20 degrees" in whole["localisation/templates"].split
    assert "No direction was held out" in whole["scenes/without_rooms"].split
    assert "2 people hear scenes that test, and 1 of them taught it" in whole["scenes/separator_rooms"].split
    assert "people" not in bare["scenes/separator_rooms"].split
    assert "fold 0 of 5, and fold 1 said when to stop" in whole["reverb/fno"].split


def test_the_run_is_known_by_its_chapter(whole):
    found = whole["sounds/residual"].provenance
    assert found["git_commit"] == "0123abc" and len(found["config_hash"]) == 16 and "torch" in found["versions"]
    assert "date" not in json.dumps(found)


@pytest.mark.parametrize("name", [name.partition("/")[2] for name in made.NAMES_OF_ALL])
def test_the_markdown_has_front_matter_and_says_all(name, whole):
    card = whole[name]
    _, front, text = card.markdown().split("---\n", 2)
    matter = yaml.safe_load(front)
    assert (matter["license"], matter["library_name"]) == ("other", "earshot")
    assert "audio" in matter["tags"] and matter.get("metrics", []) == [one.what for one in card.measures]
    headings = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    wanted = ["Model details", "Limits", "Training data", "Evaluation", "Licence", "Provenance"]
    assert [heading for heading in headings if heading in wanted] == wanted
    for said in (card.does, card.input.words, card.limits, card.split, card.licence):
        assert said in text
    for measure in card.measures:
        assert f"| {measure.what} | {measure.words} | `{measure.table}` |" in text
    for classes in card.tasks.values():
        assert f"{len(classes)} classes: {', '.join(classes)}" in text
    for one in card.data or ():
        assert one.title in text and f"- {one.citation}" in text
    assert ("earshot predict FILE" in text) == (card.kind == "classifier")


def test_figures_have_units_spread_and_n():
    accuracy = Measure("accuracy", 0.8225, "share", 2000, "clips", 0.0123)
    assert accuracy.words == "82.2 ± 1.2 %, 2,000 clips"
    assert replace(accuracy, spread=None).words == "82.2 %, 2,000 clips"
    assert Measure("error", 12.34, "degree", 45, "people", (10.0, 14.0)).words == "12.3 (10.0 to 14.0)°, 45 people"
    assert Measure("error", 0.034, "dB", 20, "responses", 0.0).words == "0.03 ± 0.00 dB, 20 responses"
    assert Input("levels", 44_100, 5.0).words == "levels, 44100 Hz, 5 s" and Input("levels").words == "levels"


def test_a_chapter_that_cannot_be_read_is_passed_over_with_a_word(folder, whole, tmp_path, caplog):
    run = made.write_run(tmp_path / "mine")
    chords = of_chapter(folder, "chords") | {"chords": {"models": {"ours": {"root": 3}}}}
    for chapter, text in (("sounds", "{"), ("localisation", '{"localisation": 3}'), ("chords", json.dumps(chords))):
        (run / chapter / "summary.json").write_text(text)
    found = cards(run)
    assert all(found[name].measure is None for name in ("sounds/residual", "localisation/control", "chords/ours"))
    assert found["sounds/residual"].data is None and found["chords/ours"].data is None
    said = [record.getMessage() for record in caplog.records]
    assert sum("is no summary of this version" in one for one in said) == 3, "two of localisation"
    assert sum("chords/ours: its chapter is of another version" in one for one in said) == 1
