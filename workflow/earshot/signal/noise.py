"""White noise, the stimulus of the localisation study."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earshot.seeds import generator


@dataclass(frozen=True)
class NoiseSettings:
    """How long listeners hear noise, and how often from each direction."""

    seed: int
    duration_s: float
    repetitions: int


def measurement_ids(directions: Sequence[str]) -> list[str]:
    """Name every measurement of a grid: its direction, with a number where a direction was measured before.

    A grid may hold one direction many times; each of its measurements hears noise of its own.
    """
    seen: Counter[str] = Counter()
    names = []
    for direction in directions:
        seen[direction] += 1
        names.append(direction if seen[direction] == 1 else f"{direction}#{seen[direction]}")
    return names


def white_noise(settings: NoiseSettings, measurements: Sequence[str], rate_hz: float) -> NDArray[np.float32]:
    """Return Gaussian white noise of unit variance, `(measurements, repetitions, samples)`.

    There is one draw per measurement of a direction and repetition. It belongs to the direction and not to the
    listener: everybody hears the same noise from the same direction, and a grid with one more direction leaves the
    others' noise as it was.
    """
    samples = round(settings.duration_s * rate_hz)
    noise = np.empty((len(measurements), settings.repetitions, samples), np.float32)
    for draws, name in zip(noise, measurements, strict=True):
        for repetition, draw in enumerate(draws):
            generator(settings.seed, "noise", name, repetition).standard_normal(dtype=np.float32, out=draw)
    return noise


def noise_settings(settings: Mapping[str, Any]) -> NoiseSettings:
    """Return the settings that a configuration's `seed` and `stimulus` section hold as plain values."""
    return NoiseSettings(settings["seed"], **settings["stimulus"])
