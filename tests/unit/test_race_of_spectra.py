"""Spectrograms timed against librosa's, which are the same but for what the library does its own way."""

import numpy as np
import pytest
import torch
from earshot.config_clips import ConstantQOfChords, ImageOfSounds, LevelsOfSounds, MelOfChords
from earshot.data.schemas.clip_times import SPECTRA_TIMES
from earshot.signal.race_of_spectra import time_spectra
from earshot.signal.spectra import spectra
from earshot.signal.spectra_control import spectrogram_control

CPU = torch.device("cpu")
KINDS = {
    "image": (ImageOfSounds(), 44100),
    "levels": (LevelsOfSounds(), 44100),
    "mel": (MelOfChords(), 16000),
    "constant_q": (ConstantQOfChords(), 16000),
}


def noise(rate):
    """Two clips of 1.5 s."""
    signal = 3000 * np.random.default_rng(1).normal(size=(2, 3 * rate // 2))
    return torch.from_numpy(signal.astype(np.int16))


@pytest.mark.parametrize("kind", KINDS)
def test_librosa_makes_the_same_of_a_clip(kind):
    section, rate = KINDS[kind]
    settings, clips = section.model_dump(), noise(rate)
    ours = spectra(clips, kind, settings, rate, CPU)[0].astype(float)
    control = spectrogram_control(clips[0].numpy().astype(np.float32) / 2**15, kind, settings, rate).astype(float)
    assert ours.shape == control.shape
    # Of constant-Q transforms librosa resamples for low octaves, so that levels differ by a decibel or two.
    close = {"image": 1, "levels": 0.1, "mel": 1e-3 * control.max(), "constant_q": None}[kind]
    if close is not None:
        assert abs(ours - control).max() <= close
    else:
        assert np.corrcoef(ours[40:].ravel(), control[40:].ravel())[0, 1] > 0.8


def test_both_are_timed():
    rows = time_spectra(noise(16000), "mel", MelOfChords().model_dump(), 16000, 3, 1, CPU)
    SPECTRA_TIMES.validate(rows.assign(machine="{}"))
    assert rows.groupby("implementation")["repeat"].apply(list).to_dict() == {
        "earshot": [1, 2, 3],
        "librosa": [1, 2, 3],
    }
