"""A strummed chord, made up: something to hear in a room where there is no recording."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from earshot.seeds import generator

_STRINGS_HZ = (110.0, 164.81, 220.0, 277.18, 329.63)  # A major: A2, E3, A3, C sharp 4, E4
_APART_S = 0.03  # from one string to the next
_KEPT = 0.996  # of a string's amplitude, each time around


def strummed(rate_hz: float, duration_s: float, seed: int) -> NDArray[np.float32]:
    """Return a chord of plucked strings, `(samples,)`, the loudest sample at 1.

    A string is a loop of noise that is averaged over two samples each time around (Karplus and Strong 1983).
    """
    samples = round(duration_s * rate_hz)
    chord = np.zeros(samples)
    for number, frequency in enumerate(_STRINGS_HZ):
        begins, period = round(number * _APART_S * rate_hz), round(rate_hz / frequency)
        burst = np.zeros(max(samples - begins, period))
        burst[:period] = generator(seed, "string", number).uniform(-1, 1, period)
        loop = np.zeros(period + 2)
        loop[0], loop[period], loop[period + 1] = 1, -_KEPT / 2, -_KEPT / 2
        chord[begins:] += lfilter([1], loop, burst)[: samples - begins]
    return np.asarray(chord / abs(chord).max(), np.float32)
