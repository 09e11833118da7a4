"""Both ways to compute interaural features give the same, and what physics says."""

import librosa
import numpy as np
import pytest
import torch
from earshot.data.sofa import HrirSet
from earshot.data.synthetic_hrtf import Person, draw_person, grid, synthesise_hrirs
from earshot.signal import interaural_accelerated, interaural_control
from earshot.signal.bands import Bands
from earshot.signal.interaural import WINDOW, InterauralSettings
from earshot.signal.noise import NoiseSettings, measurement_ids, white_noise
from earshot.signal.noise_lags import NoiseLags

LEVELS, PHASES = Bands(24, "erb", 100, 16000), Bands(10, "erb", 100, 1500)
SETTINGS = InterauralSettings(1024, 256, LEVELS, PHASES)
NOISE = NoiseSettings(seed=1, duration_s=0.25, repetitions=2)
CPU = torch.device("cpu")


def listener(name="anna", taps=256, azimuths=9, elevations=4):
    return synthesise_hrirs(draw_person(3, name), *grid(azimuths, elevations), taps=taps)


def disagreement(found, wanted, settings):
    """Largest difference of each feature in units of its RMS; phase delays compared on the circle of their period."""
    difference = abs(found.astype(np.float64) - wanted)
    period_us = 1e6 / settings.phase_bands.centres_hz
    phases = slice(-settings.phase_bands.count, None)
    difference[..., phases] = np.minimum(difference[..., phases], period_us - difference[..., phases])
    return difference.max((0, 1)) / np.sqrt((wanted**2).mean((0, 1)))


def both(listeners, noise, settings, device=CPU):
    accelerated = interaural_accelerated.interaural_features(listeners, noise, settings, device)
    return accelerated, interaural_control.interaural_features(listeners, noise, settings)


@pytest.mark.parametrize(
    ("window", "hop"),
    [(1024, 256), (1024, 512), (1024, 128), (960, 320), (2048, 512), (512, 100), (1023, 341), (256, 85), (300, 75)],
)
def test_the_two_ways_agree_for_every_window_and_hop(window, hop):
    """To 1e-4 of each feature's RMS, also where the hop does not divide the window and where windows overlap little."""
    settings = InterauralSettings(window, hop, LEVELS, PHASES)
    (found,), (wanted,) = both([listener()], NOISE, settings)
    assert disagreement(found, wanted, settings).max() < 1e-4


@pytest.mark.parametrize(
    ("levels", "phases"),
    [
        (Bands(40, "linear", 50, 20000), Bands(5, "linear", 50, 3000)),
        (Bands(1, "octave", 500, 1000), Bands(1, "octave", 500, 1000)),
        (Bands(60, "mel", 50, 22050), Bands(30, "mel", 50, 8000)),
    ],
)
def test_the_two_ways_agree_for_every_scale_up_to_the_ends_of_the_spectrum(levels, phases):
    settings = InterauralSettings(1024, 256, levels, phases)
    (found,), (wanted,) = both([listener()], NOISE, settings)
    assert disagreement(found, wanted, settings).max() < 1e-4


def test_the_two_ways_agree_in_deep_notches():
    """A response with 60 dB between its bands: what leaks from loud bands does not fill the faint ones differently."""
    person = listener()
    spectrum = np.fft.rfft(person.hrirs, 1024)
    spectrum[:, 0] *= np.where(np.linspace(0, 22050, spectrum.shape[-1]) > 6000, 1e-3, 1)
    deep = HrirSet("deep", np.fft.irfft(spectrum), person.rate_hz, person.azimuth_deg, person.elevation_deg,
                   person.distance_m)  # fmt: skip
    (found,), (wanted,) = both([deep], NOISE, SETTINGS)
    assert wanted[..., 1:25].min() < -50
    assert disagreement(found, wanted, SETTINGS).max() < 1e-4


def test_listeners_of_other_grids_and_lengths_share_a_job():
    """Each listener's features are what they are alone, whoever is beside them."""
    people = [
        listener("anna"),
        listener("bert", azimuths=7),
        listener("carl", taps=300),
        listener("dora", elevations=5),
    ]
    together, control = both(people, NOISE, SETTINGS)
    for person, found, wanted in zip(people, together, control, strict=True):
        alone = interaural_accelerated.interaural_features([person], NOISE, SETTINGS, CPU)[0]
        assert found.shape == (len(person.hrirs), 2, len(SETTINGS.names))
        np.testing.assert_allclose(found, alone, rtol=0, atol=2e-3)
        assert disagreement(found, wanted, SETTINGS).max() < 1e-4


@pytest.mark.parametrize(("turn", "hop"), [(0, 60), (1, 60), (5, 60), (2, 20), (3, 15)])
def test_lag_products_are_the_sums_that_they_say(turn, hop):
    """To 1e-6 of the noise's energy, for hops that divide the largest."""
    settings, lags = NoiseSettings(1, 0.02, 2), 50
    (found,) = NoiseLags(settings, ["up"], 48000, 60, lags, CPU)(turn, hop)
    for noise, sums in zip(white_noise(settings, ["up"], 48000)[0].astype(np.float64), found, strict=True):
        for lag in range(lags):
            middle = np.arange(len(noise) - lag) + lag / 2
            wanted = noise[: len(noise) - lag] * noise[lag:] @ np.exp(-2j * np.pi * turn / hop * middle)
            assert abs(sums[lag] - wanted) < 1e-6 * noise @ noise


def test_a_grid_may_be_taken_in_parts(monkeypatch):
    """Also where a listener has nothing to measure in a part."""
    people = [listener(), synthesise_hrirs(draw_person(3, "emil"), [10.0, 20], [0.0, 0])]
    whole = interaural_accelerated.interaural_features(people, NOISE, SETTINGS, CPU)
    monkeypatch.setattr(interaural_accelerated, "_AT_ONCE", {"cpu": 5})
    in_parts = interaural_accelerated.interaural_features(people, NOISE, SETTINGS, CPU)
    for found, wanted in zip(in_parts, whole, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=2e-3)


@pytest.mark.data
@pytest.mark.parametrize("name", ["hrtf_ari/hrtf_b_nh12.sofa", "hrtf_ita_28dir/MRT01_normalised.sofa"])
def test_the_two_ways_agree_on_measured_people(name, data):
    from dataclasses import replace

    from earshot.data.sofa import read_hrirs

    person = read_hrirs(data / name)
    some = slice(None, None, max(1, len(person.hrirs) // 60))
    fields = {field: getattr(person, field)[some] for field in ("hrirs", "azimuth_deg", "elevation_deg", "distance_m")}
    noise = NoiseSettings(1, 0.5, 1)
    (found,), (wanted,) = both([replace(person, **fields)], noise, SETTINGS)
    assert disagreement(found, wanted, SETTINGS).max() < 1e-4


@pytest.mark.gpu
def test_cuda_agrees_with_the_control():
    (found,), (wanted,) = both([listener()], NOISE, SETTINGS, torch.device("cuda"))
    assert disagreement(found, wanted, SETTINGS).max() < 1e-4


def test_a_delay_and_a_gain_between_the_ears_are_what_is_measured():
    """The left ear hears 6 dB more and 4 samples earlier: level differences are 6 dB, delays minus 4 samples."""
    rate_hz, taps = 48000.0, 64
    hrirs = np.zeros((3, 2, taps))
    hrirs[:, 0, 10], hrirs[:, 1, 14] = 2, 1
    ears = HrirSet("ears", hrirs, rate_hz, np.array([0.0, 90, 180]), np.zeros(3), np.ones(3))
    settings = InterauralSettings(1024, 256, Bands(8, "linear", 200, 16000), Bands(6, "linear", 300, 1500))
    for (features,) in both([ears], NoiseSettings(1, 0.5, 1), settings):
        np.testing.assert_allclose(features[..., :9], 20 * np.log10(2), atol=0.1)
        np.testing.assert_allclose(features[..., 9:], -4 / rate_hz * 1e6, rtol=0.03)


def test_mirrored_sources_of_a_symmetric_head_swap_the_ears():
    """Level differences and delays change sign with the side, up to the chance of a draw of noise."""
    azimuth, elevation = np.array([40.0, 320]), np.zeros(2)
    person = synthesise_hrirs(Person("symmetric"), azimuth, elevation)
    for (features,) in both([person], NoiseSettings(1, 4.0, 1), SETTINGS):
        left, right = features[:, 0]
        delays = slice(1 + LEVELS.count, 1 + LEVELS.count + 5)  # of bands whose period is longer than any delay
        assert left[0] > 3 and (left[delays] < -200).all()
        np.testing.assert_allclose(left[: 1 + LEVELS.count], -right[: 1 + LEVELS.count], atol=1.2)
        np.testing.assert_allclose(left[delays], -right[delays], atol=25)


def test_the_control_sees_every_frame_that_touches_the_signal():
    """With every sample under the same sum of squared windows, energies over frames are the signal's (Parseval)."""
    rng = np.random.default_rng(0)
    ears = rng.standard_normal((2, 5000)).astype(np.float32)
    spectra = interaural_control._spectra(ears, InterauralSettings(1024, 128, LEVELS, PHASES))
    window = librosa.filters.get_window(WINDOW, 1024)
    doubled = 2 * (abs(spectra) ** 2).sum((1, 2)) - (abs(spectra[:, [0, -1]]) ** 2).sum((1, 2))
    np.testing.assert_allclose(doubled / 1024, (ears**2).sum(1) * (window**2).sum() / 128, rtol=1e-4)


def test_noise_belongs_to_its_measurement():
    names = ["az000.00_el+00.00", "az090.00_el+00.00", "az000.00_el+90.00"]
    noise = white_noise(NOISE, names, 48000)
    assert noise.shape == (3, 2, 12000) and noise.dtype == np.float32
    np.testing.assert_array_equal(white_noise(NOISE, names[::-1], 48000)[::-1], noise)
    assert abs(np.corrcoef(noise.reshape(6, -1)) - np.eye(6)).max() < 0.05
    assert abs(noise.mean()) < 0.02 and abs(noise.std() - 1) < 0.02


def test_coincident_measurements_hear_noise_of_their_own():
    assert measurement_ids(["up", "front", "up", "up"]) == ["up", "front", "up#2", "up#3"]


@pytest.mark.parametrize("spacing", ["erb", "mel", "octave", "linear"])
def test_bands_share_out_the_spectrum_without_gap_or_overlap(spacing):
    bands = Bands(50, spacing, 100, 20000)
    weights = bands.weights(512, 44100)
    assert (weights.sum(1) > 0).all(), "also a band narrower than a bin holds something"
    whole = weights.sum(0)
    inside = slice(3, int(19900 / 44100 * 512))
    np.testing.assert_allclose(whole[inside], 1)
    assert np.all(np.diff(bands.edges_hz) > 0)
    np.testing.assert_allclose(bands.edges_hz[[0, -1]], [100, 20000])
