"""A room with six walls, and how its sound is expected to decay.

Walls are `(axes, 2)`: of each axis the one at 0 and the one across. Absorption is of energy, the same from all
directions; with octave bands it is `(axes, 2, bands)`.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from earshot.rooms.acoustics import SPEED_OF_SOUND, decay_levels, decay_time, eyring_time, sabine_time

_NODES = 24  # directions of an octant are as many squared; twice as many change no time by 1e-3
_DECAYED_DB = -45.0  # so that a time can be read down to -35 dB
_LOOKS, _LONGER = 200, 1.5  # at a decay, over so much longer than a response
_STEPS = 1000  # of a decay: a time is read from so many places


@dataclass(frozen=True)
class Shoebox:
    """A room: its dimensions `(3,)` in metres, and what its walls absorb."""

    dimensions_m: NDArray[np.float64]
    absorption: NDArray[np.float64]

    @property
    def volume_m3(self) -> float:
        """Volume, cubic metres."""
        return float(np.prod(self.dimensions_m))

    @property
    def areas_m2(self) -> NDArray[np.float64]:
        """Area of each wall `(axes, 2)`, square metres."""
        return np.repeat(self.volume_m3 / self.dimensions_m[:, None], 2, axis=1)

    def mean(self) -> "Shoebox":
        """Return the same room with walls that absorb alike what these do on average over area and bands."""
        areas = self.areas_m2[..., None]
        return Shoebox(self.dimensions_m, np.full((3, 2, 1), (areas * self.absorption).mean(-1).sum() / areas.sum()))

    def statistical_times(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the reverberation times `(bands,)` by Sabine and by Eyring, seconds."""
        areas = self.areas_m2
        absorbing = (areas[..., None] * self.absorption).sum((0, 1))
        eyring = [eyring_time(self.volume_m3, areas.sum(), one / areas.sum()) for one in absorbing]
        return np.array([sabine_time(self.volume_m3, one) for one in absorbing]), np.array(eyring)

    def expected_energy(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the energy `(bands, times)` that is expected to arrive within a second at each time.

        It is the mean over sources and receivers anywhere, of what images add up to, in the direct sound's at 1 m.
        Images lie evenly, one in the room's volume, and sound from a direction crosses the room along an axis as often
        as that axis asks for: so each direction decays by itself, and those that meet few or hard walls are what is
        left at last (after Lehmann and Johansson 2008, who average differently).
        """
        cosines, weights = _octant()
        reflected = -np.log1p(-self.absorption)  # nepers of energy, (axes, walls, bands)
        energy = np.empty((self.absorption.shape[-1], len(times_s)))
        for band, walls in enumerate(np.moveaxis(reflected, -1, 0)):
            left = np.ones((len(times_s), len(weights)))
            for axis in range(3):
                left *= _left(
                    SPEED_OF_SOUND / self.dimensions_m[axis] * np.outer(times_s, cosines[:, axis]), walls[axis]
                )
            energy[band] = left @ weights
        return 4 * np.pi * SPEED_OF_SOUND / self.volume_m3 * energy

    def decays_within(self, length_s: float) -> bool:
        """Whether all octaves are expected to have decayed by then so far that a time can be read down to -35 dB."""
        steps = np.linspace(0, length_s * _LONGER, _LOOKS)
        levels = decay_levels(np.sqrt(self.expected_energy(steps)))
        return bool(levels[:, int(_LOOKS / _LONGER)].max() <= _DECAYED_DB)


def absorption_for(dimensions_m: NDArray[np.float64], t60_s: float) -> float:
    """Return what all walls absorb alike, so that a decay as expected from -5 to -35 dB takes this time to 60 dB.

    Late enough each direction decays exponentially, as fast as the logarithm of what a wall reflects says: so the time
    of one such logarithm tells all others.
    """
    cosines, weights = _octant()
    rates = SPEED_OF_SOUND * cosines @ (1 / dimensions_m)  # of walls that take a neper each, 1/s
    times_s = np.linspace(0, 12 / rates.min(), _STEPS)
    left = np.exp(-np.outer(times_s, rates)) @ (weights / rates)
    of_neper = decay_time(10 * np.log10(left / left[0]), 1 / times_s[1], -5, -35)
    return float(1 - np.exp(-of_neper / t60_s))


def _left(crossings: NDArray[np.float64], nepers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of energy that is left on average after crossing a room along an axis so many times.

    A way of 2.3 lengths meets two walls or, as often as 3 times in 10, three; the two walls of the axis take turns, and
    either may be the first.
    """
    whole = np.floor(crossings)
    more = crossings - whole
    uneven = np.cosh((nepers[0] - nepers[1]) / 2)  # of an odd number of walls one is met once more than the other
    odd = whole % 2 == 1
    mean = nepers.mean()
    fewer_walls = np.where(odd, uneven, 1.0)
    more_walls = np.where(odd, 1.0, uneven) * np.exp(-mean)
    return np.exp(-mean * whole) * ((1 - more) * fewer_walls + more * more_walls)


@cache
def _octant() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return directions of an octant of the sphere as cosines `(directions, axes)`, and weights that add up to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    nodes, weights = (nodes + 1) / 2, weights / 2
    height, angle = np.meshgrid(nodes, nodes * np.pi / 2, indexing="ij")
    flat = np.sqrt(1 - height**2)
    cosines = np.stack([flat * np.cos(angle), flat * np.sin(angle), height], axis=-1).reshape(-1, 3)
    return cosines, np.outer(weights, weights).ravel()
