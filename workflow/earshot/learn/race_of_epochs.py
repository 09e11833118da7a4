"""Epochs of study E timed by its own protocol, in three ways.

Kauppila et al.: a network is trained for five epochs, six times over, on 70 % of the samples, and tested on the others
after each; the first of the six is to warm up. The ways: from `shards`; the same but for spectrograms, which are made
again from `files` whenever they are asked for; and the `control`, which is the study's own way, from files with the
layers as they are published, in 32 bits and with what torch does unasked.
"""

import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from earshot.data.audio import Padding, at_rate, fitted, read_audio
from earshot.learn.batches import Values
from earshot.learn.classifier import Task
from earshot.learn.clip_training import TrainingSettings, train
from earshot.learn.clip_values import PlainInputs
from earshot.learn.networks_published import TriadNetwork, triad_network_control
from earshot.learn.partition import TEST_SHARE
from earshot.progress import PROGRESS
from earshot.seeds import generator
from earshot.signal.melspectrogram import MelSettings
from earshot.signal.melspectrogram_control import mel_power_control

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class MadeAgain:
    """Mel spectrograms that are made of files whenever they are asked for, clip by clip, as the study did."""

    paths: Sequence[str]
    settings: MelSettings
    duration_s: float
    padding: Padding

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one clip's spectrogram."""
        return tuple(self._made(0).shape)

    def rows(self, places: NDArray[np.int_]) -> torch.Tensor:
        """Return the spectrograms of the clips at these places."""
        return torch.stack([self._made(place) for place in places])

    def near(self, device: torch.device) -> "MadeAgain":
        """Return the same: nothing is kept."""
        return self

    def workers_for(self, device: torch.device) -> int:
        """Return 1 for a GPU: a process gets the next batch ready."""
        return int(device.type != "cpu")

    def _made(self, place: int) -> torch.Tensor:
        signal, recorded_hz = read_audio(self.paths[place])
        signal = at_rate(signal, recorded_hz, self.settings.rate_hz)
        samples = round(self.duration_s * self.settings.rate_hz)
        return torch.from_numpy(mel_power_control(fitted(signal, samples, self.padding), self.settings))


def time_epochs(
    values: Values,
    classes: NDArray[np.int_],
    task: Task,
    samples: int,
    iterations: int,
    settings: TrainingSettings,
    seed: int,
    device: torch.device,
) -> pd.DataFrame:
    """Return a row for each epoch of each iteration: `iteration`, `epoch`, `train_s` and `test_s`.

    `classes` are those of all values. So many `samples` are drawn of them, each as often as any other, and 70 % train.
    """
    draw = generator(seed, "samples", samples)
    whole, rest = divmod(samples, len(classes))
    drawn = np.concatenate([np.tile(np.arange(len(classes)), whole), draw.permutation(len(classes))[:rest]])
    tests = draw.permutation(samples) < TEST_SHARE * samples
    bands, frames = values.shape
    rows = []
    for iteration in range(1, iterations + 1):
        torch.manual_seed(int(generator(seed, "network", iteration).integers(2**62)))
        make = triad_network_control if settings.control else TriadNetwork
        network = make(bands, frames, len(task.classes))
        with tempfile.TemporaryDirectory() as state:
            history = train(
                network,
                values,
                classes,
                drawn[~tests],
                drawn[tests],
                PlainInputs(len(task.classes)),
                settings,
                seed + iteration,
                device,
                Path(state),
            )
        times = [(row["epoch"], row["seconds"], row["validation_seconds"]) for row in history]
        rows += [(iteration, *row) for row in times]
        log.log(PROGRESS, "iteration %d of %d: %.2f s an epoch", iteration, iterations, np.mean([t[1] for t in times]))
    return pd.DataFrame(rows, columns=["iteration", "epoch", "train_s", "test_s"])
