"""Figures and page of scenes: what they say is what the tables hold, whatever is not there."""

import json

import numpy as np
import pandas as pd
import pytest
import scenes_made_up as made
from earshot.config_rooms import Rooms
from earshot.config_scenes import Scenes
from earshot.learn.separation_network import SeparationNetwork, SeparationNetworkSettings
from earshot.scenes.drawing import DrawingSettings, draw_scenes
from earshot.show import (
    figures,
    figures_scaling,
    figures_scene_runs,
    figures_scenes,
    scenes_heard,
    summary_scaling,
    summary_scene_runs,
    summary_scenes,
)
from earshot.show.captions import TEXTS
from earshot.show.listen import SoundOnPage
from earshot.show.page import FigureOnPage, number
from earshot.show.page_scenes import render_scenes
from test_page import Reader
from test_page_classes import words
from test_page_rooms import MACHINE
from test_scenes import MAKING, cast, maker, people, places, sounds  # noqa: F401 fixtures

KINDS = [("localiser", "rooms"), ("localiser", "anechoic"), ("classifier", "rooms"), ("classifier", "anechoic")]


def report(folder, scenes, answers, measured=(), times=None, excluded=(), **settings):
    """Return figures by name, the summary and the page as they are read."""
    histories = {f"{one}-{other}.parquet": made.history(one, other) for one, other in KINDS}
    learnt = summary_scene_runs.learning(histories, 400)
    heard = summary_scenes.summarise(scenes, answers, 1, made.TABLE)
    answering = summary_scene_runs.answering(made.pieces(), "pieces.parquet")
    rows = summary_scenes.answered(scenes, answers)
    said = [scenes_heard.said_of(rows, name) for name in scenes_heard.median_scenes(rows)]
    drawn = {
        "scene_errors": figures_scenes.scene_errors(heard["localisation"]),
        "own_ears": figures_scenes.own_ears(heard["localisation"]),
        "scene_classes": figures_scenes.scene_classes(heard["classes"]),
        "separation_gains": figures_scenes.separation_gains(heard["separation"]),
        "scene_directions": figures_scene_runs.scene_directions(said),
        "scene_losses": figures_scene_runs.scene_losses(list(histories.values()), learnt, 400),
        "scene_ranks": figures_scene_runs.scene_ranks(made.pieces()),
    }
    if measured:
        drawn["measured_rooms"] = figures_scenes.measured_rooms(measured)
    scaling = times is not None and summary_scaling.scaling(times, 80, 1, "ranks.parquet")
    if scaling:
        drawn["scene_scaling"] = figures_scaling.scene_scaling(scaling)
    if heard["roots"]:
        drawn["scene_chords"] = figures_scenes.scene_classes(heard["roots"], "chords")
    on_page = []
    for name, figure in drawn.items():
        figures.save(figure, folder / f"{name}.svg")
        on_page.append(FigureOnPage(name, (folder / f"{name}.svg").read_text()))
    how = {"rooms": Rooms().model_dump(mode="json"), "scenes": Scenes(**settings).model_dump(mode="json")}
    summary = {
        "name": "local",
        "config_hash": "3f2a91c07b5d4e68",
        "git_commit": None,
        "seed": 1,
        "settings": {"name": "local"} | how,
        "versions": {"earshot": "0.1"},
        "hardware": json.loads(MACHINE),
        "stages": [],
        "data": [],
        "scenes": heard | {"per_s": answering["per_s"], "classes_known": 50},
        "measured": list(measured),
        "learning": learnt,
        "answering": answering,
        "scaling": scaling or None,
        "study_a": {"part_s": 0.5},
        "taught_by": ["carl", "dora"],
        "excluded": excluded,
    }
    json.dumps(summary, allow_nan=False)
    ways = {"as it is heard": np.zeros((160, 2), np.float32)}
    listened = [SoundOnPage(one.title.partition(":")[0], ways, 16000) for one in said]
    told = {one.name: scenes_heard.words_of(rows, one.name) for one in listened}
    return drawn, summary, Reader(render_scenes(summary, on_page, listened, told, ["a.parquet"]))


def test_the_page_is_whole(tmp_path):
    scenes = made.scenes()
    drawn, _, page = report(tmp_path, scenes, made.answers(scenes))
    assert "5 scenes, 3 with one source and 2 with two, heard by 2 people" in page.text
    assert "a third pool neither train nor test: settings were chosen" in page.text
    assert "none of these sounds, rooms or people" in page.text and "Only 5 scenes" in page.text
    assert "40.0° 95 % interval" in page.text and "n = 7 sources in 5 scenes" in page.text
    assert "66.7 %" in page.text and "n = 3 clips of 50 classes" in page.text and "+5.5 dB" in page.text
    assert "n = 50 scenes in 7.0 s by 2 processes" in page.text and "made 5 of 6 pieces" in page.text
    assert "processes of one job on node1, pieces handed to whoever is free" in page.text
    assert "localiser, without rooms1,20030.0 s40.045.0 %33.00, 1.00" in page.text.replace(" 3 ", "3")
    assert [tag for tag, _ in page.tags].count("figure") == len(drawn) == 7
    sources = [attributes["src"] for tag, attributes in page.tags if tag == "audio"]
    assert len(sources) == 2 and all(one.startswith("data:audio/flac;base64,ZkxhQ") for one in sources)
    assert len(page.ids) == len(set(page.ids)) and "could not be made" not in page.text
    assert "With more ranks" not in page.text, "which was not measured"


def test_figures_say_what_n_is_and_units(tmp_path):
    scenes = made.scenes()
    drawn, _, _ = report(tmp_path, scenes, made.answers(scenes))
    said = {name: words(figure) for name, figure in drawn.items()}
    assert "one source: n = 3 answers of each, 3 scenes" in said["scene_errors"]
    assert "great-circle error (degree)" in said["scene_errors"] and "T60 of the room (second)" in said["scene_errors"]
    assert "n = 4" in said["own_ears"] and "bert" in said["own_ears"]
    assert "two sources: n = 4 clips in 2 scenes" in said["scene_classes"]
    assert "n = 4 sources in 2 scenes with two" in said["separation_gains"]
    assert "waited 45 % of the time" in said["scene_losses"] and "n = 5 pieces on 2 ranks" in said["scene_ranks"]
    assert "test000001: one source, T60 0.35 s, noise at 25 dB" in said["scene_directions"]
    assert drawn.keys() <= TEXTS.keys()


def test_ranks_are_on_the_page_where_they_were_timed(tmp_path):
    scenes = made.scenes()
    drawn, _, page = report(tmp_path, scenes, made.answers(scenes), times=made.times())
    assert (
        "2 ranks on 2 cores answered 3.1 scenes a second in even pieces when they were managed and 3.1 static, and in "
        "uneven ones 2.5 and 2.2. The model" in page.text
    )
    assert "spends 1.00 ms on a piece of 1.05 s, and has time for 1,050 ranks." in page.text
    assert "Uneven pieces: 4 of 1 to 5 scenes; the longest is 62.5 % of all work" in page.text
    assert "2.552.42 to 2.67; model" in page.text and "33.3 %" in page.text
    assert "The model with up to 1,024 ranks" in page.text and "too few pieces" in page.text
    said = words(drawn["scene_scaling"])
    assert "measured on 2 cores: 8 scenes, n = 2 repeats" in said and "model: 80 scenes, a core each" in said
    assert "scenes a second" in said and "static, uneven pieces, measured" in said
    drawn, _, page = report(tmp_path, scenes, made.answers(scenes), times=made.times(splits=("managed",)))
    assert "2 ranks on 2 cores answered 3.1 scenes a second in even pieces, and in uneven ones 2.5. The" in page.text
    assert "Without a launcher of MPI there is no static split." in page.text
    assert "static" not in words(drawn["scene_scaling"])


def test_ranks_on_several_hosts_are_drawn_by_the_clock_of_each():
    """The second rank's is an hour ahead."""
    pieces = made.pieces()
    ahead = pieces["rank"] == 1
    pieces["began_s"] += 3600.0 * ahead
    pieces["host"] = pieces["host"].mask(ahead, "node2")
    figure = figures_scene_runs.scene_ranks(pieces)
    assert figure.axes[0].get_xlim()[1] < 10 and "since the first of its host began" in words(figure)


def test_no_band_of_quartiles_is_cut(tmp_path):
    scenes = made.scenes(sources=(1, 1, 1, 1, 1, 1), people=("anna",))
    scenes["t60_s"], scenes["signal_to_noise_db"] = 0.3, [12.0, 12.0, 22.0, 22.0, 32.0, 32.0]
    drawn, _, _ = report(tmp_path, scenes, made.answers(scenes))
    for axes in drawn["scene_errors"].axes:
        bottom, top = axes.get_ylim()
        highest = max(path.vertices[:, 1].max() for band in axes.collections for path in band.get_paths())
        assert bottom == 0 and highest <= top


def test_without_two_sources(tmp_path):
    scenes = made.scenes(sources=(1, 1, 1))
    drawn, _, page = report(tmp_path, scenes, made.answers(scenes))
    assert "no scene has two sources (n = 0)" in page.text and "3 with one source and 0 with two" in page.text
    assert "nothing to separate" in drawn["separation_gains"].texts[0].get_text()
    assert "two sources" not in words(drawn["scene_errors"])


def test_chords(tmp_path):
    scenes = made.scenes()
    drawn, _, page = report(tmp_path, *made.with_chords(scenes, made.answers(scenes)))
    assert "no scene has one clip alone (n = 0)" in page.text and "right roots (of 12) and types (of 4)" in page.text
    assert "the chord study's, of dry chords; one source0.0 %" in page.text
    # Of answers that are all alike, scenes drawn again say nothing about others.
    assert "learnt in rooms; one source100.0 %66.7 %" in page.text
    assert "root of a chord, one source: the same" in page.text
    said = words(drawn["scene_chords"])
    assert "one source: n = 3 chords in 3 scenes" in said and "the chord study's, of dry chords: separated" in said


def test_measured_rooms(tmp_path):
    scenes, rooms = made.scenes(), [summary_scenes.measured_room(*made.in_measured_room(), 1, made.TABLE)] * 2
    drawn, _, page = report(tmp_path, scenes, made.answers(scenes), measured=rooms)
    assert (
        "office, a measured room with a T60 of 0.30 s" in page.text
        and "5 directions from \N{MINUS SIGN}90° to 90°" in page.text
    )
    assert "guessed among the directions of sources60.0" in page.text and "66.7 % right, n = 3 clips" in page.text
    said = words(drawn["measured_rooms"])
    assert "office, one source: n = 3 answers of each" in said and "two sources: n = 2 answers of each" in said
    assert "azimuth of the source (degree), left above 0" in said and len(drawn["measured_rooms"].axes) == 4


def test_with_two_sources_alone(tmp_path):
    scenes = made.scenes(sources=(2, 2, 2))
    drawn, _, page = report(tmp_path, scenes, made.answers(scenes))
    assert "no scene has one clip alone (n = 0)" in page.text and "study A" not in words(drawn["scene_errors"])


def test_one_scene_has_no_intervals(tmp_path):
    scenes = made.scenes(sources=(1,))
    _, _, page = report(tmp_path, scenes, made.answers(scenes))
    assert "n = 1 source in 1 scene" in page.text and "\N{EN DASH} to" not in page.text


def test_one_person(tmp_path):
    scenes = made.scenes(people=("anna",))
    drawn, _, page = report(tmp_path, scenes, made.answers(scenes))
    assert "heard by 1 person." in page.text and "nothing to compare (n = 0)" in page.text
    assert "no other ears" in drawn["own_ears"].texts[0].get_text()


def test_scenes_that_could_not_be_made(tmp_path):
    scenes = made.scenes()
    _, _, page = report(tmp_path, scenes, made.answers(scenes, damaged=("test000000",)))
    assert "1 scene could not be made and is in no figure" in page.text
    assert "1 scene (test000000): the room is damaged" in page.text
    _, _, page = report(tmp_path, scenes, made.answers(scenes, damaged=tuple(scenes["scene"])))
    assert "5 scenes could not be made and are in no figure" in page.text


def test_no_classes(tmp_path):
    scenes = made.scenes()
    drawn, _, page = report(tmp_path, scenes, made.answers(scenes, classes=False), sounds=("clips", "speech"))
    assert "no scene has one clip alone (n = 0)" in page.text and "of the kinds clips" in page.text
    assert "have a name for" in drawn["scene_classes"].texts[0].get_text()


def test_who_was_left_out_is_named(tmp_path):
    scenes = made.scenes()
    table = pd.DataFrame({"subject": ["anna", "emil"], "excluded": [None, "emil.sofa: not readable as SOFA"]})
    out = summary_scenes.excluded(table, table)
    _, _, page = report(tmp_path, scenes, made.answers(scenes), excluded=out)
    assert "Left out: emil, whose files" in page.text and "emil: emil.sofa: not readable as SOFA" in page.text
    _, _, page = report(tmp_path, scenes, made.answers(scenes))
    assert "left-out" not in page.ids


def test_numbers_that_are_none(tmp_path):
    scenes = made.scenes()
    answers = made.answers(scenes)
    answers.loc[answers["task"] == "separation", "si_sdr_gain_db"] = np.nan
    answers.loc[answers["by"] == "rooms, another's ears", "error_deg"] = np.nan
    scenes.loc[0, "t60_s"] = np.nan
    _, summary, page = report(tmp_path, scenes, answers)
    assert "nan" not in page.text.lower() and summary["scenes"]["si_sdr_gain_db"]["no_number"] == 4
    assert summary["scenes"]["helps"]["own_ears_deg"]["n"] == 0


def test_sources_of_which_nothing_is_left_are_counted(tmp_path):
    scenes = made.scenes()
    answers = made.answers(scenes)
    answers.loc[(answers["task"] == "separation") & (answers["by"] == "rooms"), "si_sdr_gain_db"] = [-np.inf, 5, 6, 7]
    _, summary, page = report(tmp_path, scenes, answers)
    assert summary["scenes"]["si_sdr_gain_db"]["median"] == 5.5 and "+5.5 dB" in page.text
    assert "n = 4 sources (1 of them not finite), in the order in which they fit better" in page.text
    answers.loc[(answers["task"] == "separation") & (answers["by"] == "rooms"), "si_sdr_gain_db"] = -np.inf
    _, summary, page = report(tmp_path, scenes, answers)
    assert summary["scenes"]["si_sdr_gain_db"]["median"] is None and "n = 4 sources (4 of them" in page.text


def test_the_scene_that_is_shown_has_the_median_error():
    scenes = made.scenes(sources=(1, 1, 1, 1, 2, 2, 2))
    rows = summary_scenes.answered(scenes, made.answers(scenes))
    assert scenes_heard.median_scenes(rows) == ["test000001", "test000005"]
    told = scenes_heard.words_of(rows, "test000005")
    assert told.startswith(
        "Heard by bert in room000005 (T60 0.75 s), noise 25 dB below. Source 1: clip (dog) at azimuth"
    )
    assert "elevation 0°, 1.5 m away, heard 70° beside it. Source 2:" in told
    said = scenes_heard.said_of(rows, "test000005")
    assert said.true.tolist() == [[90, 0], [180, 0]] and said.by["rooms"].tolist() == [[160, 0], [260, 0]]


def test_what_is_heard_is_the_scene_and_its_parts(cast, maker):  # noqa: F811
    settings = DrawingSettings(1, 0.5, (10, 40), (-3, 3), 30, 8)
    scenes = draw_scenes(range(12), cast, settings)
    separator = SeparationNetwork(SeparationNetworkSettings(8, 0.0, 8, 512), 16000.0).eval()
    for count in (1, 2):
        scene = next(one for one in scenes if len(one.sources) == count)
        heard = scenes_heard.heard(maker, scene, [separator])
        assert all(signal.shape == (round(MAKING.duration_s * 16000), 2) for signal in heard.ways.values())
        assert max(abs(signal).max() for signal in heard.ways.values()) == pytest.approx(0.9)
        mixture = maker.make(scene).mixture.T
        scale = heard.ways["as it is heard"] / np.where(abs(mixture) > 1e-3, mixture, np.nan)
        assert np.nanstd(scale) < 1e-4 * np.nanmean(scale)
        if count == 2:
            there = {f"source {one}{how}" for one in (1, 2) for how in (", separated", " as it was")}
            assert set(heard.ways) == {"as it is heard"} | there
            alone = scenes_heard.heard(maker, scene, [])
            assert set(alone.ways) == {one for one in heard.ways if "separated" not in one}


def test_nothing_is_below_zero_by_nothing():
    assert number(-0.01) == "0.0" and number(-0.01, 1, True) == "+0.0" and number(-0.06) == "\N{MINUS SIGN}0.1"
