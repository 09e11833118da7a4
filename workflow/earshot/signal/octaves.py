"""Octave bands of room acoustics: filters of zero phase that add up to what they were given."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

CENTRES_HZ = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0)  # nominal ones of IEC 61260-1, whole below 8 kHz


def gains(frequencies_hz: NDArray[np.floating], centres_hz: Sequence[float], open_ends: bool) -> NDArray[np.float64]:
    """Return the gain of each band at each frequency, `(bands, frequencies)`.

    Over the logarithm of frequency a band is the square of a cosine, which is 1 at its centre, a half at its edges and
    0 at its neighbours' centres, so that neighbours add up to 1, and a band rings for no longer than its width asks
    for. With `open_ends` the lowest and the highest reach on to 0 Hz and beyond: then all frequencies add up to 1.
    """
    with np.errstate(divide="ignore"):
        octaves = np.log2(frequencies_hz) - np.log2(np.array(centres_hz))[:, None]
    if open_ends:
        octaves[0] = np.maximum(octaves[0], 0)
        octaves[-1] = np.minimum(octaves[-1], 0)
    return np.where(abs(octaves) < 1, np.cos(np.pi / 2 * np.clip(octaves, -1, 1)) ** 2, 0)


def in_bands(
    signals: NDArray[np.floating], rate_hz: float, centres_hz: Sequence[float] = CENTRES_HZ
) -> NDArray[np.float64]:
    """Return signals `(..., samples)` in octave bands, `(..., bands, samples)`.

    Nothing of a signal's end comes back at its beginning.
    """
    samples = signals.shape[-1]
    rings = int(4 * rate_hz / min(centres_hz))  # samples after which a band's response has died away
    length = next_fast_len(samples + rings, real=True)
    response = gains(np.fft.rfftfreq(length, 1 / rate_hz), centres_hz, open_ends=False)
    spectra = rfft(np.asarray(signals, np.float64), length)[..., None, :] * response
    return irfft(spectra, length)[..., :samples]
