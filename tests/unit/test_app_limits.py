"""Recordings that are given to the page: each that cannot be heard is refused in a sentence, which names no folder."""

import numpy as np
import pytest
import soundfile
from earshot.app.limits import LARGEST_MB, LONGEST_S, read_ears, read_recording
from earshot.errors import DataError

RATE = 16000


def noise(seconds, channels=2, rate=RATE):
    return 0.1 * np.random.default_rng(1).normal(size=(round(seconds * rate), channels))


@pytest.fixture
def refused(tmp_path):
    """What is said of a recording that is none."""

    def said(name, content, rate=RATE, read=read_recording, **how):
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            soundfile.write(path, content, rate, **how)
        with pytest.raises(DataError) as fault:
            read(path)
        assert str(fault.value).startswith(f"{name}: ") and str(tmp_path) not in str(fault.value)
        assert str(fault.value).endswith(".")
        return str(fault.value)

    return said


@pytest.mark.parametrize("name", ["words.wav", "notes.txt", "samples.raw", "film.mp4"])
def test_what_is_no_audio_is_refused_by_any_name(name, refused):
    assert "cannot be read as audio" in refused(name, b"no audio" * 1000)


def test_what_has_nothing_to_hear_is_refused(refused):
    assert "cannot be read as audio" in refused("nothing.wav", b"")
    assert "is empty" in refused("empty.wav", noise(0))
    assert "is 0.010 s long, and 0.1 s are the least" in refused("click.wav", noise(0.01))
    assert "is silent" in refused("silent.wav", 0 * noise(1))
    spoilt = noise(1)
    spoilt[7, 1] = np.nan
    assert "not finite" in refused("spoilt.wav", spoilt, subtype="FLOAT")


def test_what_is_too_much_is_refused_and_not_cut(refused):
    assert f"longer than {LONGEST_S:g} s" in refused("long.flac", noise(LONGEST_S + 0.1, 1))
    assert f"{LARGEST_MB} MB are the most" in refused("large.wav", bytes(LARGEST_MB * 2**20 + 2**17))
    assert "9 channels" in refused("many.wav", noise(1, 9))
    assert "384,000 Hz" in refused("fast.wav", noise(0.2, 1, 384_000), rate=384_000)


def test_little_is_read_of_a_long_recording(tmp_path, monkeypatch):
    """A file of a few kilobytes may hold an hour of silence."""
    path = tmp_path / "hour.flac"
    soundfile.write(path, np.zeros((3600 * 8000, 1)), 8000)
    read = []
    keep = soundfile.SoundFile.read
    monkeypatch.setattr(
        soundfile.SoundFile, "read", lambda self, frames, **how: read.append(frames) or keep(self, frames, **how)
    )
    with pytest.raises(DataError, match="longer than"):
        read_recording(path)
    assert read == [30 * 8000 + 1] and path.stat().st_size < 1_000_000


def test_two_ears_differ(refused):
    assert "has one channel" in refused("mono.wav", noise(1, 1), read=read_ears)
    assert "has 3 channels" in refused("three.wav", noise(1, 3), read=read_ears)
    assert "both channels are the same" in refused("doubled.wav", np.repeat(noise(1, 1), 2, 1), read=read_ears)
    for place, side in enumerate(("left", "right")):
        one_sided = noise(1)
        one_sided[:, place] = 0
        assert f"its {side} channel is silent" in refused(f"{side}.wav", one_sided, read=read_ears)


@pytest.mark.parametrize("name", ["ears.wav", "ears.flac", "ears.ogg", "ears.mp3"])
def test_recordings_of_every_format_are_read_by_what_they_hold(name, tmp_path):
    path = tmp_path / name
    soundfile.write(path, noise(1), RATE)
    renamed = path.rename(tmp_path / "other.wav")  # named after another format than its own
    found = read_ears(renamed)
    assert found.channels.shape[0] == 2 and found.seconds == pytest.approx(1, abs=0.1)
    assert found.at(8000).shape[1] == found.mixed(8000).shape[0] == pytest.approx(8000, abs=800)


def test_what_is_too_loud_is_heard_at_full_scale(tmp_path):
    soundfile.write(tmp_path / "loud.wav", 50 * noise(1), RATE, subtype="FLOAT")
    assert abs(read_recording(tmp_path / "loud.wav").channels).max() == 1
