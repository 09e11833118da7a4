"""Synthetic people obey the physics of a sphere, hear elevation by their pinnae, and differ from each other."""

from dataclasses import replace

import numpy as np
import pytest
from earshot.data.synthetic_hrtf import SPEED_OF_SOUND, Person, draw_person, grid, synthesise_hrirs

RATE_HZ = 44100.0
SIZE = 4096
FREQUENCY = np.fft.rfftfreq(SIZE, 1 / RATE_HZ)
SPHERE = Person("sphere", ear_back_deg=0, ear_down_deg=0, pinna_size=0)


def spectra(person, azimuth_deg, elevation_deg=0.0) -> np.ndarray:
    """Transfer functions, `(measurements, ears, frequencies)`."""
    return np.fft.rfft(synthesise_hrirs(person, azimuth_deg, elevation_deg).hrirs, SIZE)


def band(low_hz, high_hz) -> np.ndarray:
    return (low_hz <= FREQUENCY) & (high_hz >= FREQUENCY)


def interaural_time(person, azimuth_deg, low_hz=5000.0, high_hz=16000.0) -> np.ndarray:
    """Time in s by which the left ear is earlier: the slope of the interaural phase in a band, `(measurements,)`."""
    left, right = np.moveaxis(spectra(person, azimuth_deg)[..., band(low_hz, high_hz)], 1, 0)
    phase = np.unwrap(np.angle(left * right.conj()))
    return np.polyfit(2 * np.pi * FREQUENCY[band(low_hz, high_hz)], phase.T, 1)[0]


def level_difference(person, azimuth_deg, low_hz, high_hz) -> np.ndarray:
    """Level in dB by which the left ear is louder in a band, `(measurements,)`."""
    energy = np.sum(np.abs(spectra(person, azimuth_deg)[..., band(low_hz, high_hz)]) ** 2, axis=-1)
    return 10 * np.log10(energy[:, 0] / energy[:, 1])


def test_the_interaural_time_of_a_sphere_is_woodworths():
    """a/c (theta + sin theta); the shadow's own group delay adds a few microseconds."""
    theta = np.radians(np.arange(10, 91, 10))
    expected = SPHERE.head_radius_m / SPEED_OF_SOUND * (theta + np.sin(theta))
    np.testing.assert_allclose(interaural_time(SPHERE, np.degrees(theta)), expected, rtol=0.03)
    np.testing.assert_allclose(interaural_time(SPHERE, -np.degrees(theta)), -expected, rtol=0.03)


def test_the_interaural_phase_at_low_frequencies_is_that_of_diffraction():
    """Rayleigh's 3 a/c sin theta (Kuhn 1977), more than Woodworth's: the shadow delays the far ear."""
    left, right = spectra(SPHERE, 30.0)[0]
    low = band(100, 300)
    delay = np.angle(left[low] * right[low].conj()) / (2 * np.pi * FREQUENCY[low])
    np.testing.assert_allclose(delay, 3 * SPHERE.head_radius_m / SPEED_OF_SOUND * 0.5, rtol=0.15)


def test_a_sound_from_the_ears_side_is_louder_and_from_the_front_equally_loud():
    assert np.all(level_difference(SPHERE, [30, 60, 90, 120], 2000, 8000) > 3)
    assert np.all(level_difference(SPHERE, [-30, -60, -90, -120], 2000, 8000) < -3)
    np.testing.assert_allclose(
        level_difference(replace(draw_person(0, "anna"), pinna_asymmetry=0), [0, 180], 100, 16000), 0, atol=1e-9
    )


def test_the_level_difference_grows_with_frequency():
    by_octave = [level_difference(SPHERE, 60.0, low, 2 * low)[0] for low in (125, 250, 500, 1000, 2000, 4000)]
    assert np.all(np.diff(by_octave) > 0)
    assert by_octave[0] < 2 and by_octave[-1] > 10


def test_the_ear_facing_the_source_gains_6_db_at_high_frequencies():
    gain = 20 * np.log10(np.abs(spectra(SPHERE, 90.0)[0, 0, band(10000, 16000)]))
    np.testing.assert_allclose(gain, 6.02, atol=0.2)


def test_low_frequencies_pass_at_0_db():
    for person in (SPHERE, draw_person(3, "bert")):
        low = np.abs(spectra(person, [0, 90, 200, 270], [0, 40, -20, 90])[..., band(0, 30)])
        np.testing.assert_allclose(20 * np.log10(low), 0, atol=0.1)


def test_mirrored_sources_give_mirrored_responses():
    azimuth, elevation = grid(24, 7)
    person = replace(draw_person(1, "carl"), pinna_asymmetry=0)
    left, right = (synthesise_hrirs(person, sign * azimuth, elevation).hrirs for sign in (1, -1))
    np.testing.assert_allclose(left, right[:, ::-1], atol=1e-12)


def test_a_bigger_head_hears_more_time_between_the_ears():
    times = [interaural_time(replace(SPHERE, head_radius_m=radius), 60.0)[0] for radius in (0.075, 0.085, 0.095)]
    np.testing.assert_allclose(np.divide(times, times[0]), np.array([75, 85, 95]) / 75, rtol=0.01)


def test_a_notch_of_the_pinna_rises_with_elevation():
    """The human notch between 6 and 12 kHz rises as a source in front rises; a sphere has none."""
    near = band(8000, 13000)
    spectrum = np.abs(spectra(Person("x"), np.zeros(5), [-40, -25, -10, 5, 20])[:, 0, near])
    notches = FREQUENCY[near][spectrum.argmin(axis=1)]
    assert np.all(np.diff(notches) > 100)
    assert np.all(spectrum.min(axis=1) < 0.3 * spectrum.max(axis=1))
    flat = np.abs(spectra(SPHERE, 0.0, 20.0)[0, 0, near])
    assert flat.min() > 0.9 * flat.max()


def test_front_and_back_differ_by_the_pinna_alone():
    """Sources at 30 and 150 degrees are one to a symmetric sphere."""
    front, back = np.abs(spectra(SPHERE, [30, 150]))
    np.testing.assert_allclose(front, back, atol=1e-9)
    front, back = 20 * np.log10(np.abs(spectra(replace(SPHERE, pinna_size=1), [30, 150])[:, 0, band(3000, 15000)]))
    assert np.abs(front - back).max() > 6


def test_people_differ_and_stay_themselves():
    together = {name: draw_person(7, name) for name in ("anna", "bert", "carl")}
    assert draw_person(7, "carl") == together["carl"], "whoever was drawn before"
    assert draw_person(8, "carl") != together["carl"], "another study"
    people = [draw_person(7, f"person {index}") for index in range(50)]
    for field in ("head_radius_m", "ear_back_deg", "ear_down_deg", "pinna_size", "pinna_bend", "pinna_asymmetry"):
        assert len({getattr(person, field) for person in people}) > 40
    mine, yours = (np.abs(spectra(together[name], 40.0, 10.0)[0, 0, band(3000, 15000)]) for name in ("anna", "bert"))
    assert np.abs(20 * np.log10(mine / yours)).max() > 3


def test_everyone_fits_into_the_taps_at_every_usual_rate():
    biggest = Person("x", head_radius_m=0.1, ear_back_deg=20, ear_down_deg=15, pinna_size=1.3, pinna_bend=1)
    for rate_hz, taps in ((44100, 256), (48000, 256), (16000, 192), (96000, 512)):
        hrirs = synthesise_hrirs(biggest, *grid(12, 7), rate_hz, taps)
        assert hrirs.hrirs.shape == (84, 2, taps) and hrirs.rate_hz == rate_hz
        first = np.abs(hrirs.hrirs[..., :16]).max() / np.abs(hrirs.hrirs).max()
        assert first < 1e-3, "quiet before the onset"
    with pytest.raises(ValueError, match="96 taps at 44100 Hz are too few"):
        synthesise_hrirs(biggest, *grid(12, 7), taps=96)


def test_the_grid_has_one_zenith_measured_many_times():
    azimuth, elevation = grid(36, 12)
    hrirs = synthesise_hrirs(Person("x"), azimuth, elevation)
    assert len(azimuth) == 432 and (elevation == 90).sum() == 36
    assert len(set(hrirs.directions)) == 36 * 11 + 1
    assert set(hrirs.directions[elevation == 90]) == {"az000.00_el+90.00"}
    zenith = hrirs.hrirs[elevation == 90]
    np.testing.assert_allclose(zenith, np.broadcast_to(zenith[:1], zenith.shape), atol=1e-9)


def test_ears_that_differ_tell_front_from_back_by_what_is_between_them():
    """Sources at 30 and 150 degrees lie on one cone of confusion: only unequal pinnae tell them apart interaurally."""
    for asymmetry, least, most in ((0.0, 0, 0.05), (0.2, 6, 60)):
        person = replace(SPHERE, pinna_size=1, pinna_asymmetry=asymmetry)
        heard = np.abs(spectra(person, [30, 150])[..., band(3000, 12000)])
        front, back = 20 * np.log10(heard[:, 0] / heard[:, 1])
        assert least <= np.abs(front - back).max() <= most
