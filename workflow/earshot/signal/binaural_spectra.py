"""What two ears hear over time, by band: levels, and how both differ in level and in phase."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from earshot.settings import settings_from
from earshot.signal.bands import Bands

KINDS = 4  # of values of a band: level, difference of levels, cosine and sine of the difference of phases
_FLOOR_DB = -80.0  # of levels, below the loudest band and frame
_DB = 10.0  # of a value of 1


@dataclass(frozen=True)
class BinauralSettings:
    """How time and frequency are divided. Windows are Hann's; bands are equally wide on the scale of ERB."""

    rate_hz: float
    window_samples: int
    hop_samples: int
    bands: int
    lowest_hz: float
    highest_hz: float

    @property
    def values(self) -> int:
        """How many values a frame has."""
        return KINDS * self.bands


def binaural_spectra(ears: Tensor, settings: BinauralSettings) -> Tensor:
    """Return values `(scenes, values, frames)` of what is heard by ears `(scenes, 2, samples)`.

    First come levels of both ears together, in units of 10 dB above the scene's mean; then by how much the left one is
    louder, in the same units; then cosine and sine of the phase by which it is ahead, times the coherence of the ears
    in the band, a number from 0 to 1. Nothing of this depends on how loud a scene is.
    """
    weights, window = _weights(settings, ears.device)
    frames = ears.float().unfold(-1, settings.window_samples, settings.hop_samples) * window
    left, right = torch.fft.rfft(frames)[..., : len(weights)].unbind(1)
    powers = torch.stack([one.real.square() + one.imag.square() for one in (left, right)]) @ weights
    cross = left * right.conj()
    real, imaginary = cross.real @ weights, cross.imag @ weights
    both = powers.sum(0)
    floor = 10 ** (_FLOOR_DB / 10) * both.amax((1, 2), keepdim=True) + torch.finfo(torch.float32).tiny
    levels = 10 * (both + floor).log10()
    difference = 10 * ((powers[0] + floor) / (powers[1] + floor)).log10()
    coherent = (powers[0] * powers[1]).sqrt() + floor
    values = [
        (levels - levels.mean((1, 2), keepdim=True)) / _DB,
        difference / _DB,
        real / coherent,
        imaginary / coherent,
    ]
    return torch.cat(values, -1).transpose(1, 2)


@lru_cache(maxsize=8)
def _weights(settings: BinauralSettings, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the weights `(bins, bands)` of the bins that bands use, and the window."""
    bands = Bands(settings.bands, "erb", settings.lowest_hz, settings.highest_hz)
    weights = bands.weights(settings.window_samples, settings.rate_hz)
    bins = 1 + int(np.flatnonzero(weights.any(0))[-1])
    window = torch.hann_window(settings.window_samples, dtype=torch.float64)
    used = torch.tensor(weights[:, :bins].T.copy(), dtype=torch.float32, device=device)
    return used, window.to(device, torch.float32)


def binaural_settings(settings: Mapping[str, Any], rate_hz: float) -> BinauralSettings:
    """Return the settings that a configuration's section holds as plain values, for scenes of this rate."""
    return settings_from(BinauralSettings, settings, rate_hz=rate_hz)
