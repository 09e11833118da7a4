"""Separation of sources at one head: what geometry says of it, and that it separates."""

from dataclasses import replace

import numpy as np
import pytest
from earshot.data.synthetic_hrtf import Person, grid, synthesise_hrirs
from earshot.directions import unit_vectors
from earshot.rooms.heads import Head
from earshot.scenes.separation import SeparationSettings, separate
from earshot.score.separation import si_sdr_db, si_sdr_gain_db
from scipy.signal import oaconvolve

RATE_HZ = 16000
SAMPLES = 2 * RATE_HZ
SETTINGS = SeparationSettings()
MIRROR = np.array([1, -1, 1])  # swaps left and right
SIDES = unit_vectors(np.array([60.0, -60.0]), np.zeros(2))


@pytest.fixture(scope="module")
def head():
    """A head without pinnae, whose halves are each other's mirror image."""
    return Head.of(synthesise_hrirs(Person("somebody", pinna_size=0), *grid(72, 17), rate_hz=RATE_HZ))


def syllables(count, seed=1):
    """Noises that are like speech: each comes and goes four times a second, otherwise in each of eight bands."""
    random = np.random.default_rng(seed)
    bands = np.array_split(np.arange(SAMPLES // 2 + 1), 8)
    signals = np.zeros((count, SAMPLES))
    for band in bands:
        spectra = np.zeros((count, SAMPLES // 2 + 1), complex)
        spectra[:, band] = np.fft.rfft(random.standard_normal((count, SAMPLES)))[:, band]
        loudness = np.repeat(random.uniform(0, 1, (count, 8)) ** 4, SAMPLES // 8, axis=1)
        signals += loudness * np.fft.irfft(spectra)
    return signals


def in_free_field(head, signals, directions):
    """What the ears hear of each, `(sources, ears, samples)`."""
    hrirs = [
        head.hrirs[head.nearest(*head.hrirs.new_tensor(direction)[:, None])][0].numpy() for direction in directions
    ]
    return oaconvolve(signals[:, None], np.stack(hrirs), axes=-1)[..., :SAMPLES]


@pytest.fixture(scope="module")
def sources(head):
    return in_free_field(head, syllables(2), SIDES)


@pytest.fixture(scope="module")
def separated(head, sources):
    return separate(sources.sum(0), SIDES, head, SETTINGS)


@pytest.mark.parametrize(("azimuths_deg", "gain_db"), [((60, -60), 3), ((30, -30), 4), ((60, 0), 4)])
def test_speech_like_noises_are_separated(head, azimuths_deg, gain_db):
    """From both sides each has its ear already, in the shadow of the head: there is less to gain."""
    directions = unit_vectors(np.array(azimuths_deg), np.zeros(2))
    sources = in_free_field(head, syllables(2), directions)
    found = separate(sources.sum(0), directions, head, SETTINGS)
    assert si_sdr_gain_db(found, sources, sources.sum(0)).min() > gain_db
    assert si_sdr_db(found, sources).max(1).min() > 8
    assert (si_sdr_db(found, sources) > si_sdr_db(found[::-1], sources)).all(), "each is of its own direction"


def test_of_three_sources_there_are_three_parts_of_the_mixture(head):
    directions = unit_vectors(np.array([70.0, 0.0, -70.0]), np.zeros(3))
    mixture = in_free_field(head, syllables(3), directions).sum(0)
    found = separate(mixture, directions, head, SETTINGS)
    assert found.shape == (3, 2, SAMPLES)
    np.testing.assert_allclose(found.sum(0), mixture, atol=1e-9)


def test_directions_that_are_swapped_swap_what_comes_out(head, sources, separated):
    np.testing.assert_allclose(separate(sources.sum(0), SIDES[::-1], head, SETTINGS), separated[::-1], atol=1e-6)


def test_a_scene_in_the_mirror_is_separated_into_mirror_images(head):
    directions = unit_vectors(np.array([20.0, -60.0]), np.array([0.0, 10.0]))
    mixture = in_free_field(head, syllables(2), directions).sum(0)
    found = separate(mixture, directions, head, SETTINGS)
    mirrored = separate(mixture[::-1], directions * MIRROR, head, SETTINGS)
    np.testing.assert_allclose(mirrored, found[:, ::-1], atol=1e-3 * abs(found).max())


@pytest.mark.parametrize("filter_share", [0.0, 0.5, 1.0])
def test_what_comes_out_adds_up_to_the_mixture(head, sources, filter_share):
    mixture = sources.sum(0)
    found = separate(mixture, SIDES, head, replace(SETTINGS, filter_share=filter_share))
    np.testing.assert_allclose(found.sum(0), mixture, atol=1e-9)


@pytest.mark.parametrize("scale", [1e-6, 1e5])
def test_loudness_is_kept(head, sources, separated, scale):
    found = separate(scale * sources.sum(0), SIDES, head, SETTINGS)
    np.testing.assert_allclose(found / scale, separated, atol=1e-6)


def test_silence_stays_silent(head, sources):
    assert not separate(np.zeros((2, SAMPLES)), SIDES, head, SETTINGS).any()
    paused = sources.sum(0)
    paused[:, SAMPLES // 4 : SAMPLES * 3 // 4] = 0
    assert np.isfinite(separate(paused, SIDES, head, SETTINGS)).all()


def test_a_source_alone_stays_itself(head, sources):
    """Whether only its direction is asked for, or another one too, from which nothing comes."""
    first, _ = sources
    (alone,) = separate(first, SIDES[:1], head, SETTINGS)
    np.testing.assert_allclose(alone, first, atol=1e-9)
    beside_nothing, nothing = separate(first, SIDES, head, SETTINGS)
    assert si_sdr_db(beside_nothing, first).min() > 15
    assert np.square(nothing).sum() < 0.05 * np.square(first).sum()


def test_a_sound_shorter_than_a_window_is_one_too(head, sources):
    short = sources.sum(0)[:, :500]
    found = separate(short, SIDES, head, SETTINGS)
    assert found.shape == (2, 2, 500)
    np.testing.assert_allclose(found.sum(0), short, atol=1e-9)


def test_what_cannot_be_separated_is_refused(head, sources):
    mixture = sources.sum(0)
    with pytest.raises(ValueError, match="two ears"):
        separate(mixture[0], SIDES, head, SETTINGS)
    with pytest.raises(ValueError, match="two ears"):
        separate(mixture, SIDES[0], head, SETTINGS)
    with pytest.raises(ValueError, match="raise window_s"):
        separate(mixture, SIDES, head, replace(SETTINGS, window_s=0.002))
