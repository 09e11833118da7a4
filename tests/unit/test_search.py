"""A trial is what it says: the study's own features and networks, stopped early where it is hopeless."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from earshot.data.listeners import feature_index
from earshot.data.sofa import write_hrirs
from earshot.data.synthetic_hrtf import draw_person, grid, synthesise_hrirs
from earshot.errors import DataError
from earshot.learn import cohort, race_of_trials
from earshot.learn import search as learn_search
from earshot.learn.candidate import Candidate
from earshot.learn.localiser import LocaliserSettings, train_and_answer
from earshot.learn.perceptron import TrainingSettings
from earshot.learn.search import Halving, Search
from earshot.learn.split import split_directions
from earshot.score.listeners import score_listeners
from earshot.signal.bands import Bands
from earshot.signal.interaural import InterauralSettings
from earshot.signal.interaural_accelerated import interaural_features
from earshot.signal.interaural_bins import interaural_bins
from earshot.signal.noise import NoiseSettings

CPU = torch.device("cpu")
NOISE = NoiseSettings(1, 0.1, 2)
PEOPLE = [synthesise_hrirs(draw_person(1, name), *grid(12, 5)) for name in ("anna", "bert")]
FEATURES = InterauralSettings(512, 128, Bands(12, "erb", 100, 16000), Bands(6, "erb", 100, 1500))
NETWORK = TrainingSettings((16,), "relu", 3e-3, 64, 0.05, max_epochs=12, patience_epochs=12, tolerance=0.0)
CANDIDATES = [
    Candidate(FEATURES, NETWORK),
    Candidate(replace(FEATURES, window_samples=1024, hop_samples=512), replace(NETWORK, learning_rate=1e-2)),
    Candidate(replace(FEATURES, level_bands=Bands(20, "mel", 100, 16000)), replace(NETWORK, activation="tanh")),
    Candidate(FEATURES, replace(NETWORK, learning_rate=1e-7)),  # learns nothing
]


def search(*epochs, kept=0.5):
    return Search(PEOPLE, NOISE, 0.2, 1, Halving(epochs, kept), (16000, 1500), CPU, "float32")


@pytest.mark.parametrize("candidate", CANDIDATES[:3])
def test_features_from_bins_are_the_accelerated_ones(candidate):
    """Each feature to 1e-4 of its root mean square."""
    settings = candidate.interaural
    own_frames = (settings.window_samples, settings.hop_samples)
    frames = {(256, 64), (512, 256), (1024, 256), (512, 170), (300, 75), own_frames}
    bins = interaural_bins(PEOPLE, NOISE, frames, (16000, 1500), CPU)[own_frames]
    for own, wanted in zip(bins, interaural_features(PEOPLE, NOISE, settings, CPU), strict=True):
        scale = np.sqrt((wanted**2).mean((0, 1)))
        assert (abs(own.features(settings) - wanted).max((0, 1)) < 1e-4 * scale).all()


def test_bins_of_other_frames_or_too_few_of_them_are_refused():
    (bins, _) = interaural_bins(PEOPLE, NOISE, [(512, 128)], (8000, 1500), CPU)[512, 128]
    with pytest.raises(ValueError, match="another window or hop"):
        bins.features(replace(FEATURES, window_samples=1024))
    with pytest.raises(ValueError, match="up to 16000 Hz are beyond"):
        bins.features(FEATURES)


def test_a_trial_reaches_what_the_study_itself_would(monkeypatch):
    """On the study's own split: else it holds other directions out."""
    monkeypatch.setattr(learn_search, "split_seed", lambda seed: seed)
    candidate = CANDIDATES[0]
    parts = interaural_features(PEOPLE, NOISE, candidate.interaural, CPU)
    index = pd.concat([feature_index(listener, 2) for listener in PEOPLE], ignore_index=True)
    features = np.concatenate([part.reshape(-1, part.shape[-1]) for part in parts])
    outcome = train_and_answer(
        index, features, LocaliserSettings(1, 0.2, candidate.network), lambda *given: cohort.train(*given, device=CPU)
    )
    wanted = score_listeners(outcome.predictions, outcome.history, "accelerated", [])["p95_deg"]
    (reached,) = search()([candidate])
    assert reached.p95_deg == pytest.approx(wanted.tolist(), rel=1e-3)
    assert reached.worst_deg == max(reached.p95_deg)
    assert reached.epochs == (12, 12) and not reached.stopped_early


def test_the_search_holds_other_directions_out_than_the_study():
    directions = PEOPLE[0].directions.tolist()
    ours, the_studys = (split_directions(directions, 0.2, seed) for seed in (learn_search.split_seed(1), 1))
    assert (search().tasks[0].held_out == ours).all()
    assert (ours != the_studys).any()


def test_the_control_runs_the_same_trials(tmp_path):
    """Same listeners, noise and split; networks begin elsewhere, so that errors are alike and not equal."""
    for person in PEOPLE:
        write_hrirs(tmp_path / f"{person.subject}.sofa", person)
    paths = {person.subject: tmp_path / f"{person.subject}.sofa" for person in PEOPLE}
    longer = replace(NETWORK, hidden_layers=(32,), max_epochs=150, patience_epochs=150)
    candidates = {7: Candidate(FEATURES, longer), 9: Candidate(FEATURES, replace(longer, learning_rate=1e-7))}
    table = race_of_trials.by_control(race_of_trials.Trials(paths, None, NOISE, 0.2, 1, candidates), 2)
    assert table[["trial", "subject"]].to_numpy().tolist() == [[7, "anna"], [7, "bert"], [9, "anna"], [9, "bert"]]
    good, bad = (table.loc[table["trial"] == number, "p95_deg"].max() for number in candidates)
    reached = search()(list(candidates.values()))
    assert good < 0.7 * bad, "one learns and the other does not"
    assert reached[0].worst_deg == pytest.approx(good, rel=0.4)
    assert table["wall_s"].iloc[0] <= table["seconds"].sum() * 1.5


def test_what_a_trial_reaches_does_not_depend_on_its_companions():
    together = search()(CANDIDATES)
    for candidate, found in zip(CANDIDATES, together, strict=True):
        (alone,) = search()([candidate])
        assert found.p95_deg == pytest.approx(alone.p95_deg, rel=1e-3)
        assert found.multiply_adds == alone.multiply_adds


def test_the_hopeless_stop_early_and_the_others_go_on_as_they_would_have():
    whole, halved = search()(CANDIDATES), search(4, 8)(CANDIDATES)
    epochs = [reached.epochs[0] for reached in halved]
    assert sorted(epochs) == [4, 4, 8, 12] and epochs[3] == 4
    for full, found in zip(whole, halved, strict=True):
        assert found.stopped_early == (found.epochs[0] < 12)
        assert found.multiply_adds == full.multiply_adds, "the cost is that of the whole training"
        if not found.stopped_early:
            assert found.p95_deg == pytest.approx(full.p95_deg, rel=1e-3)


def test_a_trial_that_stopped_by_itself_costs_what_it_took():
    impatient = Candidate(FEATURES, replace(NETWORK, patience_epochs=1, tolerance=1.0))
    (reached,) = search()([impatient])
    (whole,) = search()([CANDIDATES[0]])
    assert max(reached.epochs) < 12 and not reached.stopped_early
    assert reached.multiply_adds < whole.multiply_adds


def test_bands_beyond_the_sampling_rate_are_refused_before_any_trial():
    with pytest.raises(DataError, match="need a sampling rate of 60000 Hz"):
        Search(PEOPLE, NOISE, 0.2, 1, Halving((), 0.5), (30000, 1500), CPU, "float32")


def test_a_trial_whose_numbers_overflow_is_the_worst_and_harms_nobody():
    wild = Candidate(FEATURES, replace(NETWORK, learning_rate=1e30))
    lost, good = search()([wild, CANDIDATES[0]])
    assert lost.worst_deg == 180 and lost.diverged and not good.diverged
    assert lost.multiply_adds == good.multiply_adds, "of all epochs, though it ended in the first ones"
    assert good.p95_deg == pytest.approx(search()([CANDIDATES[0]])[0].p95_deg, rel=1e-3)


def test_cost_counts_weights_and_frames():
    candidate = CANDIDATES[0]
    inputs = 1 + 12 + 6
    forward = inputs * 16 + 16 * 3
    by_weights, by_input = forward, 16 * 3  # nobody asks for the gradient by the features
    assert candidate.training_multiply_adds(100, 5) == 5 * 100 * (forward + by_weights + by_input)
    once, twice = (candidate.feature_multiply_adds(10, samples) for samples in (512, 512 * 5))
    assert twice == 3 * once, "4 hops to a window: 8 frames and 24"
    assert candidate.feature_multiply_adds(20, 512) == 2 * once
