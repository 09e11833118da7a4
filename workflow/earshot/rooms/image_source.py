"""Image sources of shoebox rooms (Allen and Berkley 1979), on any device.

What a receiver hears of an image is a pulse with a place between two samples. A pulse is put on a grid that is finer
than the samples, shared between the two nearest places; one filter for the whole response, the windowed sinc that a
pulse alone would have been drawn with (Peterson 1986), then takes it to the samples. So an image costs two additions
in place of the filter's 81.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from earshot.rooms.acoustics import SPEED_OF_SOUND

HALF_FILTER = 40  # samples: a filter of 81, and as much silence before a pulse at time 0
_FINER = 8  # places between two samples; sharing then errs by less than -50 dB of a response below 8 kHz
LOWEST_HZ = 20.0  # below it there is nothing to hear
_RINGS_S = 0.1  # for as long rings the filter that takes it away
_AT_ONCE = 2**15  # images: their arrays fit into a core's cache
_NEAREST_M = 1e-3  # what is closer to a source is not louder


@dataclass(frozen=True)
class Images:
    """Image sources of a room."""

    positions: Tensor  # (images, 3), m
    amplitudes: Tensor  # (images, bands): product of the reflection factors on the way, at 1 m

    def parts(self) -> Iterator["Images"]:
        """Return them few at a time."""
        pairs = zip(torch.split(self.positions, _AT_ONCE), torch.split(self.amplitudes, _AT_ONCE), strict=True)
        return (Images(*pair) for pair in pairs)


def images(dimensions_m: Tensor, reflections: Tensor, source_m: Tensor, farthest_m: float) -> Images:
    """Return the images of a source `(3,)` in a room `(3,)` that are no farther from the room's centre.

    `reflections` `(axes, 2, bands)` are the factors by which a wall reflects pressure: of each axis the wall at 0 and
    the one across.
    """
    offsets, factors = [], []
    for axis in range(3):
        length = dimensions_m[axis]
        rooms = int(farthest_m / float(length)) + 2
        number = torch.arange(
            -rooms, rooms + 1, device=length.device
        )  # of rooms side by side, each the mirror of the next
        mirrored = number % 2 == 1
        offsets.append(torch.where(mirrored, length - source_m[axis], source_m[axis]) + number * length - length / 2)
        fewer, more = number.abs() // 2, (number.abs() + 1) // 2  # walls take turns; the first is at the image's side
        times = torch.where(number < 0, torch.stack([more, fewer]), torch.stack([fewer, more]))
        factors.append((reflections[axis, :, None] ** times[..., None]).prod(0))
    squares = [offset.square() for offset in offsets]
    distance = squares[0][:, None, None] + squares[1][:, None] + squares[2]
    kept = torch.nonzero(distance <= farthest_m**2).unbind(1)
    positions = torch.stack([offset[at] for offset, at in zip(offsets, kept, strict=True)], dim=1)
    amplitudes = factors[0][kept[0]] * factors[1][kept[1]] * factors[2][kept[2]]
    return Images(positions + dimensions_m / 2, amplitudes)


def responses(
    found: Images, receivers_m: Tensor, rate_hz: float, samples: int, bands_at: Tensor | None = None
) -> Tensor:
    """Return impulse responses `(receivers, samples)` of images at receivers `(receivers, 3)`.

    The direct sound is 1 at a distance of 1 m, and arrives `HALF_FILTER` samples late. `bands_at` `(bands, n // 2 + 1)`
    are the gains of the bands that amplitudes are for, at the frequencies of a spectrum of n samples, which are
    `spectrum_samples(samples, rate_hz)`; None where there is one for all.
    """
    length = spectrum_samples(samples, rate_hz)
    pulses = _pulses(found, receivers_m, rate_hz, samples, length * _FINER)
    spectra = torch.fft.rfft(pulses)[..., : length + 1] * _filter(length, receivers_m.device)
    folded = spectra[..., : length // 2 + 1] + spectra[..., length // 2 :].flip(-1).conj()
    summed = folded[:, 0] if bands_at is None else (folded * bands_at).sum(1)
    return torch.fft.irfft(summed * _high_pass(length, rate_hz, receivers_m.device), length)[:, :samples]


def spectrum_samples(samples: int, rate_hz: float) -> int:
    """Return the length of the Fourier transforms that responses of a length are made with."""
    needed = samples + 2 * HALF_FILTER + 1 + round(_RINGS_S * rate_hz)
    unit = 2 ** max(6, needed.bit_length() - 4)  # no more than an eighth is added, and factors stay small
    return -(-needed // unit) * unit


def _pulses(found: Images, receivers_m: Tensor, rate_hz: float, samples: int, places: int) -> Tensor:
    """Return what arrives, by band, on the fine grid `(receivers, bands, places)`, as if nothing came later."""
    bands = found.amplitudes.shape[1]
    pulses = torch.zeros(len(receivers_m) * bands * places + 1, device=receivers_m.device)
    firsts = torch.arange(len(receivers_m), device=receivers_m.device)[:, None] * (bands * places)
    for part in found.parts():
        distance = torch.cdist(receivers_m, part.positions, compute_mode="donot_use_mm_for_euclid_dist")
        place = distance * (rate_hz * _FINER / SPEED_OF_SOUND)
        place.clamp_(max=samples * _FINER)  # there begins what is not kept
        whole = place.to(torch.int32)
        share = place - whole
        at = (whole + firsts).flatten()
        loudness = distance.clamp_(min=_NEAREST_M).reciprocal_()
        for band in range(bands):
            amplitude = loudness * part.amplitudes[:, band]
            second = amplitude * share
            pulses.index_add_(0, at + band * places, (amplitude - second).flatten())
            pulses.index_add_(0, at + (band * places + 1), second.flatten())
    return pulses[:-1].view(len(receivers_m), bands, places)


def _filter(length: int, device: torch.device) -> Tensor:
    """Return the spectrum `(length + 1,)`, up to the sampling rate, that makes samples of pulses on the fine grid.

    It delays by `HALF_FILTER` samples, and takes back what sharing a pulse between two places does on average.
    """
    places = torch.arange(-HALF_FILTER * _FINER, HALF_FILTER * _FINER + 1, device=device, dtype=torch.float64) / _FINER
    pulse = torch.sinc(places) * (0.5 + 0.5 * torch.cos(torch.pi * places / HALF_FILTER))
    spectrum = torch.fft.rfft(pulse, length * _FINER)[: length + 1]
    sharing = torch.sinc(torch.arange(length + 1, device=device, dtype=torch.float64) / (length * _FINER)) ** 2
    return (spectrum / sharing / _FINER).to(torch.complex64)


def _high_pass(length: int, rate_hz: float, device: torch.device) -> Tensor:
    """Return the spectrum `(length // 2 + 1,)` of two Butterworth filters of second order after each other.

    All pulses of an image have the same sign, so that what is left of them at 0 Hz exceeds, late in a response, all
    that is heard.
    """
    ratio = torch.arange(length // 2 + 1, device=device, dtype=torch.float64) * (rate_hz / length / LOWEST_HZ)
    once = -(ratio**2) / (1 - ratio**2 + 1j * 2**0.5 * ratio)
    return (once**2).to(torch.complex64)
