"""Classifiers of clips: which networks there are, what each is given, and what it answers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from earshot.data.clips import TRIAD_ROOTS, TRIAD_TYPES
from earshot.data.shards import read_tensors, write_tensors
from earshot.errors import DataError
from earshot.learn.clip_values import ClipValues, Inputs, probabilities
from earshot.learn.kinds import TOGETHER, Kind, built
from earshot.learn.weights import give_weights, weights_of

TYPES = tuple(TRIAD_TYPES)
_ABOUT = ("tasks", "shape", "settings", "made_with")  # what a network's file says of it, and is read


@dataclass(frozen=True)
class Task:
    """What is asked of each clip: its class, of which these are the names."""

    name: str
    classes: tuple[str, ...]


@dataclass(frozen=True)
class TaskNetwork:
    """A network, the tasks that it does, and what it is given: spectrograms `(clips, *shape)`."""

    tasks: tuple[Task, ...]
    network: nn.Module
    inputs: Inputs
    shape: tuple[int, ...]

    @property
    def name(self) -> str:
        """What it is called among the networks of a classifier."""
        return "_".join(task.name for task in self.tasks)

    def says(
        self, values: ClipValues, places: NDArray[np.int_], device: torch.device
    ) -> list[tuple[Task, NDArray[np.float32]]]:
        """Return each task with the probabilities of its classes, `(places, classes)`, for clips at these places."""
        said = torch.from_numpy(probabilities(self.network, values, places, self.inputs, device))
        return list(zip(self.tasks, by_task(said, self.tasks), strict=True))


def by_task(probabilities: torch.Tensor, tasks: Sequence[Task]) -> list[NDArray[np.float32]]:
    """Return the probabilities of each task's classes, `(clips, classes)`, by those of all tasks' together.

    These are `(clips, outputs)`: one for each combination of classes, of which the last task's are side by side.
    """
    joint = probabilities.reshape(len(probabilities), *(len(task.classes) for task in tasks))
    axes = range(1, joint.ndim)
    return [
        (joint.sum([other for other in axes if other != axis]) if len(tasks) > 1 else joint).numpy() for axis in axes
    ]


def build(kind: Kind, tasks: tuple[Task, ...], shape: tuple[int, ...], spectra: Mapping[str, Any]) -> TaskNetwork:
    """Return a network that has not learnt yet, for spectrograms `(bands, frames)` made with these settings."""
    net, inputs = built(kind, math.prod(len(task.classes) for task in tasks), shape, spectra)
    return TaskNetwork(tasks, net, inputs, shape)


def divided(tasks: tuple[Task, ...], kind: Kind) -> list[tuple[Task, ...]]:
    """Return the tasks of each network."""
    return [tasks] if kind in TOGETHER else [(task,) for task in tasks]


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


def answers(
    networks: Sequence[TaskNetwork],
    index: pd.DataFrame,
    values: ClipValues,
    places: NDArray[np.int_],
    device: torch.device,
) -> pd.DataFrame:
    """Return what networks say of the clips at these places: a row for each clip and task.

    Columns: item, effect, task, true, said, and the probabilities of all classes in the task's order.
    """
    rows = []
    clips = index.iloc[places]
    for task, own in [said for one in networks for said in one.says(values, places, device)]:
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


def write_network(path: Path | str, network: TaskNetwork, about: Mapping[str, Any]) -> None:
    """Write a network's weights, with the tasks that it does and what else there is to say about it.

    `about` holds at least the `settings` of its model and what its spectrograms were `made_with`.
    """
    tasks = {task.name: task.classes for task in network.tasks}
    write_tensors(path, weights_of(network.network), {**about, "tasks": tasks, "shape": network.shape})


def read_network(path: Path | str) -> tuple[TaskNetwork, dict[str, Any]]:
    """Return a network that `write_network` wrote, and what there is to say about it.

    Raises DataError for a file that holds none.
    """
    weights, about = read_tensors(path)
    if not all(key in about for key in _ABOUT):
        raise DataError(f"{path}: is no network that tells clips apart. Delete it and train again.")
    tasks = tuple(Task(name, tuple(classes)) for name, classes in about["tasks"].items())
    found = build(about["settings"]["network"], tasks, tuple(about["shape"]), about["made_with"]["settings"])
    give_weights(found.network, weights, path)
    return found, about
