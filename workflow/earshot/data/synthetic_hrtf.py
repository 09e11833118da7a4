"""Synthetic people: a structural model of the HRTF, for demonstrations and tests without measured data.

A sphere delays and shadows the sound at each ear, and the pinna adds five echoes whose delays tell elevation, and front
from back. It is the model of Brown and Duda (1998), "A structural model for binaural sound synthesis", IEEE Trans.
Speech Audio Process. 6(5), 476-488, without its shoulders and room. How much people differ here is our choice: enough
to be measured, and no statistic of mankind.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earshot.data.sofa import HrirSet
from earshot.seeds import generator

SPEED_OF_SOUND = 343.0  # m/s, air at 20 degrees Celsius
DISTANCE_M = 1.0  # written to the set; the model itself is one of far sources
SHADOW_FLOOR, SHADOW_ANGLE_DEG = 0.1, 150.0  # alpha_min and theta_min, Brown and Duda (1998), section III
PINNA_RATE_HZ = 44100.0  # the rate at which their delays are counted in samples
PINNA_REFLECTION = (0.5, -1.0, 0.5, -0.25, 0.25)  # rho_n, their Table I, as are the next four
PINNA_RANGE = (1.0, 5.0, 5.0, 5.0, 5.0)  # A_n in samples
PINNA_OFFSET = (2.0, 4.0, 7.0, 11.0, 13.0)  # B_n in samples
PINNA_BEND_RD = (0.85, 0.35, 0.35, 0.35, 0.35)  # D_n of their listener RD
PINNA_BEND_PB = (1.0, 0.5, 0.5, 0.5, 0.5)  # D_n of their listeners PB and NH
PRE_DELAY_TAPS = 64  # room for what the band limit rings before the onset
PASS_BAND = 0.8  # of half the sampling rate; above, a raised cosine falls to zero, as in a measurement
TRUNCATION_DB = -70.0  # energy that may fall outside the taps


@dataclass(frozen=True)
class Person:
    """What makes one synthetic person's HRTF differ from another's."""

    subject: str
    head_radius_m: float = 0.0875  # the usual mean; Hartley and Fry (1921)
    ear_back_deg: float = 10.0  # behind the interaural axis; ears at 100 degrees, Blauert (1997), "Spatial Hearing"
    ear_down_deg: float = 0.0
    pinna_size: float = 1.0  # scales the echoes' delays; 0 is a sphere without pinnae
    pinna_bend: float = 1.0  # 0 = listener RD, 1 = listeners PB and NH of Brown and Duda
    # No two ears are alike: the left pinna is larger by this share, the right one smaller. At 0, front and back of a
    # cone of confusion differ at both ears alike, and no difference between the ears tells them apart.
    pinna_asymmetry: float = 0.0


def draw_person(seed: int, subject: str) -> Person:
    """Return the person of that name: the same for one `seed`, whoever else is drawn, in whatever order."""
    random = generator(seed, "synthetic person", subject)
    return Person(
        subject=subject,
        head_radius_m=float(np.clip(random.normal(0.0875, 0.005), 0.075, 0.1)),
        ear_back_deg=float(np.clip(random.normal(10, 4), 0, 20)),
        ear_down_deg=float(np.clip(random.normal(5, 4), -5, 15)),
        pinna_size=float(np.clip(random.normal(1, 0.12), 0.7, 1.3)),
        pinna_bend=float(random.uniform(0, 1)),
        pinna_asymmetry=float(random.choice([-1, 1]) * random.uniform(0.1, 0.25)),
    )


def grid(
    azimuths: int = 36, elevations: int = 12, lowest_deg: float = -66.24
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Azimuths and elevations in degrees, `(azimuths * elevations,)` each, in rings from the zenith to `lowest_deg`.

    As in the ITA collection (72 azimuths, 32 elevations), the zenith is measured once per azimuth: those directions
    are one. The rest are distinct.
    """
    elevation, azimuth = np.meshgrid(
        np.linspace(90, lowest_deg, elevations), np.arange(azimuths) * 360 / azimuths, indexing="ij"
    )
    return azimuth.ravel(), elevation.ravel()


def synthesise_hrirs(
    person: Person, azimuth_deg: ArrayLike, elevation_deg: ArrayLike, rate_hz: float = 44100.0, taps: int = 256
) -> HrirSet:
    """Return the person's impulse responses for sources at `(measurements,)` azimuths and elevations in degrees.

    Responses are computed as spectra, so that delays are exact, and band-limited. All share one delay, and the level
    of a free field without a head is 0 dB. Raises `ValueError` when a response does not fit into `taps`.
    """
    azimuth, elevation = np.broadcast_arrays(*np.atleast_1d(azimuth_deg, elevation_deg))
    azimuth, elevation = azimuth.astype(np.float64) % 360, elevation.astype(np.float64)
    size = 4 * taps  # long enough to see what the taps would cut off
    frequency = np.linspace(0, rate_hz / 2, size // 2 + 1)
    ears = [(90 + person.ear_back_deg, -person.ear_down_deg), (-90 - person.ear_back_deg, -person.ear_down_deg)]
    incidence = np.stack([_incidence(azimuth, elevation, ear) for ear in ears], axis=1)
    delay = _sphere_delay(incidence, person.head_radius_m) + PRE_DELAY_TAPS / rate_hz
    spectra = np.exp(-2j * np.pi * frequency * delay[..., np.newaxis]) * _band_limit(frequency, rate_hz / 2)
    spectra *= _head_shadow(incidence, frequency, person.head_radius_m)
    sizes = person.pinna_size * (1 + person.pinna_asymmetry), person.pinna_size * (1 - person.pinna_asymmetry)
    spectra *= np.stack([_pinna(azimuth, elevation, frequency, size, person.pinna_bend) for size in sizes], axis=1)
    whole = np.fft.irfft(spectra, size)
    outside = 10 * np.log10(np.max(np.sum(whole[..., taps:] ** 2, axis=-1) / np.sum(whole**2, axis=-1)))
    if outside > TRUNCATION_DB:
        raise ValueError(f"{taps} taps at {rate_hz:g} Hz are too few: {outside:.0f} dB of the energy falls outside")
    distance = np.full(len(azimuth), DISTANCE_M)
    return HrirSet(person.subject, whole[..., :taps].copy(), float(rate_hz), azimuth, elevation, distance)


def _incidence(
    azimuth_deg: NDArray[np.float64], elevation_deg: NDArray[np.float64], ear_deg: tuple[float, float]
) -> NDArray[np.float64]:
    """Angle between source and ear as seen from the head's centre, in radians: `(measurements,)`."""
    elevation, ear_elevation = np.radians(elevation_deg), np.radians(ear_deg[1])
    between = np.radians(azimuth_deg - ear_deg[0])
    cosine = np.cos(elevation) * np.cos(ear_elevation) * np.cos(between) + np.sin(elevation) * np.sin(ear_elevation)
    return np.asarray(np.arccos(np.clip(cosine, -1, 1)))


def _sphere_delay(incidence: NDArray[np.float64], radius_m: float) -> NDArray[np.float64]:
    """Delay in s relative to the head's centre: straight to a lit ear, along the sphere to a shadowed one.

    Woodworth's formula as in Brown and Duda (1998): -a/c cos(theta) up to 90 degrees, a/c (theta - pi/2) beyond.
    """
    lit = -np.cos(incidence)
    return radius_m / SPEED_OF_SOUND * np.where(incidence < np.pi / 2, lit, incidence - np.pi / 2)


def _head_shadow(
    incidence: NDArray[np.float64], frequency: NDArray[np.float64], radius_m: float
) -> NDArray[np.complex128]:
    """Shadow of a sphere as one pole and one zero, Brown and Duda (1998): `(measurements, ears, frequencies)`.

    H = (1 + j alpha w / 2w0) / (1 + j w / 2w0) with w0 = c/a. The high-frequency gain alpha is 2 (6 dB) for a source
    at the ear and least at 150 degrees, since behind the sphere waves from all sides meet in a bright spot.
    """
    angle = np.degrees(incidence)[..., np.newaxis] / SHADOW_ANGLE_DEG * np.pi
    alpha = 1 + SHADOW_FLOOR / 2 + (1 - SHADOW_FLOOR / 2) * np.cos(angle)
    turn = 1j * np.pi * frequency * radius_m / SPEED_OF_SOUND  # j w / 2w0
    return np.asarray((1 + alpha * turn) / (1 + turn))


def _pinna(
    azimuth_deg: NDArray[np.float64],
    elevation_deg: NDArray[np.float64],
    frequency: NDArray[np.float64],
    size: float,
    bend_share: float,
) -> NDArray[np.complex128]:
    """Echoes of one ear's pinna, Brown and Duda (1998): `(measurements, frequencies)`.

    Echo n comes after A_n cos(theta/2) sin(D_n (90 degrees - phi)) + B_n samples at 44.1 kHz, with azimuth theta within
    180 degrees of the front and elevation phi. They state it for sources in front; cos(theta/2) goes on to fall behind,
    where the echoes come earlier.
    """
    ahead = np.cos(np.radians((azimuth_deg + 180) % 360 - 180) / 2)
    spectrum = np.ones((len(azimuth_deg), len(frequency)), dtype=np.complex128)
    table = zip(PINNA_REFLECTION, PINNA_RANGE, PINNA_OFFSET, PINNA_BEND_RD, PINNA_BEND_PB, strict=True)
    for reflection, reach, offset, bend_rd, bend_pb in table:
        bend = bend_rd + bend_share * (bend_pb - bend_rd)
        samples = reach * ahead * np.sin(bend * np.radians(90 - elevation_deg)) + offset
        delay = size * samples / PINNA_RATE_HZ
        spectrum += reflection * np.exp(-2j * np.pi * np.outer(delay, frequency))
    return spectrum


def _band_limit(frequency: NDArray[np.float64], half_rate_hz: float) -> NDArray[np.float64]:
    """Flat, then a raised cosine down to zero at half the sampling rate, without which fractional delays ring long."""
    fall = np.clip((frequency / half_rate_hz - PASS_BAND) / (1 - PASS_BAND), 0, 1)
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * fall))
