"""Sources whose spectrum nobody tells the listener: coloured noise, speech, recorded sounds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from earshot.data.recordings import Pool
from earshot.seeds import generator

Kind = Literal["white", "coloured", "speech", "clips"]
Signal = NDArray[np.float32]
Recordings = Mapping[tuple[Kind, Pool], Sequence[Signal]]

COLOUR_DB = 6.0  # standard deviation of a coloured noise's spectrum at each point of its shape
COLOUR_OCTAVES = 0.5  # from one such point to the next
LOWEST_COLOUR_HZ = 50.0
QUIET_DB = 20.0  # so far below its loudest part a recording is not listened to


@dataclass(frozen=True)
class SourceSettings:
    """Which sources listeners hear, for how long and how often from each direction, and how clearly.

    The noise at the ears is white, independent, of one level at both, and so many dB below the louder ear's signal;
    None is none.
    """

    seed: int
    duration_s: float
    repetitions: int
    kinds: tuple[Kind, ...]
    signal_to_noise_db: float | None

    @property
    def plain(self) -> bool:
        """Whether this is the study's stimulus: white noise and nothing at the ears beside it."""
        return self.kinds == ("white",) and self.signal_to_noise_db is None

    @property
    def draws(self) -> list["Draw"]:
        """What is heard from each direction.

        White noise, which shows a direction's template plainly, is for training whatever else there is.
        """
        training: list[Kind] = ["white", *(kind for kind in self.kinds if kind != "white")]
        of_pools: list[tuple[Pool, Sequence[Kind]]] = [("training", training), ("test", self.kinds)]
        return [
            Draw(pool, kind, number) for pool, kinds in of_pools for kind in kinds for number in range(self.repetitions)
        ]


@dataclass(frozen=True)
class Draw:
    """One of the sources that are heard from a direction: recordings for testing are none of those for training."""

    pool: Pool
    kind: Kind
    number: int


def source(settings: SourceSettings, recordings: Recordings, draw: Draw, measurement: str, rate_hz: float) -> Signal:
    """Return what a draw sounds like from a measurement's direction, of unit variance: `(samples,)`.

    As with `earshot.signal.noise`, it belongs to the direction, so everybody hears the same.
    """
    samples = round(settings.duration_s * rate_hz)
    random = generator(settings.seed, "source", draw.kind, draw.pool, measurement, draw.number)
    match draw.kind:
        case "white":
            signal = random.standard_normal(samples, np.float32)
        case "coloured":
            signal = coloured_noise(samples, rate_hz, random)
        case recorded:
            some = recordings[recorded, draw.pool]
            signal = excerpt(some[int(random.integers(len(some)))], samples, random)
    return signal / np.float32(np.sqrt((signal.astype(np.float64) ** 2).mean()))


def coloured_noise(samples: int, rate_hz: float, random: np.random.Generator) -> Signal:
    """Return Gaussian noise whose spectrum has a random shape, `(samples,)`.

    The shape is drawn in dB at points half an octave apart, independently, and lies straight between them.
    """
    spectrum = np.fft.rfft(random.standard_normal(samples))
    above = np.log2(np.maximum(np.fft.rfftfreq(samples, 1 / rate_hz), LOWEST_COLOUR_HZ) / LOWEST_COLOUR_HZ)
    points = np.arange(0, above[-1] + COLOUR_OCTAVES, COLOUR_OCTAVES)
    shape_db = np.interp(above, points, COLOUR_DB * random.standard_normal(len(points)))
    return np.fft.irfft(spectrum * 10 ** (shape_db / 20), samples).astype(np.float32)


def excerpt(recording: Signal, samples: int, random: np.random.Generator) -> Signal:
    """Return a random part of a recording, `(samples,)`, among those that are not quiet.

    A recording that is shorter is repeated.
    """
    if len(recording) < samples:
        recording = np.tile(recording, -(-samples // len(recording)))
    start = int(random.choice(loud_begins(recording, samples)))
    return recording[start : start + samples]


def loud_begins(recording: Signal, samples: int) -> NDArray[np.int_]:
    """Return where parts of a recording begin that are not quiet, `(parts,)`; it is as long as one at least."""
    energy = np.cumsum(np.pad(recording.astype(np.float64) ** 2, (1, 0)))
    step = max(1, samples // 50)
    loudness = (energy[samples:] - energy[:-samples])[::step]
    return step * np.flatnonzero(loudness >= loudness.max() * 10 ** (-QUIET_DB / 10))


def source_settings(settings: Mapping[str, Any]) -> SourceSettings:
    """Return the settings that a configuration's `seed` and `stimulus` section hold as plain values."""
    stimulus = settings["stimulus"]
    return SourceSettings(
        settings["seed"],
        stimulus["duration_s"],
        stimulus["repetitions"],
        tuple(stimulus["sources"]),
        stimulus["signal_to_noise_db"],
    )
