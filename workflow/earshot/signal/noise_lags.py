"""Sums of lagged products of noise, each term turned by a phase that grows with time.

They are all that `earshot.signal.short_time_sums` wants to know of noise, whatever window it looks through. One
transform of the noise serves all windows, and so does each turn that they have in common.
"""

from collections.abc import Sequence
from math import ceil
from typing import Any

import torch
from scipy.fft import next_fast_len

from earshot.device import array_modules
from earshot.signal.noise import NoiseSettings, white_noise


class NoiseLags:
    """Some measurements' noise x, and its sums over n of x(n + lag) x(n) e^(-2 pi i n turns).

    `turns` are whole multiples of 1 / `hop_samples` for each sample; of lags there are `lags` from 0 on, and those
    before 0 but one.
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
        # A multiple of the hop, so that every turn shifts by whole steps; long enough that lags do not wrap around.
        self._steps = next_fast_len(ceil((noise.shape[-1] + lags) / hop_samples))
        self._spectrum = self._fft.fft(xp.asarray(noise), self._steps * hop_samples)
        self._twice = xp.concatenate([self._spectrum.conj()] * 2, -1)
        self._found: dict[int, tuple[Any, Any]] = {}

    def __call__(self, turn: int, hop_samples: int) -> tuple[Any, Any]:
        """Return sums for turns of `turn / hop_samples` a sample, where the hop divides that of all.

        They are complex, `(measurements, repetitions, lags)` from lag 0 on, and from the first lag to lag -1.
        """
        shift = turn * self._steps * (self.hop_samples // hop_samples)
        if shift not in self._found:
            length = self._spectrum.shape[-1]
            sums = self._fft.ifft(self._spectrum * self._twice[..., length - shift : 2 * length - shift])
            self._found[shift] = sums[..., : self._lags].copy(), sums[..., 1 - self._lags :].copy()
        return self._found[shift]
