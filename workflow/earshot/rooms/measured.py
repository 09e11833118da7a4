"""Responses that were measured in a room, beside the shoebox that is nearest to it.

What is compared with them is an idealisation: of a room with its furniture six even walls, of a loudspeaker a source
that is the same all around, of a head with two ears a place in its middle.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from earshot.data.sofa import HrirSet, read_hrirs
from earshot.errors import ConfigError
from earshot.rooms.acoustics import Measures, columns_of, measures, onsets
from earshot.rooms.heads import EARS
from earshot.rooms.image_source import LOWEST_HZ
from earshot.rooms.sampling import TEST_FOLD, Room
from earshot.rooms.shoebox import Shoebox, absorption_for
from earshot.rooms.simulation import SimulationSettings

_MOST_ABSORBED = 0.99  # of energy: a shoebox that would have to absorb more has other dimensions


@dataclass(frozen=True)
class MeasuredPlace:
    """Where a file of responses was measured, which the file does not say."""

    name: str
    dimensions_m: tuple[float, float, float]
    listener_m: tuple[float, float, float]  # middle of the head, from the corner that dimensions begin in
    facing_deg: float  # where the head looks: 0 is along the first dimension, 90 along the second
    clockwise: bool = False  # whether the file's azimuths run so, against the convention


@dataclass(frozen=True)
class MeasuredRoom:
    """Responses of a room `(measurements, ears, samples)`, and a shoebox for each, with its source and the head."""

    rooms: Sequence[Room]
    responses: NDArray[np.float64]
    rate_hz: float

    @property
    def arrivals(self) -> NDArray[np.int64]:
        """Samples in which the direct sound begins, `(measurements, ears)`."""
        return onsets(self.responses)

    def index(self) -> pd.DataFrame:
        """Return a row for each response: which it is, and what it measures."""
        both = [self.measures(bands) for bands in (False, True)]
        found = []
        for place, ear in enumerate(EARS):
            of_ear = [{name: values[:, place] for name, values in part.items()} for part in both]
            about = {"room": [room.name for room in self.rooms], "ear": ear, "arrival": self.arrivals[:, place]}
            distances = [room.distances_m[0] for room in self.rooms]
            found.append(pd.DataFrame(about | {"distance_m": distances} | columns_of(*of_ear)))
        return pd.concat(found, ignore_index=True)

    def measures(self, bands: bool = False) -> Measures:
        """Return what was measured `(measurements, ears)`, or by octave `(measurements, ears, bands)`."""
        return measures(self.responses, self.rate_hz, self.arrivals, bands, recorded=True)


def read_measured(path: Path | str, place: MeasuredPlace, simulation: SimulationSettings) -> MeasuredRoom:
    """Return the responses of a SOFA file and shoeboxes with walls that give their median T60 by octave.

    The file is read as one of head-related responses (SimpleFreeFieldHRIR), whose sources lie around the head, at the
    rate of simulated responses and without what these have not below 20 Hz. Raises DataError as `read_hrirs` does, and
    ConfigError where a source lies outside of the room, an octave's decay cannot be read, walls would have to absorb
    too much, or simulated responses would be too short.
    """
    rate_hz = simulation.rate_hz
    measured = read_hrirs(path, rate_hz=rate_hz, clockwise=place.clockwise)
    key, dimensions, head = f"config key reverb.measured.{place.name}", np.array(place.dimensions_m), place.listener_m
    turn = np.radians(place.facing_deg)
    turned = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    sources = np.array(head) + measured.distance_m[:, None] * measured.unit_vectors @ turned.T
    outside = np.any((sources <= 0) | (sources >= dimensions), axis=1)
    if outside.any():
        raise ConfigError(
            f"{key}: the source at {measured.directions[outside][0]} lies outside of the room. "
            "Correct dimensions_m, listener_m or facing_deg."
        )
    responses = audible(measured)
    walls = Shoebox(dimensions, _absorption(MeasuredRoom([], responses, rate_hz), dimensions, f"{key}: {path}"))
    if not walls.decays_within(simulation.length_s):
        raise ConfigError(f"{key}: this room reverberates for too long. Raise rooms.length_s.")
    rooms = [
        Room(f"{place.name}-{number:04d}", walls, None, source, np.array([head]), TEST_FOLD, 1)
        for number, source in enumerate(sources)
    ]
    return MeasuredRoom(rooms, responses, rate_hz)


def audible(measured: HrirSet) -> NDArray[np.float64]:
    """Return responses `(measurements, ears, samples)` without what is below 20 Hz; what was cut off stays so."""
    high_pass = butter(2, LOWEST_HZ, "high", fs=measured.rate_hz, output="sos")
    responses = sosfilt(high_pass, sosfilt(high_pass, measured.hrirs))
    ends = responses.shape[-1] - np.argmax(measured.hrirs[..., ::-1] != 0, axis=-1)
    return np.where(np.arange(responses.shape[-1]) < ends[..., None], responses, 0)


def _absorption(measured: MeasuredRoom, dimensions_m: NDArray[np.float64], named: str) -> NDArray[np.float64]:
    """Return what six even walls `(axes, 2, bands)` absorb that give the median T60 by octave."""
    by_octave = measured.measures(bands=True)["t60_s"]
    if np.isnan(by_octave).all((0, 1)).any():
        raise ConfigError(
            f"{named} has octaves whose decays end, or drown in noise, before they are 45 dB down. "
            "Take other measurements."
        )
    t60_s = np.nanmedian(by_octave, axis=(0, 1))
    absorption = np.array([absorption_for(dimensions_m, one) for one in t60_s])
    if absorption.max() > _MOST_ABSORBED:
        raise ConfigError(
            f"{named} has a T60 of {t60_s[np.argmax(absorption)]:.2f} s, for which walls of such a room would have to "
            f"absorb over {_MOST_ABSORBED:.0%}. Correct dimensions_m."
        )
    return np.broadcast_to(absorption, (3, 2, len(absorption))).copy()
