"""What trained classifiers say of recordings of any rate, any number of channels and any length."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.data.audio import at_rate, fitted, read_audio
from earshot.data.waveforms import SILENT, in_16_bits
from earshot.errors import ConfigError, DataError
from earshot.learn.classifier import Task, TaskNetwork, read_network
from earshot.learn.clip_values import ClipValues
from earshot.signal.spectra import spectra

SHORTEST_S = 0.1  # of a recording: in less, neither a sound nor a chord is heard


@dataclass(frozen=True)
class Classifier:
    """Networks that were trained alike, on other clips or with other draws, and answer together.

    Its name is that of the configuration, of the study and of the model: full/sounds/residual.
    """

    name: str
    networks: tuple[TaskNetwork, ...]
    made_with: Mapping[str, Any]  # what their spectrograms are

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What is asked."""
        return tuple(dict.fromkeys(task for one in self.networks for task in one.tasks))

    @property
    def trainings(self) -> int:
        """How many networks answer each question."""
        return sum(self.tasks[0] in one.tasks for one in self.networks)


@dataclass(frozen=True)
class Answer:
    """What a classifier says of a recording: of each task the probabilities of its classes.

    They are means over `pieces` of the recording, each as long as a clip. `doubts` say why it may be wrong.
    """

    probabilities: dict[str, dict[str, float]]
    pieces: int
    doubts: tuple[str, ...]


def read_classifier(name: str, paths: Sequence[Path]) -> Classifier:
    """Return a classifier from the files of its networks.

    Raises ConfigError where they do not belong together, and DataError for one that is no network.
    """
    read = [read_network(path) for path in paths]
    kinds = {(network.name, json.dumps(_alike(about), sort_keys=True)) for network, about in read}
    if len(kinds) > len({network.name for network, _ in read}):
        raise ConfigError(
            f"{paths[0].parent}: networks of {name} were trained with different settings, on different classes or "
            "spectrograms than others of that name. Name the folder of some that belong together, or delete what is "
            "left of earlier runs."
        )
    return Classifier(name, tuple(network for network, _ in read), read[0][1]["made_with"])


def _alike(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return what networks that answer together have in common: all but the draws of their training."""
    settings = {key: value for key, value in about["settings"].items() if key not in ("seed", "split_seed")}
    return {"tasks": about["tasks"], "made_with": about["made_with"], "settings": settings}


def predict(classifier: Classifier, path: Path | str, device: torch.device) -> Answer:
    """Return what a classifier says of a recording.

    Raises DataError for a file that is no audio, and for one that is empty, silent, too short or not finite.
    """
    made_with = classifier.made_with
    pieces, doubts = _pieces(path, made_with["rate_hz"], made_with["duration_s"], made_with["padding"])
    waveforms = torch.from_numpy(np.stack([in_16_bits(piece) for piece in pieces]))
    values = spectra(waveforms, made_with["kind"], made_with["settings"], made_with["rate_hz"], device)
    said: dict[Task, list[NDArray[np.float32]]] = {}
    for network in classifier.networks:
        for task, own in network.says(ClipValues([torch.from_numpy(values)]), np.arange(len(values)), device):
            said.setdefault(task, []).append(own.mean(0))
    means = {task: np.mean(own, axis=0) for task, own in said.items()}
    found = {
        task.name: {name: float(share) for name, share in zip(task.classes, mean, strict=True)}
        for task, mean in means.items()
    }
    return Answer(found, len(pieces), tuple(doubts))


def _pieces(
    path: Path | str, rate_hz: float, duration_s: float, padding: Any
) -> tuple[Sequence[NDArray[np.float32]], list[str]]:
    """Return the pieces of a recording that sound, each as long as a clip, and what there is to doubt about them."""
    signal, recorded_hz = read_audio(path)
    if not len(signal):
        raise DataError(f"{path}: is empty. Record it again.")
    if len(signal) < SHORTEST_S * recorded_hz:
        raise DataError(f"{path}: is {len(signal) / recorded_hz:.3f} s long, and {SHORTEST_S:g} s are the least.")
    doubts = []
    if recorded_hz < rate_hz:
        doubts.append(f"recorded at {recorded_hz:g} Hz: what the network hears above {recorded_hz / 2:g} Hz is missing")
    signal = at_rate(signal / max(abs(signal).max(), 1), recorded_hz, rate_hz)
    if abs(signal).max() < SILENT:
        raise DataError(f"{path}: is silent up to {rate_hz / 2:g} Hz, where the network hears. Record it louder.")
    samples = round(duration_s * rate_hz)
    starts = range(0, max(len(signal) - samples // 2, 1), samples)  # a rest of less than half a clip is left out
    pieces = [fitted(signal[start:], samples, padding) for start in starts]
    sounding = [piece for piece in pieces if abs(piece).max() >= SILENT]
    return sounding or [fitted(signal[-samples:], samples, padding)], doubts
