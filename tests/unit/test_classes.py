"""Scores of classes, on answers whose scores are known."""

import numpy as np
import pandas as pd
import pytest
from earshot.errors import ConfigError
from earshot.score.classes import (
    calibration_error,
    confusion,
    most_confused,
    refuse_excluded,
    reliability,
    score_ensembles,
    score_trainings,
)

CLASSES = ["cat", "dog", "hen"]
TRUE = pd.Series(["cat"] * 4 + ["dog"] * 4 + ["hen"] * 2)
SAID = pd.Series(["cat", "cat", "dog", "dog", "dog", "dog", "dog", "cat", "hen", "hen"])


def test_rows_are_what_it_was_and_columns_what_it_was_taken_for():
    table = confusion(TRUE, SAID, CLASSES)
    assert table.to_numpy().tolist() == [[2, 2, 0], [1, 3, 0], [0, 0, 2]]
    assert table.loc["cat", "dog"] == 2


def test_a_class_that_nobody_said_or_was_has_its_place():
    assert confusion(TRUE, SAID, [*CLASSES, "owl"]).shape == (4, 4)


def test_pairs_are_ranked_by_the_share_of_their_clips():
    """One hen of two as a cat is worse than three of eight cats and dogs, though fewer."""
    said = SAID.copy()
    said[9] = "cat"
    pairs = most_confused(confusion(TRUE, said, CLASSES), 5)
    assert pairs[["one", "other"]].to_numpy().tolist() == [["cat", "dog"], ["cat", "hen"]]
    assert pairs["share"].tolist() == pytest.approx([3 / 8, 1 / 6])
    assert pairs.loc[0, ["one_as_other", "other_as_one"]].tolist() == [2, 1]


def test_probabilities_that_are_right_as_often_as_they_say_have_no_calibration_error():
    probability = np.repeat([0.25, 0.75], 400)
    right = np.tile([True, False, False, False], 100).tolist() + np.tile([True, True, True, False], 100).tolist()
    bins = reliability(probability, np.array(right))
    assert bins["clips"].tolist() == [400, 400]
    assert bins["accuracy"].tolist() == pytest.approx([0.25, 0.75])
    assert calibration_error(bins) == pytest.approx(0, abs=1e-12)


def test_who_is_always_certain_and_right_half_the_time_errs_by_a_half():
    bins = reliability(np.ones(10), np.arange(10) < 5)
    assert len(bins) == 1 and calibration_error(bins) == pytest.approx(0.5)


def test_a_probability_on_an_edge_is_in_the_bin_below():
    assert reliability(np.array([0.0, 0.1, 0.1001]), np.array([True] * 3))["clips"].tolist() == [2, 1]


def answers(seed, item, true, *probabilities, effect=None, split="random"):
    said = CLASSES[int(np.argmax(probabilities))]
    row = {"study": "sounds", "model": "some", "split": split, "seed": seed, "task": "category", "item": item}
    row |= {"effect": effect, "true": true, "said": said, "probability": max(probabilities)}
    return row | {"probabilities": np.array(probabilities)}


def test_networks_together_say_what_is_most_probable_on_average():
    """Two seeds say dog and hen, each of its own accord; together they say cat, which neither does alone."""
    rows = [
        answers(1, "one", "cat", 0.45, 0.55, 0.0),
        answers(2, "one", "cat", 0.45, 0.0, 0.55),
        answers(1, "two", "hen", 0.0, 0.1, 0.9),
        answers(2, "two", "hen", 0.0, 0.9, 0.1),
    ]
    table = pd.DataFrame([*rows[::-1], answers(1, "one", "dog", 0.9, 0.1, 0.0, split="other_place")])
    found = score_ensembles(table, {"category": CLASSES}).set_index("split")
    assert found.loc["random", ["networks", "clips", "accuracy"]].tolist() == [2, 2, 0.5]
    assert found.loc["random", "calibration_error"] == pytest.approx(abs((0.45 + 0.5) / 2 - 0.5))
    assert found.loc["other_place", ["networks", "clips", "accuracy"]].tolist() == [1, 1, 0]
    alone = score_trainings(pd.DataFrame(rows))
    assert alone["accuracy"].tolist() == [0.5, 0]


def test_a_clip_and_what_an_amplifier_made_of_it_are_two_clips():
    rows = [answers(1, "one", "cat", 0.9, 0.1, 0), answers(1, "one", "cat", 0, 1, 0, effect="amplifier")]
    (found,) = score_ensembles(pd.DataFrame(rows), {"category": CLASSES}).itertuples()
    assert (found.networks, found.clips, found.accuracy) == (1, 2, 0.5)


def test_a_clip_that_was_left_out_before_stops_the_run_where_it_should():
    index = pd.DataFrame({"item": ["one", "two"], "excluded": [None, "two.wav: is silent."]})
    refuse_excluded(index, "sounds", "exclude")
    refuse_excluded(index.iloc[:1], "sounds", "stop")
    with pytest.raises(ConfigError, match=r"sounds\.bad_clip.* two was left out .*: two\.wav: is silent\. .* exclude"):
        refuse_excluded(index, "sounds", "stop")
