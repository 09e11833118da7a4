"""Study E's benchmark: both sources give the same to learn from, and what is timed is what the protocol says."""

import numpy as np
import pytest
import soundfile
import torch
from earshot.config_clips import MelOfChords
from earshot.learn.classifier import TYPES, Task
from earshot.learn.clip_training import TrainingSettings
from earshot.learn.clip_values import ClipValues
from earshot.learn.race_of_epochs import MadeAgain, time_epochs
from earshot.signal.melspectrogram import mel_settings
from earshot.signal.spectra import spectra

CPU = torch.device("cpu")
RATE, SECONDS = 16000, 0.3
MEL = MelOfChords().model_dump()


@pytest.mark.parametrize("control", [True, False])
def test_the_control_and_ours_are_timed(control):
    """That both compute the same, test_networks_published.py says."""
    settings = TrainingSettings(epochs=1, batch_size=8, learning_rate=1e-3, control=control)
    rows = time_epochs(
        ClipValues([torch.rand(8, 64, 10)]), np.arange(8) % 4, Task("type", TYPES), 16, 1, settings, 1, CPU
    )
    assert len(rows) == 1 and (rows[["train_s", "test_s"]] > 0).all(axis=None)


@pytest.fixture
def recordings(tmp_path):
    """Seven files of 16 bits, one of them too short, and what is in them as it is prepared."""
    signals = np.random.default_rng(1).integers(-9000, 9000, (7, round(SECONDS * RATE)), dtype=np.int16)
    signals[3, 4000:] = 0
    paths = []
    for number, signal in enumerate(signals):
        paths.append(str(tmp_path / f"{number}.wav"))
        soundfile.write(paths[-1], signal[:4000] if number == 3 else signal, RATE)
    return paths, torch.from_numpy(signals)


def test_files_give_what_shards_hold(recordings):
    paths, waveforms = recordings
    shards = ClipValues([torch.from_numpy(spectra(waveforms, "mel", MEL, RATE, CPU))])
    files = MadeAgain(paths, mel_settings(MEL, RATE), SECONDS, "zeros")
    places = np.array([6, 3, 0, 3])
    assert files.shape == shards.shape
    torch.testing.assert_close(files.rows(places), shards.rows(places), rtol=1e-4, atol=1e-4)


def test_every_epoch_is_timed_and_a_share_of_the_samples_tests():
    asked = []

    class Counted(ClipValues):
        def rows(self, places):
            asked.append(places)
            return super().rows(places)

    values = Counted([torch.rand(7, 64, 10)])
    settings = TrainingSettings(epochs=2, batch_size=8, learning_rate=1e-3, softmax_before_loss=True)
    task = Task("type", TYPES)
    rows = time_epochs(values, np.arange(7) % 4, task, 40, 3, settings, 1, CPU)
    assert rows[["iteration", "epoch"]].to_numpy().tolist() == [[i, e] for i in (1, 2, 3) for e in (1, 2)]
    assert (rows[["train_s", "test_s"]] > 0).all(axis=None)
    sizes = [len(places) for places in asked]
    assert sizes == 6 * [8, 8, 8, 4, 8, 4], "28 of 40 samples train, 12 test"
    counts = np.bincount(np.concatenate(asked[:6]), minlength=7)
    assert counts.sum() == 40 and set(counts) <= {5, 6}, "each clip as often as any other"
