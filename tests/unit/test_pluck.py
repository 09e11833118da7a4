"""A strummed chord."""

import numpy as np
from earshot.signal.pluck import strummed


def test_a_chord_sounds_at_the_frequencies_of_its_strings_and_dies_away():
    chord = strummed(16000, 3, 1)
    assert chord.shape == (48000,) and chord.dtype == np.float32 and abs(chord).max() == 1
    spectrum = abs(np.fft.rfft(chord[8000:24000]))  # of a second: bins of 1 Hz
    for frequency in (110, 220, 277, 330):
        near = spectrum[frequency - 6 : frequency + 7].max()
        assert near > 10 * np.median(spectrum[frequency - 40 : frequency + 40])
    assert np.square(chord[-8000:]).mean() < 0.1 * np.square(chord[:8000]).mean()
    assert np.array_equal(chord, strummed(16000, 3, 1)) and not np.array_equal(chord, strummed(16000, 3, 2))
