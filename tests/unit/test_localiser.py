"""Study A from features to answers: nobody is tested on what they learned, and nobody is forgotten."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from earshot.config import read_config
from earshot.data.listeners import feature_index
from earshot.data.schemas.scores import SCORES
from earshot.data.schemas.training import HISTORY, PREDICTIONS
from earshot.data.synthetic_hrtf import draw_person, grid, synthesise_hrirs
from earshot.data.tables import read_table, write_table
from earshot.directions import unit_vectors
from earshot.learn import cohort, control
from earshot.learn.localiser import (
    LocaliserSettings,
    localiser_settings,
    read_localiser,
    train_and_answer,
    write_localiser,
    write_outcome,
)
from earshot.learn.perceptron import Perceptron, TrainingSettings
from earshot.score.angles import scores
from earshot.score.listeners import score_listeners

SETTINGS = LocaliserSettings(1, 0.2, TrainingSettings((8,), "relu", 1e-3, 32, 0.01, 3, 10, 1e-4))
REASON = "bert.sofa: the file ends too early"
REPETITIONS = 2
TRAIN = {
    "control": control.train,
    "cohort": partial(cohort.train, device=torch.device("cpu")),
}


@pytest.fixture
def shard():
    """Anna, bert who was left out, and carl on another grid; features are the truth and a marker of the direction."""
    anna = feature_index(synthesise_hrirs(draw_person(1, "anna"), *grid(8, 5)), REPETITIONS)
    carl = feature_index(synthesise_hrirs(draw_person(1, "carl"), *grid(7, 6)), REPETITIONS)
    carl["doubts"] = "the ears hardly differ"
    bert = pd.DataFrame({"subject": ["bert"], "excluded": [REASON]})
    index = pd.concat([anna, bert, carl], ignore_index=True)
    heard = index[index["excluded"].isna()]
    truth = unit_vectors(heard["azimuth_deg"].to_numpy(), heard["elevation_deg"].to_numpy())
    marker = heard["direction"].map(mark)
    return index, np.column_stack([truth, marker]).astype(np.float32)


def mark(direction):
    """Return a number for a direction: the same in training data and in a table of answers."""
    azimuth, elevation = direction.removeprefix("az").split("_el")
    return 1000 * float(azimuth) + float(elevation)


class Recorder:
    """Stands in for training: keeps what it is given, and answers with the truth that is among the features."""

    def __call__(self, sets, settings, seed):
        self.sets = {data.name: data for data in sets}
        truth = np.eye(4, 3, dtype=np.float32)
        nothing, one = np.zeros(3, np.float32), np.ones(4, np.float32)
        return [Perceptron([2 * truth], [nothing], 0 * one, one, "relu", np.ones(5, np.float32)) for _ in sets]


def test_held_out_directions_are_never_learned_and_all_others_are(shard):
    index, features = shard
    train = Recorder()
    answers = train_and_answer(index, features, SETTINGS, train).predictions
    for subject, data in train.sets.items():
        learned = set(data.features[:, 3].tolist())
        asked = set(answers.loc[answers["subject"] == subject, "direction"].map(mark).astype(np.float32).tolist())
        everything = set(index.loc[index["subject"] == subject, "direction"].map(mark).astype(np.float32).tolist())
        assert not learned & asked
        assert learned | asked == everything
        assert len(asked) == round(0.2 * len(everything))


def test_targets_and_answers_belong_to_their_features(shard):
    """Features hold the truth: targets are equal to it, and a network that hands it on is right everywhere."""
    index, features = shard
    train = Recorder()
    answers = train_and_answer(index, features, SETTINGS, train).predictions
    for data in train.sets.values():
        np.testing.assert_allclose(data.features[:, :3], data.targets, atol=1e-6)
    heard = answers[answers["excluded"].isna()]
    assert heard["error_deg"].max() < 1e-4
    said = unit_vectors(heard["predicted_azimuth_deg"].to_numpy(), heard["predicted_elevation_deg"].to_numpy())
    true = unit_vectors(heard["azimuth_deg"].to_numpy(), heard["elevation_deg"].to_numpy())
    np.testing.assert_allclose(said, true, atol=1e-6)


def test_coincident_measurements_and_repetitions_are_held_out_together(shard):
    """Where the zenith, measured at every azimuth, is held out, it is so with every measurement."""
    index, features = shard
    measured = index.groupby(["subject", "direction"]).size()
    assert measured.max() > REPETITIONS, "a direction that was measured more than once is among them"
    held_out = set()
    for seed in range(10):
        settings = LocaliserSettings(seed, 0.2, SETTINGS.network)
        answers = train_and_answer(index, features, settings, Recorder()).predictions
        asked = answers.groupby(["subject", "direction"]).size()
        pd.testing.assert_series_equal(asked, measured[asked.index])
        held_out |= set(asked.index)
    assert measured.idxmax() in held_out


@pytest.mark.parametrize("name", TRAIN)
def test_who_was_left_out_is_a_row_with_its_reason_in_every_table(name, shard, tmp_path):
    """Also after the tables were written and read, and whatever else there is of them is empty."""
    outcome = train_and_answer(*shard, SETTINGS, TRAIN[name])
    paths = {"models": tmp_path / "models", "history": tmp_path / "h.parquet", "predictions": tmp_path / "p.parquet"}
    write_outcome(outcome, {"variant": name}, **paths)
    history, predictions = read_table(paths["history"], HISTORY), read_table(paths["predictions"], PREDICTIONS)
    write_table(tmp_path / "s.parquet", score_listeners(predictions, history, name, ["anna"]), SCORES)
    for table in (history, predictions, read_table(tmp_path / "s.parquet", SCORES)):
        assert set(table["subject"]) == {"anna", "bert", "carl"}
        assert table.set_index("subject")["excluded"].dropna().to_dict() == {"bert": REASON}
    row = predictions[predictions["subject"] == "bert"].iloc[0]
    assert row.drop(["subject", "excluded"]).isna().all()
    assert {path.name for path in paths["models"].iterdir()} == {"anna.safetensors", "carl.safetensors"}


@pytest.mark.parametrize("name", TRAIN)
def test_a_shard_whose_listeners_were_all_left_out_gives_tables_of_reasons(name, tmp_path):
    index = pd.DataFrame({"subject": ["anna", "bert"], "excluded": ["broken", REASON]})
    index = index.reindex(columns=["subject", "direction", "azimuth_deg", "elevation_deg", "excluded", "doubts"])
    outcome = train_and_answer(index, np.empty((0, 0), np.float32), SETTINGS, TRAIN[name])
    write_outcome(outcome, {}, tmp_path / "models", tmp_path / "h.parquet", tmp_path / "p.parquet")
    assert list(read_table(tmp_path / "p.parquet", PREDICTIONS)["excluded"]) == ["broken", REASON]
    rows = score_listeners(outcome.predictions, outcome.history, name, [])
    write_table(tmp_path / "s.parquet", rows, SCORES)
    assert list(read_table(tmp_path / "s.parquet", SCORES)["items"]) == [0, 0]


def test_scores_are_of_each_listeners_own_answers(shard):
    outcome = train_and_answer(*shard, SETTINGS, TRAIN["cohort"])
    table = score_listeners(outcome.predictions, outcome.history, "accelerated", ["anna"]).set_index("subject")
    for subject in ("anna", "carl"):
        own = outcome.predictions[outcome.predictions["subject"] == subject]
        said = unit_vectors(own["predicted_azimuth_deg"].to_numpy(), own["predicted_elevation_deg"].to_numpy())
        true = unit_vectors(own["azimuth_deg"].to_numpy(), own["elevation_deg"].to_numpy())
        for measure, value in scores(said, true).items():
            assert table.loc[subject, measure] == pytest.approx(value, nan_ok=True)
        assert table.loc[subject, "p95_deg"] == pytest.approx(np.percentile(own["error_deg"], 95))
        assert (table.loc[subject, "items"], table.loc[subject, "epochs"]) == (len(own), SETTINGS.network.max_epochs)
    assert table["tuning"].to_dict() == {"anna": True, "bert": False, "carl": False}
    assert table["doubts"].dropna().to_dict() == {"carl": "the ears hardly differ"}
    assert set(table["variant"]) == {"accelerated"}
    assert table.loc["bert", "items"] == 0 and np.isnan(table.loc["bert", "p95_deg"])


def test_history_has_a_row_for_each_epoch(shard):
    outcome = train_and_answer(*shard, SETTINGS, TRAIN["control"])
    own = outcome.history[outcome.history["subject"] == "carl"]
    assert own["epoch"].tolist() == [1, 2, 3]
    np.testing.assert_array_equal(own["loss"], outcome.localisers["carl"].loss)


@pytest.mark.parametrize("layers", [1, 12])
def test_a_network_that_was_written_and_read_gives_the_same_answers(layers, tmp_path):
    """Also with more than ten layers, whose names do not sort by number."""
    random = np.random.default_rng(1)
    weights = [random.normal(size=(5, 5)).astype(np.float32) for _ in range(layers)]
    row = random.normal(size=(4, 5)).astype(np.float32)
    network = Perceptron(weights, [row[0] + layer for layer in range(layers)], row[1], abs(row[2]), "tanh", row[3])
    settings = {"subject": "anna", "features": {"rate_hz": 44100.0, "names": ["level", "phase"]}}
    write_localiser(tmp_path / "anna.safetensors", network, settings)
    again, found = read_localiser(tmp_path / "anna.safetensors")
    features = random.normal(size=(20, 5)).astype(np.float32)
    np.testing.assert_array_equal(again(features), network(features))
    np.testing.assert_array_equal(again.loss, network.loss)
    assert found == settings | {"localiser": {"kind": "Perceptron", "activation": "tanh"}}


def test_a_model_file_says_whose_it_is_and_how_it_came_about(shard, tmp_path):
    outcome = train_and_answer(*shard, SETTINGS, TRAIN["cohort"])
    write_outcome(outcome, {"variant": "accelerated"}, tmp_path / "m", tmp_path / "h.parquet", tmp_path / "p.parquet")
    network, settings = read_localiser(tmp_path / "m" / "carl.safetensors")
    assert settings["localiser"] == {"kind": "Perceptron", "activation": "relu"}
    assert (settings["variant"], settings["subject"]) == ("accelerated", "carl")
    _, features = shard
    np.testing.assert_array_equal(network(features), outcome.localisers["carl"](features))


def test_settings_of_the_configuration_are_the_trainings():
    """Those of other stages, like the precision, are left aside."""
    study = read_config({"name": "any"}).localisation
    values = {"seed": 7, "held_out": study.held_out, "network": study.network.model_dump(mode="json")}
    found = localiser_settings(values)
    assert (found.seed, found.held_out) == (7, 0.2)
    assert vars(found.network).items() <= study.network.model_dump().items()
    hash(found.network)
