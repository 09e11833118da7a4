"""Classifiers of clips: which networks there are, what each learns from, and what it answers for clips that test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from earshot.data.clips import TRIAD_ROOTS
from earshot.data.shards import write_tensors
from earshot.learn.chord_inputs import ChordInputs
from earshot.learn.chord_network import PITCH_CLASSES, ChordNetwork, root_and_type
from earshot.learn.clip_training import ClipValues, Inputs, PlainInputs, TrainingSettings, probabilities, train
from earshot.learn.networks_published import SoundNetwork as PlainSoundNetwork
from earshot.learn.networks_published import TriadNetwork
from earshot.learn.sound_inputs import SoundInputs
from earshot.learn.sound_network import SoundNetwork
from earshot.seeds import generator

Network = Literal["plain", "residual", "triad", "transposable"]
TYPES = ("j", "n", "d", "a")  # major, minor, diminished, augmented: as the clips' names say
_LOWEST_OCTAVE, _OCTAVES = 2, 3  # of roots
_C2_HZ = 65.40639132514966


@dataclass(frozen=True)
class Task:
    """What is asked of each clip: its class, of which these are the names."""

    name: str
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Trained:
    """A network, the tasks that it does, and what it learnt from."""

    tasks: tuple[Task, ...]
    network: nn.Module
    inputs: Inputs
    history: list[dict[str, float]]

    @property
    def name(self) -> str:
        """What it is called among the networks of a classifier."""
        return name_of(self.tasks)


def name_of(tasks: Sequence[Task]) -> str:
    """Return the name of a network by its tasks."""
    return "_".join(task.name for task in tasks)


def tasks_of(index: pd.DataFrame) -> tuple[Task, ...]:
    """Return what is asked of clips of this kind: of sounds their category, of chords their root and their type."""
    if "category" in index:
        return (Task("category", tuple(sorted(index["category"].unique()))),)
    return Task("root", TRIAD_ROOTS), Task("type", TYPES)


def true_classes(index: pd.DataFrame, task: Task) -> NDArray[np.int_]:
    """Return the number of each clip's class."""
    column = index["triad" if task.name == "type" else task.name]
    numbers = {name: number for number, name in enumerate(task.classes)}
    return np.array([numbers[name] for name in column], int)


def train_networks(
    index: pd.DataFrame,
    values: ClipValues,
    parts: NDArray[np.str_],
    network: Network,
    spectra: Mapping[str, Any],
    settings: TrainingSettings,
    seed: int,
    device: torch.device,
    state: Path,
) -> list[Trained]:
    """Train what a classifier consists of: one network for each task, or one for all.

    `index` and `parts` have a row for each of the values; `spectra` are the settings that these were made with.
    """
    made = []
    for tasks in _divided(tasks_of(index), network):
        name = name_of(tasks)
        torch.manual_seed(int(generator(seed, "network", name).integers(2**62)))
        net, inputs = _network(network, tasks, values, spectra)
        classes = _classes(index, tasks)
        if isinstance(net, SoundNetwork):
            net.standardise_by(inputs.judged(values.rows(np.flatnonzero(parts == "training"))))
        history = train(net, values, classes, parts, inputs, settings, seed, device, state / name)
        made.append(Trained(tasks, net, inputs, history))
    return made


def answers(
    trained: Sequence[Trained], index: pd.DataFrame, values: ClipValues, places: NDArray[np.int_], device: torch.device
) -> pd.DataFrame:
    """Return what networks say of the clips at these places: a row for each clip and task.

    Columns: item, effect, task, true, said, and the probabilities of all classes in the task's order.
    """
    rows = []
    clips = index.iloc[places]
    for one in trained:
        said = probabilities(one.network, values, places, one.inputs, device)
        for task, own in zip(one.tasks, _by_task(said, one.tasks), strict=True):
            names = np.array(task.classes)
            rows.append(
                pd.DataFrame(
                    {
                        "item": clips["item"].to_numpy(),
                        "effect": clips["effect"].to_numpy(),
                        "task": task.name,
                        "true": names[true_classes(clips, task)],
                        "said": names[own.argmax(1)],
                        "probability": own.max(1),
                        "probabilities": list(own),
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)


def write_network(path: Path | str, trained: Trained, settings: Mapping[str, Any]) -> None:
    """Write a network's weights, with what it is, what it was given and the classes that it tells apart."""
    weights = {name: tensor.detach().cpu().numpy() for name, tensor in trained.network.state_dict().items()}
    write_tensors(path, weights, {**settings, "tasks": {task.name: task.classes for task in trained.tasks}})


def training_settings(settings: Mapping[str, Any]) -> TrainingSettings:
    """Return the settings that a model's section holds as plain values."""
    return TrainingSettings(
        **{one.name: settings[one.name] for one in fields(TrainingSettings) if one.name in settings}
    )


def _divided(tasks: tuple[Task, ...], network: Network) -> list[tuple[Task, ...]]:
    """Return the tasks of each network. Ours does both of chords, since roots and types belong together."""
    return [tasks] if network == "transposable" else [(task,) for task in tasks]


def _network(
    network: Network, tasks: tuple[Task, ...], values: ClipValues, spectra: Mapping[str, Any]
) -> tuple[nn.Module, Inputs]:
    bands, frames = values.shards[0].shape[1:]
    count = len(tasks[0].classes)
    match network:
        case "plain":
            return PlainSoundNetwork(count), PlainInputs(count)
        case "residual":
            return SoundNetwork(bands, count), SoundInputs(count)
        case "transposable":
            lowest_root = round(PITCH_CLASSES * np.log2(_C2_HZ / spectra["lowest_hz"]))
            return ChordNetwork(lowest_root, _OCTAVES), ChordInputs(_OCTAVES)
        case "triad":
            return TriadNetwork(bands, frames, count), PlainInputs(count)


def _classes(index: pd.DataFrame, tasks: tuple[Task, ...]) -> NDArray[np.int_]:
    """Return the classes that a network learns: of both tasks together, the place of the root and the type."""
    if len(tasks) == 1:
        return true_classes(index, tasks[0])
    root, kind = (true_classes(index, task) for task in tasks)
    place = PITCH_CLASSES * (index["octave"].to_numpy(int) - _LOWEST_OCTAVE) + root
    return len(TYPES) * place + kind


def _by_task(said: NDArray[np.float32], tasks: tuple[Task, ...]) -> list[NDArray[np.float32]]:
    """Return the probabilities of each task's classes, of those of all classes together."""
    if len(tasks) == 1:
        return [said]
    return [one.numpy() for one in root_and_type(torch.from_numpy(said))]
