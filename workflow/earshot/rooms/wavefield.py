"""The wavefield of a room: the sound pressure on a plane through its source, at moments after a click."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.rooms.acoustics import SPEED_OF_SOUND
from earshot.rooms.image_source import HALF_FILTER
from earshot.rooms.sampling import Room
from earshot.rooms.simulation import SimulationSettings, early_part

_PLACES_A_WAVE = 6.0  # of the grid, in the wavelength where a click's spectrum is highest
_MORE_S = 0.01  # of images, after which their end is faded


@dataclass(frozen=True)
class Wavefield:
    """Pressures `(moments, x, y)`, relative to the direct sound's at 1 m, and the edges of cells in metres."""

    pressures: NDArray[np.float32]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]


def wavefield(
    room: Room, spacing_m: float, moments_s: Sequence[float], settings: SimulationSettings, device: torch.device
) -> Wavefield:
    """Return the wavefield of a room at moments after a click, on cells about so large.

    The click is Ricker's wavelet, without the frequencies that cells are too large for.
    """
    edges = [np.linspace(0, length, max(2, round(length / spacing_m)) + 1) for length in room.walls.dimensions_m[:2]]
    x, y = np.meshgrid(*[(one[1:] + one[:-1]) / 2 for one in edges], indexing="ij")
    places = np.stack([x.ravel(), y.ravel(), np.full(x.size, room.source_m[2])], axis=1)
    heard = early_part(replace(room, receivers_m=places), max(moments_s) + _MORE_S, settings, device)
    highest_hz = SPEED_OF_SOUND / (_PLACES_A_WAVE * spacing_m)
    ratio = np.fft.rfftfreq(2 * heard.shape[1], 1 / settings.rate_hz) / highest_hz
    click = ratio**2 * np.exp(-(ratio**2))
    slow = np.fft.irfft(np.fft.rfft(heard, 2 * heard.shape[1]) * click)
    at = [HALF_FILTER + round(moment * settings.rate_hz) for moment in moments_s]
    return Wavefield(slow[:, at].T.reshape(len(at), *x.shape).astype(np.float32), *edges)
