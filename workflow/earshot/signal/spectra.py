"""Spectrograms of whole shards of clips, of each kind that a study asks for."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.data.waveforms import FULL_SCALE
from earshot.device import side_by_side
from earshot.progress import progress
from earshot.signal.constant_q import constant_q, constant_q_settings
from earshot.signal.constant_q import levels_db as levels_of_amplitude_db
from earshot.signal.melspectrogram import image, mel_power, mel_settings

Kind = Literal["image", "levels", "mel", "constant_q"]

_AT_ONCE = {"cpu": 2**18, "cuda": 2**24}  # samples of clips: on a processor, what they need fits into a core's cache
_SMALLEST_POWER = 1e-14  # 0 dB is full scale within a sample; below it there is no sound in 16 bits
_SAID = 64  # as many steps between two lines of progress, at least


def spectra(
    waveforms: torch.Tensor, kind: Kind, settings: Mapping[str, Any], rate_hz: float, device: torch.device
) -> NDArray[Any]:
    """Return the spectrograms of clips, `(clips, bands, frames)`, from waveforms `(clips, samples)` of 16 bits.

    An `image` is of one byte a pixel, powers (`mel`) are of four, and levels in dB (`levels`, `constant_q`) of two. No
    clip's depends on its companions.
    """
    make = spectrogram(kind, settings, rate_hz)

    def made(few: torch.Tensor) -> NDArray[Any]:
        return make(few.to(device, torch.float32) / FULL_SCALE).cpu().numpy()

    at_once = max(1, _AT_ONCE[device.type] // waveforms.shape[1])
    steps = [torch.split(some, at_once) for some in torch.split(waveforms, at_once * _SAID)]
    return np.concatenate([one for some in progress(steps, "spectrograms") for one in side_by_side(made, some, device)])


def spectrogram(kind: Kind, settings: Mapping[str, Any], rate_hz: float) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return what makes spectrograms `(clips, bands, frames)` of signals `(clips, samples)`."""
    if kind == "constant_q":
        transform = constant_q_settings(settings, rate_hz)
        return lambda signals: levels_of_amplitude_db(constant_q(signals, transform)).half()
    mel = mel_settings(settings, rate_hz)
    match kind:
        case "image":
            return lambda signals: image(mel_power(signals, mel))
        case "levels":
            return lambda signals: (10 * mel_power(signals, mel).clamp(min=_SMALLEST_POWER).log10()).half()
        case "mel":
            return lambda signals: mel_power(signals, mel)
