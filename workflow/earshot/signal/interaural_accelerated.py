"""Interaural features for whole grids of directions and many listeners, from `earshot.signal.short_time_sums`."""

from collections.abc import Callable, Collection, Mapping, Sequence
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

Frames: TypeAlias = tuple[int, int]  # window and hop, samples
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
    made = short_time_sums(listeners, noise, [frames], settings.level_bands, settings.phase_bands, device, features)
    return [one for (one,) in made[frames]]


def short_time_sums(
    listeners: Sequence[HrirSet],
    noise: NoiseSettings,
    frames: Collection[Frames],
    level: Weights,
    phase: Weights,
    device: torch.device,
    finish: Callable[[Sum, Sum, Sum], tuple[Sum, ...]],
) -> dict[Frames, list[tuple[Sum, ...]]]:
    """Return what `finish` makes of the sums that `ShortTimeSums` returns: by frames, for each listener.

    `finish` is called with the sums of a few measurements; what it returns begins with
    the axis of these.
    """
    rows = [
        {name: row for row, name in enumerate(measurement_ids(listener.directions.tolist()))} for listener in listeners
    ]
    parts: dict[Frames, list[list[_Part]]] = {one: [[] for _ in listeners] for one in frames}
    for kind in sorted({(listener.rate_hz, listener.hrirs.shape[-1]) for listener in listeners}):
        alike = [n for n, one in enumerate(listeners) if (one.rate_hz, one.hrirs.shape[-1]) == kind]
        grid = sorted(set().union(*(rows[n] for n in alike)))
        for family in _families(frames):
            sums = [ShortTimeSums(window, hops, level, phase, *kind, device) for window, hops in family]
            analyse = partial(_analyse, noise, sums, [(n, listeners[n], rows[n]) for n in alike], finish)
            for found in side_by_side(analyse, batched(grid, _AT_ONCE[device.type]), device):
                for one, n, part in found:
                    parts[one][n].append(part)
    return {one: [_in_order(own) for own in of_listeners] for one, of_listeners in parts.items()}


def _families(frames: Collection[Frames]) -> list[list[tuple[int, list[int]]]]:
    """Return windows with hops of which each divides the one before it, by families: the first's hop is the largest.

    All hops of a family divide that one, so that the window's noise is that of the family.
    """
    chains: list[tuple[int, list[int]]] = []
    for window, hop in sorted(frames, reverse=True):
        if chains and chains[-1][0] == window and chains[-1][1][-1] % hop == 0:
            chains[-1][1].append(hop)
        else:
            chains.append((window, [hop]))
    families: dict[int, list[tuple[int, list[int]]]] = {}
    for window, hops in sorted(chains, key=lambda chain: -chain[1][0]):
        largest = next((hop for hop in families if hop % hops[0] == 0), hops[0])
        families.setdefault(largest, []).append((window, hops))
    return list(families.values())


def _analyse(
    noise: NoiseSettings,
    family: Sequence[ShortTimeSums],
    listeners: Sequence[tuple[int, HrirSet, Mapping[str, int]]],
    finish: Callable[[Sum, Sum, Sum], tuple[Sum, ...]],
    names: Sequence[str],
) -> list[tuple[Frames, int, _Part]]:
    """Return by frames and listener's number what these measurements give, and which rows of the listener's they are.

    Each listener comes with a number, and with the rows of their measurements by name.
    """
    largest, lags = family[0], max(sums.lags for sums in family)
    heard = NoiseLags(noise, names, largest.rate_hz, largest.hop_samples, lags, largest.device)
    found = []
    for sums in family:
        spectra = sums.noise_spectra(heard)
        for n, listener, rows in listeners:
            present = [number for number, name in enumerate(names) if name in rows]
            if present:
                own = [rows[names[number]] for number in present]
                some = spectra if len(present) == len(names) else [spectrum[:, present] for spectrum in spectra]
                for hop, made in zip(sums.hops, sums(listener.hrirs[own], some), strict=True):
                    found.append(((sums.window_samples, hop), n, (own, finish(*made))))
    return found


def _in_order(parts: Sequence[_Part]) -> tuple[Sum, ...]:
    """Put together what parts of a listener's measurements gave, in the order of the measurements."""
    order = np.argsort(np.concatenate([rows for rows, _ in parts]))
    return tuple(np.concatenate(arrays)[order] for arrays in zip(*(made for _, made in parts), strict=True))
