"""Interaural features the published way: one waveform after another on the CPU, with SciPy and librosa."""

from collections.abc import Sequence

import librosa
import numpy as np
from numpy.typing import NDArray
from scipy.signal import oaconvolve

from earshot.data.sofa import HrirSet
from earshot.progress import progress
from earshot.signal.interaural import WINDOW, InterauralSettings, differences
from earshot.signal.noise import NoiseSettings, measurement_ids, white_noise


def interaural_features(
    listeners: Sequence[HrirSet], noise: NoiseSettings, settings: InterauralSettings
) -> list[NDArray[np.float32]]:
    """Return each listener's features, `(measurements, repetitions, features)`, as `settings.names` says."""
    return [_listener(one, noise, settings) for one in progress(listeners, "interaural features, control")]


def _listener(listener: HrirSet, noise: NoiseSettings, settings: InterauralSettings) -> NDArray[np.float32]:
    """Convolve, transform and compare the ears, measurement by measurement and draw by draw."""
    level_weights = settings.level_bands.weights(settings.window_samples, listener.rate_hz).astype(np.float32)
    phase_weights = settings.phase_bands.weights(settings.window_samples, listener.rate_hz).astype(np.float32)
    names = measurement_ids(listener.directions.tolist())
    features = np.empty((len(names), noise.repetitions, len(settings.names)), np.float32)
    for name, pair, rows in zip(names, listener.hrirs.astype(np.float32), features, strict=True):
        for row, draw in zip(rows, white_noise(noise, [name], listener.rate_hz)[0], strict=True):
            ears = oaconvolve(pair, draw[None], axes=-1)
            left, right = _spectra(ears, settings)
            row[:] = differences(
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
