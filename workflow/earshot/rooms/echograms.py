"""Echograms: the energy of impulse responses in octaves and short frames, and noise that has the energy of one.

Octaves here are those whose squares add up to 1, as energies of a response do and noises to one with a flat spectrum.
Frames begin when the source sounds.
"""

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate, pad

from earshot.rooms.image_source import HALF_FILTER
from earshot.rooms.shoebox import Shoebox
from earshot.seeds import generator
from earshot.signal.octaves import CENTRES_HZ, gains

BANDS = len(CENTRES_HZ)
_AT_ONCE = 64  # responses, whose octaves are in memory together
_TIMES = 32  # at which an expected decay is computed; between them it is a line in dB
_RINGS = 16  # periods of its middle frequency, after which an octave rings no more
_OWN = 0.1  # of what an octave has, at least, its own noise has and not its neighbours'
_NOISE_S = 30.0  # of noise there is so much, in which each response has a place


def frames_of(samples: int, rate_hz: float, frame_s: float) -> int:
    """Return how many frames responses of a length have."""
    return -(-(samples - HALF_FILTER) // round(frame_s * rate_hz))


def echograms(responses: Tensor, rate_hz: float, frame_s: float) -> Tensor:
    """Return the energy of responses `(rows, samples)` in octaves and frames, `(rows, bands, frames)`."""
    samples, hop = responses.shape[-1], round(frame_s * rate_hz)
    frames = frames_of(samples, rate_hz, frame_s)
    length = samples + round(_RINGS * rate_hz / CENTRES_HZ[0])
    length += -length % 512  # few lengths, so that few filters are made
    octaves = torch.from_numpy(_octaves(length, rate_hz)).to(responses.device, torch.float32)
    found = []
    for some in torch.split(responses, _AT_ONCE):
        filtered = torch.fft.irfft(torch.fft.rfft(some.float(), length)[:, None] * octaves, length)
        kept = filtered[..., HALF_FILTER : HALF_FILTER + frames * hop]
        kept = pad(kept, (0, frames * hop - kept.shape[-1]))
        found.append(kept.reshape(*kept.shape[:2], frames, hop).square().sum(-1))
    return torch.cat(found)


def expected_echogram(walls: Shoebox, frames: int, frame_s: float, rate_hz: float) -> NDArray[np.float64]:
    """Return the energy `(bands, frames)` that a response in this room is expected to have in octaves and frames."""
    shares = np.square(_octaves(4096, rate_hz)).mean(1)
    frame_s = round(frame_s * rate_hz) / rate_hz
    times_s = (np.arange(frames, dtype=np.float64) + 0.5) * frame_s
    some_s = times_s[-1] * np.linspace(0, 1, _TIMES) ** 2  # early decays bend more than late ones
    levels = np.log(walls.expected_energy(some_s))
    energy = np.exp([np.interp(times_s, some_s, band) for band in levels]) * frame_s
    return shares[:, None] * energy  # walls that absorb all octaves alike have one


class ShapedNoise:
    """Noise in octaves, each response's from a place of its own, that is given the energy of an echogram."""

    def __init__(self, seed: int, rate_hz: float, device: torch.device) -> None:
        samples = round(_NOISE_S * rate_hz)
        samples += -samples % 64
        noise = generator(seed, "octaves of noise").standard_normal((BANDS, samples), dtype=np.float32)
        filtered = np.fft.irfft(np.fft.rfft(noise) * _octaves(samples, rate_hz), samples)
        filtered /= np.sqrt(np.square(filtered).mean(1, keepdims=True))
        self._noise = torch.from_numpy(filtered.astype(np.float32)).to(device)
        power = np.square(_octaves(samples, rate_hz))
        heard = power @ power.T / power.sum(1)  # octaves overlap: what each hears of each, (octaves, noises)
        self._apart = torch.from_numpy(np.linalg.inv(heard).astype(np.float32)).to(device)

    def places(self, count: int, samples: int, seed: int, *names: str | int) -> NDArray[np.int64]:
        """Return where the noise of so many responses begins, by their room's name."""
        return generator(seed, "place in noise", *names).integers(0, self._noise.shape[1] - samples + 1, count)

    def shaped(self, energy: Tensor, hop: int, places: NDArray[np.int64], samples: int) -> Tensor:
        """Return noise `(rows, samples)` whose energy in octaves and frames is this, `(rows, bands, frames)`.

        Frames are so many samples long. Between the middles of frames amplitudes change evenly. An octave that is much
        weaker than its neighbour hears that too.
        """
        energy = energy[..., : frames_of(samples, hop, 1.0)]
        own = torch.maximum(torch.einsum("bn,rnf->rbf", self._apart, energy), _OWN * energy)
        amplitude = interpolate((own / hop).sqrt(), scale_factor=hop, mode="linear")[..., : samples - HALF_FILTER]
        made = energy.new_zeros(len(energy), samples)
        for row, (loudness, place) in enumerate(zip(amplitude, places.tolist(), strict=True)):
            noise = self._noise[:, place : place + loudness.shape[1]]
            torch.sum(loudness * noise, 0, out=made[row, HALF_FILTER : HALF_FILTER + loudness.shape[1]])
        return made


@lru_cache(maxsize=64)
def _octaves(length: int, rate_hz: float) -> NDArray[np.float64]:
    """Return the gain of each octave `(bands, length // 2 + 1)` in a spectrum: their squares add up to 1.

    They rise and fall as the slopes of Vorbis's window, which have no corner that would ring.
    """
    return np.sin(np.pi / 2 * gains(np.fft.rfftfreq(length, 1 / rate_hz), CENTRES_HZ, open_ends=True))
