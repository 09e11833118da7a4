"""Classifiers: each network learns from its spectrograms, and chords are known in an octave that was never taught."""

import ast
import re
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
import torch
from earshot.config_clips import ChordModel, ConstantQOfChords, LevelsOfSounds, MelOfChords, SoundModel
from earshot.data.clips import TRIAD_ROOTS
from earshot.data.shards import write_tensors
from earshot.data.synthetic_sounds import synthetic_sounds, table
from earshot.data.synthetic_triads import synthetic_triads
from earshot.data.waveforms import in_16_bits
from earshot.errors import DataError
from earshot.learn.classifier import (
    TYPES,
    Task,
    answers,
    by_task,
    read_network,
    tasks_of,
    true_classes,
    write_network,
)
from earshot.learn.classifier_training import train_networks
from earshot.learn.clip_training import TrainingSettings
from earshot.learn.clip_values import ClipValues
from earshot.learn.kinds import BUILDERS, Kind
from earshot.learn.networks_published import least_loss
from earshot.learn.partition import parts
from earshot.signal.spectra import spectra

CPU = torch.device("cpu")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def chords():
    """Index and waveforms of a chord of each kind."""
    rows, signals = [], []
    for name, signal in synthetic_triads(1, 1, 16000, 1.5):
        _, octave, root, triad, dynamic, idx = name.split("_")
        rows.append((name, int(octave), root, triad, dynamic, int(idx), None))
        signals.append(in_16_bits(signal))
    index = pd.DataFrame(rows, columns=["item", "octave", "root", "triad", "dynamic", "idx", "effect"])
    return index, torch.from_numpy(np.stack(signals))


@pytest.fixture(scope="module")
def sounds():
    """Index and waveforms of made-up sounds, 16 a kind."""
    made = list(synthetic_sounds(1, 4, 22050, 1.0))
    index = table([row for row, _ in made]).assign(effect=None)
    index["item"] = index["filename"].str.removesuffix(".wav")
    return index, torch.from_numpy(np.stack([in_16_bits(signal) for _, signal in made]))


def settings(**changes):
    common = {"epochs": 25, "batch_size": 32, "learning_rate": 3e-3, "weight_decay": 1e-3, "schedule": "cosine"}
    return TrainingSettings(**common | changes)


def networks(trained):
    return [one.network for one in trained]


def accuracy(said, task):
    own = said[said["task"] == task]
    return (own["true"] == own["said"]).mean()


def test_roots_and_types_are_known_in_an_octave_that_was_never_taught(chords, tmp_path):
    index, waveforms = chords
    given = ConstantQOfChords().model_dump()
    values = ClipValues([torch.from_numpy(spectra(waveforms, "constant_q", given, 16000, CPU))])
    split = parts(index, "by_octave_3", 1)
    trained = train_networks(index, values, split, "transposable", given, settings(), 1, CPU, tmp_path)
    said = answers(networks(trained), index, values, np.flatnonzero(split == "test"), CPU)
    assert len(trained) == 1 and len(said) == 2 * 144 and set(said["task"]) == {"root", "type"}
    assert accuracy(said, "root") > 0.9 and accuracy(said, "type") > 0.9
    assert np.allclose([sum(some) for some in said["probabilities"]], 1, atol=1e-4)


def test_the_published_networks_learn_roots_and_types_each_by_itself(chords, tmp_path):
    index, waveforms = chords
    given = MelOfChords().model_dump()
    values = ClipValues([torch.from_numpy(spectra(waveforms, "mel", given, 16000, CPU))])
    split = parts(index, "random", 1)
    how = settings(epochs=2, learning_rate=1e-3, weight_decay=0.0, schedule="constant", softmax_before_loss=True)
    trained = train_networks(index, values, split, "triad", given, how, 1, CPU, tmp_path)
    assert [one.network.name for one in trained] == ["root", "type"]
    said = answers(networks(trained), index, values, np.flatnonzero(split == "test"), CPU)
    assert said.groupby("task")["probabilities"].first().map(len).to_dict() == {"root": 12, "type": 4}
    assert all(len(one.history) == 2 for one in trained)
    for one in trained:
        assert min(row["training"] for row in one.history) > least_loss(len(one.network.tasks[0].classes))


def test_sounds_are_told_apart(sounds, tmp_path):
    index, waveforms = sounds
    given = LevelsOfSounds(bands=32, highest_hz=10000).model_dump()
    values = ClipValues([torch.from_numpy(spectra(waveforms, "levels", given, 22050, CPU))])
    split = parts(index, "fold2", 1)
    how = settings(epochs=60, batch_size=16, weight_decay=0.05)
    trained = train_networks(index, values, split, "residual", given, how, 1, CPU, tmp_path)
    said = answers(networks(trained), index, values, np.flatnonzero(split == "test"), CPU)
    assert len(said) == 16 and accuracy(said, "category") > 0.8

    path, (one,) = tmp_path / "one.safetensors", networks(trained)
    write_network(path, one, {"settings": {"network": "residual"}, "made_with": {"settings": given}})
    again, about = read_network(path)
    assert about["tasks"] == {"category": ["hum", "knocks", "siren", "wind"]} and about["shape"] == [32, 22]
    said_again = answers([again], index, values, np.flatnonzero(split == "test"), CPU)
    assert accuracy(said_again, "category") == accuracy(said, "category")
    write_tensors(path, {"one": np.zeros(3)}, {"settings": {}})
    with pytest.raises(DataError, match=r"one.safetensors: is no network that tells clips apart"):
        read_network(path)


def test_probabilities_of_a_task_are_sums_of_those_of_all_tasks_together():
    joint = torch.randn(5, 48, generator=torch.Generator().manual_seed(1)).softmax(1)
    tasks = (Task("root", TRIAD_ROOTS), Task("type", TYPES))
    root, kind = map(torch.from_numpy, by_task(joint, tasks))
    assert root.shape == (5, 12) and kind.shape == (5, 4)
    assert torch.allclose(root.sum(1), torch.ones(5)) and torch.allclose(kind.sum(1), torch.ones(5))
    assert torch.allclose(root[:, 2], joint[:, 8:12].sum(1)) and torch.allclose(kind[:, 1], joint[:, 1::4].sum(1))
    (alone,) = by_task(joint[:, :4], tasks[1:])
    assert np.array_equal(alone, joint[:, :4])


def test_every_kind_of_network_is_found_by_its_name():
    asked_for = [model.model_fields["network"].annotation for model in (SoundModel, ChordModel)]
    rules = (ROOT / "workflow/rules/classifiers.smk").read_text()
    needs = ast.literal_eval(re.search(r"^NEEDS_S = (.*)$", rules, re.MULTILINE)[1])
    assert {name for kinds in asked_for for name in get_args(kinds)} == set(BUILDERS)
    assert set(BUILDERS) == set(get_args(Kind)) == set(needs)


def test_classes_have_the_numbers_of_their_names(chords):
    index, _ = chords
    root, kind = tasks_of(index)
    assert (root.classes, kind.classes) == (TRIAD_ROOTS, TYPES)
    assert [TRIAD_ROOTS[number] for number in true_classes(index, root)] == list(index["root"])
    assert [TYPES[number] for number in true_classes(index, kind)] == list(index["triad"])
