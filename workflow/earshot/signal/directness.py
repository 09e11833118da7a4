"""How direct what ears hear is: how much of the power of each band is not what earlier sound leaves in a room."""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from earshot.signal.binaural_spectra import BinauralSettings

DECAYS_S = (0.2, 0.4, 0.8)  # times in which power falls by 60 dB, of rooms that a sound may be in
_EARLIER_S = 0.03  # how much earlier sound is that leaves something; what comes sooner is of one sound
_LOUDER = 3.0  # how much more counts against it than a steady sound leaves, so that it is onsets that count
_FLOOR = 1e-6  # of the loudest band and frame


def directness(power: Tensor, settings: BinauralSettings) -> Tensor:
    """Return shares `(scenes, decays, bands, frames)` from 0 to 1 of power `(scenes, bands, frames)`.

    What an exponential decay leaves of earlier power is a room's late part (Polack; Lebart, Boucher and Denbigh 2001,
    "A new method based on spectral subtraction for speech dereverberation", Acta Acustica 87). A steady sound is as
    direct at any time; an onset is 1, and a decay is close to 0.
    """
    left = torch.einsum("sbt,dtu->sdbu", power, _decays(power.shape[2], settings, power.device))
    floor = _FLOOR * power.amax((1, 2), keepdim=True) + torch.finfo(power.dtype).tiny
    return (power / (power + floor))[:, None] / (1 + _LOUDER * left / (power + floor)[:, None])


@lru_cache(maxsize=8)
def _decays(frames: int, settings: BinauralSettings, device: torch.device) -> Tensor:
    """Return how much of a frame's power is left in another, `(decays, frames, frames)`; all together it is once."""
    hop_s = settings.hop_samples / settings.rate_hz
    later = np.arange(frames) - np.arange(frames)[:, None] - max(1, round(_EARLIER_S / hop_s))
    kept = 10 ** (-6 * hop_s / np.array(DECAYS_S))[:, None, None]
    left = np.where(later >= 0, (1 - kept) * kept ** later.clip(0), 0.0)
    return torch.tensor(left, dtype=torch.float32, device=device)
