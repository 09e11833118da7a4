"""Energy in octaves and frames, and noise that is given it."""

import numpy as np
import torch
from earshot.rooms.echograms import BANDS, ShapedNoise, echograms, expected_echogram, frames_of
from earshot.rooms.image_source import HALF_FILTER
from earshot.rooms.shoebox import Shoebox

CPU = torch.device("cpu")
RATE_HZ, FRAME_S, HOP = 16000, 0.005, 80


def test_energies_of_all_octaves_add_up_to_that_of_the_response():
    responses = torch.from_numpy(np.random.default_rng(1).normal(size=(3, 4040)).astype(np.float32))
    found = echograms(responses, RATE_HZ, FRAME_S)
    assert found.shape == (3, BANDS, 50) == (3, BANDS, frames_of(4040, RATE_HZ, FRAME_S))
    assert torch.allclose(found.sum((1, 2)), responses[:, HALF_FILTER:].square().sum(1), rtol=0.02)


def test_sound_is_in_the_frame_in_which_it_arrives():
    responses = torch.zeros(1, 4000)
    responses[0, HALF_FILTER + 20 * HOP + 40] = 1
    found = echograms(responses, RATE_HZ, FRAME_S)[0]
    assert found[-1].argmax() == 20 and found[-1, 20] > 0.95 * found[-1].sum()
    assert abs(float(found.sum()) - 1) < 0.02


def test_octaves_of_what_is_expected_add_up_to_it():
    walls = Shoebox(np.array([5.0, 4.0, 3.0]), np.full((3, 2, 1), 0.3))
    found = expected_echogram(walls, 100, FRAME_S, RATE_HZ)
    times_s = (np.arange(100) + 0.5) * FRAME_S
    assert np.allclose(found.sum(0), walls.expected_energy(times_s)[0] * FRAME_S, rtol=0.01)
    half = found[1:-2] / found[2:-1]  # the lowest reaches down to nothing, the highest to half of the sampling rate
    assert np.allclose(half, 0.5, atol=0.02)


def test_octaves_that_are_absorbed_more_are_expected_to_decay_faster():
    absorption = np.tile(np.linspace(0.1, 0.6, BANDS), (3, 2, 1))
    found = expected_echogram(Shoebox(np.array([5.0, 4.0, 3.0]), absorption), 100, FRAME_S, RATE_HZ)
    assert np.all(np.diff(found[:, 60] / found[:, 10]) < 0)


def test_noise_has_the_energy_that_it_is_given():
    noise = ShapedNoise(1, RATE_HZ, CPU)
    samples = 16000
    frames = frames_of(samples, RATE_HZ, FRAME_S)
    wanted = 10 ** (-0.4 * torch.arange(BANDS)[:, None] - 4 * torch.arange(frames) / frames)
    places = noise.places(200, samples, 1, "a")
    found = noise.shaped(wanted.expand(200, -1, -1), HOP, places, samples)
    assert not found[:, :HALF_FILTER].any()
    energy = echograms(found, RATE_HZ, FRAME_S).mean(0)
    apart_db = 10 * (energy[:, 2:-2] / wanted[:, 2:-2]).log10()
    assert apart_db.mean(1).abs().max() < 0.3
    assert abs(float(10 * (energy.sum() / wanted.sum()).log10())) < 0.2


def test_noise_is_a_responses_own():
    noise = ShapedNoise(1, RATE_HZ, CPU)
    energy = torch.ones(2, BANDS, frames_of(8000, RATE_HZ, FRAME_S))
    one, other = noise.shaped(energy, HOP, noise.places(2, 8000, 1, "a"), 8000)[:, HALF_FILTER:]
    assert abs(float(torch.corrcoef(torch.stack([one, other]))[0, 1])) < 0.1
    again = noise.shaped(energy[:1], HOP, noise.places(2, 8000, 1, "a")[:1], 8000)[0, HALF_FILTER:]
    assert torch.equal(one, again)


def test_octaves_do_not_ring_into_silence():
    responses = torch.zeros(1, 16000)
    responses[0, HALF_FILTER : HALF_FILTER + 800] = torch.randn(800, generator=torch.Generator().manual_seed(1))
    found = echograms(responses, RATE_HZ, FRAME_S)[0]
    assert (found[:, 30:].amax(1) < 1e-6 * found.sum(1)).all()
