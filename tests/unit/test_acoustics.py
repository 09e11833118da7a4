"""Measures of ISO 3382-1: decays whose times and energies are known in closed form give these."""

import numpy as np
import pytest
from earshot.rooms.acoustics import SPEED_OF_SOUND, decay_levels, decay_time, eyring_time, measures, sabine_time
from earshot.signal.octaves import CENTRES_HZ, gains, in_bands

RATE_HZ = 16000
ARRIVAL = 700


def envelope(t60_s, seconds=2.0):
    return np.exp(-3 * np.log(10) * np.arange(round(seconds * RATE_HZ)) / RATE_HZ / t60_s)


def noise(t60_s, count=4):
    decay = envelope(t60_s)
    late = np.random.default_rng(1).standard_normal((count, len(decay))) * decay
    return np.concatenate([np.zeros((count, ARRIVAL)), late], axis=1)


def measured(responses, **options):
    return measures(responses, RATE_HZ, np.full(responses.shape[:-1], ARRIVAL), **options)


@pytest.mark.parametrize("t60_s", [0.2, 0.8, 1.6])
def test_an_exponential_decay_has_its_time_and_its_closed_form_energies(t60_s):
    response = np.concatenate([np.zeros(ARRIVAL), envelope(t60_s)])
    found = measured(response)
    late = 10 ** (-6 * 0.05 / t60_s)  # share of the energy after 50 ms
    assert found["t60_s"] == pytest.approx(t60_s, rel=1e-3)
    assert found["edt_s"] == pytest.approx(t60_s, rel=1e-3)
    assert found["c50_db"] == pytest.approx(10 * np.log10((1 - late) / late), abs=0.01)
    assert found["d50"] == pytest.approx(1 - late, abs=1e-3)


def test_the_time_of_noise_is_that_of_its_envelope_in_every_octave():
    found = measured(noise(0.5, 40), bands=True)["t60_s"]
    spread = 0.55 * 0.5 / np.sqrt(np.array(CENTRES_HZ) / np.sqrt(2) * 0.5)  # ISO 3382-2, of a band of such a width
    assert found.shape == (40, 6)
    assert np.all(abs(found.mean(0) - 0.5) < 3 * spread / np.sqrt(40))
    assert np.all(found.std(0) < 2 * spread)


def test_when_the_direct_sound_arrives_changes_nothing_but_the_delay():
    response = noise(0.4)
    later = np.concatenate([np.zeros((4, 2000)), response], axis=1)
    before = measured(response)
    after = measures(later, RATE_HZ, np.full(4, ARRIVAL + 2000))
    assert all(np.allclose(before[name], after[name]) for name in before)


def test_many_responses_measure_what_each_does():
    responses = noise(0.3, 40)
    many = measured(responses, bands=True)
    assert all(np.array_equal(values[37], measured(responses[37], bands=True)[name]) for name, values in many.items())


def test_two_decays_give_an_early_time_and_a_late_one():
    early, late = envelope(0.2), 0.1 * envelope(1.0)
    found = measured(np.concatenate([np.zeros(ARRIVAL), np.sqrt(early**2 + late**2)]))
    assert found["edt_s"] < 0.25
    assert found["t60_s"] > 0.5


def test_direct_to_reverberant_ratio_is_that_of_their_energies():
    response = np.zeros(8000)
    response[ARRIVAL], response[[1400, 2500]] = 1.0, 0.1
    assert measured(response)["drr_db"] == pytest.approx(10 * np.log10(1 / 0.02))
    assert measured(response)["c50_db"] == pytest.approx(10 * np.log10(1.01 / 0.01))


def test_a_band_counts_what_its_filter_adds_where_it_comes_from():
    """A direct sound alone has no late energy in any band, however long the filter rings."""
    response = np.zeros(8000)
    response[ARRIVAL] = 1.0
    assert np.all(np.isinf(measured(response, bands=True)["c50_db"]))


def test_a_decay_that_ends_early_has_no_time():
    levels = decay_levels(envelope(1.0)[:3000])
    assert np.isfinite(decay_time(levels, RATE_HZ, -5, -10))
    assert np.isnan(decay_time(-np.arange(20.0), RATE_HZ, -5, -35))
    assert np.isnan(decay_time(np.where(np.arange(100) < 50, 0.0, -np.inf), RATE_HZ, -5, -35))


def test_octaves_add_up_and_leave_their_neighbours_centres():
    frequencies = np.array([0, 30, *CENTRES_HZ, 707, 7000])
    assert np.allclose(gains(frequencies, CENTRES_HZ, open_ends=True).sum(0), 1)
    closed = gains(frequencies, CENTRES_HZ, open_ends=False)
    assert np.allclose(closed[:, 2:8], np.eye(6)) and np.allclose(closed[:, 0], 0)
    assert closed[2, 8] == pytest.approx(0.5, abs=1e-3)


def test_nothing_of_a_signals_end_comes_back_at_its_beginning():
    signal = np.zeros(4000)
    signal[-1] = 1.0
    assert abs(in_bands(signal, RATE_HZ)[:, :2000]).max() < 1e-4


def test_sabine_and_eyring():
    """Of 100 m3 with 10 m2 of open window, and with walls that absorb half."""
    assert sabine_time(100, 10) == pytest.approx(0.161 * 100 / 10, rel=2e-3)
    assert eyring_time(100, 130, 0.5) == pytest.approx(sabine_time(100, 130 * np.log(2)))
    assert SPEED_OF_SOUND == 343.0
