"""Sums of lagged products of noise, each term turned by a phase that grows with time.

They are all that `earshot.signal.short_time_sums` wants to know of noise, whatever window it looks through. One
transform of the noise serves all windows, and so does each turn that they have in common.
"""

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np
import torch
from scipy.fft import next_fast_len

from earshot.device import array_modules
from earshot.signal.noise import NoiseSettings, white_noise


class NoiseLags:
    """Some measurements' noise x, and its sums over n of x(n) x(n + lag) e^(-2 pi i (n + lag / 2) turns).

    Time counts from the middle of both factors, so that lags to both sides have the same sum. `turns` of a sample are
    whole multiples of 1 / `hop_samples`; of lags there are `lags`, from 0 on.
    """

    def __init__(
        self,
        settings: NoiseSettings,
        measurements: Sequence[str],
        rate_hz: float,
        hop_samples: int,
        lags: int,
        device: torch.device,
    ) -> None:
        xp, self._fft = array_modules(device)
        noise = white_noise(settings, measurements, rate_hz)
        self.hop_samples = hop_samples
        self._lags = lags
        # An even multiple of the hop, so that every turn shifts by whole steps to both sides; long enough that lags do
        # not wrap around.
        self._steps = 2 * next_fast_len(ceil((noise.shape[-1] + lags) / (2 * hop_samples)))
        self._length = self._steps * hop_samples
        # Frequencies lie half a step beside those of a plain transform: mirrored at 0 they pair up, none is its own.
        between = np.exp(-1j * np.pi * np.arange(noise.shape[-1]) / self._length).astype(np.complex64)
        spectrum = self._fft.fft(xp.asarray(noise) * xp.asarray(between), self._length)
        self._spectrum = xp.concatenate([spectrum, spectrum], -1)
        self._found: dict[int, Any] = {}

    def __call__(self, turn: int, hop_samples: int) -> Any:
        """Return the sums for `turn / hop_samples` turns a sample, where that hop divides the one of all.

        They are complex, `(measurements, repetitions, lags)`.
        """
        shift = turn * self._steps * (self.hop_samples // hop_samples) // 2
        if shift not in self._found:
            half = self._length // 2
            below = self._spectrum[..., self._length - shift : self._length - shift + half]
            products = self._spectrum[..., shift : shift + half] * below.conj()
            # The products are those of the other half as well, in reverse: their way back is a cosine transform.
            self._found[shift] = self._fft.dct(products)[..., : self._lags] / self._length
        return self._found[shift]
