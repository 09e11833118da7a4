"""The figures of scenes are those that tables made up give by hand."""

import json

import numpy as np
import pandas as pd
import pytest
import scenes_made_up as made
from earshot.show import summary_scene_runs
from earshot.show.summary_scenes import SPLITS, answered, classes_known, in_bins, measured_room, summarise


def found_of(scenes, answers):
    found = summarise(scenes, answers, 1, made.TABLE)
    json.dumps(found, allow_nan=False)
    return found


@pytest.fixture(scope="module")
def found():
    scenes = made.scenes()
    return found_of(scenes, made.answers(scenes))


def test_scenes_are_counted(found):
    assert (found["n"], found["one_source"], found["two_sources"], found["damaged"]) == (5, 3, 2, 0)
    assert found["people"] == ["anna", "bert"] and found["unmade"] == []


def test_headline_figures_are_medians_and_shares_with_their_n(found):
    """Errors are 10 to 70 degrees, classes of one source right, wrong, right, gains 4 to 7 dB."""
    where = found["localisation_p50_deg"]
    assert (where["median"], where["n"], where["scenes"], where["unit"]) == (40, 7, 5, "degree")
    assert where["low"] < 40 < where["high"] and where["table"] == made.TABLE and where["no_number"] == 0
    assert found["class_accuracy"]["mean"] == pytest.approx(2 / 3) and found["class_accuracy"]["n"] == 3
    assert (found["si_sdr_gain_db"]["median"], found["si_sdr_gain_db"]["scenes"]) == (5.5, 2)


def test_figures_come_by_number_of_sources(found):
    rooms = found["localisation"]["rooms"]
    assert (rooms["one_source"]["median"], rooms["two_sources"]["median"]) == (20, 55)
    assert rooms["one_source"]["quartiles"] == [15, 25]
    study = found["localisation"]["study"]
    assert study["one_source"]["median"] == 70 and "two_sources" not in study
    classes = found["classes"]
    assert classes["rooms of the mixture"]["all"]["mean"] == 0.5
    assert classes["rooms of what was separated"]["all"]["mean"] == 1
    assert classes["anechoic"]["all"]["mean"] == 0


def test_bins_have_their_lower_edge_and_leave_nothing_out(found):
    splits = found["localisation"]["rooms"]["all"]["splits"]
    assert [(one["from"], one["to"], one["n"], one["median"]) for one in splits["t60_s"]] == [
        (0.2, 0.3, 1, 10),
        (0.3, 0.4, 1, 20),
        (0.4, 0.5, 1, 30),
        (0.5, 0.6, 2, 45),
        (0.6, 0.7, 2, 65),
    ]
    assert [(one["is"], one["n"]) for one in splits["person"]] == [("anna", 4), ("bert", 3)]
    assert [(one["from"], one["n"]) for one in splits["apart_deg"]] == [(90, 4)]
    at = found["localisation"]["rooms"]["all"]["at_rt60_0_4_s"]
    assert (at["median"], at["n"]) == (20, 1)
    rows = pd.DataFrame({"t60_s": [0.1, 0.2, 0.3, 0.8, 2.0, np.nan]})
    assert [(low, high, len(own)) for low, high, own in in_bins(rows, "t60_s", SPLITS["t60_s"])] == [
        (-np.inf, 0.2, 1),
        (0.2, 0.3, 1),
        (0.3, 0.4, 1),
        (0.8, np.inf, 2),
    ]


def test_what_helps_is_by_the_same_sources(found):
    helps = found["helps"]
    assert {name: own.get("median", own.get("mean")) for name, own in helps.items()} == {
        "rooms_over_anechoic_deg": 5,
        "rooms_over_study_deg": 50,
        "own_ears_deg": 2,
        "classes_rooms_over_anechoic": pytest.approx(2 / 3),
        "classes_separated_over_mixture": 0.5,
        "roots_rooms_over_anechoic": None,
        "roots_rooms_over_study": None,
        "roots_separated_over_mixture": None,
    }
    assert (helps["rooms_over_study_deg"]["n"], helps["own_ears_deg"]["scenes"]) == (3, 5)


def test_roots_and_types_of_chords_are_beside_classes_of_clips():
    scenes = made.scenes()
    found = found_of(*made.with_chords(scenes, made.answers(scenes)))
    roots, types = found["roots"], found["types"]
    assert [(roots[by]["all"]["mean"], roots[by]["all"]["n"]) for by in ("rooms", "anechoic", "study")] == [
        (1, 3),
        (1, 3),
        (0, 3),
    ]
    assert types["rooms"]["all"]["mean"] == pytest.approx(2 / 3) and types["rooms of the mixture"]["all"]["mean"] == 0.5
    assert [one["mean"] for one in types["rooms"]["all"]["splits"]["t60_s"]] == [1, 0, 1]
    assert found["classes"] == {} and found["helps"]["roots_rooms_over_study"]["mean"] == 1
    assert (
        found["helps"]["roots_rooms_over_anechoic"]["mean"] == 0
        and found["helps"]["roots_separated_over_mixture"]["n"] == 4
    )


def test_a_measured_room_is_told_by_azimuth_beside_guesses():
    found = measured_room(*made.in_measured_room(), 1, made.TABLE)
    json.dumps(found, allow_nan=False)
    assert (found["name"], found["t60_s"], found["directions"]) == ("office", 0.3, 5)
    assert (found["from_deg"], found["to_deg"]) == (-90, 90)
    by = found["localisation"]
    assert by["rooms"]["one_source"]["median"] == 20 and by["chance"]["one_source"]["median"] == 60
    sides = by["rooms"]["one_source"]["splits"]["side_deg"]
    assert [(one["at"], one["median"]) for one in sides] == [(-90, 30), (0, 20), (90, 10)]
    assert set(by["rooms"]["all"]["splits"]) == {"side_deg", "person"} and found["class_accuracy"]["n"] == 3


def test_without_scenes_of_two_sources_there_is_no_gain():
    scenes = made.scenes(sources=(1, 1, 1))
    found = found_of(scenes, made.answers(scenes))
    assert found["separation"] == {} and found["two_sources"] == 0
    assert found["si_sdr_gain_db"] | {"table": ""} == {
        "median": None,
        "low": None,
        "high": None,
        "n": 0,
        "scenes": 0,
        "infinite": 0,
        "no_number": 0,
        "unit": "dB",
        "table": "",
    }
    assert "two_sources" not in found["localisation"]["rooms"] and found["localisation_p50_deg"]["median"] == 20


def test_one_person_has_no_other_ears():
    scenes = made.scenes(people=("anna",))
    found = found_of(scenes, made.answers(scenes))
    assert "rooms, another's ears" not in found["localisation"] and found["helps"]["own_ears_deg"]["n"] == 0
    assert found["people"] == ["anna"]


def test_scenes_that_could_not_be_made_are_listed_and_in_no_figure():
    scenes = made.scenes()
    found = found_of(scenes, made.answers(scenes, damaged=("test000000", "test000004")))
    assert found["unmade"] == [{"reason": "the room is damaged", "scenes": ["test000000", "test000004"]}]
    assert (found["n"], found["damaged"], found["localisation_p50_deg"]["n"]) == (5, 2, 4)


def test_all_scenes_may_be_damaged():
    scenes = made.scenes()
    found = found_of(scenes, made.answers(scenes, damaged=tuple(scenes["scene"])))
    assert found["damaged"] == 5 and found["localisation"] == {} and found["localisation_p50_deg"]["n"] == 0


def test_without_clips_there_are_no_classes():
    scenes = made.scenes()
    found = found_of(scenes, made.answers(scenes, classes=False))
    assert found["classes"] == {} and found["class_accuracy"]["mean"] is None and found["class_accuracy"]["n"] == 0


def test_a_gain_that_is_no_number_is_left_out_and_one_of_silence_counts_below_all_others():
    """Gains in directions that were heard are no number, minus infinity, 6 and 7 dB."""
    scenes = made.scenes()
    answers = made.answers(scenes)
    first, second, *_ = answers.index[(answers["task"] == "separation") & (answers["by"] == "rooms")]
    answers.loc[first, "si_sdr_gain_db"] = np.nan
    answers.loc[second, "si_sdr_gain_db"] = -np.inf
    found = found_of(scenes, answers)
    gain = found["si_sdr_gain_db"]
    assert (gain["median"], gain["n"], gain["infinite"], gain["no_number"], gain["low"]) == (6, 3, 1, 1, None)
    assert found["separation"]["rooms"]["all"]["quartiles"] == [None, 7]
    scenes.loc[0, "t60_s"] = np.nan
    found = found_of(scenes, answers)
    assert sum(one["n"] for one in found["localisation"]["rooms"]["all"]["splits"]["t60_s"]) == 6


def test_an_answer_knows_its_source():
    scenes = made.scenes()
    rows = answered(scenes, made.answers(scenes)).query("by == 'rooms' and task == 'direction' and sources == 2")
    assert rows["true_azimuth_deg"].tolist() == [90, 180, 90, 180]
    assert rows["apart_deg"].to_numpy() == pytest.approx(90) and set(rows["label"]) == {"dog"}


def test_classes_are_those_that_can_be_learnt():
    rows = {"kind": ["clip", "clip", "clip", "chord"], "pool": ["training", "training", "test", "training"]}
    assert classes_known(pd.DataFrame(rows).assign(label=["dog", "dog", "cat", "C dur"])) == 1


def test_waiting_leaves_out_the_first_piece():
    (found,) = summary_scene_runs.learning({"a.parquet": made.history()}, 400)
    assert (found["scenes"], found["seconds"], found["n"]) == (1200, 30, 2)
    assert found["waited"] == pytest.approx(9 / 20) and found["scenes_per_s"] == 40
    assert (found["first_loss"], found["last_loss"]) == (3, 1)
    (alone,) = summary_scene_runs.learning({"a.parquet": made.history(pieces=1)}, 400)
    assert alone["waited"] is None and alone["scenes_per_s"] is None


def test_speed_is_of_the_last_start():
    """Fifty scenes in 7 s; of 14 s of two processes 10 at work, 6 by the one and 4 by the other."""
    found = summary_scene_runs.answering(made.pieces(), "pieces.parquet")
    json.dumps(found, allow_nan=False)
    assert (found["starts"], found["pieces"], found["all_pieces"], found["scenes"]) == (2, 5, 6, 50)
    assert found["wall_s"] == 7 and found["per_s"]["value"] == pytest.approx(50 / 7)
    assert found["busy"] == pytest.approx(10 / 14) and found["waiting"] == pytest.approx(4 / 14)
    assert found["balance"] == pytest.approx(5 / 6) and found["heads"] == 0
    assert [(one["pieces"], one["seconds"], one["loading_s"]) for one in found["by_rank"]] == [(3, 6, 1), (2, 4, 1)]


def test_a_managed_split_over_ranks_has_a_head():
    pieces = made.pieces()
    ranks = pieces.assign(rank=pieces["rank"] + 1, of_ranks=3, arrangement="mpi")
    found = summary_scene_runs.answering(ranks, "pieces.parquet")
    assert (found["heads"], found["manager"], found["balance"]) == (1, pytest.approx(1 / 3), pytest.approx(5 / 6))
    dealt = summary_scene_runs.answering(pieces.assign(split="static", arrangement="mpi"), "pieces.parquet")
    assert dealt["heads"] == 0 and dealt["split"] == "static"
