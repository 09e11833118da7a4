"""Training of a network that tells classes of clips apart."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from earshot.learn import training
from earshot.learn.batches import Order, Values
from earshot.learn.clip_values import Inputs


@dataclass(frozen=True)
class TrainingSettings(training.Course):
    """How a network is trained on clips."""

    label_smoothing: float = 0.0
    softmax_before_loss: bool = False  # cross entropy takes one anyway; Kauppila et al. have both


@dataclass(frozen=True)
class _Classes:
    """Cross entropy of the probabilities of classes."""

    inputs: Inputs
    settings: TrainingSettings

    def learning(
        self, network: nn.Module, values: torch.Tensor, classes: torch.Tensor, draw: torch.Generator
    ) -> torch.Tensor:
        given, wanted = self.inputs.learnt(values, classes, draw)
        return self._loss(network(given), wanted, self.settings.label_smoothing)

    def judging(self, network: nn.Module, values: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
        return self._loss(network(self.inputs.judged(values)), self.inputs.right(classes))

    def _loss(self, logits: torch.Tensor, wanted: torch.Tensor, smoothing: float = 0.0) -> torch.Tensor:
        said = logits.softmax(1) if self.settings.softmax_before_loss else logits
        return nn.functional.cross_entropy(said, wanted, label_smoothing=smoothing)


def train(
    network: nn.Module,
    values: Values,
    classes: NDArray[np.int_],
    learns: Order | NDArray[np.int_],
    validates: NDArray[np.int_],
    inputs: Inputs,
    settings: TrainingSettings,
    seed: int,
    device: torch.device,
    state: Path,
) -> list[dict[str, float]]:
    """Train a network in place, as `earshot.learn.training.train` does, and return the losses of each epoch.

    `classes` say of each clip what it is.
    """
    objective = _Classes(inputs, settings)
    return training.train(network, values, classes, learns, validates, objective, settings, seed, device, state)
