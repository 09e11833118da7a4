"""Synthetic piano triads in the layout of the Audio Piano Triads, for demonstrations and tests without recordings.

A note is a sum of partials that are a little sharp, as those of a stiff string (Fletcher 1964), and that decay the
faster the higher they are. It sounds like a toy piano.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from earshot.data.clips import TRIAD_ROOTS
from earshot.seeds import generator

TRIADS = {"j": (0, 4, 7), "n": (0, 3, 7), "d": (0, 3, 6), "a": (0, 4, 8)}  # semitones above the root
BRIGHTNESS = {"p": 2.2, "m": 1.7, "f": 1.2}  # partial n has the amplitude n to the power of minus this
VARIATIONS = 10  # of a performance, as in the official set
_INHARMONICITY = (1e-4, 6e-4)  # B of Fletcher (1964): partial n is sharp by sqrt(1 + B n^2)
_PARTIALS = 16
_LEVEL = 0.4  # of full scale


def synthetic_triads(
    seed: int, clips_per_cell: int, rate_hz: float, duration_s: float, octaves: Sequence[int] = (2, 3, 4)
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Go through chords: the name of each as the official set has it, and its signal `(samples,)`.

    Every ten are variations of one performance: it alone draws the strings and the touch, a variation draws the level,
    the moment and the noise.
    """
    time = np.arange(round(rate_hz * duration_s)) / rate_hz
    for octave in octaves:
        for place, root in enumerate(TRIAD_ROOTS):
            for triad, steps in TRIADS.items():
                for dynamic, brightness in BRIGHTNESS.items():
                    cell = f"piano_{octave}_{root}_{triad}_{dynamic}"
                    for idx in range(clips_per_cell):
                        performed = generator(seed, "synthetic performance", cell, idx // VARIATIONS)
                        varied = generator(seed, "synthetic variation", cell, idx)
                        pitches = [440 * 2 ** ((12 * octave + place + step - 57) / 12) for step in steps]
                        chord = np.sum([_note(time, pitch, brightness, performed) for pitch in pitches], 0)
                        shift = round(varied.uniform(0, 0.05) * rate_hz)
                        chord = np.concatenate([np.zeros(shift), chord[: len(chord) - shift]])
                        chord *= _LEVEL * 10 ** (varied.uniform(-12, 0) / 20) / abs(chord).max()
                        chord += varied.standard_normal(len(time)) * 10 ** (varied.uniform(-70, -50) / 20)
                        yield f"{cell}_{idx:02d}", chord.astype(np.float32)


def _note(
    time: NDArray[np.float64], pitch_hz: float, brightness: float, draw: np.random.Generator
) -> NDArray[np.float64]:
    """Return one note of this pitch: `(samples,)`, its first partial of amplitude 1 or so."""
    onset, gain, stiffness = draw.uniform(0, 0.03), 10 ** (draw.normal(0, 1.5) / 20), draw.uniform(*_INHARMONICITY)
    number = np.arange(1, _PARTIALS + 1)
    hz = pitch_hz * number * np.sqrt(1 + stiffness * number**2)
    heard = hz < 0.5 / time[1]
    decay_s = draw.uniform(0.8, 1.6) * (200 / pitch_hz) ** 0.5 / number**0.7
    after = np.clip(time - onset, 0, None)
    phase = draw.uniform(0, 2 * np.pi, _PARTIALS)
    partials = (
        number[:, None] ** -brightness
        * np.exp(-after / decay_s[:, None])
        * np.sin(2 * np.pi * hz[:, None] * after + phase[:, None])
    )
    return gain * (time >= onset) * partials[heard].sum(0)
