"""Sounds of unknown spectrum: what they are, that testing hears none of training's, and what the ears make of them."""

from itertools import pairwise, product

import numpy as np
import pytest
import soundfile
import torch
from earshot.data.audio import read_audio
from earshot.data.recordings import find_clips, read_recordings
from earshot.data.synthetic_hrtf import draw_person, grid, synthesise_hrirs
from earshot.errors import DataError
from earshot.learn.listening import listen
from earshot.learn.split import Split
from earshot.signal import interaural_accelerated, interaural_control
from earshot.signal.bands import Bands
from earshot.signal.interaural import InterauralSettings
from earshot.signal.interaural_waveforms import Heard, interaural_features
from earshot.signal.noise import NoiseSettings, white_noise
from earshot.signal.sources import QUIET_DB, Draw, SourceSettings, coloured_noise, excerpt, source

CPU = torch.device("cpu")
RATE_HZ = 44100.0
SETTINGS = InterauralSettings(512, 128, Bands(16, "erb", 200, 16000), Bands(6, "erb", 200, 1500))
PLAIN = SourceSettings(1, 0.1, 2, ("white",), None)
COLOURED = SourceSettings(1, 0.1, 2, ("coloured",), None)


def listener(name="anna"):
    return synthesise_hrirs(draw_person(3, name), *grid(8, 4))


@pytest.mark.parametrize("levels", ["difference", "each_ear"])
def test_waveforms_give_the_features_of_the_control(levels):
    settings = InterauralSettings(512, 128, SETTINGS.level_bands, SETTINGS.phase_bands, levels)
    noise = NoiseSettings(1, 0.1, 2)
    person = listener()
    some = np.arange(len(person.hrirs)) % 3 == 0
    (found,) = interaural_features(
        [Heard(person, some)], lambda name: white_noise(noise, [name], RATE_HZ)[0], RATE_HZ, None, settings, 1, CPU
    )
    (wanted,) = interaural_control.interaural_features([person], noise, settings)
    (fast,) = interaural_accelerated.interaural_features([person], noise, settings, CPU)
    for other in (wanted, fast):
        apart = abs(found.astype(np.float64) - other[some])
        apart = np.minimum(apart, abs(settings.periods - apart))
        assert (apart.max((0, 1)) / np.sqrt((other**2).mean((0, 1)))).max() < 1e-4
    assert found.shape[-1] == len(settings.names) == len(settings.periods)


def test_levels_of_each_ear_say_nothing_of_loudness_and_their_difference_is_the_difference():
    person = listener()
    quiet = synthesise_hrirs(draw_person(3, "anna"), *grid(8, 4))
    quiet.hrirs[:] *= 0.01
    each = InterauralSettings(512, 128, SETTINGS.level_bands, SETTINGS.phase_bands, "each_ear")
    noise = NoiseSettings(1, 0.1, 1)
    loud, soft = (interaural_accelerated.interaural_features([one], noise, each, CPU)[0] for one in (person, quiet))
    np.testing.assert_allclose(loud, soft, atol=1e-2)
    (between,) = interaural_accelerated.interaural_features([person], noise, SETTINGS, CPU)
    left, right = loud[..., 1:17], loud[..., 17:33]
    np.testing.assert_allclose(left - right, between[..., 1:17], atol=1e-2)


def test_noise_at_the_ears_is_as_far_below_the_louder_ear_as_asked_for():
    """With noise far above the sound, the level difference of the ears is gone."""
    person = listener()
    everything = np.ones(len(person.hrirs), bool)
    noise = NoiseSettings(1, 0.1, 1)

    def at(decibels):
        return interaural_features(
            [Heard(person, everything)], lambda name: white_noise(noise, [name], RATE_HZ)[0], RATE_HZ, decibels,
            SETTINGS, 1, CPU,
        )[0][..., 0]  # fmt: skip

    clean, clear, drowned = at(None), at(60.0), at(-40.0)
    assert abs(clear - clean).max() < 0.05
    assert abs(drowned).max() < 0.5 < abs(clean).max()
    # At 0 dB the louder ear has twice its energy, so 3 dB are the most that a distant ear is below it.
    assert abs(at(0.0)).max() < 3.5


def test_what_a_direction_sounds_like_is_its_own_and_not_its_companions():
    draw = Draw("training", "coloured", 0)
    first, again = (source(COLOURED, {}, draw, "az000.00_el+00.00", RATE_HZ) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    for other in (
        source(COLOURED, {}, draw, "az010.00_el+00.00", RATE_HZ),
        source(COLOURED, {}, Draw("test", "coloured", 0), "az000.00_el+00.00", RATE_HZ),
        source(COLOURED, {}, Draw("training", "coloured", 1), "az000.00_el+00.00", RATE_HZ),
    ):
        assert abs(np.corrcoef(first, other)[0, 1]) < 0.3
    assert first.std() == pytest.approx(1, rel=0.01) and first.shape == (4410,)


def test_coloured_noise_has_a_shape_of_its_own():
    """Octave levels of white noise scatter by a fraction of a decibel, those of coloured noise by several."""

    def octaves(signal):
        power = abs(np.fft.rfft(signal)) ** 2
        edges = [len(power) // 2**step for step in range(7)]
        return np.array([10 * np.log10(power[low:high].mean()) for high, low in pairwise(edges)])

    draws = [octaves(coloured_noise(44100, RATE_HZ, np.random.default_rng(seed))) for seed in range(60)]
    white = [octaves(np.random.default_rng(seed).standard_normal(44100)) for seed in range(60)]
    assert np.std(white, axis=0).max() < 0.8
    assert 2.5 < np.std(draws, axis=0).mean() < 6


def test_an_excerpt_is_of_a_part_that_is_not_quiet_and_a_short_recording_is_repeated():
    recording = np.zeros(10000, np.float32)
    recording[6000:6500] = 1
    for seed in range(20):
        part = excerpt(recording, 1000, np.random.default_rng(seed))
        assert (part**2).sum() >= 500 * 10 ** (-QUIET_DB / 10)
    assert excerpt(np.ones(300, np.float32), 1000, np.random.default_rng(1)).tolist() == [1.0] * 1000


def test_white_noise_shows_templates_in_training_whatever_else_is_heard():
    draws = SourceSettings(1, 0.1, 2, ("coloured", "speech"), None).draws
    kinds = {pool: [draw.kind for draw in draws if draw.pool == pool] for pool in ("training", "test")}
    assert kinds == {
        "training": ["white"] * 2 + ["coloured"] * 2 + ["speech"] * 2,
        "test": ["coloured"] * 2 + ["speech"] * 2,
    }


@pytest.mark.parametrize(("sources", "held"), [*product((PLAIN, COLOURED), ("directions", "regions", "noise"))])
def test_listeners_are_judged_by_what_they_have_not_heard(sources, held):
    split = Split(1, 0.3, held)
    index, features = listen([listener(), listener("bert")], {"carl": "broken"}, sources, {}, SETTINGS, split, CPU)
    heard = index[index["excluded"].isna()]
    assert index.loc[index["excluded"].notna(), "subject"].tolist() == ["carl"]
    assert features.shape == (len(heard), len(SETTINGS.names)) and np.isfinite(features).all()
    for _, own in heard.groupby("subject"):
        learnt, judged = split.items(own)
        directions = [set(own.loc[rows, "direction"]) for rows in (learnt, judged)]
        assert directions[0] == directions[1] if held == "noise" else not directions[0] & directions[1]
        if sources is COLOURED:
            assert set(own.loc[judged, "source"]) == {"coloured"}
            assert set(own.loc[learnt, "source"]) == {"white", "coloured"}
    again = listen([listener("bert")], {}, sources, {}, SETTINGS, split, CPU)[1]
    np.testing.assert_allclose(again, features[(heard["subject"] == "bert").to_numpy()], rtol=1e-4, atol=1e-3)


def test_everybody_left_out_is_a_table_of_reasons():
    index, features = listen([], {"carl": "broken"}, COLOURED, {}, SETTINGS, Split(1, 0.2), CPU)
    assert index["excluded"].tolist() == ["broken"] and features.size == 0


def write(path, signal, rate=16000):
    soundfile.write(path, signal, rate)
    return path


def test_recordings_are_mixed_down_and_resampled(tmp_path):
    """A tone of 1 kHz stays one at another rate; of two channels the mean is heard."""
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000)
    found, _ = read_audio(write(tmp_path / "tone.wav", np.stack([tone, 0 * tone], 1)), 48000)
    assert len(found) == 48000 and np.argmax(abs(np.fft.rfft(found))) == 1000
    assert abs(found).max() == pytest.approx(0.25, abs=0.02)


def test_silent_recordings_are_passed_over_and_nothing_but_silence_is_refused(tmp_path):
    noise = write(tmp_path / "noise.wav", 0.1 * np.random.default_rng(1).standard_normal(1600))
    silent = write(tmp_path / "silent.wav", np.zeros(1600))
    assert len(read_recordings([noise, silent], 16000)) == 1
    with pytest.raises(DataError, match="silent"):
        read_recordings([silent], 16000)


@pytest.mark.parametrize("content", [b"", b"RIFF and no more", b"<html>not found</html>"])
def test_what_is_no_audio_is_named(content, tmp_path):
    path = tmp_path / "clip.wav"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"clip\.wav: cannot be read as audio"):
        read_audio(path)


def test_clips_are_divided_by_folds_and_known_by_their_names(tmp_path):
    for name in ("1-100-A-0.wav", "2-7-B-3.ogg", "5-9-A-1.wav", "notes.txt", "5-9-A-1.json", "other.wav"):
        (tmp_path / name).write_bytes(b"")
    found = find_clips(tmp_path)
    assert [path.name for path in found["training"]] == ["1-100-A-0.wav", "2-7-B-3.ogg"]
    assert [path.name for path in found["test"]] == ["5-9-A-1.wav"]
    with pytest.raises(DataError, match=r"no clips of ESC-50.*sources"):
        find_clips(tmp_path / "nowhere")
