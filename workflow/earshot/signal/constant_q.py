"""Constant-Q transforms of clips: of each frequency as many periods, so that transposition is a shift along frequency.

What is computed is nnAudio's transform (Cheuk et al. 2020), with its kernels. It is computed as Brown and Puckette
(1992) did, from Fourier transforms of frames: a kernel's own transform is nothing but near its frequency, so an octave
of them takes one product of small matrices, where a convolution takes thousands of samples for each.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import nnAudio.utils
import numpy as np
import torch
from numpy.typing import NDArray

from earshot.settings import settings_from

BINS_PER_OCTAVE = 36  # three a semitone: half a semitone out of tune is half way between two
QUALITY = 1 / (2 ** (1 / BINS_PER_OCTAVE) - 1)  # periods in each window

_NOTHING = 1e-5  # of a kernel's largest value: what its transform has below it is left out
_SMALLEST = 1e-6  # amplitude of which levels are those of silence


@dataclass(frozen=True)
class ConstantQSettings:
    """What constant-Q transforms are. Windows are Hann's; signals are continued by zeros at both ends."""

    rate_hz: float
    hop_samples: int
    lowest_hz: float
    octaves: int


def constant_q(signals: torch.Tensor, settings: ConstantQSettings) -> torch.Tensor:
    """Return amplitudes `(clips, bins, frames)` of signals `(clips, samples)`."""
    width, octaves = _kernels(settings, signals.device)
    padded = torch.nn.functional.pad(signals, (width // 2, width // 2))
    spectrum = torch.fft.rfft(padded.unfold(-1, width, settings.hop_samples))
    parts = []
    for above, below in octaves:
        found = spectrum[..., above.bins] @ above.kernels
        if below:
            found = found + spectrum[..., below.bins].conj() @ below.kernels
        parts.append(found.abs())
    return torch.cat(parts, -1).transpose(-1, -2)


def levels_db(amplitudes: torch.Tensor) -> torch.Tensor:
    """Return levels of amplitudes in decibels, none below -120."""
    return 20 * amplitudes.clamp(min=_SMALLEST).log10()


@dataclass(frozen=True)
class _Octave:
    """Transforms of an octave's kernels, `(bins of a frame, kernels)`, and the bins where they are anything."""

    bins: slice
    kernels: torch.Tensor


@lru_cache(maxsize=4)
def _kernels(settings: ConstantQSettings, device: torch.device) -> tuple[int, list[tuple[_Octave, _Octave | None]]]:
    """Return the length of frames and, of each octave, the kernels' transforms at frequencies above and below zero.

    Those below are anything for the highest kernels alone, which are so short that they leak beyond half the rate.
    """
    kernels, width, lengths, _ = nnAudio.utils.create_cqt_kernels(
        QUALITY, settings.rate_hz, settings.lowest_hz, settings.octaves * BINS_PER_OCTAVE, BINS_PER_OCTAVE
    )
    transforms = np.fft.fft(kernels).conj() * np.sqrt(np.asarray(lengths))[:, None] / width
    largest = abs(transforms).max(1, keepdims=True)

    def part(rows: slice, some: NDArray[np.complexfloating]) -> _Octave | None:
        used = np.flatnonzero((abs(some[rows]) > _NOTHING * largest[rows]).any(0))
        if not used.size:
            return None
        bins = slice(int(used.min()), int(used.max()) + 1)
        own = torch.from_numpy(np.ascontiguousarray(some[rows, bins].T, np.complex64))
        return _Octave(bins, own.to(device))

    above = transforms[:, : width // 2 + 1]
    below = np.zeros_like(above)  # of which zero and half the rate are none
    below[:, 1 : width // 2] = transforms[:, : width // 2 : -1]
    octaves = []
    for start in range(0, settings.octaves * BINS_PER_OCTAVE, BINS_PER_OCTAVE):
        rows = slice(start, start + BINS_PER_OCTAVE)
        here = part(rows, above)
        assert here, "a kernel is something at its own frequency"
        octaves.append((here, part(rows, below)))
    return width, octaves


def constant_q_settings(settings: Mapping[str, Any], rate_hz: float) -> ConstantQSettings:
    """Return the settings that a configuration's section holds as plain values, for clips of this rate."""
    return settings_from(ConstantQSettings, settings, rate_hz=rate_hz)
