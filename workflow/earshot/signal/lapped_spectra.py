"""Spectra of windows half of which lie over each other, from which signals come back whole."""

import torch
from torch import Tensor


def lapped_spectra(signals: Tensor, window_samples: int) -> Tensor:
    """Return the spectra `(..., bins, frames)` of signals `(..., samples)`: the first frame is about the first sample.

    Windows are the root of Hann's, so that what is done to a spectrum fades in and out twice.
    """
    window = _window(window_samples, signals)
    found = torch.stft(
        signals.flatten(0, -2),
        window_samples,
        window_samples // 2,
        window=window,
        pad_mode="constant",
        return_complex=True,
    )
    return found.view(*signals.shape[:-1], *found.shape[-2:])


def signals_of(spectra: Tensor, window_samples: int, samples: int) -> Tensor:
    """Return the signals `(..., samples)` whose spectra these are."""
    window = _window(window_samples, spectra.real)
    found = torch.istft(spectra.flatten(0, -3), window_samples, window_samples // 2, window=window, length=samples)
    return found.view(*spectra.shape[:-2], samples)


def _window(samples: int, like: Tensor) -> Tensor:
    return torch.hann_window(samples, dtype=torch.float64, device=like.device).sqrt().to(like.dtype)
