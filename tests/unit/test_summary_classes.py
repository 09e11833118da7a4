"""The figures of the studies of clips are those of their tables, over what each is a mean of."""

import json
from pathlib import Path

import classes_made_up as made
import pandas as pd
import pytest
from earshot.score.classes import confusion, score_trainings
from earshot.show import summary_classes
from earshot.show.class_words import called, in_order, pictured, split_of

PUBLISHED = pd.read_csv(Path(__file__).parents[2] / "workflow/report/published.csv")


def summarised(study, headline, seeds=2):
    said = made.answers(study, seeds)
    gather = getattr(summary_classes, study)
    told = made.told(study, headline, seeds)
    return said, gather(told, made.CONFIG[study], PUBLISHED)


@pytest.fixture(scope="module")
def sounds():
    return summarised("sounds", "residual")


@pytest.fixture(scope="module")
def chords():
    return summarised("chords", "transposable")


def test_accuracy_is_over_seeds_of_means_over_folds(sounds):
    said, found = sounds
    own = score_trainings(said[said["model"] == "residual"])
    seeds = own.groupby("seed")["accuracy"].mean()
    accuracy = found["esc10"]["accuracy"]
    assert accuracy == found["models"]["residual"]["accuracy"]
    assert accuracy["seeds"] == pytest.approx(seeds.tolist()) and accuracy["n"] == 2
    assert (accuracy["mean"], accuracy["sd"]) == pytest.approx((seeds.mean(), seeds.std()))
    folds = own.groupby("split")["accuracy"].mean()
    assert accuracy["folds"] == pytest.approx({str(fold): folds[f"fold{fold}"] for fold in range(1, 6)})
    own_of = own.set_index(["split", "seed"])["accuracy"]
    assert accuracy["trainings"]["3"] == [own_of["fold3", 1], own_of["fold3", 2]]
    assert (accuracy["unit"], accuracy["table"], accuracy["clips"]) == ("share", "residual/scores.parquet", 300)
    assert found["models"]["residual"]["calibration_error"] == pytest.approx(own["calibration_error"].mean())


def test_ensembles_are_in_rows_of_their_own(sounds):
    found = sounds[1]["models"]["published"]
    assert found["ensemble"]["networks"] == 2 and 0 < found["ensemble"]["accuracy"] < 1
    assert "ensemble" not in found["accuracy"]


def test_what_the_sounds_are_and_what_is_published(sounds):
    found = sounds[1]
    json.dumps(found, allow_nan=False)
    assert (found["collection"], found["classes"], found["clips"], found["headline"]) == ("esc10", 3, 60, "residual")
    assert found["excluded"] == [{"item": "clip7", "reason": made.REASON}]
    assert (found["published"]["accuracy"], found["published"]["people"]) == (0.545, 0.957)
    assert found["published"]["seconds_per_epoch"] == {"cpu": 540, "gpu": 36}, "3 hours and 12 minutes for 20 epochs"


def test_the_mean_over_classes_counts_each_alike(sounds):
    said, found = sounds
    own = said[said["model"] == "residual"]
    recalls = [(rows["said"] == name).mean() for name, rows in own.groupby("true")]
    assert found["mean_over_classes"] == pytest.approx(sum(recalls) / 3)


def test_clips_that_are_shorter_than_wanted_are_named_and_counted(sounds, chords):
    """The shortest five; of what lacks less than 1 %, as files of the real set do, no word is said."""
    assert sounds[1]["padded"] == {
        "clips": 7,
        "shorter_than_s": pytest.approx(4.95),
        "shortest": [
            {"item": "clip12", "recorded_s": 2.6},
            {"item": "clip9", "recorded_s": 3.64},
            *({"item": f"clip{number}", "recorded_s": 3.9} for number in (40, 41, 42)),
        ],
    }
    assert chords[1]["padded"]["clips"] == 6, "of chords 4 s are wanted"


def test_an_epoch_s_time_is_a_median_and_of_all_networks_together(sounds, chords):
    """The first epoch is slow; a root's and a type's network each take half a second."""
    assert {name: (own["epochs"], own["seconds_per_epoch"]) for name, own in sounds[1]["models"].items()} == {
        "published": (4, 0.5),
        "residual": (29, 0.5),
    }
    assert [own["seconds_per_epoch"] for own in chords[1]["models"].values()] == [1, 1, 0.5]


def test_chords_have_accuracies_by_task_and_split(chords):
    said, found = chords
    json.dumps(found, allow_nan=False)
    assert set(found["root"]) == set(found["type"]) == {"random", "by_performance", "by_octave", "other_upright"}
    own = score_trainings(said[(said["model"] == "transposable") & said["split"].str.startswith("by_octave")])
    roots = own[own["task"] == "root"]
    octaves = found["root"]["by_octave"]
    assert octaves["accuracy"] == pytest.approx(roots["accuracy"].mean())
    assert octaves["sd"] == pytest.approx(roots.groupby("seed")["accuracy"].mean().std())
    assert octaves["held_out"] == pytest.approx(
        {str(octave): roots.loc[roots["split"] == f"by_octave_{octave}", "accuracy"].mean() for octave in (2, 3, 4)}
    )
    assert found["root"]["random"]["held_out"] == {} and found["root"] == found["models"]["transposable"]["root"]
    assert found["published"] == {"root": 0.81, "type": 0.91}
    assert found["classes"] == {"root": 12, "type": 4} and found["models"]["published"]["ensemble"]["type"]["random"]


def test_clips_of_another_piano_that_were_left_out_are_said(chords):
    (found,) = chords[1]["other_pianos"].values()
    assert found.pop("padded")["clips"] == 6
    assert found == {
        "clips": 60,
        "excluded": [{"item": "clip7", "reason": made.REASON}],
        "networks_of": "by_performance",
    }


def test_what_leaks_and_what_a_softmax_costs_are_differences_of_accuracies(chords):
    found = chords[1]
    models = found["models"]
    published = models["published"]["root"]
    assert found["leak"]["published"]["root"] == pytest.approx(
        published["random"]["accuracy"] - published["by_performance"]["accuracy"]
    )
    (pair,) = found["softmax"]
    assert (pair["with"], pair["without"]) == ("published", "without_softmax")
    assert pair["type"]["by_octave"] == pytest.approx(
        models["without_softmax"]["type"]["by_octave"]["accuracy"]
        - models["published"]["type"]["by_octave"]["accuracy"]
    )


def test_models_that_differ_in_more_than_the_softmax_are_no_pair():
    one = {"softmax_before_loss": True, "epochs": 3}
    assert summary_classes.softmax_pairs({"one": one, "other": {"softmax_before_loss": False, "epochs": 4}}) == []
    assert summary_classes.softmax_pairs({"one": one, "same": dict(one)}) == []


def test_pairs_that_are_confused_are_of_the_headline_and_of_the_split_that_leaks_nothing(chords):
    said, found = chords
    own = said[(said["model"] == "transposable") & (said["split"] == "by_performance") & (said["task"] == "type")]
    table = confusion(own["true"], own["said"], list(made.TASKS["type"]))
    first = found["confused"]["type"][0]
    assert first["one_as_other"] == table.loc[first["one"], first["other"]]


def test_one_seed_has_no_spread():
    _, found = summarised("chords", "published", seeds=1)
    assert found["root"]["random"]["sd"] is None and found["root"]["random"]["n"] == 1
    assert found["models"]["published"]["ensemble"]["root"]["random"]["networks"] == 1
    json.dumps(found, allow_nan=False)


def test_splits_and_classes_have_names_and_an_order():
    assert [split_of(name) for name in ("fold3", "by_octave_2", "by_performance", "other_upright")] == [
        ("folds", "3"),
        ("by_octave", "2"),
        ("by_performance", ""),
        ("other_upright", ""),
    ]
    assert pictured(["random", "by_performance"]) == "by_performance" and pictured(["random", "other"]) == "random"
    assert in_order(["a", "n", "j"], "type") == ["j", "n", "a"]
    assert in_order(["Bn", "Df", "Cn"], "root") == ["Cn", "Df", "Bn"]
    assert in_order(["hen", "cat"], "category") == ["cat", "hen"]
    assert [called("Df", "root"), called("Cn", "root"), called("d", "type")] == ["D♭", "C", "diminished"]
    assert [called(name, "category") for name in ("vacuum_cleaner", "a", "An")] == ["vacuum cleaner", "a", "An"]
    assert in_order(["n", "j", "a"], "category") == ["a", "j", "n"]
