"""Spectrograms of clips by librosa, one clip at a time: what ours are timed against."""

from collections.abc import Mapping
from typing import Any

import librosa
import numpy as np
from numpy.typing import NDArray

from earshot.signal.constant_q import BINS_PER_OCTAVE
from earshot.signal.melspectrogram_control import image_control


def spectrogram_control(
    signal: NDArray[np.float32], kind: str, settings: Mapping[str, Any], rate_hz: float
) -> NDArray[Any]:
    """Return the spectrogram `(bands, frames)` of a signal `(samples,)` as `earshot.signal.spectra` has it."""
    hop = settings["hop_samples"]
    if kind == "constant_q":
        bins = settings["octaves"] * BINS_PER_OCTAVE
        found = librosa.cqt(
            signal,
            sr=rate_hz,
            hop_length=hop,
            fmin=settings["lowest_hz"],
            n_bins=bins,
            bins_per_octave=BINS_PER_OCTAVE,
        )
        return librosa.amplitude_to_db(abs(found), top_db=None)
    power = librosa.feature.melspectrogram(
        y=signal,
        sr=rate_hz,
        n_fft=settings["window_samples"],
        hop_length=hop,
        n_mels=settings["bands"],
        fmin=settings["lowest_hz"],
        fmax=settings["highest_hz"],
        pad_mode="reflect",
        htk=settings["scale"] == "htk",
        norm="slaney" if settings["scale"] == "slaney" else None,
    )
    match kind:
        case "image":
            return image_control(power)
        case "levels":
            return librosa.power_to_db(power, top_db=None)
        case _:
            return power
