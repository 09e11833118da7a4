"""Training of classifiers of clips: each network by itself, all by one course."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from earshot.data.clips import TRIAD_ROOTS
from earshot.learn.classifier import (
    TYPES,
    Task,
    TaskNetwork,
    build,
    divided,
    tasks_of,
    true_classes,
)
from earshot.learn.clip_training import TrainingSettings, train
from earshot.learn.clip_values import ClipValues
from earshot.learn.kinds import Kind
from earshot.seeds import generator

LOWEST_OCTAVE = 2  # of roots


@runtime_checkable
class Standardising(Protocol):
    """A network that takes the scale of what it is given from clips that train."""

    def standardise_by(self, inputs: torch.Tensor) -> None:
        """Take it from these."""


@dataclass(frozen=True)
class Trained:
    """A network that has learnt, and the losses of each epoch."""

    network: TaskNetwork
    history: list[dict[str, float]]


def train_networks(
    index: pd.DataFrame,
    values: ClipValues,
    parts: NDArray[np.str_],
    kind: Kind,
    spectra: Mapping[str, Any],
    settings: TrainingSettings,
    seed: int,
    device: torch.device,
    state: Path,
) -> list[Trained]:
    """Train what a classifier consists of: one network for each task, or one for all.

    `index` and `parts` have a row for each of the values; `spectra` are the settings that these were made with.
    """
    trained = []
    for tasks in divided(tasks_of(index), kind):
        name = "_".join(task.name for task in tasks)
        torch.manual_seed(int(generator(seed, "network", name).integers(2**62)))
        made = build(kind, tasks, values.shape, spectra)
        if isinstance(made.network, Standardising):
            learnt = values.rows(np.flatnonzero(parts == "training"))
            made.network.standardise_by(made.inputs.judged(learnt))
        classes = classes_of(index, tasks)
        learns, validates = (np.flatnonzero(parts == part) for part in ("training", "validation"))
        where = state / name
        history = train(made.network, values, classes, learns, validates, made.inputs, settings, seed, device, where)
        trained.append(Trained(made, history))
    return trained


def classes_of(index: pd.DataFrame, tasks: tuple[Task, ...]) -> NDArray[np.int_]:
    """Return the classes that a network learns: of both tasks together, the place of the root and the type."""
    if len(tasks) == 1:
        return true_classes(index, tasks[0])
    root, kind = (true_classes(index, task) for task in tasks)
    place = len(TRIAD_ROOTS) * (index["octave"].to_numpy(int) - LOWEST_OCTAVE) + root
    return len(TYPES) * place + kind
