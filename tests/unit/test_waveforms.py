"""Clips become waveforms of one rate and length, and what cannot become one is named."""

import numpy as np
import pandas as pd
import pytest
import soundfile
from earshot.data.audio import fitted
from earshot.data.waveforms import FULL_SCALE, WaveformSettings, map_waveforms, prepare
from earshot.errors import DataError

SETTINGS = WaveformSettings(16000, 0.5, "zeros")


def tone(rate_hz, seconds, hz=1000, channels=1):
    signal = 0.5 * np.sin(2 * np.pi * hz * np.arange(round(rate_hz * seconds)) / rate_hz)
    return np.stack([signal] * channels, 1)


@pytest.fixture
def clips(tmp_path):
    """A table of clips, from signals and rates by name."""

    def write(**signals):
        for name, (signal, rate_hz) in signals.items():
            soundfile.write(tmp_path / f"{name}.wav", signal, rate_hz, subtype="FLOAT")
        paths = [str(tmp_path / f"{name}.wav") for name in signals]
        return pd.DataFrame({"item": list(signals), "path": paths, "category": "any"})

    return write


def test_a_short_signal_is_continued_by_its_mirror_image_at_both_ends_or_by_zeros():
    signal = np.arange(5, dtype=np.float32)
    assert fitted(signal, 8, "reflect").tolist() == [2, 1, 0, 1, 2, 3, 4, 3]  # ceil(3 / 2) at each end, then cut
    assert fitted(signal, 8, "zeros").tolist() == [0, 1, 2, 3, 4, 0, 0, 0]
    assert fitted(signal, 5, "reflect").tolist() == fitted(np.arange(7, dtype=np.float32), 5, "zeros").tolist()


def test_a_very_short_signal_is_mirrored_as_often_as_it_takes():
    assert fitted(np.arange(3, dtype=np.float32), 11, "reflect").tolist() == [0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2]


def test_clips_are_mixed_down_resampled_and_cut_whatever_they_were(clips):
    """A tone of 1 kHz stays one, and each file's own rate and length are said."""
    rows = clips(
        plain=(tone(16000, 0.5), 16000), many=(tone(192000, 0.7, channels=6), 192000), cd=(tone(44100, 2), 44100)
    )
    index, waveforms = prepare(rows, SETTINGS, "stop", 2)
    assert waveforms.shape == (3, 8000) and waveforms.dtype == np.int16
    assert list(index["recorded_hz"]) == [16000, 192000, 44100]
    assert list(index["recorded_s"]) == pytest.approx([0.5, 0.7, 2])
    assert "path" not in index and (index["category"] == "any").all() and index["excluded"].isna().all()
    assert (np.argmax(abs(np.fft.rfft(waveforms)), 1) == 500).all()
    middle = waveforms[:, 1000:7000] / FULL_SCALE
    assert np.sqrt((middle**2).mean(1)) == pytest.approx([0.5 / np.sqrt(2)] * 3, rel=1e-3)


def test_what_is_beyond_full_scale_is_cut_off_and_does_not_wrap(clips):
    _, waveforms = prepare(clips(loud=(3 * tone(16000, 0.5), 16000)), SETTINGS, "stop", 1)
    assert waveforms.max() == FULL_SCALE - 1 and waveforms.min() == -FULL_SCALE
    assert abs(np.diff(waveforms[0].astype(int))).max() < 1.2 * FULL_SCALE


@pytest.mark.parametrize(
    ("signal", "rate_hz", "said"),
    [
        (np.zeros((8000, 1)), 16000, "is silent"),
        (np.full((8000, 1), np.nan), 16000, "not finite"),
        (np.empty((0, 1)), 16000, "is 0.000 s long, and 0.5 s are wanted"),
        (tone(16000, 0.2), 16000, "is 0.200 s long"),
        (tone(8000, 0.5), 8000, "is recorded at 8000 Hz, less than 16000 Hz"),
    ],
)
def test_what_cannot_become_a_clip_is_named_or_left_out(signal, rate_hz, said, clips):
    rows = clips(good=(tone(16000, 0.5), 16000), bad=(signal, rate_hz), fine=(tone(16000, 0.5, hz=500), 16000))
    with pytest.raises(DataError, match=rf"bad\.wav: .*{said}.*To go on without bad, set .*bad_clip to exclude"):
        prepare(rows, SETTINGS, "stop", 2)
    index, waveforms = prepare(rows, SETTINGS, "exclude", 2)
    assert said in index["excluded"][1] and index["excluded"][[0, 2]].isna().all()
    assert len(waveforms) == 2
    assert np.argmax(abs(np.fft.rfft(waveforms[1]))) == 250  # the clip after it, in its place


@pytest.mark.parametrize(
    ("signal", "rate_hz"),
    [
        (np.concatenate([np.zeros((8000, 1)), tone(16000, 0.5)]), 16000),
        (tone(48000, 0.5, hz=15000) * np.hanning(24000)[:, None], 48000),
    ],
    ids=["late", "high"],
)
def test_a_clip_of_which_nothing_that_sounds_is_kept_is_silent(signal, rate_hz, clips):
    """Its sound is behind the end of a clip, or above what its rate can hold."""
    with pytest.raises(DataError, match=r"bad\.wav: what is kept of it, 0\.5 s at 16000 Hz, is silent"):
        prepare(clips(bad=(signal, rate_hz)), SETTINGS, "stop", 1)


def test_a_file_that_is_no_audio_is_named(clips, tmp_path):
    rows = clips(broken=(tone(16000, 0.5), 16000))
    (tmp_path / "broken.wav").write_bytes(b"RIFF and no more")
    with pytest.raises(DataError, match=r"broken\.wav: cannot be read as audio"):
        prepare(rows, SETTINGS, "stop", 1)


def test_a_change_is_given_each_signal_with_its_item():
    waveforms = np.array([[100, 200], [-300, 400]], np.int16)
    louder = {"one": 1, "two": 2}
    changed = map_waveforms(lambda signal, item: signal * louder[item], waveforms, ["one", "two"], "changing", 2)
    assert changed.tolist() == [[100, 200], [-600, 800]]
