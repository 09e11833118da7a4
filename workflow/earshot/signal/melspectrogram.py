"""Mel spectrograms of clips, and the image that Pavlova (2021) makes of one.

They are those of librosa and of torchaudio, in the order that is fastest here: of a short-time spectrum, only the bins
that a mel band uses are squared and weighted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import librosa
import numpy as np
import torch

from earshot.settings import settings_from

_SMALLEST_POWER = 1e-10  # below it, levels are this one's: librosa.power_to_db
_RANGE_DB = 80.0  # of levels below the loudest
_GROUPS = 4  # of neighbouring bands: of 1, 2, 4 and 8 the fastest for both studies' spectrograms
_SMALLEST_DEVIATION = 1e-6  # added to a standard deviation that is divided by


@dataclass(frozen=True)
class MelSettings:
    """What mel spectrograms are. Windows are Hann's; signals are continued by their mirror image at both ends.

    On the scale `slaney` (Slaney 1998) bands have equal area, on `htk` (O'Shaughnessy 1987) equal height: the defaults
    of librosa and of torchaudio.
    """

    rate_hz: float
    window_samples: int
    hop_samples: int
    bands: int
    lowest_hz: float
    highest_hz: float
    scale: Literal["slaney", "htk"]


def mel_power(signals: torch.Tensor, settings: MelSettings) -> torch.Tensor:
    """Return the power in mel bands, `(clips, bands, frames)`, of signals `(clips, samples)`."""
    weights, window = _weights(settings, signals.device)
    bins = max(first + len(of_bins) for first, of_bins in weights)
    half = settings.window_samples // 2
    continued = torch.nn.functional.pad(signals[:, None], (half, half), mode="reflect")[:, 0]
    frames = continued.unfold(-1, settings.window_samples, settings.hop_samples) * window
    # Frame by frame, as they lie in memory: a sum over real and imaginary parts that lie side by side is slow.
    used = torch.view_as_real(torch.fft.rfft(frames)[..., :bins])
    power = used[..., 0].square().addcmul_(used[..., 1], used[..., 1])
    by_band = [power[..., first : first + len(of_bins)] @ of_bins for first, of_bins in weights]
    return torch.cat(by_band, dim=-1).transpose(-1, -2)


def levels_db(power: torch.Tensor) -> torch.Tensor:
    """Return levels `(clips, bands, frames)` of power in decibels, none more than 80 dB below its clip's highest."""
    levels = 10 * power.clamp(min=_SMALLEST_POWER).log10()
    return torch.maximum(levels, levels.amax((-2, -1), keepdim=True) - _RANGE_DB)


def stretched(levels: torch.Tensor) -> torch.Tensor:
    """Return each clip's levels standardised, and then stretched from 0 to 255."""
    centred = levels - levels.mean((-2, -1), keepdim=True)
    deviation = centred.square().mean((-2, -1), keepdim=True).sqrt()  # in a fifth of the time of torch.std
    standard = centred / (deviation + _SMALLEST_DEVIATION)
    low, high = standard.amin((-2, -1), keepdim=True), standard.amax((-2, -1), keepdim=True)
    return 255 * (standard - low) / (high - low)


def image(power: torch.Tensor) -> torch.Tensor:
    """Return power `(clips, bands, frames)` as images of 256 greys, of one byte a pixel."""
    return stretched(levels_db(power)).to(torch.uint8)


@lru_cache(maxsize=8)
def _weights(settings: MelSettings, device: torch.device) -> tuple[list[tuple[int, torch.Tensor]], torch.Tensor]:
    """Return the weights of bins in bands, and the window.

    Neighbouring bands are weighted together: for each such group the first bin that it uses, and weights
    `(bins, bands)` from there on. A band spans few of all bins, so that groups spare most of one large product.
    """
    weights = librosa.filters.mel(
        sr=settings.rate_hz,
        n_fft=settings.window_samples,
        n_mels=settings.bands,
        fmin=settings.lowest_hz,
        fmax=settings.highest_hz,
        htk=settings.scale == "htk",
        norm="slaney" if settings.scale == "slaney" else None,
    )
    groups = []
    for bands in np.array_split(weights, _GROUPS):
        used = np.flatnonzero(bands.any(0))
        first, last = (used[0], used[-1]) if len(used) else (0, 0)
        groups.append((int(first), torch.from_numpy(np.ascontiguousarray(bands[:, first : last + 1].T)).to(device)))
    window = torch.hann_window(settings.window_samples, dtype=torch.float64).to(device, torch.float32)
    return groups, window


def mel_settings(settings: Mapping[str, Any], rate_hz: float) -> MelSettings:
    """Return the settings that a configuration's section holds as plain values, for clips of this rate."""
    return settings_from(MelSettings, settings, rate_hz=rate_hz)
