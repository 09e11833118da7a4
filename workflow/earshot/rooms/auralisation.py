"""What a head hears in a room of which the response of a microphone is known: made when it is wanted.

A response between two places is the same in both directions. So a head may stand where the source of a stored response
was, or its receiver, and sound comes from the other. Images that arrive first go through the HRIRs of their directions;
what comes later is a diffuse field as the ears hear it, that decays as the stored response does, or as it is expected
to where walls absorb octaves unlike.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from earshot.rooms.acoustics import SPEED_OF_SOUND
from earshot.rooms.binaural import ear_responses
from earshot.rooms.heads import Head
from earshot.rooms.image_source import HALF_FILTER, images, spectrum_samples
from earshot.rooms.shoebox import Shoebox
from earshot.rooms.simulation import bands_at, fading

_SMOOTH_S = 0.01  # over which a stored response's energy is averaged: less would be heard as its own pulses
_AFTER_DIRECT_S = 0.03  # in which images are heard whatever is asked for, and give way to the diffuse field
_STEP_S = 2e-3  # in which an expected decay is known
_SPARE_S = 0.01  # of images beyond those that are heard whole, for HRIRs that begin late


@dataclass(frozen=True)
class Listening:
    """A head in a room: where it is `(3,)` in metres from the corner, and where it looks.

    That is in degrees from the room's x towards its y; it looks level.
    """

    head_m: NDArray[np.float64]
    facing_deg: float


def binaural_response(
    walls: Shoebox,
    listening: Listening,
    source_m: NDArray[np.float64],
    stored: NDArray[np.floating],
    head: Head,
    exact_s: float,
    random: np.random.Generator,
) -> NDArray[np.float32]:
    """Return the response `(ears, samples)` from a source in `source_m` `(3,)` to a head, as long as the stored one.

    `stored` `(samples,)` is that of a microphone between the two places, at the head's rate, as `simulation.simulate`
    makes it: 1 is the direct sound at 1 m, `HALF_FILTER` samples late. Of images those are heard that arrive within
    `exact_s`, and with or soon after the direct sound; the noise that comes after them is drawn from `random`.
    """
    rate_hz, samples = head.rate_hz, len(stored)
    direct_s = float(np.linalg.norm(source_m - listening.head_m)) / SPEED_OF_SOUND
    until_s = min(max(exact_s, direct_s + _AFTER_DIRECT_S), samples / rate_hz)
    kept = min(samples, round((until_s + _SPARE_S) * rate_hz) + HALF_FILTER)
    farthest_m = SPEED_OF_SOUND * (until_s + _SPARE_S) + float(np.linalg.norm(walls.dimensions_m)) / 2

    def single(values: NDArray[np.float64]) -> torch.Tensor:
        return torch.tensor(values, dtype=torch.float32)

    found = images(single(walls.dimensions_m), single(np.sqrt(1 - walls.absorption)), single(source_m), farthest_m)
    at = single(bands_at(kept + head.taps, rate_hz)) if walls.absorption.shape[-1] > 1 else None
    early = ear_responses(found, single(listening.head_m), listening.facing_deg, head, rate_hz, kept, at).numpy()
    share = fading(until_s, samples, rate_hz)
    made = np.zeros((2, samples), np.float32)
    made[:, :kept] = early * np.sin(share[:kept])
    made += _diffuse(walls, stored, head, np.cos(share), random)
    return made


def _diffuse(
    walls: Shoebox, stored: NDArray[np.floating], head: Head, share: NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.float32]:
    """Return what the ears hear of a diffuse field `(ears, samples)` with a response's energy, times its share.

    Where octaves decay unlike, it is the energy that images are expected to have: what a filter finds in an octave of a
    response is its neighbours' too, which decay later.
    """
    samples, rate_hz = len(stored), head.rate_hz
    noise = random.standard_normal((2, samples))
    if walls.absorption.shape[-1] == 1:
        power = uniform_filter1d(np.square(stored, dtype=np.float64), round(_SMOOTH_S * rate_hz), mode="constant")
        late = np.pad(power.clip(min=0), (head.lag, 0))[:samples]  # as late as a head hears it
        return head.in_diffuse_field(noise * np.sqrt(late) * share).astype(np.float32)
    times_s = (np.arange(samples) - HALF_FILTER - head.lag) / rate_hz
    steps = np.arange(0, samples / rate_hz + _STEP_S, _STEP_S)
    energy = np.stack([np.interp(times_s, steps, band) for band in walls.expected_energy(steps)])
    size = spectrum_samples(samples, rate_hz)
    spectra = np.fft.rfft(noise[:, None] * np.sqrt(energy / rate_hz) * share, size) * bands_at(samples, rate_hz)
    return head.in_diffuse_field(np.fft.irfft(spectra.sum(1), size)[:, :samples]).astype(np.float32)
