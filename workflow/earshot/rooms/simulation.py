"""Impulse responses of rooms by their image sources: exact until there are too many, then by their statistics."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.rooms.acoustics import SPEED_OF_SOUND, decay_levels
from earshot.rooms.binaural import ear_responses
from earshot.rooms.heads import Head, in_axes_of_head
from earshot.rooms.image_source import HALF_FILTER, images, responses, spectrum_samples
from earshot.rooms.sampling import Room
from earshot.rooms.shoebox import Shoebox
from earshot.seeds import generator
from earshot.signal.octaves import CENTRES_HZ, gains

_STEP_S = 2e-3  # in which the expected decay is known
_FADES_S = 0.02  # in which images give way to noise, or to silence, so that no octave of theirs ends in a click
_INAUDIBLE_DB = -65.0  # of a decay: what comes after it is left away
_RECEIVERS_AT_ONCE = 32  # whose spectra are in memory together


@dataclass(frozen=True)
class SimulationSettings:
    """How responses are made."""

    seed: int
    rate_hz: float
    length_s: float  # of what is kept
    most_images: int

    @property
    def samples(self) -> int:
        """Length of a response, samples."""
        return round(self.length_s * self.rate_hz)


@dataclass(frozen=True)
class Simulated:
    """The responses of a room, `(rows, samples)`, and how they came about.

    A row is a receiver's; where receivers are heads there are two of each, the left ear's and the right one's.
    """

    responses: NDArray[np.float32]
    arrivals: NDArray[np.int64]  # of the direct sound, samples, `(rows,)`
    exact_s: float  # until when they are made of images
    ends_s: float  # when they are inaudible, or cut
    facing_deg: NDArray[np.float64] | None = None  # where heads look, `(receivers,)`: from the room's x towards its y


def simulate(room: Room, settings: SimulationSettings, device: torch.device, head: Head | None = None) -> Simulated:
    """Return the responses at a room's receivers: 1 is the direct sound at 1 m, `HALF_FILTER` samples late.

    Where more images than `most_images` are heard in the whole of a response, those that come first are computed; what
    comes after them is noise of each receiver's own, with the energy in each octave that images are expected to have.
    With a head every receiver is one, and the noise is that of a diffuse field. Raises ValueError where the head's rate
    is not that of the responses.
    """
    if head is not None and head.rate_hz != settings.rate_hz:
        raise ValueError(f"a head at {head.rate_hz:g} Hz hears no responses at {settings.rate_hz:g} Hz")
    steps = np.arange(0, settings.length_s, _STEP_S)
    energy = room.walls.expected_energy(steps)
    levels = decay_levels(np.sqrt(energy))
    audible = (levels > _INAUDIBLE_DB).any(0)
    ends_s = float(steps[audible][-1] + _STEP_S)
    exact_s = min(ends_s, exact_for(room.walls, settings.most_images))
    facing_deg = None if head is None else facing(room, settings)
    exact = early_part(room, exact_s, settings, device, head)
    made = np.zeros((len(exact), settings.samples), np.float32)
    made[:, : exact.shape[1]] = exact
    if exact_s < ends_s:
        lag = 0 if head is None else head.lag
        times = (np.arange(settings.samples) - HALF_FILTER - lag) / settings.rate_hz
        shares = np.cos(fading(exact_s, settings.samples, settings.rate_hz)) * (times < ends_s)
        made += _late(room, [np.interp(times, steps, band) for band in energy], shares, settings, head)
    arrive = arrivals(room, settings.rate_hz)
    if head is not None and facing_deg is not None:
        arrive = (arrive[:, None] + _onsets(room, facing_deg, head)).ravel()
    return Simulated(made, arrive, exact_s, ends_s, facing_deg)


def facing(room: Room, settings: SimulationSettings) -> NDArray[np.float64]:
    """Return where heads at a room's receivers look, `(receivers,)` degrees: anywhere, level."""
    return generator(settings.seed, "facing", room.name).uniform(0, 360, len(room.receivers_m))


def fading(until_s: float, samples: int, rate_hz: float) -> NDArray[np.float64]:
    """Return how images give way to noise, `(samples,)`: its sine is their share of the amplitude, its cosine noise's.

    So the squares of both, which are shares of the energy, add up to 1.
    """
    times = (np.arange(samples) - HALF_FILTER) / rate_hz
    return np.pi / 2 * np.clip((until_s - times) / min(_FADES_S, until_s / 2), 0, 1)


def early_part(
    room: Room, until_s: float, settings: SimulationSettings, device: torch.device, head: Head | None = None
) -> NDArray[np.float32]:
    """Return what a room's receivers hear of its images, `(rows, samples)`, faded out until that time."""
    exact = _images(room, until_s, settings, device, head)
    return exact * np.sin(fading(until_s, settings.samples, settings.rate_hz))[: exact.shape[1]].astype(np.float32)


def exact_for(walls: Shoebox, most_images: int) -> float:
    """Return until when about as many images are heard, seconds. There is one in each of the room's volumes.

    It is never before sound has crossed the room from corner to corner, however few images that are to be.
    """
    beyond = float(np.linalg.norm(walls.dimensions_m))  # where a receiver is, and what it stands from the middle
    farthest = (most_images * walls.volume_m3 * 3 / (4 * np.pi)) ** (1 / 3)
    return max(farthest - beyond, beyond) / SPEED_OF_SOUND


def arrivals(room: Room, rate_hz: float) -> NDArray[np.int64]:
    """Return the samples at which the direct sound arrives, `(receivers,)`."""
    return np.round(room.distances_m / SPEED_OF_SOUND * rate_hz).astype(np.int64) + HALF_FILTER


def _onsets(room: Room, facing_deg: NDArray[np.float64], head: Head) -> NDArray[np.int64]:
    """Return the onsets of the HRIRs that the direct sound is heard through, `(receivers, ears)`."""
    ways = torch.from_numpy(room.source_m - room.receivers_m)
    found = [
        head.nearest(*in_axes_of_head(way[:1], way[1:2], where), way[2:])
        for way, where in zip(ways, facing_deg.tolist(), strict=True)
    ]
    return head.onsets[torch.cat(found).numpy()]


def _images(
    room: Room, until_s: float, settings: SimulationSettings, device: torch.device, head: Head | None
) -> NDArray[np.float32]:
    def on_device(values: NDArray[np.float64]) -> torch.Tensor:
        return torch.tensor(values, dtype=torch.float32, device=device)

    walls = room.walls
    farthest_m = SPEED_OF_SOUND * until_s + float(np.linalg.norm(walls.dimensions_m)) / 2
    reflections = on_device(np.sqrt(1 - walls.absorption))
    found = images(on_device(walls.dimensions_m), reflections, on_device(room.source_m), farthest_m)
    samples = min(settings.samples, round(until_s * settings.rate_hz) + HALF_FILTER)
    kept = samples if head is None else samples + head.taps
    by_band = on_device(bands_at(kept, settings.rate_hz)) if walls.absorption.shape[-1] > 1 else None
    receivers = on_device(room.receivers_m)
    if head is None:
        parts = torch.split(receivers, _RECEIVERS_AT_ONCE)
        made = [responses(found, part, settings.rate_hz, samples, by_band) for part in parts]
    else:
        made = [
            ear_responses(found, receiver, where, head, settings.rate_hz, samples, by_band)
            for receiver, where in zip(receivers, facing(room, settings).tolist(), strict=True)
        ]
    return np.concatenate([part.cpu().numpy() for part in made])


def bands_at(samples: int, rate_hz: float) -> NDArray[np.float64]:
    """Return the gains of octaves `(bands, n // 2 + 1)` in the spectra that responses of a length are made with."""
    frequencies = np.fft.rfftfreq(spectrum_samples(samples, rate_hz), 1 / rate_hz)
    return gains(frequencies, CENTRES_HZ, open_ends=True)


def _late(
    room: Room,
    energy: Sequence[NDArray[np.float64]],
    shares: NDArray[np.float64],
    settings: SimulationSettings,
    head: Head | None,
) -> NDArray[np.float32]:
    """Return noise `(rows, samples)` of the energy in each second, by band, times shares of its amplitude."""
    size = spectrum_samples(settings.samples, settings.rate_hz)
    by_band = bands_at(settings.samples, settings.rate_hz)
    envelopes = np.array([np.sqrt(band / settings.rate_hz) * shares for band in energy])
    made = []
    for receiver in range(len(room.receivers_m)):
        random = generator(settings.seed, "late", room.name, receiver)
        noise = random.standard_normal((1 if head is None else 2, settings.samples))
        if len(energy) == 1:
            shaped = noise * envelopes[0]
        else:
            spectra = np.fft.rfft(noise[:, None] * envelopes, size) * by_band
            shaped = np.fft.irfft(spectra.sum(1), size)[:, : settings.samples]
        made.append(shaped if head is None else head.in_diffuse_field(shaped))
    return np.concatenate(made).astype(np.float32)
