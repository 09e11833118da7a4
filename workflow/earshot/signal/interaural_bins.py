"""What all interaural features by one window and one hop have in common: energies and cross spectra, bin by bin.

Bands are sums over bins, so features by any bands are a product with a matrix away. It is what a search is fast by,
which tries hundreds of bands on the same few listeners.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.data.sofa import HrirSet
from earshot.signal.bands import Bands
from earshot.signal.interaural import InterauralSettings, differences
from earshot.signal.interaural_accelerated import Frames, short_time_sums
from earshot.signal.noise import NoiseSettings
from earshot.signal.short_time_sums import Sum


@dataclass(frozen=True)
class _EachBin:
    """Each bin up to a frequency by itself."""

    highest_hz: float

    def weights(self, window_samples: int, rate_hz: float) -> NDArray[np.float64]:
        bins = window_samples // 2 + 1
        return np.eye(min(bins, int(self.highest_hz * window_samples / rate_hz + 0.5) + 1), bins)


@dataclass(frozen=True)
class InterauralBins:
    """Sums over frames of one listener's short-time spectra."""

    window_samples: int
    hop_samples: int
    rate_hz: float
    energy: NDArray[np.float32]  # (measurements, repetitions, 2)
    level: NDArray[np.float32]  # (measurements, repetitions, 2, bins), the energy of each ear in each bin
    cross: NDArray[np.complex64]  # (measurements, repetitions, bins), left times conjugated right

    def features(self, settings: InterauralSettings) -> NDArray[np.float32]:
        """Return features by these settings, `(measurements, repetitions, features)`.

        Raises ValueError for another window or hop, and for bands beyond the frequencies that were kept.
        """
        if (settings.window_samples, settings.hop_samples) != (self.window_samples, self.hop_samples):
            raise ValueError("these are the bins of another window or hop")
        level, cross = self._sums(self.level, settings.level_bands), self._sums(self.cross, settings.phase_bands)
        return differences(np.moveaxis(self.energy, -1, 0), np.moveaxis(level, -2, 0), cross, settings)

    def _sums(self, bins: Sum, bands: Bands) -> Sum:
        weights = bands.weights(self.window_samples, self.rate_hz).astype(np.float32)
        if weights[:, bins.shape[-1] :].any():
            raise ValueError(f"bands up to {bands.highest_hz:g} Hz are beyond the bins that were kept")
        flat = bins.reshape(-1, bins.shape[-1])  # as one product of matrices: with more axes it would be many
        return (flat @ weights[:, : bins.shape[-1]].T).reshape(*bins.shape[:-1], -1)


def interaural_bins(
    listeners: Sequence[HrirSet],
    noise: NoiseSettings,
    frames: Collection[Frames],
    highest_hz: tuple[float, float],
    device: torch.device,
) -> dict[Frames, list[InterauralBins]]:
    """Return each listener's sums by bins, by frames.

    They are for bands of level and of phase up to the highest frequencies given.
    """

    def by_measurement(energy: Sum, level: Sum, cross: Sum) -> tuple[Sum, Sum, Sum]:
        return np.moveaxis(energy, 0, -1), np.moveaxis(level, 0, -2), cross

    level, phase = map(_EachBin, highest_hz)
    made = short_time_sums(listeners, noise, frames, level, phase, device, by_measurement)
    return {
        one: [
            InterauralBins(*one, listener.rate_hz, *sums) for listener, sums in zip(listeners, made[one], strict=True)
        ]
        for one in made
    }
