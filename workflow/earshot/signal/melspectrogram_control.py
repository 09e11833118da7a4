"""Mel spectrograms as the studies made them, a clip at a time: with librosa (B) or torchaudio (E)."""

from functools import lru_cache

import librosa
import numpy as np
import torch
from numpy.typing import NDArray

from earshot.signal.melspectrogram import MelSettings
from earshot.signal.torchaudio_anywhere import torchaudio


def mel_power_control(signal: NDArray[np.float32], settings: MelSettings) -> NDArray[np.float32]:
    """Return the power in mel bands, `(bands, frames)`, of a signal `(samples,)`."""
    if settings.scale == "slaney":
        return librosa.feature.melspectrogram(
            y=signal,
            sr=settings.rate_hz,
            n_fft=settings.window_samples,
            hop_length=settings.hop_samples,
            n_mels=settings.bands,
            fmin=settings.lowest_hz,
            fmax=settings.highest_hz,
            pad_mode="reflect",  # librosa's own choice at the time of the study
        )
    return _transform(settings)(torch.from_numpy(signal)).numpy()


@lru_cache(maxsize=4)
def _transform(settings: MelSettings) -> torch.nn.Module:
    return torchaudio.transforms.MelSpectrogram(
        sample_rate=round(settings.rate_hz),
        n_fft=settings.window_samples,
        hop_length=settings.hop_samples,
        n_mels=settings.bands,
        f_min=settings.lowest_hz,
        f_max=settings.highest_hz,
    )


def stretched_control(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return power in decibels, standardised, and stretched from 0 to 255, as Pavlova (2021) does."""
    levels = librosa.power_to_db(power, top_db=80)
    standard = (levels - levels.mean()) / (levels.std() + 1e-6)
    low, high = standard.min(), standard.max()
    return 255 * (standard - low) / (high - low)


def image_control(power: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return power as an image of 256 greys, as Pavlova (2021) does."""
    return stretched_control(power).astype(np.uint8)
