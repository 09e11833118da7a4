"""What a person's ears make of a pulse from each direction, by which a network knows whose ears it hears with."""

import numpy as np
import torch
from scipy.spatial import KDTree
from torch import Tensor

from earshot.data.sofa import HrirSet
from earshot.errors import ConfigError
from earshot.learn.direction_map import directions
from earshot.signal.binaural_spectra import BinauralSettings, binaural_spectra

_KNOWN_DEG = 10.0  # from a direction that was measured: what is farther is never said


def templates(measured: HrirSet, settings: BinauralSettings, count: int) -> tuple[Tensor, Tensor]:
    """Return a person's templates `(values, directions)` at so many directions, and which of these were measured.

    They are the values of `signal.binaural_spectra` of the HRIRs of the nearest measured direction. Raises ConfigError
    where HRIRs are longer than a window, which would cut them.
    """
    taps, window = measured.hrirs.shape[-1], settings.window_samples
    if taps > window:
        raise ConfigError(
            f"config key scenes.spectra.window_samples: {window} samples are shorter than the HRIRs of "
            f"{measured.subject}, which have {taps} at {settings.rate_hz:g} Hz. Raise it, or leave this person out."
        )
    known = directions(count).double().numpy()
    chord, nearest = KDTree(measured.unit_vectors).query(known)
    before = (window - taps) // 2  # in the middle, where a window is flat
    pulses = np.pad(measured.hrirs[nearest], [(0, 0), (0, 0), (before, window - taps - before)])
    values = binaural_spectra(torch.from_numpy(pulses).float(), settings)[..., 0].T
    there = torch.from_numpy(chord <= 2 * np.sin(np.radians(_KNOWN_DEG) / 2))
    return values, there
