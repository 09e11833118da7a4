"""Spectrograms of shards: those of each clip alone, whatever is beside it and wherever they are computed."""

import numpy as np
import pytest
import torch
from earshot.config_clips import ConstantQOfChords, ImageOfSounds, LevelsOfSounds, MelOfChords
from earshot.signal.spectra import spectra, spectrogram

CPU = torch.device("cpu")
KINDS = [
    ("image", ImageOfSounds().model_dump(), 44100),
    ("levels", LevelsOfSounds().model_dump(), 44100),
    ("mel", MelOfChords().model_dump(), 16000),
    ("constant_q", ConstantQOfChords().model_dump(), 16000),
]
TYPES = {"image": np.uint8, "levels": np.float16, "mel": np.float32, "constant_q": np.float16}


def waveforms(clips=5, samples=30000):
    return torch.from_numpy(np.random.default_rng(1).integers(-9000, 9000, (clips, samples), dtype=np.int16))


@pytest.mark.parametrize(("kind", "settings", "rate_hz"), KINDS)
def test_a_shards_spectrograms_are_those_of_its_clips(kind, settings, rate_hz):
    clips = waveforms()
    made = spectra(clips, kind, settings, rate_hz, CPU)
    alone = [spectrogram(kind, settings, rate_hz)(clip[None].float() / 2**15)[0].numpy() for clip in clips]
    assert made.dtype == TYPES[kind]
    np.testing.assert_array_equal(made, np.stack(alone))


@pytest.mark.parametrize(("kind", "settings", "rate_hz"), KINDS)
def test_no_result_depends_on_the_number_of_threads(kind, settings, rate_hz):
    threads = torch.get_num_threads()
    made = []
    for count in (1, 2):
        torch.set_num_threads(count)
        made.append(spectra(waveforms(), kind, settings, rate_hz, CPU))
    torch.set_num_threads(threads)
    np.testing.assert_array_equal(*made)


@pytest.mark.gpu
@pytest.mark.parametrize(("kind", "settings", "rate_hz"), KINDS)
def test_a_gpu_gives_what_the_cpu_does(kind, settings, rate_hz):
    here, there = (spectra(waveforms(), kind, settings, rate_hz, torch.device(name)) for name in ("cpu", "cuda"))
    tolerance = {"image": 1, "levels": 0.2, "mel": 1e-4 * here.max(), "constant_q": 0.2}[kind]
    assert abs(here.astype(float) - there).max() <= tolerance
