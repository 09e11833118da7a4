"""Interaural features the published way: one waveform after another on the CPU, with SciPy and librosa."""

import librosa
import numpy as np
from numpy.typing import NDArray
from scipy.signal import oaconvolve

from earshot.signal.interaural import WINDOW, InterauralSettings, differences


def interaural_features(
    hrirs: NDArray[np.float64], noise: NDArray[np.float32], rate_hz: float, settings: InterauralSettings
) -> NDArray[np.float32]:
    """Convolve, transform and compare the ears, direction by direction and draw by draw.

    `hrirs` is `(directions, 2, taps)`, `noise` `(directions, repetitions, samples)`; the result is
    `(directions, repetitions, features)`, in the order and units of `InterauralSettings.names`.
    """
    level_weights = settings.level_bands.weights(settings.window_samples, rate_hz).astype(np.float32)
    phase_weights = settings.phase_bands.weights(settings.window_samples, rate_hz).astype(np.float32)
    features = np.empty((*noise.shape[:2], len(settings.names)), np.float32)
    for pair, draws, rows in zip(hrirs.astype(np.float32), noise, features, strict=True):
        for repetition, draw in enumerate(draws):
            ears = oaconvolve(pair, draw[None], axes=-1)
            left, right = _spectra(ears, settings)
            rows[repetition] = differences(
                (ears**2).sum(-1),
                np.stack([level_weights @ (abs(ear) ** 2).sum(-1) for ear in (left, right)]),
                phase_weights @ (left * right.conj()).sum(-1),
                settings,
            )
    return features


def _spectra(ears: NDArray[np.float32], settings: InterauralSettings) -> NDArray[np.complex64]:
    """Return the short-time spectra of both ears, `(2, bins, frames)`, over every frame that touches the signal."""
    window, hop = settings.window_samples, settings.hop_samples
    padded = np.pad(ears, ((0, 0), (window, window + hop)))
    spectra: NDArray[np.complex64] = librosa.stft(padded, n_fft=window, hop_length=hop, window=WINDOW, center=False)
    return spectra
