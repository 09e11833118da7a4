"""Interaural features for whole grids of directions and many listeners, from `earshot.signal.short_time_sums`."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.data.sofa import HrirSet
from earshot.device import side_by_side
from earshot.signal.interaural import InterauralSettings, differences
from earshot.signal.noise import NoiseSettings, measurement_ids
from earshot.signal.short_time_sums import ShortTimeSums, Sum, Weights, batched

_AT_ONCE = {"cpu": 64, "cuda": 1024}  # measurements of a listener: what they need fits into a core's cache
_SPECTRA = 1 << 25  # numbers that the noise's spectra may hold at a time, 256 MB; the grid is taken in parts of this


def interaural_features(
    listeners: Sequence[HrirSet], noise: NoiseSettings, settings: InterauralSettings, device: torch.device
) -> list[NDArray[np.float32]]:
    """Return each listener's features, `(measurements, repetitions, features)`, as `settings.names` says.

    Listeners with one sampling rate and one length of responses share the noise's spectra, whatever their grids.
    """

    def features(energy: Sum, level: Sum, cross: Sum) -> tuple[Sum]:
        return (differences(energy, level, cross, settings),)

    frames = (settings.window_samples, settings.hop_samples)
    made = short_time_sums(listeners, noise, *frames, settings.level_bands, settings.phase_bands, device, features)
    return [one for (one,) in made]


def short_time_sums(
    listeners: Sequence[HrirSet],
    noise: NoiseSettings,
    window_samples: int,
    hop_samples: int,
    level: Weights,
    phase: Weights,
    device: torch.device,
    finish: Callable[[Sum, Sum, Sum], tuple[Sum, ...]],
) -> list[tuple[Sum, ...]]:
    """Return for each listener what `finish` makes of the sums that `ShortTimeSums` returns, for all measurements.

    `finish` is called with those of a few measurements; what it returns begins with the axis of these.
    """
    names = [measurement_ids(listener.directions.tolist()) for listener in listeners]
    parts: list[list[tuple[list[int], tuple[Sum, ...]]]] = [[] for _ in listeners]
    for kind in sorted({(listener.rate_hz, listener.hrirs.shape[-1]) for listener in listeners}):
        alike = [n for n, one in enumerate(listeners) if (one.rate_hz, one.hrirs.shape[-1]) == kind]
        sums = ShortTimeSums(window_samples, hop_samples, level, phase, *kind, device)
        grid = sorted(set().union(*(names[n] for n in alike)))
        for part in batched(grid, max(1, _SPECTRA // (noise.repetitions * sums.numbers))):
            place = {name: row for row, name in enumerate(part)}
            few = list(batched(part, _AT_ONCE[device.type]))
            made = side_by_side(partial(sums.noise_spectra, noise), few, device)
            spectra = [torch.cat(order) for order in zip(*made, strict=True)]
            present = [n for n in alike if not place.keys().isdisjoint(names[n])]
            work = [(listeners[n], names[n]) for n in present]
            outcomes = side_by_side(partial(_analyse, sums, finish, spectra, place), work, device)
            for n, outcome in zip(present, outcomes, strict=True):
                parts[n].append(outcome)
    return [_in_order(own) for own in parts]


def _analyse(
    sums: ShortTimeSums,
    finish: Callable[[Sum, Sum, Sum], tuple[Sum, ...]],
    spectra: list[torch.Tensor],
    place: dict[str, int],
    work: tuple[HrirSet, list[str]],
) -> tuple[list[int], tuple[Sum, ...]]:
    """Return which of a listener's measurements have their noise in `spectra`, by their `place`, and what they give.

    `work` is the listener and the ids of the measurements.
    """
    listener, names = work
    rows = [row for row, name in enumerate(names) if name in place]
    parts = []
    for few in batched(rows, _AT_ONCE[sums.device.type]):
        heard = [place[names[row]] for row in few]
        parts.append(finish(*sums(listener.hrirs[list(few)], [spectrum[heard] for spectrum in spectra])))
    return rows, tuple(np.concatenate(arrays) for arrays in zip(*parts, strict=True))


def _in_order(parts: Sequence[tuple[list[int], tuple[Sum, ...]]]) -> tuple[Sum, ...]:
    """Put together what parts of a listener's measurements gave, in the order of the measurements."""
    order = np.argsort(np.concatenate([rows for rows, _ in parts]))
    return tuple(np.concatenate(arrays)[order] for arrays in zip(*(made for _, made in parts), strict=True))
