"""Interaural features for whole grids of directions and many listeners, from `earshot.signal.short_time_sums`."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.data.sofa import HrirSet
from earshot.device import side_by_side
from earshot.signal.interaural import InterauralSettings, differences
from earshot.signal.noise import NoiseSettings, measurement_ids
from earshot.signal.noise_lags import NoiseLags
from earshot.signal.short_time_sums import ShortTimeSums, Sum, Weights, batched

_AT_ONCE = {"cpu": 16, "cuda": 1024}  # measurements: what they need fits into a core's cache

_Part: TypeAlias = tuple[list[int], tuple[Sum, ...]]  # rows of a listener's measurements, and what these give


def interaural_features(
    listeners: Sequence[HrirSet], noise: NoiseSettings, settings: InterauralSettings, device: torch.device
) -> list[NDArray[np.float32]]:
    """Return each listener's features, `(measurements, repetitions, features)`, as `settings.names` says.

    Listeners with one sampling rate and one length of responses share the noise's spectra, whatever their grids.
    """

    def features(energy: Sum, level: Sum, cross: Sum) -> tuple[Sum]:
        return (differences(energy, level, cross, settings),)

    frames = (settings.window_samples, settings.hop_samples)
    (made,) = short_time_sums(listeners, noise, [frames], settings.level_bands, settings.phase_bands, device, features)
    return [one for (one,) in made]


def short_time_sums(
    listeners: Sequence[HrirSet],
    noise: NoiseSettings,
    frames: Sequence[tuple[int, int]],
    level: Weights,
    phase: Weights,
    device: torch.device,
    finish: Callable[[Sum, Sum, Sum], tuple[Sum, ...]],
) -> list[list[tuple[Sum, ...]]]:
    """Return what `finish` makes of the sums that `ShortTimeSums` returns: by frames, for each listener.

    `frames` are windows and hops. `finish` is called with the sums of a few measurements; what it returns begins with
    the axis of these.
    """
    rows = [
        {name: row for row, name in enumerate(measurement_ids(listener.directions.tolist()))} for listener in listeners
    ]
    parts: list[list[list[_Part]]] = [[[] for _ in listeners] for _ in frames]
    for kind in sorted({(listener.rate_hz, listener.hrirs.shape[-1]) for listener in listeners}):
        alike = [n for n, one in enumerate(listeners) if (one.rate_hz, one.hrirs.shape[-1]) == kind]
        grid = sorted(set().union(*(rows[n] for n in alike)))
        for hop, places in _families([hop for _, hop in frames]).items():
            sums = {place: ShortTimeSums(*frames[place], level, phase, *kind, device) for place in places}
            analyse = partial(_analyse, noise, hop, sums, [(n, listeners[n], rows[n]) for n in alike], finish)
            for found in side_by_side(analyse, batched(grid, _AT_ONCE[device.type]), device):
                for place, n, part in found:
                    parts[place][n].append(part)
    return [[_in_order(own) for own in of_listeners] for of_listeners in parts]


def _families(hops: Sequence[int]) -> dict[int, list[int]]:
    """Return where hops stand that divide the largest of them, and so of the rest, by that largest one."""
    families: dict[int, list[int]] = {}
    for place, hop in sorted(enumerate(hops), key=lambda one: -one[1]):
        families.setdefault(next((largest for largest in families if largest % hop == 0), hop), []).append(place)
    return families


def _analyse(
    noise: NoiseSettings,
    hop: int,
    family: Mapping[int, ShortTimeSums],
    listeners: Sequence[tuple[int, HrirSet, Mapping[str, int]]],
    finish: Callable[[Sum, Sum, Sum], tuple[Sum, ...]],
    names: Sequence[str],
) -> list[tuple[int, int, _Part]]:
    """Return by place in `family` and by listener's number what these measurements give, and which they are.

    Each listener comes with the rows of their measurements, by name.
    """
    first = next(iter(family.values()))
    lags = NoiseLags(noise, names, first.rate_hz, hop, max(sums.lags for sums in family.values()), first.device)
    found = []
    for place, sums in family.items():
        spectra = sums.noise_spectra(lags)
        for n, listener, rows in listeners:
            present = [number for number, name in enumerate(names) if name in rows]
            if present:
                own = [rows[names[number]] for number in present]
                heard = spectra if len(present) == len(names) else [spectrum[:, present] for spectrum in spectra]
                found.append((place, n, (own, finish(*sums(listener.hrirs[own], heard)))))
    return found


def _in_order(parts: Sequence[_Part]) -> tuple[Sum, ...]:
    """Put together what parts of a listener's measurements gave, in the order of the measurements."""
    order = np.argsort(np.concatenate([rows for rows, _ in parts]))
    return tuple(np.concatenate(arrays)[order] for arrays in zip(*(made for _, made in parts), strict=True))
