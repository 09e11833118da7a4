"""What a head hears in a room of which the response of a microphone is known: made when it is wanted.

A response between two places is the same in both directions. So a head may stand where the source of a stored response
was, or its receiver, and sound comes from the other. Images that arrive first go through the HRIRs of their directions;
what comes later is a diffuse field as the ears hear it, that decays as the stored response does.
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
from earshot.signal.octaves import in_bands

_SMOOTH_S = 0.01  # over which a stored response's energy is averaged: less would be heard as its own pulses
_AFTER_DIRECT_S = 0.03  # in which images are heard whatever is asked for, and give way to the diffuse field
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
    by_band = walls.absorption.shape[-1] > 1
    at = single(bands_at(kept + head.taps, rate_hz)) if by_band else None
    early = ear_responses(found, single(listening.head_m), listening.facing_deg, head, rate_hz, kept, at).numpy()
    share = fading(until_s, samples, rate_hz)
    made = np.zeros((2, samples), np.float32)
    made[:, :kept] = early * np.sin(share[:kept])
    made += _diffuse(stored, head, np.cos(share), by_band, random)
    return made


def _diffuse(
    stored: NDArray[np.floating],
    head: Head,
    share: NDArray[np.float64],
    by_band: bool,
    random: np.random.Generator,
) -> NDArray[np.float32]:
    """Return what the ears hear of a diffuse field `(ears, samples)` with a response's energy, times its share."""
    size = spectrum_samples(len(stored), head.rate_hz)
    parts = in_bands(stored, head.rate_hz) if by_band else np.asarray(stored, np.float64)[None]
    if by_band:  # power in a band, of noise that has it in all frequencies alike
        parts /= np.sqrt(np.square(in_bands(_pulse(len(stored)), head.rate_hz)).sum(-1, keepdims=True))
    power = uniform_filter1d(np.square(parts), round(_SMOOTH_S * head.rate_hz), mode="constant").clip(min=0)
    late = np.pad(power, [(0, 0), (head.lag, 0)])[:, : len(stored)]  # as late as a head hears it
    envelopes = np.sqrt(late) * share
    noise = random.standard_normal((2, len(stored)))
    if by_band:
        spectra = np.fft.rfft(noise[:, None] * envelopes, size) * bands_at(len(stored), head.rate_hz)
        shaped = np.fft.irfft(spectra.sum(1), size)[:, : len(stored)]
    else:
        shaped = noise * envelopes[0]
    return head.in_diffuse_field(shaped).astype(np.float32)


def _pulse(samples: int) -> NDArray[np.float64]:
    """Return a pulse in the middle of silence, `(samples,)`."""
    return (np.arange(samples) == samples // 2).astype(np.float64)
