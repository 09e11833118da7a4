"""Synthetic sounds in the layout of ESC-50, for demonstrations and tests without recordings.

Four kinds that are told apart by ear at once, each with draws of its own and with noise behind it. They stand for
nothing that anybody recorded.
"""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from earshot.data.clips import ESC50_COLUMNS
from earshot.seeds import generator

FOLDS = 5
_LEVEL = 0.3  # of full scale, at most
_BEHIND_DB = (10.0, 25.0)  # noise behind a sound, so many dB below it

Signal = NDArray[np.float64]


def synthetic_sounds(
    seed: int, clips_per_cell: int, rate_hz: float, duration_s: float
) -> Iterator[tuple[dict[str, object], NDArray[np.float32]]]:
    """Go through sounds: the row of each in ESC-50's table, and its signal `(samples,)`.

    Each kind has so many clips in each of five folds, every two of them from one source, as in ESC-50.
    """
    time = np.arange(round(rate_hz * duration_s)) / rate_hz
    for target, (category, make) in enumerate(KINDS.items()):
        for fold in range(1, FOLDS + 1):
            for number in range(clips_per_cell):
                source, take = 1000 * (1 + target) + 100 * fold + number // 2, "AB"[number % 2]
                name = f"{fold}-{source}-{take}-{target}.wav"
                draw = generator(seed, "synthetic sound", name)
                signal = make(time, draw)
                signal /= abs(signal).max()
                behind = draw.standard_normal(len(time)) * np.sqrt((signal**2).mean())
                signal += behind * 10 ** (-draw.uniform(*_BEHIND_DB) / 20)
                signal *= draw.uniform(0.3, 1) * _LEVEL / abs(signal).max()
                row = dict(zip(ESC50_COLUMNS, (name, fold, target, category, False, str(source), take), strict=True))
                yield row, signal.astype(np.float32)


def _hum(time: Signal, draw: np.random.Generator) -> Signal:
    """A machine: harmonics of a low tone, that beat slowly."""
    tone = draw.uniform(60, 180)
    beats = 1 + 0.3 * np.sin(2 * np.pi * draw.uniform(0.5, 2) * time)
    return beats * sum(np.sin(2 * np.pi * (n * tone * time + draw.uniform())) / n for n in range(1, 12))


def _knocks(time: Signal, draw: np.random.Generator) -> Signal:
    """Knocks: a few short decays of noise."""
    signal = np.zeros_like(time)
    for onset in draw.uniform(0, time[-1] * 0.95, max(2, round(3 * time[-1]))):
        after = time - onset
        signal += np.where(after >= 0, np.exp(-np.clip(after, 0, None) / draw.uniform(0.01, 0.04)), 0)
    return signal * draw.standard_normal(len(time))


def _wind(time: Signal, draw: np.random.Generator) -> Signal:
    """Wind: noise without highs, that comes and goes."""
    spectrum = np.fft.rfft(draw.standard_normal(len(time)))
    hz = np.fft.rfftfreq(len(time), time[1])
    noise = np.fft.irfft(spectrum / (1 + (hz / draw.uniform(200, 500)) ** 2), len(time))
    return noise * (1.2 + np.sin(2 * np.pi * (draw.uniform(0.2, 0.6) * time + draw.uniform())))


def _siren(time: Signal, draw: np.random.Generator) -> Signal:
    """A siren: one tone that goes up and down."""
    middle, every_s = draw.uniform(800, 1500), draw.uniform(0.4, 1.2)
    hz = middle * 2 ** (0.5 * np.sin(2 * np.pi * (time / every_s + draw.uniform())))
    return np.sin(2 * np.pi * np.cumsum(hz) * time[1])


KINDS: dict[str, Callable[[Signal, np.random.Generator], Signal]] = {
    "hum": _hum,
    "knocks": _knocks,
    "wind": _wind,
    "siren": _siren,
}


def table(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Return ESC-50's table of sounds."""
    return pd.DataFrame(rows, columns=list(ESC50_COLUMNS))
