"""Image sources of shoebox rooms (Allen and Berkley 1979), on any device.

What a receiver hears of an image is a pulse with a place between two samples. A pulse is put on a grid that is finer
than the samples, shared between the two nearest places; one filter for the whole response, the windowed sinc that a
pulse alone would have been drawn with (Peterson 1986), then takes it to the samples. So an image costs two additions
in place of the filter's 81.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from earshot.rooms.acoustics import SPEED_OF_SOUND

HALF_FILTER = 40  # samples: a filter of 81, and as much silence before a pulse at time 0
LOWEST_HZ = 20.0  # below it there is nothing to hear
_RINGS_S = 0.1  # for as long rings the filter that takes it away
FINER = 8  # places between two samples; sharing then errs by less than -50 dB of a response below 8 kHz
_NEAREST_M = 1e-3  # what is closer to a source is not louder


@dataclass(frozen=True)
class Images:
    """Image sources of a room: columns along x of the images in a plane, those of a plane nearest to its middle first.

    An image's amplitude, the product of the reflection factors on its way, is a column's times one of the plane's. So
    each column is the beginning of the plane, as far as it reaches, and nothing is kept for each image.
    """

    columns_m: Tensor  # (columns,), x
    column_amplitudes: Tensor  # (columns, bands)
    plane_m: Tensor  # (plane, 2), y and z
    plane_amplitudes: Tensor  # (plane, bands)
    reach: list[int]  # of each column, how many of the plane

    @property
    def positions(self) -> Tensor:
        """Where every image is, `(images, 3)`."""
        parts = [
            torch.cat([x.expand(count, 1), self.plane_m[:count]], dim=1)
            for x, count in zip(self.columns_m, self.reach, strict=True)
        ]
        return torch.cat(parts)

    @property
    def amplitudes(self) -> Tensor:
        """How loud every image is at 1 m, `(images, bands)`."""
        columns = zip(self.column_amplitudes, self.reach, strict=True)
        return torch.cat([column * self.plane_amplitudes[:count] for column, count in columns])


def images(dimensions_m: Tensor, reflections: Tensor, source_m: Tensor, farthest_m: float) -> Images:
    """Return the images of a source `(3,)` in a room `(3,)` that are no farther from the room's centre.

    `reflections` `(axes, 2, bands)` are the factors by which a wall reflects pressure: of each axis the wall at 0 and
    the one across.
    """
    places, factors = [], []
    for axis in range(3):
        length = dimensions_m[axis]
        rooms = int(farthest_m / float(length)) + 2
        number = torch.arange(-rooms, rooms + 1, device=length.device)  # of rooms in a row, each the mirror of the next
        mirrored = number % 2 == 1
        places.append(torch.where(mirrored, length - source_m[axis], source_m[axis]) + number * length)
        fewer, more = number.abs() // 2, (number.abs() + 1) // 2  # walls take turns; the first is at the image's side
        times = torch.where(number < 0, torch.stack([more, fewer]), torch.stack([fewer, more]))
        factors.append((reflections[axis, :, None] ** times[..., None]).prod(0))
    squares = [(place - length / 2).square() for place, length in zip(places, dimensions_m, strict=True)]
    distance, order = (squares[1][:, None] + squares[2]).flatten().sort()
    y, z = order // len(places[2]), order % len(places[2])
    reach = torch.searchsorted(distance, farthest_m**2 - squares[0], right=True)
    heard = reach > 0
    return Images(
        places[0][heard],
        factors[0][heard],
        torch.stack([places[1][y], places[2][z]], dim=1),
        factors[1][y] * factors[2][z],
        reach[heard].tolist(),
    )


def responses(
    found: Images, receivers_m: Tensor, rate_hz: float, samples: int, bands_at: Tensor | None = None
) -> Tensor:
    """Return impulse responses `(receivers, samples)` of images at receivers `(receivers, 3)`.

    The direct sound is 1 at a distance of 1 m, and arrives `HALF_FILTER` samples late. `bands_at` `(bands, n // 2 + 1)`
    are the gains of the bands that amplitudes are for, at the frequencies of a spectrum of n samples, which are
    `spectrum_samples(samples, rate_hz)`; None where there is one for all.
    """
    length = spectrum_samples(samples, rate_hz)
    pulses = _pulses(found, receivers_m, rate_hz, samples, length * FINER)
    return to_samples(spectra_of(pulses, length, bands_at), length, rate_hz)[:, :samples]


def spectrum_samples(samples: int, rate_hz: float) -> int:
    """Return the length of the Fourier transforms that responses of a length are made with."""
    needed = samples + 2 * HALF_FILTER + 1 + round(_RINGS_S * rate_hz)
    unit = 2 ** max(6, needed.bit_length() - 4)  # no more than an eighth is added, and factors stay small
    return -(-needed // unit) * unit


def heard(found: Images, receivers_m: Tensor, rate_hz: float, samples: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Go through the columns of images as they are heard at receivers `(receivers, 3)`, `(receivers, images)` each.

    Of each column it is the places on the fine grid at which images arrive, and how loud they would be by their
    distance alone. What arrives after the samples that are kept is put behind them.
    """
    in_plane = (receivers_m[:, None, 1:] - found.plane_m).square().sum(2)  # (receivers, plane), m2
    along = (found.columns_m[:, None, None] - receivers_m[:, :1]).square()  # (columns, receivers, 1), m2
    for column, count in enumerate(found.reach):
        distance = (in_plane[:, :count] + along[column]).sqrt_().clamp_(min=_NEAREST_M)
        place = distance * (rate_hz * FINER / SPEED_OF_SOUND)
        place.clamp_(max=samples * FINER)  # there begins what is not kept
        yield place, distance.reciprocal_()


def spectra_of(pulses: Tensor, length: int, bands_at: Tensor | None = None) -> Tensor:
    """Return the spectra `(..., length // 2 + 1)` of pulses by band on the fine grid, `(..., bands, length * FINER)`.

    They are those of samples, `HALF_FILTER` late. `bands_at` is as in `responses`.
    """
    spectra = torch.fft.rfft(pulses)[..., : length + 1] * _filter(length, pulses.device)
    folded = spectra[..., : length // 2 + 1] + spectra[..., length // 2 :].flip(-1).conj()
    return folded[..., 0, :] if bands_at is None else (folded * bands_at).sum(-2)


def to_samples(spectra: Tensor, length: int, rate_hz: float) -> Tensor:
    """Return the samples `(..., length)` of spectra `(..., length // 2 + 1)`, without what is below hearing."""
    return torch.fft.irfft(spectra * _high_pass(length, rate_hz, spectra.device), length)


def _pulses(found: Images, receivers_m: Tensor, rate_hz: float, samples: int, places: int) -> Tensor:
    """Return what arrives, by band, on the fine grid `(receivers, bands, places)`, as if nothing came later."""
    bands = found.plane_amplitudes.shape[1]
    pulses = torch.zeros(bands, len(receivers_m), places, device=receivers_m.device)
    by_band = found.plane_amplitudes.T.contiguous()
    for column, (place, loudness) in enumerate(heard(found, receivers_m, rate_hz, samples)):
        first = place.long()
        second = first + 1
        share = place.sub_(first)
        for band in range(bands):
            amplitude = loudness * (by_band[band, : found.reach[column]] * found.column_amplitudes[column, band])
            late = amplitude * share
            pulses[band].scatter_add_(1, first, amplitude.sub_(late))
            pulses[band].scatter_add_(1, second, late)
    return pulses.transpose(0, 1)


@lru_cache(maxsize=64)
def _filter(length: int, device: torch.device) -> Tensor:
    """Return the spectrum `(length + 1,)`, up to the sampling rate, that makes samples of pulses on the fine grid.

    It delays by `HALF_FILTER` samples, and takes back what sharing a pulse between two places does on average.
    """
    places = torch.arange(-HALF_FILTER * FINER, HALF_FILTER * FINER + 1, device=device, dtype=torch.float64) / FINER
    pulse = torch.sinc(places) * (0.5 + 0.5 * torch.cos(torch.pi * places / HALF_FILTER))
    spectrum = torch.fft.rfft(pulse, length * FINER)[: length + 1]
    sharing = torch.sinc(torch.arange(length + 1, device=device, dtype=torch.float64) / (length * FINER)) ** 2
    return (spectrum / sharing / FINER).to(torch.complex64)


@lru_cache(maxsize=64)
def _high_pass(length: int, rate_hz: float, device: torch.device) -> Tensor:
    """Return the spectrum `(length // 2 + 1,)` of two Butterworth filters of second order after each other.

    All pulses of an image have the same sign, so that what is left of them at 0 Hz exceeds, late in a response, all
    that is heard.
    """
    ratio = torch.arange(length // 2 + 1, device=device, dtype=torch.float64) * (rate_hz / length / LOWEST_HZ)
    once = -(ratio**2) / (1 - ratio**2 + 1j * 2**0.5 * ratio)
    return (once**2).to(torch.complex64)
