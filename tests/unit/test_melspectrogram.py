"""Mel spectrograms against those of librosa and torchaudio, and the image that study B makes of them."""

import librosa
import numpy as np
import pytest
import torch
from earshot.data.clips import verify_esc50
from earshot.data.waveforms import FULL_SCALE, WaveformSettings, prepare
from earshot.signal.melspectrogram import MelSettings, image, levels_db, mel_power, stretched
from earshot.signal.melspectrogram_control import image_control, mel_power_control, stretched_control

STUDY_B = MelSettings(44100, 2048, 512, 128, 20, 8300, "slaney")
STUDY_E = MelSettings(16000, 1024, 512, 64, 0, 8000, "htk")


def sounds(rate_hz, seconds, clips=3):
    """Noise of three colours with a tone in it, `(clips, samples)`."""
    draw = np.random.default_rng(5)
    count = round(rate_hz * seconds)
    noise = np.stack(
        [np.cumsum(draw.standard_normal(count)) if one else draw.standard_normal(count) for one in range(clips)]
    )
    noise += np.sin(2 * np.pi * 1000 * np.arange(count) / rate_hz)
    return torch.from_numpy((0.5 * noise / abs(noise).max(1, keepdims=True)).astype(np.float32))


@pytest.mark.parametrize(("settings", "seconds", "frames"), [(STUDY_B, 5, 431), (STUDY_E, 4, 126)])
def test_power_is_that_of_the_libraries_which_the_studies_used(settings, seconds, frames):
    """To 1e-4 of the root mean square of each band, or of what is rounded off beside the loudest band, 120 dB below."""
    signals = sounds(settings.rate_hz, seconds)
    found = mel_power(signals, settings).numpy()
    wanted = np.stack([mel_power_control(one, settings) for one in signals.numpy()])
    assert found.shape == (3, settings.bands, frames)
    band = np.sqrt((wanted**2).mean(-1, keepdims=True))
    assert np.all(abs(found - wanted) <= 1e-4 * band + 1e-8 * band.max(1, keepdims=True))


@pytest.mark.data
def test_before_quantisation_the_image_of_real_clips_is_that_of_librosa_to_1e_4(data):
    rows = verify_esc50(data, esc10=True, classes=10).iloc[::40]
    _, waveforms = prepare(rows, WaveformSettings(44100, 5, "reflect"), "stop", 2)
    signals = torch.from_numpy(waveforms.astype(np.float32) / FULL_SCALE)
    found = stretched(levels_db(mel_power(signals, STUDY_B)))
    wanted = np.stack([stretched_control(mel_power_control(one, STUDY_B)) for one in signals.numpy()])
    assert abs(found.numpy() - wanted).max() < 1e-4 * 255


def test_levels_are_those_of_librosa():
    power = mel_power(sounds(44100, 1), STUDY_B)
    power[0, :, :40] = 0  # what lies 80 dB below the loudest, and what holds nothing
    wanted = np.stack([librosa.power_to_db(one, top_db=80) for one in power.numpy()])
    np.testing.assert_allclose(levels_db(power), wanted, atol=1e-4)


def test_the_image_of_study_b_is_its_own_but_for_rounding():
    """A grey may be the next one where a value lies between two: at no more than one pixel in a thousand is it."""
    signals = sounds(44100, 5)
    made = image(mel_power(signals, STUDY_B)).numpy()
    wanted = np.stack([image_control(mel_power_control(one, STUDY_B)) for one in signals.numpy()])
    assert made.shape == (3, 128, 431) and made.dtype == np.uint8
    assert made.min() == 0 and made.max() == 255
    differences = abs(made.astype(int) - wanted)
    assert differences.max() <= 1 and (differences > 0).mean() < 1e-3


def test_no_clip_depends_on_its_companions():
    signals = sounds(16000, 1)
    together = image(mel_power(signals, STUDY_E))
    np.testing.assert_array_equal(together[1:2], image(mel_power(signals[1:2], STUDY_E)))


def test_a_tone_is_in_the_band_of_its_frequency():
    tone = torch.sin(2 * torch.pi * 1000 * torch.arange(16000) / 16000)[None]
    loudest = int(mel_power(tone, STUDY_E).mean(-1).argmax())
    edges = librosa.mel_frequencies(66, fmin=0, fmax=8000, htk=True)
    assert edges[loudest] < 1000 < edges[loudest + 2]
