"""Separation of two sources at one head: what follows from masks that are known, and what is kept whatever they are."""

import numpy as np
import pytest
import torch
from earshot.data.synthetic_hrtf import Person, grid, synthesise_hrirs
from earshot.directions import unit_vectors
from earshot.learn.separation_network import SeparationNetwork, SeparationNetworkSettings
from earshot.rooms.heads import Head
from earshot.scenes.separation import SeparationSettings, separate
from earshot.score.separation import si_sdr_gain_db
from earshot.signal.lapped_spectra import lapped_spectra, signals_of
from scipy.signal import oaconvolve

RATE_HZ = 16000
SAMPLES = 2 * RATE_HZ
SIZES = SeparationNetworkSettings(width=8, dropped=0.0, bands=16, window_samples=1024)
NETWORK_ALONE = SeparationSettings(steps=0, filter_share=0.0)


class Knowing(SeparationNetwork):
    """Says of each band what is known: the share of each part of the power there."""

    def __init__(self, parts):
        super().__init__(SIZES, RATE_HZ)
        whole = torch.from_numpy(np.pad(parts, ((0, 0), (0, 0), (0, -parts.shape[-1] % 512))))
        powers = lapped_spectra(whole, SIZES.window_samples).abs().square().sum(1)
        self.said = torch.einsum("bf,pft->pbt", self.to_bins.double(), powers).clamp(min=1e-9).log().float()

    def forward(self, ears):
        return self.said[None]

    def heard_both_ways(self, ears):
        return self(ears)


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


@pytest.fixture(scope="module")
def parts():
    """What ears hear of two noises, 30 degrees to the left and to the right, and of a faint noise of their own."""
    head = Head.of(synthesise_hrirs(Person("somebody", pinna_size=0), *grid(72, 17), rate_hz=RATE_HZ))
    directions = unit_vectors(np.array([30.0, -30.0]), np.zeros(2))
    places = [head.nearest(*head.hrirs.new_tensor(direction)[:, None]) for direction in directions]
    hrirs = np.stack([head.hrirs[place][0].numpy() for place in places])
    sources = oaconvolve(syllables(2)[:, None], hrirs, axes=-1)[..., :SAMPLES]
    noise = 1e-3 * np.random.default_rng(2).standard_normal((1, 2, SAMPLES))
    return np.concatenate([sources, noise])


def test_signals_come_back_from_their_spectra(parts):
    for samples in (SAMPLES, SAMPLES - 300):
        signals = torch.from_numpy(parts[..., :samples])
        torch.testing.assert_close(signals_of(lapped_spectra(signals, 512), 512, samples), signals)


def test_what_is_known_of_bands_is_told_apart_in_bins(parts):
    """Wide bands hold both sources: what the ears hear in each bin says more than the masks."""
    mixture, network = parts.sum(0), Knowing(parts)
    by_masks, found = (
        si_sdr_gain_db(separate(mixture, network, how), parts[:2], mixture) for how in (NETWORK_ALONE, None)
    )
    assert by_masks.min() > 3
    assert (found > by_masks + 2).all()


@pytest.mark.parametrize("filter_share", [0.0, 0.5, 1.0])
def test_sources_and_noise_are_the_mixture(parts, filter_share):
    """With noise that is faint, sources are nearly all of it."""
    mixture = parts.sum(0)
    found = separate(mixture, Knowing(parts), SeparationSettings(filter_share=filter_share)).sum(0)
    assert np.square(found - mixture).mean() < 0.02 * np.square(mixture).mean()


@pytest.mark.parametrize("scale", [1e-6, 1e5])
def test_loudness_is_kept(parts, scale):
    torch.manual_seed(1)
    network = SeparationNetwork(SIZES, RATE_HZ).eval()
    mixture = parts.sum(0)
    expected = separate(mixture, network)
    np.testing.assert_allclose(separate(scale * mixture, network) / scale, expected, atol=1e-4 * abs(expected).max())


def test_a_scene_in_the_mirror_is_separated_into_mirror_images(parts):
    """Whatever the network has learnt: its first source is to the left, and in the mirror to the right."""
    torch.manual_seed(1)
    network = SeparationNetwork(SIZES, RATE_HZ).eval()
    with torch.no_grad():
        network.last[-1].weight.mul_(5)
    mixture = parts.sum(0)
    found, mirrored = separate(mixture, network), separate(mixture[::-1], network)
    assert np.square(found[0] - found[1]).mean() > 0.1 * np.square(found).mean()
    np.testing.assert_allclose(mirrored[::-1, ::-1], found, atol=1e-3 * abs(found).max())


def test_silence_stays_silent(parts):
    torch.manual_seed(1)
    network = SeparationNetwork(SIZES, RATE_HZ).eval()
    assert not separate(np.zeros((2, SAMPLES)), network).any()
    paused = parts.sum(0)
    paused[:, SAMPLES // 4 : SAMPLES * 3 // 4] = 0
    found = separate(paused, network)
    assert np.isfinite(found).all() and not found[..., SAMPLES // 2].any()


@pytest.mark.parametrize("samples", [SAMPLES, SAMPLES - 64, SAMPLES - 448])
def test_the_end_is_no_louder_than_the_rest(parts, samples):
    """Wherever in a frame it comes: what masks leave there fades as elsewhere."""
    mixture, network = parts.sum(0)[:, :samples], Knowing(parts[..., :samples])
    found = separate(mixture, network)
    assert abs(found[..., -500:]).max() < 1.5 * abs(mixture[..., -600:]).max()


def test_a_sound_shorter_than_a_window_is_one_too(parts):
    found = separate(parts.sum(0)[:, :700], SeparationNetwork(SIZES, RATE_HZ).eval())
    assert found.shape == (2, 2, 700) and np.isfinite(found).all()


def test_what_has_no_two_ears_is_refused(parts):
    with pytest.raises(ValueError, match="two ears"):
        separate(parts[0, 0], SeparationNetwork(SIZES, RATE_HZ))
