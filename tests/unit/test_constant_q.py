"""Constant-Q transforms: those of nnAudio, and what makes them worth their cost, that transposition is a shift."""

import numpy as np
import pytest
import torch
from earshot.signal.constant_q import ConstantQSettings, constant_q, levels_db

CHORDS = ConstantQSettings(16000, 4096, 55.0, 7)


def tones(frequencies, rate_hz=16000, seconds=2.0):
    """A sum of tones, `(1, samples)`."""
    time = torch.arange(round(rate_hz * seconds), dtype=torch.float64) / rate_hz
    return sum(torch.sin(2 * torch.pi * hz * time) for hz in frequencies)[None].float() / len(frequencies)


@pytest.mark.filterwarnings("ignore")
def test_it_is_that_of_nnaudio():
    """To 1e-4 of the largest amplitude of each clip: noise, and tones that lie between bins."""
    from nnAudio.features import CQT1992v2

    noise = torch.from_numpy(np.random.default_rng(1).standard_normal((2, 40000)).astype(np.float32)) / 4
    signals = torch.cat([noise, tones([61.3, 440, 3333.3], seconds=2.5)])
    theirs = CQT1992v2(
        sr=16000, hop_length=4096, fmin=55.0, n_bins=252, bins_per_octave=36, pad_mode="constant", verbose=False
    )(signals)
    ours = constant_q(signals, CHORDS)
    assert ours.shape == theirs.shape == (3, 252, 10)
    assert ((ours - theirs).abs() <= 1e-4 * theirs.amax((1, 2), keepdim=True)).all()


@pytest.mark.parametrize("semitones", [-5, 1, 12])
def test_transposition_is_a_shift_along_frequency(semitones):
    """Of a chord in the middle of the range, by three bins a semitone. What differs is where frames meet the ends."""
    chord = np.array([220.0, 277.18, 329.63])
    here, there = (constant_q(tones(chord * ratio), CHORDS)[0, :, 4] for ratio in (1.0, 2 ** (semitones / 12)))
    assert torch.allclose(torch.roll(here / here.max(), 3 * semitones), there / there.max(), atol=0.02)


def test_a_tone_is_loudest_in_its_own_bin():
    for place in (10, 120, 240):
        found = constant_q(tones([55 * 2 ** (place / 36)]), CHORDS)[0, :, 4]
        assert int(found.argmax()) == place


def test_silence_has_the_lowest_level():
    assert (levels_db(constant_q(torch.zeros(1, 16000), CHORDS)) == -120).all()
